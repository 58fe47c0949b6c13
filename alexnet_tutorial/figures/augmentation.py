"""How training pictures are varied: the colors of their pixels."""

import numpy as np

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, Picture, from_matplotlib


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
