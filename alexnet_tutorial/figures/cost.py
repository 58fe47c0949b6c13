"""What layers cost on a device: the roofline, and where each layer stands under it."""

from collections.abc import Mapping, Sequence

from alexnet_tutorial.figures import draw
from alexnet_tutorial.figures.draw import COLORS, KIND_COLORS, Picture, from_matplotlib
from alexnet_tutorial.shapes.cost import Device, Work

_MARKERS = "os^Dv<>P"
_BILLION = 1e9


def roofline(
    works: Sequence[Work], device: Device, measured: Mapping[str, float] | None = None
) -> Picture:
    """Draw the best rate of a device over operations per byte, and layers on it and under it.

    After Williams, Waterman and Patterson (2009), https://doi.org/10.1145/1498765.1498785.

    Args:
        works: Steps of layers; those without operations are left out.
        device: Whose roof it is.
        measured: Layer → seconds that it took, for filled marks below the hollow ones.

    Returns:
        A :class:`Picture`; its alt text says which layers memory limits, and what share of the
        predicted rate each one measured has.

    Raises:
        ValueError: No step has operations.

    Example:
        >>> from alexnet_tutorial.shapes import DEVICES, cost, ledger, variant
        >>> works = cost(ledger(variant("alexnet-2012")), batch=16)
        >>> roofline(works, DEVICES["T4"])
        Roofline of T4: up to 25.3 operations per byte memory is the limit, beyond it arithmetic. \
Limited by memory: fc6, fc7, fc8. Limited by arithmetic: conv1, conv2, conv3, conv4, conv5.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    works = [work for work in works if work.operations]
    if not works:
        raise ValueError("none of these steps has operations, so there is nothing to place.")
    precision = works[0].precision
    ridge, peak = device.ridge(precision), device.rate(precision)
    left = min([ridge, *(work.intensity for work in works)]) / 3
    right = max([ridge, *(work.intensity for work in works)]) * 3
    fig, axes = draw.chart(7.2, 3.6)
    axes.loglog(
        (left, ridge, right),
        (left * device.bandwidth / _BILLION, peak / _BILLION, peak / _BILLION),
        color="black",
        linewidth=1.4,
    )
    axes.axvline(ridge, **draw.GUIDE)
    shares = []
    for index, work in enumerate(works):
        color = KIND_COLORS.get(work.kind, COLORS["gray"])
        mark = {"marker": _MARKERS[index % len(_MARKERS)], "linestyle": "none", "color": color}
        best = work.operations / work.seconds(device)
        axes.plot(work.intensity, best / _BILLION, **mark, fillstyle="none", label=work.layer)
        if measured and work.layer in measured:
            reached = work.operations / measured[work.layer]
            axes.plot(work.intensity, reached / _BILLION, **mark)
            ends = reached / _BILLION, best / _BILLION
            axes.plot((work.intensity,) * 2, ends, color=color, linewidth=0.7)
            shares.append(f"{work.layer} {reached / best:.0%}".replace("%", " %"))
    axes.set_xlabel("operations per byte", fontsize=9)
    axes.set_ylabel("billion operations per second", fontsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    handles, names = axes.get_legend_handles_labels()
    fig.legend(handles, names, frameon=False, fontsize=8.5, loc="outside right center")
    low, high = (
        [work.layer for work in works if (work.intensity < ridge) is below]
        for below in (True, False)
    )
    reach = f" Measured, as a share of the roof: {', '.join(shares)}." if shares else ""
    return from_matplotlib(
        fig,
        f"Roofline of {device.name}: up to {draw.number_text(round(ridge, 1))} operations per byte "
        f"memory is the limit, beyond it arithmetic. Limited by memory: {', '.join(low) or 'none'}"
        f". Limited by arithmetic: {', '.join(high) or 'none'}.{reach}",
    )
