"""Heat over a clip and checks of it, as matplotlib figures: dataclasses in, figures out."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.heat_movie import (
    AGAINST,
    FOR,
    GRADIENTS,
    clip_and_heat,
    half_level,
    in_colour,
    overlaid,
    smoothed,
)
from c3d_teach.viz.static import BLUE, LABEL, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.attribution.heat import Attribution
    from c3d_teach.analysis.attribution.sanity import SanityCheck

_GREY = "#555555"
_WIDE = 10.4  # inches of a figure
_COLUMNS = 8  # most frames in a row
# measure → how it is drawn
_MEASURES: dict[str, tuple[str, Any, str]] = {
    "values with their sign": (VERMILION, "-", "o"),
    "magnitudes": (BLUE, "--", "s"),
    "structure (SSIM)": ("#009E73", ":", "^"),
}


def heat_chart(
    attribution: "Attribution", *, title: str | None = None, clip_title: str = "clip"
) -> Figure:
    """Frames, the same frames under heat, and heat over time below them, on one time axis.

    Vermilion speaks for the target, blue against it (of gradients: it asks for brighter or
    darker); the line in the frames encloses the strongest half of it. Where a method has
    fewer steps in time than the clip has frames, its curve is drawn as these steps and their
    number is written.

    Args:
        title: what there is to see; by default made from the numbers.
        clip_title: the name of the row of plain frames.

    Raises:
        UsageError: for heat that does not fit the clip.
    """
    frames, heat = clip_and_heat(attribution.clip, attribution.heat)
    length, height, width = heat.shape
    times = shown_times(length)
    left, right = 1.15, 0.15  # inches
    cell = (_WIDE - left - right) / len(times)
    tall = min(cell * height / width, 2.6)
    figure_height = 0.75 + 2 * tall + 2.5
    figure = Figure(figsize=(_WIDE, figure_height))
    titled(figure, title or heat_title(attribution))

    def box(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        """Inches from the left and the top, to shares of the figure from below."""
        return (x / _WIDE, 1 - (y + h) / figure_height, w / _WIDE, h / figure_height)

    pictures = (in_colour(frames), overlaid(frames, heat))
    soft = smoothed(heat, attribution.method)
    level = half_level(soft)
    for row, (name, picture) in enumerate(zip((clip_title, "with heat"), pictures, strict=True)):
        for k, t in enumerate(times):
            y = 0.75 + row * (tall + 0.12)
            axis = figure.add_axes(box(left + k * cell + 0.03, y, cell - 0.06, tall))
            _frame(axis, picture[t])
            if row == 0:
                axis.set_title(f"t = {t}", fontsize=TICK, pad=3)
            else:
                _outline(axis, soft[t], level)
            if k == 0:
                axis.set_ylabel(name, fontsize=LABEL)
    axis = figure.add_axes(box(left, 0.75 + 2 * tall + 0.3, _WIDE - left - right, 1.35))
    _curve(axis, attribution.curve, attribution.steps)
    axis.set_xlim(-0.5, length - 0.5)
    axis.set_xlabel("time t (frames)", fontsize=LABEL)
    axis.set_ylabel(curve_name(attribution.method).replace(" (", "\n("), fontsize=LABEL)
    axis.yaxis.set_label_coords(-0.065, 0.5)
    _legend(figure, [attribution.method], bool((heat < 0).any()))
    return figure


def heat_rows(attributions: Sequence["Attribution"], *, title: str | None = None) -> Figure:
    """Several methods for one clip: a row of frames, then a row of heat for each method.

    Each row ends with the method's own curve over time, scaled to its largest value, with the
    number of independent steps in time.

    Raises:
        UsageError: for no attribution, or attributions of different clips.
    """
    if not attributions:
        raise UsageError("heat_rows() was given no attribution; it draws one row for each.")
    first = attributions[0]
    if any(not np.array_equal(one.clip, first.clip) for one in attributions):
        raise UsageError("heat_rows() compares methods for one clip; these are different clips.")
    checked = [clip_and_heat(one.clip, one.heat) for one in attributions]
    frames = checked[0][0]
    length, height, width = frames.shape[:3]
    times = shown_times(length, 6)
    cell = 1.12
    tall = cell * max(0.75, height / width)
    rows = 1 + len(attributions)
    layout = ConstrainedLayoutEngine(
        w_pad=0.02, h_pad=0.03, wspace=0.01, hspace=0.02, rect=(0.008, 0, 0.984, 0.985)
    )
    figure = Figure(figsize=(_WIDE, rows * tall + 1.35), layout=layout)
    titled(figure, title or f"{len(attributions)} answers to “where does it look?”: {first.target}")
    axes = figure.subplots(
        rows, len(times) + 1, squeeze=False, width_ratios=[*([1.0] * len(times)), 2.2]
    )
    for axis, t in zip(axes[0], times, strict=False):
        _frame(axis, in_colour(frames)[t])
        axis.set_title(f"t = {t}", fontsize=TICK, pad=3)
    axes[0, 0].set_ylabel("clip", fontsize=LABEL, rotation=0, ha="right", va="center")
    axes[0, -1].set_axis_off()
    for k, (one, (_, heat)) in enumerate(zip(attributions, checked, strict=True), start=1):
        line = axes[k]
        picture, soft = overlaid(frames, heat), smoothed(heat, one.method)
        for axis, t in zip(line, times, strict=False):
            _frame(axis, picture[t])
            _outline(axis, soft[t], half_level(soft))
        name = method_name(one.method).replace(" ", "\n", 1)
        name += f"\n({one.layer})" if one.layer else ""
        line[0].set_ylabel(name, fontsize=LABEL, rotation=0, ha="right", va="center")
        axis = line[-1]
        _curve(axis, one.curve / (abs(one.curve).max() or 1.0), one.steps, small=True)
        axis.set_xlim(-0.5, length - 0.5)
        axis.set_yticks([0, 1])
        if k < len(attributions):
            axis.set_xticklabels([])
    axes[1, -1].set_title("heat over time (largest = 1)", fontsize=TICK)
    axes[-1, -1].set_xlabel("time t (frames)", fontsize=LABEL)
    negative = any((heat < 0).any() for _, heat in checked)
    _legend(figure, [one.method for one in attributions], negative)
    return figure


def sanity_chart(checks: Mapping[str, "SanityCheck"], *, title: str | None = None) -> Figure:
    """One panel a method: how much of its maps is left, layer by layer drawn anew.

    Lines are means over clips and draws, bands hold the middle half of them.
    Short marks at the right edge are what maps of different clips share anyhow.

    Raises:
        UsageError: for no check.
    """
    if not checks:
        raise UsageError("sanity_chart() was given no check; it draws a panel for each.")
    columns = min(3, len(checks))
    rows = -(-len(checks) // columns)
    size = (max(6.5, 3.5 * columns + 0.4), 2.75 * rows + 1.3)
    figure = Figure(figsize=size, layout="constrained")
    titled(figure, title or sanity_title(checks))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for place, axis in enumerate(axes.flat):
        if place >= len(checks):
            axis.set_axis_off()
            continue
        name, check = list(checks.items())[place]
        x = np.arange(len(check.layers) + 1)
        for (colour, dash, marker), values, floor in zip(
            _MEASURES.values(), measures(check), check.floor[[1, 0, 2]], strict=True
        ):
            if np.isnan(values).any():
                continue
            whole = np.concatenate([np.ones((1, values.shape[1])), values])
            low, high = np.quantile(whole, [0.25, 0.75], axis=1)
            axis.fill_between(x, low, high, color=colour, alpha=0.14, linewidth=0)
            axis.plot(x, whole.mean(1), dash, color=colour, marker=marker, markersize=5)
            axis.plot([x[-1] + 0.45, x[-1] + 1.05], [floor.mean()] * 2, dash, color=colour, lw=3)
        axis.axhline(0, color=_GREY, linewidth=0.8)
        axis.set_title(method_name(name), fontsize=LABEL)
        axis.set_xticks(x, ["none", *check.layers], rotation=90, fontsize=TICK)
        axis.set_xlim(-0.4, x[-1] + 1.3)
        axis.set_ylim(-0.6, 1.08)
        axis.tick_params(labelsize=TICK, labelleft=place % columns == 0)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        if place % columns == 0:
            axis.set_ylabel("likeness to the\ntrained net's map", fontsize=LABEL)
        if place + columns >= len(checks):
            axis.set_xlabel("drawn anew, with all to its left", fontsize=LABEL)
    handles = [
        Line2D([], [], color=c, linestyle=d, marker=m, label=name)
        for name, (c, d, m) in _MEASURES.items()
    ]
    handles.append(Line2D([], [], color=_GREY, lw=3, label="maps of different clips"))
    figure.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=TICK, frameon=False)
    return figure


def measures(check: "SanityCheck") -> list[NDArray[np.float64]]:
    """Signed, absolute and structure, each ``(S, R·N)``."""
    return [v.reshape(len(v), -1) for v in (check.signed, check.absolute, check.structure)]


def sanity_title(checks: Mapping[str, "SanityCheck"]) -> str:
    """Which maps stay, in words."""
    kept = [method_name(name) for name, check in checks.items() if check.keeps and check.judged]
    if not kept:
        return "Maps that go when the layers that know the class are drawn anew"
    verb = "keep their maps" if len(kept) > 1 else "keeps its map"
    names = " and ".join([kept[0], *(name.lower() for name in kept[1:])])
    return "\n".join(wrap(f"{names} {verb} when the net no longer knows the class", 84))


def heat_title(attribution: "Attribution") -> str:
    """What there is to see, from the numbers."""
    name = method_name(attribution.method)
    if attribution.layer:
        name += f" at {attribution.layer}"
    if attribution.weak:
        said = f"{name}: hiding frames hardly changes {attribution.target}"
        return "\n".join(wrap(said, 88))
    said = f"{name} explains {attribution.target.split(' (')[0]}, {attribution.score:.1f}"
    return "\n".join(wrap(said, 88))


def method_name(method: str) -> str:
    return "Grad-CAM" if method == "grad-cam" else method[:1].upper() + method[1:]


def curve_name(method: str) -> str:
    """What the curve over time adds up, with its unit."""
    if method == "temporal occlusion":
        return "drop of the score (frames hidden)"
    if method in ("integrated gradients", "box occlusion"):
        return "heat (sum of the frame)"
    if method == "grad-cam":
        return "heat (sum above zero)"
    return "heat (sum of magnitudes)"


def steps_words(steps: int, length: int) -> str:
    """How finely the method can tell time."""
    if steps == length:
        return f"{steps} steps in time, one a frame"
    return "1 step in time: no “when”" if steps == 1 else f"only {steps} steps in time"


def shown_times(length: int, most: int = _COLUMNS) -> list[int]:
    """At most ``most`` frames, evenly spread, each the middle of its stretch."""
    count = min(length, most)
    return [int((2 * k + 1) * length / (2 * count)) for k in range(count)]


def _frame(axis: Axes, picture: NDArray[np.uint8]) -> None:
    axis.imshow(picture, interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks([])


def _outline(axis: Axes, soft: NDArray[np.float32], level: float) -> None:
    if soft.min() < level < soft.max():
        stroke: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="black")]
        lines = axis.contour(soft, [level], colors="white", linewidths=1.1)
        lines.set_path_effects(stroke)


def _curve(axis: Axes, curve: NDArray[np.float64], steps: int, *, small: bool = False) -> None:
    frames = np.arange(len(curve))
    if steps < len(curve):
        edges = np.arange(len(curve) + 1) - 0.5
        axis.stairs(curve, edges, color=BLUE, linewidth=2, baseline=None)
        axis.stairs(curve, edges, color=BLUE, alpha=0.15, fill=True)
    else:
        axis.plot(frames, curve, color=BLUE, marker="o", markersize=3 if small else 5)
    axis.axhline(0, color=_GREY, linewidth=0.8)
    low, high = min(0.0, float(curve.min())), max(0.0, float(curve.max()))
    room = (high - low) or 1.0
    axis.set_ylim(low - 0.06 * room, high + (0.5 if small else 0.3) * room)
    axis.text(
        0.99, 0.97, steps_words(steps, len(curve)),
        transform=axis.transAxes, ha="right", va="top", fontsize=TICK,
    )  # fmt: skip
    axis.set_xticks(range(0, len(curve), max(1, len(curve) // (4 if small else 16))))
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure, methods: Sequence[str], negative: bool) -> None:
    gradients = {method in GRADIENTS for method in methods}
    words = ("for it", "against it", "strongest half of what is for it")
    if gradients == {True}:
        words = ("asks for brighter", "asks for darker", "strongest half")
    elif True in gradients:
        words = ("for it, or asks for brighter", "against it, or for darker", "strongest half")
    handles: list[Patch | Line2D] = [Patch(color=_hex(FOR), label=words[0])]
    if negative:
        handles.append(Patch(color=_hex(AGAINST), label=words[1]))
    if set(methods) != {"temporal occlusion"}:  # which tints whole frames: nothing to enclose
        stroke = [withStroke(linewidth=3, foreground="black")]
        handles.append(Line2D([], [], color="white", lw=1.2, label=words[2], path_effects=stroke))
    style: dict[str, Any] = {"handles": handles, "ncols": 3, "fontsize": TICK, "frameon": False}
    figure.legend(loc="outside lower left" if figure.get_layout_engine() else "lower left", **style)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#" + bytes(colour).hex()
