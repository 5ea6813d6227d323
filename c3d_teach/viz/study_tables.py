"""Tables of a study as matplotlib figures: frames left in each layer, nets against nets."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.name_places import width_of
from c3d_teach.viz.static import BLUE, LABEL, SIGNED, TICK, VERMILION, titled
from c3d_teach.viz.study_charts import PAGE, wrapped

_BLOCKS = 32  # more frames than this are one bar, not blocks
_UNCLEAR = 0.05  # p from which a difference is not told from none
_ROW, _LINE = 0.52, 0.19  # inches; blocks above, their number below; one more line of type
_LEFT = -0.43  # of a column; where its blocks and words begin
_WARM = "#fbe3d6"  # vermilion in milk: black type stays readable on it


def time_left_chart(
    lengths: Mapping[str, Mapping[str, int]],
    *,
    title: str,
    dead: Mapping[str, Mapping[str, tuple[int, int]]] | None = None,
) -> Figure:
    """How many frames are left behind each layer of each net: a block for a frame.

    Args:
        lengths: net -> layer -> frames of its output. All nets have the same layers.
        title: what there is to see.
        dead: net -> layer -> (dead slices, kernel depth): slices of the kernels that never
            meet a frame. Such cells are framed and say so.

    Raises:
        UsageError: for nothing to draw, nets with other layers, frames below 1, or dead slices
            of a layer that is not drawn or has fewer.
    """
    nets = list(lengths)
    layers = list(lengths[nets[0]]) if nets else []
    if not layers or any(list(lengths[net]) != layers for net in nets):
        raise UsageError(
            f"The figure was given the layers {[list(lengths[net]) for net in nets]}; give every "
            "net the same layers, in the same order, and one or more."
        )
    frames = np.array([[lengths[net][layer] for layer in layers] for net in nets])
    if frames.dtype.kind not in "iu" or frames.min() < 1:
        raise UsageError(
            f"The figure was given the frames {frames.tolist()}; give whole numbers from 1."
        )
    marked = _marked(dead or {}, nets, layers)
    full = int(frames.max())
    names = [wrapped(net) for net in nets]
    # inches: a net with dead slices has a line of type more
    heights = [_ROW + _LINE * any(row == place for place, _ in marked) for row in range(len(nets))]
    tops = np.cumsum([0.0, *heights])
    figure = Figure(
        figsize=(_wide(names, 0.86 * len(layers)), float(tops[-1]) + 1.3), layout="constrained"
    )
    axis = figure.subplots()
    for (row, column), count in np.ndenumerate(frames):
        top = float(tops[row])
        if (row, column) in marked:
            _dead(axis, column, top, heights[row], *marked[row, column])
        _blocks(axis, column, top, int(count), full)
        axis.text(column + _LEFT, top + 0.39, str(count), va="center", fontsize=TICK)
    axis.set_xlim(-0.55, len(layers) - 0.45)
    axis.set_ylim(float(tops[-1]), 0)
    axis.set_xticks(range(len(layers)), layers, fontsize=LABEL)
    axis.set_yticks((tops[:-1] + tops[1:]) / 2, names, fontsize=LABEL)
    axis.set_yticks(tops[1:-1], minor=True)
    axis.grid(axis="y", which="minor", color="0.85")
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)
    axis.xaxis.tick_top()
    says = f"frames left behind each layer (a full bar is {full})"
    if marked:
        (_, (some, depth)) = next(iter(marked.items()))
        says += f"; {some}/{depth} dead: {some} of {depth} slices of its kernels never meet a frame"
    axis.set_xlabel(says, fontsize=TICK)
    titled(figure, title)
    return figure


def matrix_chart(
    differences: ArrayLike, p: ArrayLike, names: Sequence[str], *, title: str
) -> Figure:
    """Nets against nets: how much more the net of the row gets right than that of the column.

    Args:
        differences: ``(N, N)`` accuracy of the row's net minus that of the column's, in per
            cent points; turned over at the diagonal it is its own negative.
        p: ``(N, N)`` symmetric, p values corrected for all pairs, 0 to 1; the diagonal of
            both is not read. Cells with p of 0.05 or more are hatched.
        names: N nets, two or more.
        title: what there is to see.

    Raises:
        UsageError: for other shapes, NaN, p outside 0 to 1, or tables that are not a net's
            difference to a net.
    """
    n = len(names)
    points, chances = np.array(differences, dtype=float), np.array(p, dtype=float)
    if n < 2 or points.shape != (n, n) or chances.shape != (n, n):
        raise UsageError(
            f"The figure was given {n} names, differences {points.shape} and p {chances.shape}; "
            "it draws two tables (N, N) of N names, two or more."
        )
    np.fill_diagonal(points, 0.0)
    np.fill_diagonal(chances, 1.0)
    if not np.isfinite(points).all() or not ((chances >= 0) & (chances <= 1)).all():
        raise UsageError("The tables hold NaN or p outside 0 to 1; give a number for every pair.")
    if not np.allclose(points, -points.T) or not np.allclose(chances, chances.T):
        raise UsageError(
            "The tables disagree with themselves; row minus column is minus (column minus row), "
            "and p is the same for both."
        )
    limit = float(np.abs(points).max()) or 1.0
    shown = [wrapped(name) for name in names]
    longest = max(map(width_of, shown)) / 72
    wide, high = _wide(shown, 0.62 * n + 1.4), max(0.46 * n, 2.4)
    turned = 0.95 * (wide - longest - 1.9) / n < longest
    figure = Figure(
        figsize=(max(wide, 6.4), high + (longest if turned else 0.4) + 1.3), layout="constrained"
    )
    axis = figure.subplots()
    clear = (chances < _UNCLEAR) & ~np.eye(n, dtype=bool)
    picture = axis.imshow(
        np.where(clear, points, np.nan), cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto"
    )
    for row, column in np.ndindex(n, n):
        if row == column:
            axis.add_patch(_cell(row, column, facecolor="0.75"))
            continue
        if not clear[row, column]:
            axis.add_patch(_cell(row, column, facecolor="white", edgecolor="0.78", hatch="////"))
        _difference(axis, row, column, points, clear)
    axis.set_xticks(range(n), shown, fontsize=LABEL, rotation=90 if turned else 0)
    axis.set_yticks(range(n), shown, fontsize=LABEL)
    axis.set_xlabel("minus the accuracy of this net", fontsize=LABEL)
    axis.set_ylabel("accuracy of this net", fontsize=LABEL)
    axis.tick_params(length=0)
    for side in (axis.set_xticks, axis.set_yticks):
        side(np.arange(n - 1) + 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=1.5)
    axis.tick_params(which="minor", length=0)
    bar = figure.colorbar(picture, ax=axis, fraction=0.03, pad=0.02)
    bar.set_label("difference (per cent points)", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)
    unclear = Patch(facecolor="white", edgecolor="0.78", hatch="////")
    figure.legend(
        [unclear],
        [f"p ≥ {_UNCLEAR} after correction for all pairs: these seeds do not tell the two apart"],
        loc="outside lower left",
        fontsize=TICK,
        frameon=False,
    )
    titled(figure, title)
    return figure


def _marked(
    dead: Mapping[str, Mapping[str, tuple[int, int]]], nets: list[str], layers: list[str]
) -> dict[tuple[int, int], tuple[int, int]]:
    """(row, column) -> (dead slices, depth)."""
    found = {}
    for net, where in dead.items():
        for layer, (slices, depth) in where.items():
            if net not in nets or layer not in layers or not 1 <= slices <= depth:
                raise UsageError(
                    f"dead says {slices} of {depth} slices of {layer} in {net}; give 1 or more, "
                    "no more than there are, of a layer that is drawn."
                )
            found[nets.index(net), layers.index(layer)] = (slices, depth)
    return found


def _blocks(axis: Axes, column: int, top: float, count: int, full: int) -> None:
    """``count`` of ``full`` blocks from left to right, on a pale bar of the whole length."""
    left, wide, span = column + _LEFT, -2 * _LEFT, (top + 0.09, 0.18)
    axis.broken_barh([(left, wide)], span, facecolor="0.9")
    each = wide / full
    blocks = [(left + i * each, each * 0.78) for i in range(count)]
    axis.broken_barh(blocks if full <= _BLOCKS else [(left, each * count)], span, facecolor=BLUE)


def _dead(axis: Axes, column: int, top: float, high: float, slices: int, depth: int) -> None:
    box = Rectangle((column - 0.48, top + 0.03), 0.96, high - 0.06)
    box.set(facecolor=_WARM, edgecolor=VERMILION, linewidth=1.5)
    axis.add_patch(box)
    axis.text(column + _LEFT, top + 0.58, f"{slices}/{depth} dead", va="center", fontsize=TICK)


def _cell(row: int, column: int, **looks: object) -> Rectangle:
    return Rectangle((column - 0.5, row - 0.5), 1, 1, linewidth=0, **looks)  # type: ignore[arg-type]


def _difference(
    axis: Axes, row: int, column: int, points: NDArray[np.float64], clear: NDArray[np.bool_]
) -> None:
    told = bool(clear[row, column])
    axis.text(
        column,
        row,
        f"{round(float(points[row, column]), 1) + 0.0:+.1f}".replace("-", "−"),
        ha="center",
        va="center",
        fontsize=TICK,
        fontweight="bold" if told else "normal",
        color="black" if told else "0.3",
        path_effects=[] if told else [withStroke(linewidth=3, foreground="white")],
    )


def _wide(names: Sequence[str], cells: float) -> float:
    """Inches of a figure with those names at the left of its cells."""
    return min(PAGE, max(map(width_of, names)) / 72 + 0.5 + cells)
