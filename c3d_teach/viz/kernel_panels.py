"""Parts of a kernel as small interactive figures (plotly); see also ``kernel_plots``."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from c3d_teach.viz.interactive import BAR, MARK, bare
from c3d_teach.viz.kernel_charts import (
    AMPLITUDES,
    axis_name,
    drift_names,
    energy_shares,
    frequency_name,
    offsets,
    percent,
)
from c3d_teach.viz.static import ORANGE, SKY

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.kernels import KernelView

_TALL = {1: 240, 3: 230, 5: 170}  # pixels, by the number of slices side by side
SIGNED = [[0.0, SKY], [0.5, "white"], [1.0, ORANGE]]


def slices_plot(view: "KernelView") -> go.Figure:
    """The slices of a kernel side by side, from the earliest frame to the latest."""
    named = offsets(len(view.slices))
    figure = make_subplots(
        1,
        len(named),
        subplot_titles=["t" if n == "0" else f"t {n[0]} {n[1:]}" for n in named],
        horizontal_spacing=0.12 / len(named),
    )
    most = float(np.abs(view.slices).max())
    for place, one in enumerate(view.slices, 1):
        figure.add_trace(weights_heat(one, most, "x", "y"), row=1, col=place)
    _square(figure, len(named))
    figure.update_layout(**bare(_TALL.get(len(named), 130)), showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 8})
    return figure


def sections_plot(view: "KernelView") -> go.Figure:
    """The x–t and the y–t section of a kernel; time runs down."""
    named = offsets(len(view.slices))
    figure = make_subplots(
        1, 2, subplot_titles=["x–t section", "y–t section"], horizontal_spacing=0.2
    )
    most = max(float(np.abs(view.xt).max()), float(np.abs(view.yt).max()))
    for place, (section, name) in enumerate(((view.xt, "x"), (view.yt, "y")), 1):
        at = {"row": 1, "col": place}
        figure.add_trace(weights_heat(section, most, name, "time"), **at)
        figure.update_yaxes(tickvals=list(range(len(named))), ticktext=named, **at)
        figure.update_xaxes(title=axis_name(name, view.step[1], "pixel"), **at)
    figure.update_yaxes(title=axis_name("time from t", view.step[0], "frame"), row=1, col=1)
    figure.update_layout(**bare(300), showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 8})
    figure.update_xaxes(fixedrange=True, zeroline=False, showgrid=False, automargin=True)
    figure.update_yaxes(
        fixedrange=True, zeroline=False, showgrid=False, automargin=True, autorange="reversed"
    )
    return figure


def spectrum_plot(view: "KernelView") -> go.Figure:
    """What gratings of all frequencies get from a kernel, along its direction and against it."""
    figure = make_subplots(1, 1)
    add_spectrum(figure, view, {"row": 1, "col": 1})
    figure.update_layout(**bare(300), showlegend=False)
    figure.update_xaxes(fixedrange=True, zeroline=False, automargin=True)
    figure.update_yaxes(fixedrange=True, zeroline=False, automargin=True)
    return figure


def energy_plot(view: "KernelView") -> go.Figure:
    """How much of a kernel is change over time, and how much fits into few products."""
    figure = make_subplots(1, 1)
    add_energy(figure, view, {"row": 1, "col": 1})
    figure.update_layout(**bare(220), showlegend=False)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True, automargin=True)
    return figure


def _square(figure: go.Figure, count: int) -> None:
    """Square cells, without numbers on the axes."""
    for place in range(1, count + 1):
        number = "" if place == 1 else str(place)
        figure.update_yaxes(
            autorange="reversed", scaleanchor=f"x{number}", constrain="domain", row=1, col=place
        )
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True)


def weights_heat(values: NDArray[np.float64], most: float, across: str, down: str) -> go.Heatmap:
    return go.Heatmap(
        z=values,
        colorscale=SIGNED,
        zmin=-(most or 1.0),
        zmax=most or 1.0,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate=f"{across} %{{x}}, {down} %{{y}}: %{{z:.3g}}<extra></extra>",
    )


def add_spectrum(figure: go.Figure, view: "KernelView", at: dict[str, int]) -> None:
    figure.add_trace(
        go.Heatmap(
            z=view.plane,
            x=view.plane_spatial,
            y=view.plane_temporal,
            colorscale=[[i / (len(AMPLITUDES) - 1), c] for i, c in enumerate(AMPLITUDES)],
            zmin=0,
            zmax=float(view.plane.max()) or 1.0,
            showscale=False,
            zsmooth="best",
            hovertemplate="spatial %{x:.2f}, temporal %{y:.2f}: %{z:.3g}<extra></extra>",
        ),
        **at,
    )
    figure.update_xaxes(
        title=frequency_name("spatial", view.step[1], "pixel").replace("\n", "<br>"),
        tickvals=[0, 0.25, 0.5],
        **at,
    )
    figure.update_yaxes(
        title=frequency_name("temporal", view.step[0], "frame").replace("\n", "<br>"),
        tickvals=[-0.5, 0, 0.5],
        **at,
    )
    for name, y in zip(drift_names(view), (0.42, -0.42), strict=True):
        figure.add_annotation(
            text=f"<b>{name}</b>",
            x=0.48,
            y=y,
            xanchor="right",
            showarrow=False,
            font={"color": "black"},
            bgcolor="rgba(255, 255, 255, 0.7)",
            **at,
        )


def add_energy(figure: go.Figure, view: "KernelView", at: dict[str, int]) -> None:
    labels, shares = energy_shares(view)
    figure.add_trace(
        go.Bar(
            x=np.nan_to_num(shares),
            y=[label.replace("\n", "<br>") for label in labels],
            orientation="h",
            marker_color=[MARK] + [BAR] * (len(shares) - 1),
            text=[percent(v) for v in shares],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        ),
        **at,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, **at)
    figure.update_xaxes(range=[0, 1.35], visible=False, **at)
