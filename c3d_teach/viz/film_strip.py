"""A clip as a strip of film, and on it what a unit sees (plotly)."""

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from c3d_teach.viz.interactive import FAINT, MARK, SHADE, calm
from c3d_teach.viz.outlines import Line, box, joined

if TYPE_CHECKING:
    from c3d_teach.analysis.fields.receptive_fields import ReceptiveField

_PER_ROW = 8  # frames


def film_strip_plot(field: "ReceptiveField") -> go.Figure:
    """The clip frame by frame, and on each frame what one output of a layer sees of it.

    Args:
        field: of the layer; frames are laid out eight in a row.
    """
    length, height, width = field.clip
    gap = 0.14 * width
    outlines: list[Line] = []
    seen: list[Line] = []
    where: list[tuple[float, float]] = []
    (t0, y0, x0), (t1, y1, x1) = field.seen_start, field.seen_stop
    for t in range(length):
        left = (t % _PER_ROW) * (width + gap)
        top = (t // _PER_ROW) * (height + 3 * gap)
        outlines.append(box(left, top, left + width, top + height))
        where.append((left + width / 2, top + height))
        if t0 <= t < t1:
            seen.append(box(left + x0, top + y0, left + x1, top + y1))
    figure = go.Figure()
    for boxes, name, line, fill in (
        (outlines, "frames of the clip", {"color": FAINT, "width": 1.5}, SHADE),
        (seen, "what it sees", {"color": MARK, "width": 2}, "rgba(217, 100, 10, 0.5)"),
    ):
        xs, ys = joined(boxes)
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            fill="toself",
            fillcolor=fill,
            line=line,
            name=name,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[x for x, _ in where],
        y=[y for _, y in where],
        mode="text",
        text=[str(t) for t in range(length)],
        textposition="bottom center",
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )
    lines = -(-length // _PER_ROW)
    figure.update_layout(**calm(64 + 86 * lines), showlegend=True)
    figure.update_layout(legend={"y": -0.06})
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure
