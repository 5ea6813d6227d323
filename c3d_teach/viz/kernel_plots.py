"""Kernels seen from all sides as interactive figures (plotly); see ``kernel_charts``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm
from c3d_teach.viz.kernel_charts import (
    PANELS,
    axis_name,
    channel_name,
    jitter,
    layer_name,
    layers_of,
    offsets,
)
from c3d_teach.viz.kernel_panels import add_energy, add_spectrum, weights_heat
from c3d_teach.viz.static import SKY

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.kernels import KernelStatistics, KernelView

_BELOW = ((0.0, 0.2), (0.26, 0.46), (0.56, 0.76), (0.89, 1.0))  # places of the lower panels


def kernel_plot(view: "KernelView") -> go.Figure:
    """A kernel slice by slice, its sections through time, its spectrum, its energy.

    Args:
        view: from ``kernel_view`` or ``view_of_kernel``.
    """
    depth = len(view.slices)
    named = offsets(depth)
    specs: list[list[Any]] = [
        ([{"colspan": 4}] + [None] * 3) * depth,
        ([{"colspan": depth}] + [None] * (depth - 1)) * 4,
    ]
    names = ["time t" if n == "0" else f"t {n[0]} {n[1:]}" for n in named]
    names += ["x–t section<br>(sum over y)", "y–t section<br>(sum over x)"]
    names += ["answer to drifting<br>gratings (dark: strong)", "share of the<br>energy"]
    figure = make_subplots(
        2,
        4 * depth,
        specs=specs,
        subplot_titles=names,
        vertical_spacing=0.26,
        horizontal_spacing=0.24 / (4 * depth),
    )
    most = float(np.abs(view.slices).max())
    for place, one in enumerate(view.slices):
        figure.add_trace(weights_heat(one, most, "x", "y"), row=1, col=1 + 4 * place)
        figure.update_yaxes(autorange="reversed", row=1, col=1 + 4 * place)
        figure.update_xaxes(title=axis_name("x", view.step[2], "pixel"), row=1, col=1 + 4 * place)
    figure.update_yaxes(title=axis_name("y", view.step[1], "pixel"), row=1, col=1)
    most = max(float(np.abs(view.xt).max()), float(np.abs(view.yt).max()))
    for place, (section, name) in enumerate(((view.xt, "x"), (view.yt, "y"))):
        heat = weights_heat(section, most, name, "time")
        at = {"row": 2, "col": 1 + place * depth}
        figure.add_trace(heat, **at)
        figure.update_yaxes(autorange="reversed", tickvals=list(range(depth)), ticktext=named, **at)
        figure.update_xaxes(title=axis_name(name, view.step[1], "pixel"), **at)
    figure.update_yaxes(title=axis_name("time from t", view.step[0], "frame"), row=2, col=1)
    add_spectrum(figure, view, {"row": 2, "col": 1 + 2 * depth})
    add_energy(figure, view, {"row": 2, "col": 1 + 3 * depth})
    for place, domain in enumerate(_BELOW):
        figure.layout[f"xaxis{depth + 1 + place}"].domain = domain
        figure.layout.annotations[depth + place].x = sum(domain) / 2
    figure.update_layout(**calm(620), showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 56, "b": 8})
    figure.update_xaxes(fixedrange=True, automargin=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, automargin=True, zeroline=False)
    figure.add_annotation(
        text=f"{channel_name(view)}: blue below 0, white 0, orange above",
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        yshift=52,
        xanchor="left",
        showarrow=False,
    )
    return figure


def kernel_statistics_plot(statistics: "Sequence[KernelStatistics]") -> go.Figure:
    """All kernels of some layers: how much of each is change over time, how separable it is.

    Args:
        statistics: one of each layer, the first on top.

    Raises:
        UsageError: for no layer.
    """
    rows = layers_of(statistics)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.07)
    for panel, (name, of, chance) in enumerate(PANELS, 1):
        values = [getattr(row, of) for row in rows]
        figure.add_scatter(
            x=np.concatenate(values),
            y=np.concatenate([i + jitter(len(v)) for i, v in enumerate(values)]),
            mode="markers",
            name="one kernel",
            marker={"color": SKY, "size": 6, "line": {"color": BAR, "width": 1}},
            customdata=np.concatenate([np.arange(len(v)) for v in values]),
            hovertemplate="unit %{customdata}: %{x:.1%}<extra></extra>",
            showlegend=panel == 1,
            row=1,
            col=panel,
        )
        medians = [float(np.nanmedian(v)) if np.isfinite(v).any() else None for v in values]
        chances = [getattr(row, chance) for row in rows]
        for label, at, symbol, size, colour in (
            ("median", medians, "line-ns-open", 26, "#878c94"),
            ("random kernels, mean", chances, "diamond-open", 11, MARK),
        ):
            figure.add_scatter(
                x=at,
                y=list(range(len(rows))),
                mode="markers",
                name=label,
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": colour,
                    "line": {"width": 3, "color": colour},
                },
                hovertemplate=f"{label}: %{{x:.1%}}<extra></extra>",
                showlegend=panel == 1,
                row=1,
                col=panel,
            )
        figure.update_xaxes(title=name, row=1, col=panel)
    figure.update_layout(**calm(150 + 56 * len(rows)))
    figure.update_layout(legend={"yref": "container", "y": 0.01, "yanchor": "bottom"})
    figure.update_xaxes(
        range=[-0.03, 1.03],
        tickformat=".0%",
        gridcolor=FAINT,
        fixedrange=True,
        zeroline=False,
        automargin=True,
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[layer_name(row).replace("\n", "<br>") for row in rows],
        fixedrange=True,
        zeroline=False,
    )
    return figure
