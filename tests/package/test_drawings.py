"""Drawn shapes: theirs by the seed, told apart by their form alone."""

import numpy as np

from alexnet_tutorial.pictures.drawings import SHAPES, draw_shapes


def drawn(seed, each, side=48):
    y = np.arange(each * len(SHAPES)) % len(SHAPES)
    return draw_shapes(y, side, np.random.default_rng(seed)), y


def test_a_seed_draws_the_same():
    first, again, other = (drawn(seed, 2)[0] for seed in (1, 1, 2))
    assert first.dtype == np.uint8 and first.shape == (20, 48, 48, 3)
    assert (first == again).all() and not (first == other).all()


def test_color_and_place_tell_nothing_and_form_everything():
    """Mean colors name no class; outlines, moved to one place and size, name nine of ten."""
    x, y = drawn(0, 40)
    test, truth = drawn(1, 20)

    def nearest(a, b):
        apart = (a**2).sum(1)[None] - 2 * b @ a.T
        return (y[apart.argmin(1)] == truth).mean()

    def means(pictures):
        return pictures.mean((1, 2))

    def forms(pictures):
        """Where a picture differs from its corner, sampled within that region's bounds."""
        result = []
        for picture in pictures.astype(float):
            ground = np.median(picture[:4, :4], (0, 1))
            inside = np.abs(picture - ground).mean(-1) > 25
            rows, columns = (np.flatnonzero(inside.sum(axis) > 1) for axis in (1, 0))
            rows, columns = (np.linspace(a[0], a[-1], 16).astype(int) for a in (rows, columns))
            result.append(inside[np.ix_(rows, columns)].ravel())
        return np.array(result, float)

    assert nearest(means(x), means(test)) < 0.3
    assert nearest(forms(x), forms(test)) > 0.7
