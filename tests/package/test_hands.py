"""The drawn hands: reproducible, well formed, and showing what their labels say."""

import numpy as np
import pytest

from alexnet_tutorial.pictures import draw_hand, draw_hands, generate_signs, hands, same_pictures


def test_a_seed_draws_the_same_pictures():
    a, b = (generate_signs(train=18, test=6, seed=4) for _ in range(2))
    other = generate_signs(train=18, test=6, seed=5)
    assert np.array_equal(a[0].x, b[0].x) and np.array_equal(a[1].y, b[1].y)
    assert not np.array_equal(a[0].x, other[0].x)


def test_training_and_test_pictures_differ():
    train, test, classes = generate_signs(train=60, test=30, seed=0)
    assert classes == (0, 1, 2, 3, 4, 5)
    assert train.x.shape == (60, 64, 64, 3) and train.x.dtype == np.uint8
    assert np.bincount(train.y).tolist() == [10] * 6
    assert np.bincount(test.y).tolist() == [5] * 6
    assert same_pictures(train.x, test.x) == [] and same_pictures(train.x) == []


def test_an_empty_set_can_be_drawn():
    assert draw_hands([], np.random.default_rng(0)).shape == (0, 64, 64, 3)


@pytest.mark.parametrize("label", [-1, 6, 10])
def test_hands_have_no_more_fingers(label):
    with pytest.raises(ValueError, match="expected 0 to 5"):
        draw_hand(label, np.random.default_rng(0))


def _strips(label, count=60):
    """Mean number of separate strips that a hand shows along a line of pixels.

    The oracle looks at the outline only: it counts runs of hand along rows and columns.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        mask = hands._depth_map(hands._scene(label, rng))[0] > -1000
        runs = [
            np.sort((np.diff(lines.astype(int), axis=1, prepend=0) == 1).sum(1))[-3]
            for lines in (mask, mask.T)
        ]
        found.append(max(runs))
    return np.mean(found)


def test_more_fingers_show_more_strips():
    # Fingers apart show as separate strips, closed or folded ones do not: so on average only.
    means = [_strips(label) for label in range(1, 6)]
    assert all(a + 0.1 < b for a, b in zip(means, means[1:], strict=False)), means
    assert means[0] < 2.5 and means[4] > 3, means


def test_one_sees_through_the_ring():
    """Wall inside the outline of the hand: what cannot be reached from the border."""
    found = []
    for label in range(6):
        rng = np.random.default_rng(0)
        masks = [hands._depth_map(hands._scene(label, rng))[0] > -1000 for _ in range(60)]
        found.append(sum(map(_has_hole, masks)))
    # From some sides the fingers close the ring's hole; between closed fingers a gap may stay.
    assert found[0] >= 24 and found[0] >= 3 * max(found[1:]), found


def _has_hole(mask, smallest=12):
    wall = ~np.pad(mask, 1)
    reached = np.zeros_like(wall)
    reached[0, :] = reached[:, 0] = reached[-1, :] = reached[:, -1] = True
    while True:
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= wall
        if (grown == reached).all():
            return (wall & ~reached).sum() >= smallest
        reached = grown


def test_a_capsule_against_a_pile_of_spheres():
    """The closed form of the outline and depth, against 4000 spheres drawn one by one."""
    part = np.array([40.0, 50, 3, 80, 70, 25, 12, 6, 1])
    depth, _ = hands._depth_map(part[None])
    y, x = np.mgrid[:128, :128] + 0.5
    pile = np.full((128, 128), -1e4)
    for t in np.linspace(0, 1, 4000):
        center = part[:3] + t * (part[3:6] - part[:3])
        radius = part[6] + t * (part[7] - part[6])
        inside = radius**2 - (x - center[0]) ** 2 - (y - center[1]) ** 2
        pile = np.where(inside > 0, np.maximum(pile, center[2] + np.sqrt(abs(inside))), pile)
    both = (depth > -1000) & (pile > -1000)
    assert both.sum() > 900
    assert ((depth > -1000) != (pile > -1000)).sum() <= 2
    assert np.abs(depth - pile)[both].max() < 0.05


def test_walls_are_pale_and_hands_are_not():
    pictures = draw_hands(np.arange(60) % 6, np.random.default_rng(3)).astype(float)
    corners = pictures[:, :6, :6].mean((1, 2, 3))
    assert np.median(corners) > 200
    assert (pictures.mean(3).min((1, 2)) < 130).mean() > 0.9
