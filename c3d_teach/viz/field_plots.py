"""What a unit can see of a clip, and what it takes from it, as interactive figures (plotly)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from c3d_teach.viz.field_charts import (
    AXES,
    INFLUENCE,
    drawn_span,
    fields_of,
    measured_ends,
    shown_frames,
    size_name,
    time_profile,
)
from c3d_teach.viz.interactive import BAR, FAINT, MARK, SHADE, calm

if TYPE_CHECKING:
    from c3d_teach.analysis.fields.clip_fields import FieldInClip
    from c3d_teach.analysis.fields.measured_fields import MeasuredField
    from c3d_teach.analysis.fields.receptive_fields import ReceptiveField

_SCALE = [[i / (len(INFLUENCE) - 1), colour] for i, colour in enumerate(INFLUENCE)]


def field_plot(field: "FieldInClip") -> go.Figure:
    """Frames of the clip with the receptive field on them, the gradient there, and over time.

    Args:
        field: from ``field_in_clip``.
    """
    times = shown_frames(field)
    count = len(times)
    specs: list[list[Any]] = [
        [{}] * count,
        [{}] * count,
        [{"colspan": count}] + [None] * (count - 1),
    ]
    figure = make_subplots(
        3,
        count,
        specs=specs,
        row_heights=[0.35, 0.35, 0.3],
        subplot_titles=[f"frame {t}" for t in times],
        vertical_spacing=0.06,
        horizontal_spacing=0.02,
    )
    most = float(field.gradient.max()) or 1.0
    for column, t in enumerate(times, 1):
        frame = np.broadcast_to(field.clip[t], (*field.clip.shape[1:3], 3))
        figure.add_trace(go.Image(z=frame, hoverinfo="skip"), row=1, col=column)
        figure.add_trace(
            go.Heatmap(
                z=field.gradient[t],
                colorscale=_SCALE,
                zmin=0,
                zmax=most,
                showscale=False,
                hovertemplate=f"frame {t}, y %{{y}}, x %{{x}}: %{{z:.3g}}<extra></extra>",
            ),
            row=2,
            col=column,
        )
        for row in (1, 2):
            at = {"row": row, "col": column}
            _add_boxes(figure, field, t, at)
            number = (row - 1) * count + column
            frame_of = {"showline": True, "mirror": True, "linecolor": FAINT, "ticks": ""}
            figure.update_xaxes(
                **frame_of, showticklabels=False, showgrid=False, constrain="domain", **at
            )
            figure.update_yaxes(
                **frame_of,
                showticklabels=False,
                showgrid=False,
                autorange="reversed",
                scaleanchor="x" if number == 1 else f"x{number}",
                constrain="domain",
                **at,
            )
    shares = time_profile(field)
    figure.add_trace(
        go.Bar(
            x=list(range(len(shares))),
            y=shares,
            marker_color=BAR,
            hovertemplate="frame %{x}: %{y:.1%}<extra></extra>",
        ),
        row=3,
        col=1,
    )
    for start, stop, line in _boxes(field):
        if stop[0] > start[0]:
            edges = {"x0": start[0] - 0.5, "x1": stop[0] - 0.5}
            figure.add_vrect(**edges, line=line, row=3, col=1)
    figure.update_layout(**calm(560), showlegend=False, bargap=0.3)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 64, "b": 8})
    figure.add_annotation(
        text="solid orange: what it can see; dashed blue: 95% of the influence; dark: strong",
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        yshift=56,
        xanchor="left",
        showarrow=False,
    )
    figure.update_xaxes(fixedrange=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, zeroline=False)
    figure.update_xaxes(title="frame of the clip", dtick=1, row=3, col=1)
    figure.update_yaxes(
        title="share of influence",
        tickformat=".0%",
        gridcolor=FAINT,
        automargin=True,
        row=3,
        col=1,
    )
    return figure


def receptive_fields_plot(
    fields: "Sequence[ReceptiveField]", *, measured: "Sequence[MeasuredField]" = ()
) -> go.Figure:
    """The field of one output of each layer, over time and over the width of the clip.

    Args:
        fields: one of each layer, the first on top.
        measured: of some of these layers; their ends are marked at the same output.

    Raises:
        UsageError: for no field, or one measured for a layer that is not among them.
    """
    rows = fields_of(fields, measured)
    names = [row.layer for row in rows]
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.05)
    for panel, (axis, title) in enumerate(AXES, 1):
        at = {"row": 1, "col": panel}
        spans = [drawn_span(row, axis) for row in rows]
        figure.add_trace(
            go.Bar(
                y=names,
                x=[stop - start for start, stop in spans],
                base=[start for start, _ in spans],
                orientation="h",
                name="field, in padding",
                marker={"color": "rgba(0, 0, 0, 0)", "line": {"color": BAR, "width": 1.5}},
                text=["  " + size_name(row, axis) for row in rows],  # clear of the mark
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: from %{base}, size %{text}<extra></extra>",
                showlegend=panel == 1,
            ),
            **at,
        )
        figure.add_trace(
            go.Bar(
                y=names,
                x=[row.seen_stop[axis] - row.seen_start[axis] for row in rows],
                base=[row.seen_start[axis] for row in rows],
                orientation="h",
                name="field, on the clip (shaded)",
                marker_color=BAR,
                hoverinfo="skip",
                showlegend=panel == 1,
            ),
            **at,
        )
        if ends := measured_ends(rows, measured, axis):
            figure.add_trace(
                go.Scatter(
                    x=[end for end, _ in ends],
                    y=[names[place] for _, place in ends],
                    mode="markers",
                    name="ends, measured",
                    marker={
                        "symbol": "diamond-open",
                        "size": 9,
                        "color": MARK,
                        "line": {"width": 2, "color": MARK},
                    },
                    hovertemplate="%{y}, measured: %{x}<extra></extra>",
                    showlegend=panel == 1,
                ),
                **at,
            )
        # not before the bars: plotly draws no region in an empty panel
        figure.add_vrect(
            x0=0, x1=rows[0].clip[axis], fillcolor=SHADE, line_width=0, layer="below", **at
        )
        figure.update_xaxes(title=title, **at)
    figure.update_layout(**calm(120 + 28 * len(rows)), barmode="overlay", bargap=0.35)
    figure.update_layout(legend={"yref": "container", "y": 0.01, "yanchor": "bottom"})
    figure.update_layout(margin={"r": 34})  # for the number behind the longest field
    figure.update_xaxes(fixedrange=True, zeroline=False, gridcolor=FAINT, automargin=True)
    figure.update_yaxes(fixedrange=True, showgrid=False, autorange="reversed")
    return figure


def _boxes(field: "FieldInClip") -> list[tuple[Any, Any, dict[str, Any]]]:
    """Start, stop and line of the field and of 95 % of the influence."""
    return [
        (field.seen_start, field.seen_stop, {"color": MARK, "width": 2}),
        (field.effective_start, field.effective_stop, {"color": BAR, "width": 2, "dash": "dash"}),
    ]


def _add_boxes(figure: go.Figure, field: "FieldInClip", t: int, at: dict[str, int]) -> None:
    for start, stop, line in _boxes(field):
        if start[0] <= t < stop[0]:
            figure.add_shape(
                type="rect",
                x0=start[2] - 0.5,
                x1=stop[2] - 0.5,
                y0=start[1] - 0.5,
                y1=stop[1] - 0.5,
                line=line,
                **at,
            )
