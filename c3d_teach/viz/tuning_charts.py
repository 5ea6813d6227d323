"""What units answer best to, as matplotlib figures: directions, frequencies, flows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled
from c3d_teach.viz.tuning_layout import (
    flow_headline,
    grid_headline,
    headline,
    index_words,
    preferred_place,
    selectivities,
    signed_map,
    speed_lines,
)

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.flow_tuning import FlowTuning
    from c3d_teach.analysis.filters.tuning import Tuning, UnitTuning

HUES = (BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, SKY)  # Okabe-Ito
_NUMBERED = 24  # most columns of dots with their median in figures
_MARKS = ("o", "^", "s", "D", "v", "P")
_ANGLES = {0: "0°", 45: "", 90: "90°", 135: "", 180: "180°", 225: "", 270: "270°", 315: ""}
_HEAT = LinearSegmentedColormap.from_list("heat", ["white", SKY, BLUE, "#00304d"], N=65)


def tuning_chart(unit: "UnitTuning", *, title: str | None = None) -> Figure:
    """Tuning of one unit: to directions on the left, to frequencies (or bars) on the right.

    The map shows the axis of the preferred direction: above the middle what moves in it, below
    what moves against it. A unit without direction selectivity has a map that is the same in
    both halves.

    Args:
        unit: of :meth:`Tuning.unit`.
        title: what there is to see; made from the numbers when None.
    """
    figure = Figure(figsize=(10, 4.7), layout="constrained")
    titled(figure, title or headline(unit))
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.3])  # type: ignore[misc]
    axis = left.add_subplot(projection="polar")
    _rose(axis, unit, arrow=True)
    axis.set_xticks(np.radians(list(_ANGLES)), list(_ANGLES.values()), fontsize=LABEL)
    axis.tick_params(axis="x", pad=5)
    axis.set_title(index_words(unit), fontsize=LABEL, pad=12)
    axis.set_xlabel("direction of motion, response outwards", fontsize=LABEL, labelpad=8)
    _map(right.add_subplot(), unit)
    return figure


def tuning_grid(tuning: "Tuning", *, count: int = 12, title: str | None = None) -> Figure:
    """Direction tuning of the most selective units of a layer, each on its own scale.

    Args:
        tuning: of a layer.
        count: units at most.
        title: what there is to see; made from the numbers when None.

    Raises:
        UsageError: for a count below 1.
    """
    if count < 1:
        raise UsageError(f"count is {count}; the figure shows 1 unit or more.")
    channels = tuning.most_selective(count)
    columns = min(6, max(1, len(channels)))
    rows = max(1, -(-len(channels) // columns))
    figure = Figure(figsize=(max(6.0, 1.75 * columns), 2.05 * rows + 1.0), layout="constrained")
    titled(figure, title or grid_headline(tuning, len(channels)))
    if not channels:
        figure.text(0.5, 0.45, "no unit answers to what moves", ha="center", fontsize=LABEL)
    for place, channel in enumerate(channels, 1):
        unit = tuning.unit(channel)
        axis = figure.add_subplot(rows, columns, place, projection="polar")
        _rose(axis, unit, arrow=True)
        axis.set_xticks(np.radians(list(_ANGLES)), [""] * 8)
        axis.set_yticks([])
        axis.set_title(f"unit {channel}: {unit.selectivity:.2f}", fontsize=LABEL)
    if channels:
        figure.supxlabel(
            "unit: direction selectivity. 0° is to the right, 90° up; the arrow is the preferred "
            "direction.",
            fontsize=TICK,
        )
    return figure


def selectivity_chart(
    groups: Mapping[str, Mapping[str, ArrayLike]],
    *,
    title: str = "How well the units of each layer tell a direction from its opposite",
    index: str = "direction selectivity index",
) -> Figure:
    """Every unit of every layer of several nets as a dot, with the medians.

    Args:
        groups: net → layer → index of each unit ``(U,)`` from 0 to 1, NaN for those that do
            not answer to what moves; their number is written below. Layers stand in the order
            of the first net.
        title: what there is to see.
        index: name of the axis.

    Raises:
        UsageError: for nothing to draw, or indices out of range.
    """
    nets = selectivities(groups)
    layers = list(dict.fromkeys(layer for net in nets.values() for layer in net))
    width = max(7.0, 1.2 + 0.5 * len(layers) * len(nets))
    figure = Figure(figsize=(min(width, 15.0), 5.2), layout="constrained")
    axis = figure.subplots()
    rng = np.random.default_rng(0)  # scatter sideways only
    numbered = len(nets) * len(layers) <= _NUMBERED
    for k, (name, net) in enumerate(nets.items()):
        shift = (k - (len(nets) - 1) / 2) * 0.8 / len(nets)
        spread = 0.28 / len(nets)
        for place, layer in enumerate(layers):
            if layer not in net:
                continue
            known = net[layer][~np.isnan(net[layer])]
            silent = len(net[layer]) - len(known)
            x = place + shift + rng.uniform(-spread, spread, len(known))
            first = place == 0 or all(other not in net for other in layers[:place])
            axis.scatter(
                x,
                known,
                s=13,
                color=HUES[k % 6],
                marker=_MARKS[k % 6],
                alpha=0.45,
                linewidths=0,
                label=name if first else None,
                clip_on=False,
            )
            if len(known):
                median = float(np.median(known))
                ends = (place + shift - 0.34 / len(nets), place + shift + 0.34 / len(nets))
                axis.plot(ends, (median, median), color="black", linewidth=2.5, zorder=4)
                if numbered:
                    _above(axis, place + shift, 1.0, f"{median:.2f}", 8)
            _above(axis, place + shift, 0.0, str(silent), -14)
        for edge in np.arange(0.5, len(layers) - 1):
            axis.axvline(edge, color="0.85", linewidth=0.8, zorder=0)
    for height, word in ((1.035, "median" * numbered), (-0.035, "silent")):
        axis.text(
            -0.01, height, word, transform=axis.transAxes, fontsize=TICK, ha="right", va="center"
        )
    axis.set_xlim(-0.5, len(layers) - 0.5)
    axis.set_ylim(0, 1)
    axis.set_xticks(range(len(layers)), layers, fontsize=LABEL)
    axis.tick_params(axis="x", pad=20, length=0)
    axis.tick_params(axis="y", labelsize=TICK)
    axis.set_yticks(np.arange(0, 1.01, 0.25))
    axis.set_ylabel(index, fontsize=LABEL)
    axis.spines[["top", "right"]].set_visible(False)
    handles, names = axis.get_legend_handles_labels()
    line = axis.plot([], [], color="black", linewidth=2.5)[0]
    figure.legend(
        [*handles, line],
        [*names, "median"],
        loc="outside lower center",
        ncols=5,
        fontsize=LABEL,
        frameon=False,
        markerscale=1.8,
    )
    titled(figure, title)
    return figure


def flow_chart(flow: "FlowTuning", channel: int, *, title: str | None = None) -> Figure:
    """Responses of one unit to growing, turning and shifting dots: a panel a pair.

    Bars are means over the fields of dots, and each dot is one field.

    Args:
        flow: of a layer.
        channel: which unit.
        title: what there is to see; made from the numbers when None.

    Raises:
        UsageError: for a channel out of range.
    """
    c = flow.checked(channel)
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    titled(figure, title or flow_headline(flow, c))
    axes = figure.subplots(1, 4, sharey=True)
    x = np.arange(len(flow.speeds))
    for pair, axis in enumerate(axes):
        for second in (0, 1):
            values = flow.responses[c, 2 * pair + second]
            at = x + (second - 0.5) * 0.4
            axis.bar(
                at,
                values.mean(1),
                0.36,
                color="white" if second else SKY,
                edgecolor=BLUE,
                linewidth=1.5,
                hatch="////" if second else "",
                label=flow.patterns[2 * pair + second],
            )
            axis.plot(np.repeat(at, values.shape[1]), values.ravel(), "k.", markersize=4)
        index = flow.selectivity[c, pair]
        said = "neither answers" if np.isnan(index) else f"selectivity {index:.2f}"
        axis.set_title(said, fontsize=LABEL)
        axis.set_xticks(x, [f"{v:g}" for v in flow.speeds], fontsize=TICK)
        axis.tick_params(axis="y", labelsize=TICK)
        axis.set_xlabel("speed (pixels a frame)", fontsize=LABEL)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(
            fontsize=TICK, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=1
        )
    top = float(flow.responses[c].max())
    axes[0].set_ylim(0, 1.05 * top if top > 0 else 1.0)
    axes[0].set_ylabel("response", fontsize=LABEL)
    return figure


def _rose(axis: Any, unit: "UnitTuning", *, arrow: bool) -> None:
    top = float(unit.curve.max())
    axis.tick_params(labelsize=TICK, pad=1)
    if np.isnan(unit.selectivity):
        axis.set_yticks([])
        axis.set_ylim(0, 1)
        return
    angles = np.radians(np.append(unit.directions, unit.directions[0]))
    curve = np.append(unit.curve, unit.curve[0])
    axis.plot(angles, curve, color=BLUE, linewidth=2, marker="o", markersize=3.5)
    axis.fill(angles, curve, color=SKY, alpha=0.35)
    axis.set_ylim(0, 1.08 * top)
    axis.set_yticks([top / 2, top], [f"{top / 2:.2g}", ""], fontsize=TICK)
    axis.set_rlabel_position(22.5 if 60 < unit.direction < 330 else 112.5)
    if arrow:
        axis.annotate(
            "",
            (float(np.radians(unit.direction)), top),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": VERMILION, "linewidth": 2.2},
        )


def _map(axis: Axes, unit: "UnitTuning") -> None:
    values, fast, large = signed_map(unit)
    bars = unit.stimulus == "bars"
    top = float(values.max())
    picture = axis.imshow(values, origin="lower", aspect="auto", cmap=_HEAT, vmin=0, vmax=top or 1)
    axis.set_xticks(range(len(large)), [f"{v:.2g}" for v in large], fontsize=TICK)
    axis.set_yticks(range(len(fast)), [f"{v:.2g}".replace("-", "−") for v in fast], fontsize=TICK)
    x_name = "width of the bar (pixels)" if bars else "spatial frequency (cycles a pixel)"
    y_name = "speed (pixels a frame)" if bars else "temporal frequency (cycles a frame)"
    axis.set_xlabel(x_name, fontsize=LABEL)
    axis.set_ylabel(f"{y_name}\n− against the preferred direction", fontsize=LABEL)
    bar = axis.get_figure().colorbar(picture, ax=axis, fraction=0.05, pad=0.03)  # type: ignore[union-attr]
    bar.set_label("response", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)
    if not bars:
        for speed, x, y in speed_lines(fast, large):
            axis.plot(x, y, color="black", linewidth=1, linestyle=":")
            axis.annotate(
                f"{speed:g}",
                (x[-1], y[-1]),
                (-4, 3),
                textcoords="offset points",
                fontsize=TICK,
                ha="right",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
        axis.set_title("dotted: constant speed (pixels a frame)", fontsize=LABEL)
    else:
        axis.set_title("white and black bars, the larger response", fontsize=LABEL)
    if not np.isnan(unit.speed):
        axis.plot(
            *preferred_place(unit, fast, large),
            "X",
            color=VERMILION,
            markersize=11,
            markeredgecolor="white",
            label="preferred",
        )
        axis.legend(loc="lower right", fontsize=TICK, framealpha=0.9)
    axis.set_xlim(-0.5, len(large) - 0.5)
    axis.set_ylim(-0.5, len(fast) - 0.5)


def _above(axis: Axes, x: float, y: float, words: str, points: int) -> None:
    axis.annotate(
        words, (x, y), (0, points), textcoords="offset points", ha="center", fontsize=TICK
    )
