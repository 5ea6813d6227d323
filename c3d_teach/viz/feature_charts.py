"""What descriptors are worth, as matplotlib figures: confusion and compactness."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, SKY, TICK, VERMILION, titled

_SHARES = LinearSegmentedColormap.from_list("shares", ["white", SKY, BLUE], N=65)
_NUMBERED, _NAMED = 12, 30  # most classes with a number in each cell; with every name


def confusion_chart(
    confusion: ArrayLike, classes: Sequence[str], *, title: str, what: str = "videos"
) -> Figure:
    """What is taken for what: each row is a class, its cells add up to 100 %.

    Up to 12 classes have the per cent in the cells, up to 30 every name; of more, as many
    names as there is room for, and the class numbers between them are left out.

    Args:
        confusion: counts ``(K, K)``, rows are the truth, columns the answer.
        classes: K names.
        title: what there is to see.
        what: what was counted.

    Raises:
        UsageError: for a table that is not ``(K, K)`` counts, or other than K names.
    """
    counts = np.asarray(confusion, dtype=float)
    k = len(classes)
    if k < 1 or counts.shape != (k, k) or not np.isfinite(counts).all() or counts.min() < 0:
        raise UsageError(
            f"The figure was given shape {counts.shape} and {k} names; it draws counts (K, K) "
            "from 0 with K class names."
        )
    total = counts.sum(1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    every = -(-k // _NAMED)
    shown = list(range(0, k, every))
    names = [short(classes[i]) for i in shown]
    side = float(np.clip(0.55 * k, 2.6, 7.0))  # inches of the cells, then of the names
    longest = 0.085 * max(map(len, names)) + 0.2
    turned = longest > side / len(shown)
    below = longest if turned else 0.3
    figure = Figure(figsize=(side + longest + 2.2, side + below + 0.9), layout="constrained")
    axis = figure.subplots()
    picture = axis.imshow(shares, cmap=_SHARES, vmin=0, vmax=1)
    axis.set_yticks(shown, names, fontsize=TICK)
    axis.set_xticks(shown, names, fontsize=TICK, rotation=90 if turned else 0)
    if k <= _NUMBERED:
        for y, x in np.ndindex(k, k):
            if counts[y, x]:
                colour = "white" if shares[y, x] > 0.7 else "black"
                text = f"{100 * shares[y, x]:.0f}"
                axis.text(x, y, text, ha="center", va="center", fontsize=TICK, color=colour)
    axis.set_xlabel("answer", fontsize=LABEL)
    axis.set_ylabel("truth" + f" (every {_nth(every)} class named)" * (every > 1), fontsize=LABEL)
    bar = figure.colorbar(picture, ax=axis, fraction=0.045, pad=0.03)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    bar.set_label(f"share of the row's {what}", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)
    titled(figure, title)
    return figure


def compactness_chart(
    dimensions: ArrayLike,
    accuracy: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    title: str,
    paper: Sequence[tuple[int, float]] | None = None,
    chance: float | None = None,
) -> Figure:
    """Accuracy over the number of dimensions kept, with 95 % intervals as whiskers.

    Args:
        dimensions: ``(P,)`` numbers of dimensions, on a logarithmic axis.
        accuracy, low, high: ``(P,)`` shares from 0 to 1.
        title: what there is to see.
        paper: pairs (dimensions, accuracy) that the paper reports for UCF101, drawn as a
            second line with that name: other videos, another net, so for the shape only.
        chance: a dotted line at this accuracy.

    Raises:
        UsageError: for arrays of different lengths, or values out of range.
    """
    x, y, bottom, top = (np.asarray(v, dtype=float) for v in (dimensions, accuracy, low, high))
    if not (x.ndim == 1 and len(x) and x.shape == y.shape == bottom.shape == top.shape):
        raise UsageError(
            f"The figure was given {x.shape} dimensions, {y.shape} accuracies and intervals "
            f"{bottom.shape} to {top.shape}; it draws one accuracy and one interval a dimension."
        )
    inside = (bottom >= 0).all() and (top <= 1).all() and (y >= 0).all() and (y <= 1).all()
    if not (inside and (x >= 1).all()):
        raise UsageError("Dimensions are numbers from 1, accuracies and intervals from 0 to 1.")
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axis = figure.subplots()
    # the mean over folds can lie outside an interval by rounding; whiskers have no minus length
    whiskers = [np.maximum(y - bottom, 0), np.maximum(top - y, 0)]
    axis.errorbar(
        x, y, whiskers, color=BLUE, marker="o", capsize=4, label="these videos (95 % interval)"
    )
    printed = {float(d): float(v) for d, v in paper or ()}
    for d, value, least, most in zip(x.tolist(), y, bottom, top, strict=True):
        higher = value >= printed.get(d, 0.0)
        _write(axis, d, value, most if higher else least, BLUE, above=higher)
    if printed:
        px, py = list(printed), list(printed.values())
        axis.plot(px, py, color=VERMILION, marker="s", linestyle="--", label="paper, UCF101")
        whisker = {d: ends for d, *ends in zip(x.tolist(), bottom, top, y, strict=True)}
        for d, value in printed.items():
            least, most, own = whisker.get(d, (value, value, 0.0))
            higher = value > own
            end = max(value, most) if higher else min(value, least)
            _write(axis, d, value, end, VERMILION, above=higher)
    if chance is not None:
        axis.axhline(chance, color="black", linestyle=":", label=f"chance, {chance:.1%}")
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(sorted({*x.tolist(), *printed})))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))
    axis.set_ylim(0, 1.09)
    axis.set_yticks(np.arange(0, 1.01, 0.2))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0))
    axis.set_xlabel("dimensions kept (logarithmic scale)", fontsize=LABEL)
    axis.set_ylabel("test videos right", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    handles, said = axis.get_legend_handles_labels()
    own = sorted(range(len(said)), key=lambda i: not said[i].startswith("these"))
    axis.legend(
        [handles[i] for i in own],
        [said[i] for i in own],
        fontsize=LABEL,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
    titled(figure, title)
    return figure


def _write(axis: Axes, x: float, value: float, end: float, colour: str, *, above: bool) -> None:
    """The value in per cent, clear of the whisker that ends at ``end``."""
    axis.annotate(
        f"{100 * value:.1f}",
        (x, end),
        (0, 5 if above else -5),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        fontsize=TICK,
        color=colour,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _nth(n: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(n, f"{n}th")
