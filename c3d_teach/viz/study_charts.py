"""What nets of a study got right, over seeds, as a matplotlib figure with a row a net.

Every seed is shown and every mean has its 95 % interval, so that a reader sees how far the
mean of other seeds might lie from this one.
"""

from collections.abc import Collection, Mapping, Sequence
from math import sqrt
from textwrap import fill
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.name_places import width_of
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

PAGE = 10.4  # inches; 1000 pixels of a browser
_ROW = 0.47  # inches; dots above, mean and interval below
_DOTS, _MEAN = -0.2, 0.2  # of a row
_HALO = [withStroke(linewidth=3, foreground="white")]
_NARROW = 1.1  # inches; a panel that is narrower has no room for words
_EDGE = 2.5  # per cent points of air, so that a dot at 100 % is whole

Values: TypeAlias = Sequence[float] | NDArray[Any]


def t_interval(values: Values) -> tuple[float, float, float]:
    """Mean and 95 % interval of the mean by Student's t: ``(mean, low, high)``.

    The interval of a single value is NaN.

    Raises:
        UsageError: for no value, or one that is not finite.
    """
    from scipy.special import stdtrit  # comes with scikit-learn

    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise UsageError(f"An interval was asked of {values!r}; give one finite number or more.")
    mean, n = float(sample.mean()), len(sample)
    if n < 2:
        return mean, float("nan"), float("nan")
    half = float(stdtrit(n - 1, 0.975)) * float(sample.std(ddof=1)) / sqrt(n)
    return mean, mean - half, mean + half


def accuracy_chart(
    panels: Mapping[str, Mapping[str, Values]],
    *,
    title: str,
    xlabel: str,
    chance: float | None = None,
    ceiling: float | None = None,
    ceiling_for: Collection[str] = (),
    ceiling_says: str = "blind to the arrow of time",
) -> Figure:
    """Accuracy of every net, a row each, in every setting, a panel each.

    Each seed is a small ring; the diamond below the rings is their mean, the bar its 95 %
    interval (see :func:`t_interval`). An interval that leaves 0 to 100 % ends at the edge.

    Args:
        panels: setting -> net -> accuracies from 0 to 1, one a seed. All settings have the
            same nets; the first is on top.
        title: what there is to see.
        xlabel: what the accuracy is of; the unit (%) stands at the ticks.
        chance: a dashed line at this accuracy.
        ceiling: the most that the nets of ``ceiling_for`` can reach, whatever they learn: a
            bracket in their rows.
        ceiling_says: why they cannot.

    Raises:
        UsageError: for nothing to draw, settings with different nets, a net in
            ``ceiling_for`` that is not drawn, more settings than fit on a page, or numbers
            that are not from 0 to 1.
    """
    rows = _rows(panels)
    if unknown := set(ceiling_for) - set(rows):
        raise UsageError(f"ceiling_for names {sorted(unknown)}; the figure draws {rows}.")
    for what, one in (("chance", chance), ("ceiling", ceiling)):
        if one is not None:
            shares([one], what)
    head = 0.0 if chance is None else 0.55  # of a row; where the line of chance is named
    names = [wrapped(name) for name in rows]
    wide = (PAGE - max(map(width_of, names)) / 72 - 0.4) / len(panels) - 0.2
    if wide < _NARROW:
        raise UsageError(f"{len(panels)} settings do not fit side by side; give fewer at a time.")
    point = (100 + 2 * _EDGE) / (72 * wide)
    over = [wrapped(setting, int(9.5 * wide)) for setting in panels]
    below = wrapped(xlabel, int(13 * wide))
    more = 0.18 * (max(one.count("\n") for one in over) + below.count("\n"))  # lines of type
    size = (PAGE, _ROW * (len(rows) + head) + 1.55 + more)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, nets, words in zip(axes, panels.values(), over, strict=True):
        for y, net in enumerate(rows):
            if y % 2:
                axis.axhspan(y - 0.5, y + 0.5, color="0.955", zorder=0)
            lines = [one for one in (chance,) if one is not None]
            if ceiling is not None and net in ceiling_for:
                _bracket(axis, 100 * ceiling, y)
                lines.append(ceiling)
            _row(axis, y, shares(nets[net], net), [100 * one for one in lines], point)
        if chance is not None:
            _chance(axis, 100 * chance, -0.5 - head / 2)
        axis.set_title(words, fontsize=LABEL, fontweight="bold")
        axis.set_xlim(-_EDGE, 100 + _EDGE)
        axis.set_xlabel(below, fontsize=LABEL)
        per_cent(axis, "x", every=25 if wide > 2.2 else 50)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_ylim(len(rows) - 0.5, -0.5 - head)
    axes[0].set_yticks(range(len(rows)), names, fontsize=LABEL)
    _legend(figure, ceiling if ceiling_for else None, ceiling_says)
    titled(figure, title)
    return figure


def shares(values: Values, what: str) -> NDArray[np.float64]:
    """Accuracies as an array.

    Raises:
        UsageError: for none, or numbers that are not from 0 to 1.
    """
    found = np.asarray(values, dtype=float)
    if found.ndim != 1 or not len(found) or not ((found >= 0) & (found <= 1)).all():
        raise UsageError(
            f"{what} was given {values!r}; give accuracies from 0 to 1, one a seed (0.5 is 50 %)."
        )
    return found


def wrapped(name: str, most: int = 22) -> str:
    """A name of more than ``most`` letters in lines, broken after its comma if it has one."""
    if len(name) <= most:
        return name
    head, comma, tail = name.partition(", ")
    return "\n".join(fill(part, most + 4) for part in (head + comma.strip(), tail) if part)


def per_cent(axis: Axes, *sides: str, every: int = 25) -> None:
    """Ticks of those sides (``"x"``, ``"y"``) as ``25 %``."""
    for side in sides:
        one = axis.xaxis if side == "x" else axis.yaxis
        one.set_major_locator(MultipleLocator(every))
        one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} %"))
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)


def _rows(panels: Mapping[str, Mapping[str, Values]]) -> list[str]:
    if not panels or not all(panels.values()):
        raise UsageError("The figure was given no accuracies; it draws one net or more a setting.")
    first, *others = panels
    rows = list(panels[first])
    for setting in others:
        if set(panels[setting]) != set(rows):
            raise UsageError(
                f"{setting!r} has the nets {list(panels[setting])} and {first!r} has {rows}; "
                "give every setting the same nets."
            )
    return rows


def _row(axis: Axes, y: int, values: NDArray[Any], off: list[float], point: float) -> None:
    """Rings, bar, diamond and number of one net.

    ``off`` are places on x where no number may stand, ``point`` is a point of type on x.
    """
    mean, low, high = (100 * one for one in t_interval(values))
    # steps of the golden section: neighbours in order of seeds are far apart in height
    jitter = ((np.arange(len(values)) * 0.618) % 1 - 0.5) * 0.26
    rings: dict[str, Any] = {
        "marker": "o",
        "markersize": 5,
        "markerfacecolor": "none",
        "linestyle": "none",
    }
    axis.plot(100 * values, y + _DOTS + jitter, color="0.25", markeredgewidth=0.9, **rings)
    low, high = np.nan_to_num([low, high], nan=mean)  # a single seed has no interval
    if high > low:
        axis.plot([low, high], [y + _MEAN] * 2, color=BLUE, linewidth=2.6, marker="|", zorder=3)
    axis.plot(mean, y + _MEAN, marker="D", color=BLUE, markersize=7, zorder=4)
    words = f"{mean:.0f} %"
    gap, room = 7 * point, width_of(words, TICK) * point
    right, left = max(high, mean + 4 * point) + gap, min(low, mean - 4 * point) - gap - room
    # beside the bar, or beyond a line that would be covered there
    starts = [right, left, *(x + gap for x in off if x > mean), *(x - gap - room for x in off)]
    free = [
        x for x in starts if (x >= right or x <= left) and x >= -_EDGE and x + room <= 100 + _EDGE
    ]
    free.sort(key=lambda x: any(x - gap / 2 < one < x + room + gap / 2 for one in off))
    if free:
        axis.text(
            free[0],
            y + _MEAN,
            words,
            va="center",
            fontsize=TICK,
            path_effects=_HALO,
            zorder=5,
        )


def _bracket(axis: Axes, x: float, y: int) -> None:
    """A wall in the row, open to the side where the net can be."""
    foot, half = x - 2.2, 0.4
    axis.plot(
        [foot, x, x, foot],
        [y - half, y - half, y + half, y + half],
        color=VERMILION,
        linewidth=1.8,
        zorder=2,
    )


def _chance(axis: Axes, x: float, y: float) -> None:
    axis.axvline(x, color="0.35", linestyle="--", linewidth=1.2, zorder=1)
    right = x < 60  # where there is room for the words
    axis.annotate(
        f"chance {x:.3g} %",
        (x, y),
        (4 if right else -4, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=TICK,
        path_effects=_HALO,
    )


def _legend(figure: Figure, ceiling: float | None, says: str) -> None:
    handles = [
        Line2D([], [], marker="o", color="0.25", markerfacecolor="none", markersize=5, lw=0),
        Line2D([], [], marker="D", color=BLUE, markersize=7, lw=2.6),
    ]
    words = ["one seed", "mean over seeds and its 95 % interval"]
    if ceiling is not None:
        handles.append(Line2D([], [], marker="$]$", color=VERMILION, markersize=11, lw=0))
        words.append(f"at most {100 * ceiling:.3g} %: {says}")
    figure.legend(handles, words, loc="outside lower center", ncols=3, fontsize=TICK, frameon=False)
