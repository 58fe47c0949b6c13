"""How training pictures are varied: places of a crop, colors of the pixels, what it brought."""

from collections.abc import Mapping, Sequence

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


def patch_places(picture: int, patch: int, picked: Sequence[tuple[int, int]] = ()) -> Picture:
    """Draw where a patch can lie in a picture.

    Args:
        picture: Side of the picture, in pixels.
        patch: Side of the patch, in pixels.
        picked: (row, column) of the upper left corner of patches to draw, besides the first and
            the last place.

    Raises:
        ValueError: The patch is larger than the picture, or a picked place is none.

    Example:
        >>> patch_places(6, 4)
        A patch of 4 × 4 pixels in a picture of 6 × 6. Its upper left corner can be in rows 0 to \
2 and columns 0 to 2: 3 × 3 = 9 places. The first and the last are drawn.
    """
    last = picture - patch
    if not 0 < patch <= picture:
        raise ValueError(
            f"a patch of {patch} pixels cannot be cut from a picture of {picture}: it must be at "
            "least 1 pixel, and no larger than the picture."
        )
    for row, column in picked:
        if not (0 <= row <= last and 0 <= column <= last):
            raise ValueError(f"no patch begins at {(row, column)}: rows and columns end at {last}.")
    fig, axes = draw.figure(3, 3)
    draw.square(axes, 0, -picture, "black", width=picture, height=picture)
    places = [(0, 0, "blue"), (last, last, "orange")] + [(*place, "gray") for place in picked]
    for row, column, color in places[::-1]:
        style = "--" if color == "gray" else "-"
        corner = column, -row - patch
        draw.square(axes, *corner, COLORS[color], 0.08, patch, patch, linestyle=style)
    side = last + 1
    draw.square(axes, 0, -side, COLORS["red"], 0.5, width=side, height=side)
    x, y = last + 0.04 * picture, -last - 0.02 * picture
    draw.text(axes, x, y, f"{side} × {side} places\nfor the corner", ha="left", va="top")
    margin = 0.04 * picture
    draw.frame(fig, axes, -margin, picture + margin, -picture - margin, margin, 3 / picture)
    others = f" {draw.count(len(picked), 'other')} as well." if picked else ""
    return from_matplotlib(
        fig,
        f"A patch of {patch} × {patch} pixels in a picture of {picture} × {picture}. Its upper "
        f"left corner can be in rows 0 to {last} and columns 0 to {last}: {side} × {side} = "
        f"{side * side:,} places. The first and the last are drawn.{others}",
    )


def color_components(
    pictures: np.ndarray,
    eigenvalues: np.ndarray,
    components: np.ndarray,
    pixels: int = 1500,
    seed: int = 0,
) -> Picture:
    """Draw the colors of pixels and their principal components.

    Args:
        pictures: uint8 (n, height, width, 3), RGB.
        eigenvalues: (3,), variances of pixels scaled to 0 to 1, largest first.
        components: (3, 3), one to a column.
        pixels: How many pixels are drawn, a random choice.
        seed: Of that choice.

    Returns:
        A :class:`Picture`; its alt text gives each component and its share of the variance.

    Raises:
        ValueError: Arrays of another shape.

    Example:
        >>> import numpy as np
        >>> reds = np.arange(8, dtype=np.uint8).reshape(1, 2, 4, 1) * np.eye(3, dtype=np.uint8)[0]
        >>> color_components(reds, [0.3, 0.1, 0.0], np.eye(3))  # doctest: +ELLIPSIS
        Red and blue of 1,500 pixels, ... p1 is red 1.00, green 0.00, blue 0.00 and holds 75.0% ...
    """
    pictures, eigenvalues, components = map(np.asarray, (pictures, eigenvalues, components))
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or components.shape != (3, 3):
        raise ValueError(
            f"the pictures have shape {pictures.shape} and the components {components.shape}; "
            "expected (n, height, width, 3) and (3, 3)."
        )
    colors = pictures.reshape(-1, 3)
    rows = np.random.default_rng(seed).integers(0, len(colors), pixels)
    mean = colors.mean(axis=0) / 255
    deviations = np.sqrt(eigenvalues)
    shares = eigenvalues / eigenvalues.sum()

    fig, (cloud, strips) = draw.chart(7, 2.9, 1, 2, width_ratios=(1, 1.35))
    some = colors[rows] / 255
    # A colored dot can vanish on a page of its own color: each has a gray rim.
    rim = {"edgecolors": COLORS["gray"], "linewidths": 0.2}
    cloud.scatter(some[:, 0] * 255, some[:, 2] * 255, s=9, c=some, **rim)
    for number, color in ((0, "blue"), (1, "orange")):
        step = 2 * deviations[number] * components[:, number]
        ends = np.array([mean - step, mean + step]) * 255
        cloud.plot(ends[:, 0], ends[:, 2], color=COLORS[color], linewidth=2.2)
        draw.note(cloud, f"p{number + 1}", tuple(ends[1, ::2]), (4, 4), fontsize=10)
    ticks, room = [0, 128, 255], (-5, 280)
    cloud.set(xlabel="red", ylabel="blue", xticks=ticks, yticks=ticks, xlim=room, ylim=room)
    cloud.set_aspect("equal")

    steps = np.linspace(-2, 2, 41)
    for number in range(3):
        strip = mean + steps[:, None] * deviations[number] * components[:, number]
        place = (-2.05, 2.05, 2.4 - number, 2.9 - number)
        strips.imshow(strip.clip(0, 1)[None], extent=place, aspect="auto")
        parts = ", ".join(
            f"{name} {draw.number_text(round(value, 2))}"
            for name, value in zip("RGB", components[:, number], strict=True)
        )
        title = f"p{number + 1} = ({parts}): {shares[number]:.1%} of the variance"
        draw.text(strips, -2.05, 2.96 - number, title, 8.5, ha="left", va="bottom")
    strips.set(xlim=(-2.1, 2.1), ylim=(0.3, 3.2), xticks=[-2, -1, 0, 1, 2], yticks=[])
    strips.set_xlabel("standard deviations from the mean color")
    strips.spines["left"].set_visible(False)
    each = "; ".join(
        f"p{number + 1} is red {components[0, number]:.2f}, green {components[1, number]:.2f}, "
        f"blue {components[2, number]:.2f} and holds {shares[number]:.1%} of the variance"
        for number in range(3)
    )
    return from_matplotlib(
        fig,
        f"Red and blue of {pixels:,} pixels, with the first two principal components through "
        f"their mean; beside it the mean color moved along each component. {each}.",
    )


def accuracy_by_seed(
    results: Mapping[str, Sequence[float]], tested: int, chance: int | None = None
) -> Picture:
    """Draw what each way of training reached, a dot for each seed, and the means.

    Args:
        results: Name of the way → accuracies (0 to 1), one for each seed.
        tested: How many pictures each was judged on.
        chance: Number of equally frequent classes; draws what guessing would score.

    Returns:
        A :class:`Picture`; its alt text gives means, lowest and highest.

    Raises:
        ValueError: There is no way, or one without a result.

    Example:
        >>> accuracy_by_seed({"plain": [0.5, 0.75], "varied": [0.75, 0.75]}, tested=100)
        Accuracy on 100 pictures. plain: mean 62.5% of 2 seeds, from 50.0% to 75.0%. varied: \
mean 75.0% of 2 seeds, from 75.0% to 75.0%.
    """
    if not results or not all(len(values) for values in results.values()):
        raise ValueError(f"received {results!r}: give at least one accuracy for each way.")
    fig, axes = draw.chart(6.4, 0.9 + 0.42 * len(results))
    alt = [f"Accuracy on {tested:,} pictures."]
    for line, (name, values) in enumerate(results.items()):
        mean = sum(values) / len(values)
        axes.plot(values, [line] * len(values), "o", color=COLORS["blue"], markersize=6, alpha=0.65)
        axes.plot([mean, mean], [line - 0.3, line + 0.3], color=COLORS["orange"], linewidth=2.5)
        alt.append(
            f"{name}: mean {mean:.1%} of {draw.count(len(values), 'seed')}, from "
            f"{min(values):.1%} to {max(values):.1%}."
        )
    if chance:
        axes.axvline(1 / chance, **draw.GUIDE)
        draw.note(axes, "guessing", (1 / chance, 1), (3, 2), ("data", "axes fraction"))
        alt.append(f"Guessing would give {1 / chance:.1%}.")
    axes.set_yticks(range(len(results)), list(results))
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlabel(f"accuracy on {tested:,} pictures that were not trained on")
    draw.percent(axes.xaxis, decimals=0)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return from_matplotlib(fig, " ".join(alt))
