"""Time and memory against what grows, as a matplotlib figure: arrays in, a figure out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

_TITLE = 72  # letters in a line of it
_STYLES = ((BLUE, "o", "-"), (VERMILION, "s", "--"))  # told apart without colour


@dataclass(frozen=True)
class Growth:
    """One variant at all points.

    Attributes:
        x: what grows, ``(P,)``, above 0.
        seconds: of one item, ``(P,)``: medians.
        fastest, slowest: of the rounds, ``(P,)``, in seconds.
        megabytes: the most memory that the process has had, ``(P,)``.
    """

    x: ArrayLike
    seconds: ArrayLike
    fastest: ArrayLike
    slowest: ArrayLike
    megabytes: ArrayLike


@dataclass(frozen=True)
class Panel:
    """One thing that grows.

    Attributes:
        title: what is measured.
        xlabel: what grows, with its unit.
        item: what the seconds are of, such as ``"clip"``.
        lines: up to two variants by name.
    """

    title: str
    xlabel: str
    item: str
    lines: Mapping[str, Growth]


def growth_chart(panels: Sequence[Panel], *, title: str) -> Figure:
    """A row for each thing that grows: seconds an item on the left, memory on the right.

    All axes are logarithmic and have marks where something was measured. The bars at the marks
    of time go from the fastest round to the slowest.

    Args:
        panels: what is drawn, from top to bottom.
        title: what there is to see.

    Raises:
        UsageError: for nothing to draw, more than two variants, lines of different lengths, or
            numbers that are not above 0.
    """
    if not panels:
        raise UsageError("growth_chart was given no panels; give one for each thing that grows.")
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    if len(names) > len(_STYLES):
        raise UsageError(f"The figure was given lines named {', '.join(names)}; it draws two.")
    styles = dict(zip(names, _STYLES, strict=False))  # a name looks the same in all panels
    figure = Figure(figsize=(10, 2.7 * len(panels) + 0.7), layout="constrained")
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (left, right), panel in zip(axes, panels, strict=True):
        if not panel.lines:
            raise UsageError(f"{panel.title!r} has no lines; give it one or two.")
        for name, one in panel.lines.items():
            colour, marker, dashes = styles[name]
            x, middle, low, high, memory = _arrays(one, f"{panel.title}, {name}")
            style = {"color": colour, "marker": marker, "linestyle": dashes, "label": name}
            spread = np.stack([middle - low, high - middle])
            left.errorbar(x, middle, yerr=spread, capsize=3, **style)
            right.plot(x, memory, **style)
        every = sorted({float(v) for one in panel.lines.values() for v in np.asarray(one.x)})
        left.set_title(panel.title, fontsize=LABEL, fontweight="bold", loc="left")
        _finish(left, every, panel.xlabel, f"seconds a {panel.item}")
        _finish(right, every, panel.xlabel, "peak memory (MB)")
        if len(panel.lines) > 1:
            left.legend(fontsize=TICK, frameon=False)
    figure.align_ylabels(axes)
    titled(figure, fill(title, _TITLE))
    return figure


def _finish(axis: Axes, points: Sequence[float], xlabel: str, ylabel: str) -> None:
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.xaxis.set_major_locator(FixedLocator(points))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _part(value)))
    axis.set_xlim(points[0] / 1.3, points[-1] * 1.3)
    _room(axis)
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.set_ylabel(ylabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def _room(axis: Axes) -> None:
    """Ticks at round numbers, and no less than a factor of four in view.

    A line that is flat is seen to be flat then, and there are always numbers beside it.
    """
    low, high = axis.get_ylim()
    if high / low < 4:
        middle = (low * high) ** 0.5
        low, high = middle / 2, middle * 2
    axis.set_ylim(low, high)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if high / low > 12 else (1, 1.5, 2, 3, 4, 6, 8)
    ticks = [step * 10.0**power for power in powers for step in steps]
    axis.yaxis.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def _part(value: float) -> str:
    """Halves, quarters and eighths as such."""
    over = round(1 / value) if 0 < value < 1 else 1
    return f"1/{over}" if over > 1 and abs(value * over - 1) < 1e-9 else _short(value)


def _arrays(one: Growth, what: str) -> tuple[np.ndarray, ...]:
    found = tuple(
        np.asarray(values, dtype=float)
        for values in (one.x, one.seconds, one.fastest, one.slowest, one.megabytes)
    )
    if any(values.shape != found[0].shape or values.ndim != 1 for values in found) or not len(
        found[0]
    ):
        shapes = ", ".join(str(values.shape) for values in found)
        raise UsageError(f"{what} has arrays of the shapes {shapes}; they have one number a point.")
    if not all((np.isfinite(values) & (values > 0)).all() for values in found):
        raise UsageError(f"{what} has numbers that are not above 0; logarithms need them to be.")
    return found
