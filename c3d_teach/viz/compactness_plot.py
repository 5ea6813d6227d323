"""How few numbers of a descriptor will do, as an interactive figure (plotly)."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm


def compactness_plot(
    points: Sequence[Mapping[str, Any]],
    *,
    controls: Mapping[str, float],
    paper: Mapping[int, float] | None = None,
) -> go.Figure:
    """Accuracy over the number of dimensions kept, with intervals; levels to compare with.

    Args:
        points: of :class:`~c3d_teach.analysis.descriptors.compactness.CompactnessCurve`, as
            ``dimension``, ``accuracy`` and ``interval``.
        controls: name → accuracy, dotted lines.
        paper: dimension → accuracy of the paper, on other data and with a larger descriptor.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[p["dimension"] for p in points],
        y=[p["accuracy"] for p in points],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [p["interval"][1] - p["accuracy"] for p in points],
            "arrayminus": [p["accuracy"] - p["interval"][0] for p in points],
            "color": BAR,
        },
        name="here, with 95 % interval",
        mode="lines+markers",
        line={"color": BAR, "width": 2.5},
        marker={"size": 9, "color": BAR},
        hovertemplate="%{x} dimensions: %{y:.1%}<extra></extra>",
    )
    if paper:
        figure.add_scatter(
            x=list(paper),
            y=list(paper.values()),
            name="the paper, on UCF101",
            mode="markers",
            marker={"symbol": "diamond-open", "size": 11, "color": MARK, "line": {"width": 2}},
            hovertemplate="paper, %{x} of 4096 dimensions: %{y:.1%}<extra></extra>",
        )
    for name, level in controls.items():
        figure.add_hline(y=level, line={"color": FAINT, "dash": "dot", "width": 2}, layer="below")
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=level,
            yanchor="bottom" if level == max(controls.values()) else "top",
            text=f"{name} {level:.1%}",
            showarrow=False,
        )
    figure.update_layout(**calm(height=340), showlegend=True)
    figure.update_layout(legend={"y": -0.3})
    ticks = [2, 5, 10, 20, 50, 100, 200, 500]
    figure.update_xaxes(
        type="log", tickvals=ticks, title="principal components kept (log scale)", showgrid=False
    )
    figure.update_yaxes(
        range=[0, 1.02],
        tickformat=".0%",
        dtick=0.25,
        title="right answers of a linear SVM",
        gridcolor=FAINT,
    )
    return figure
