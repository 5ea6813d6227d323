"""What a unit can see of a clip, and what it takes from it, as matplotlib figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, SKY, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.fields.clip_fields import FieldInClip
    from c3d_teach.analysis.fields.measured_fields import MeasuredField
    from c3d_teach.analysis.fields.receptive_fields import ReceptiveField

INFLUENCE = ("white", SKY, BLUE, "#00253d")
_INFLUENCE = LinearSegmentedColormap.from_list("influence", INFLUENCE, N=33)
_FRAMES = 6  # most frames drawn
# a panel each: which axis of the clip, its name
AXES = ((0, "time (frames)"), (2, "width (pixels)"))


def field_chart(field: "FieldInClip", *, title: str | None = None) -> Figure:
    """Frames of the clip with the receptive field on them, the gradient there, and over time.

    Args:
        field: from ``field_in_clip``.
        title: what there is to see; None for the sizes.
    """
    times = shown_frames(field)
    figure = Figure(figsize=(11.0, 6.6), layout="constrained")
    titled(figure, field_title(field) if title is None else title)
    halves: Any = figure.subfigures(2, 1, height_ratios=[4.4, 2.2])
    above, below = halves
    axes = above.subplots(2, _FRAMES, squeeze=False)
    for axis in axes[:, len(times) :].flat:
        axis.set_axis_off()
    most = float(field.gradient.max()) or 1.0
    for column, t in enumerate(times):
        frame = field.clip[t, ..., 0] if field.clip.shape[-1] == 1 else field.clip[t]
        axes[0, column].imshow(frame, cmap="gray", vmin=0, vmax=255)
        axes[1, column].imshow(field.gradient[t], cmap=_INFLUENCE, vmin=0, vmax=most)
        axes[0, column].set_title(f"frame {t}", fontsize=LABEL)
        for axis in axes[:, column]:
            axis.set_xticks([])
            axis.set_yticks([])
            _box(axis, field, t)
    axes[0, 0].set_ylabel("clip", fontsize=LABEL)
    axes[1, 0].set_ylabel("influence", fontsize=LABEL)
    above.legend(
        handles=[
            Patch(fill=False, edgecolor=VERMILION, linewidth=2, label="what it can see"),
            Line2D([], [], color=BLUE, linewidth=2, linestyle="--", label="95% of the influence"),
            Patch(facecolor=BLUE, label="influence of a pixel (dark: strong)"),
        ],
        loc="outside lower center",
        ncols=3,
        fontsize=LABEL,
        frameon=False,
    )
    _draw_profile(below.subplots(), field)
    return figure


def receptive_fields_chart(
    fields: "Sequence[ReceptiveField]",
    *,
    measured: "Sequence[MeasuredField]" = (),
    title: str | None = None,
) -> Figure:
    """The field of one output of each layer, over time and over the width of the clip.

    Args:
        fields: one of each layer, the first on top.
        measured: of some of these layers; their ends are marked at the same output.
        title: what there is to see; None for the sizes.

    Raises:
        UsageError: for no field, or one measured for a layer that is not among them.
    """
    rows = fields_of(fields, measured)
    figure = Figure(figsize=(11.0, 1.7 + 0.36 * len(rows)), layout="constrained")
    titled(figure, fields_title(rows) if title is None else title)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, (axis, name) in zip(panels, AXES, strict=True):
        panel.axvspan(0, rows[0].clip[axis], color="0.9", zorder=0, label="the clip")
        for place, row in enumerate(rows):
            start, stop = drawn_span(row, axis)
            panel.barh(
                place,
                stop - start,
                left=start,
                height=0.62,
                facecolor="none",
                edgecolor=BLUE,
                label="field, in padding" if not place else None,
            )
            panel.barh(
                place,
                row.seen_stop[axis] - row.seen_start[axis],
                left=row.seen_start[axis],
                height=0.62,
                color=SKY,
                edgecolor=BLUE,
                label="field, on the clip" if not place else None,
            )
            panel.annotate(
                size_name(row, axis),
                (stop, place),
                (8, 0),
                textcoords="offset points",
                va="center",
                fontsize=TICK,
            )
        ends = measured_ends(rows, measured, axis)
        if ends:
            panel.scatter(
                [end for end, _ in ends],
                [place for _, place in ends],
                marker="D",
                s=34,
                facecolor="none",
                edgecolor=VERMILION,
                linewidth=1.6,
                zorder=3,
                label="ends, measured",
            )
        panel.set_xlabel(name, fontsize=LABEL)
        panel.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        panel.use_sticky_edges = False
        panel.margins(x=0.1)
        panel.tick_params(labelsize=TICK)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(rows)), [row.layer for row in rows], fontsize=LABEL)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        fontsize=LABEL,
        frameon=False,
    )
    return figure


def _box(axis: Axes, field: "FieldInClip", t: int) -> None:
    """The box of the field, and that of 95 % of the influence, where they hold frame t."""
    for start, stop, colour, style in (
        (field.seen_start, field.seen_stop, VERMILION, "-"),
        (field.effective_start, field.effective_stop, BLUE, "--"),
    ):
        if start[0] <= t < stop[0]:
            corner = (start[2] - 0.5, start[1] - 0.5)
            size = (stop[2] - start[2], stop[1] - start[1])
            box = Rectangle(corner, *size, fill=False, edgecolor=colour, linestyle=style)
            box.set_linewidth(2)
            box.set_clip_on(False)  # a box as large as the frame keeps its full line
            axis.add_patch(box)


def _draw_profile(axis: Axes, field: "FieldInClip") -> None:
    shares = time_profile(field)
    axis.axvspan(
        field.seen_start[0] - 0.5,
        field.seen_stop[0] - 0.5,
        facecolor="none",
        edgecolor=VERMILION,
        linewidth=2,
    )
    axis.bar(range(len(shares)), shares, width=0.7, color=BLUE)
    first, end = field.effective_start[0], field.effective_stop[0]
    if end > first:
        axis.axvspan(
            first - 0.42, end - 0.58, facecolor="none", edgecolor=BLUE, linestyle="--", linewidth=2
        )
    axis.set_xlim(-0.8, len(shares) - 0.2)
    axis.set_ylim(0, 1.15 * float(shares.max()) or 1.0)
    axis.set_xticks(range(len(shares)))
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.set_xlabel("frame of the clip", fontsize=LABEL)
    axis.set_ylabel("share of influence", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)


def shown_frames(field: "FieldInClip") -> list[int]:
    """Up to six frames of the field, evenly spaced from its first to its last."""
    first, last = field.seen_start[0], field.seen_stop[0] - 1
    places = np.linspace(first, last, min(_FRAMES, last - first + 1))
    return sorted(set(np.rint(places).astype(int).tolist()))


def time_profile(field: "FieldInClip") -> np.ndarray:
    """Share of the influence that comes from each frame ``(L,)``; zeros for a silent unit."""
    strength = field.gradient.sum((1, 2))
    return strength / (strength.sum() or 1.0)


def field_title(field: "FieldInClip") -> str:
    """The sizes, as a title."""
    if not field.fires:
        return f"{field.name}: no pixel of this clip has any influence"
    seen, effective = ("×".join(map(str, size)) for size in (field.size, field.effective_size))
    return f"{field.name} can see {seen} of the clip; 95% of the influence is in {effective}"


def fields_of(
    fields: "Sequence[ReceptiveField]", measured: "Sequence[MeasuredField]"
) -> "list[ReceptiveField]":
    """The fields as a list.

    Raises:
        UsageError: for none, or one measured for a layer that is not among them.
    """
    rows = list(fields)
    if not rows:
        raise UsageError("There are no receptive fields to draw; give those of one layer or more.")
    layers = [row.layer for row in rows]
    for one in measured:
        if one.layer not in layers:
            raise UsageError(
                f"A field was measured for {one.layer}, but the fields to draw are those of "
                f"{', '.join(layers)}."
            )
    return rows


def drawn_span(row: "ReceptiveField", axis: int) -> tuple[int, int]:
    """Start and stop of a field; of fully connected layers, of what is on the clip."""
    if row.at is None:
        return row.seen_start[axis], row.seen_stop[axis]
    return row.start[axis], row.stop[axis]


def size_name(row: "ReceptiveField", axis: int) -> str:
    """The length of a field, written beside its bar."""
    start, stop = drawn_span(row, axis)
    return "all" if row.at is None and (start, stop) == (0, row.clip[axis]) else str(stop - start)


def measured_ends(
    rows: "list[ReceptiveField]", measured: "Sequence[MeasuredField]", axis: int
) -> list[tuple[int, int]]:
    """(end, row) of measured fields, moved to the outputs that the rows are of."""
    places = {row.layer: (place, row) for place, row in enumerate(rows)}
    ends = []
    for one in measured:
        place, row = places[one.layer]
        start, stop = drawn_span(row, axis)
        ends += [
            (start + one.start[axis] - one.expected_start[axis], place),
            (stop + one.stop[axis] - one.expected_stop[axis], place),
        ]
    return ends


def fields_title(rows: "list[ReceptiveField]") -> str:
    """The largest field beside the clip, as a title."""
    row = next((row for row in reversed(rows) if row.at is not None), rows[-1])
    size, clip = ("×".join(map(str, three)) for three in (row.size, row.clip))
    return f"One output of {row.layer} sees {size} (frames × rows × columns); the clip is {clip}"
