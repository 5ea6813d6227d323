"""A layer as a compass, and one depth of kernels in a column to compare with others (plotly)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, FAINT, MARK, SHADE, bare
from c3d_teach.viz.static import ORANGE, SKY

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.kernels import KernelView
    from c3d_teach.analysis.filters.tuning import Tuning, UnitTuning

_SIGNED = [[0.0, SKY], [0.5, "white"], [1.0, ORANGE]]
_DEEPEST = 7  # frames of the deepest kernels that are compared
# places of the three panels of a column, from the bottom of the figure
_ROSE, _LAYERS, _SECTION = (0.69, 0.94), (0.38, 0.58), (0.02, 0.24)


def compass_plot(tuning: "Tuning", unit: int | None = None) -> go.Figure:
    """All units of a layer as dots: the way it lies from the middle is the direction it prefers.

    How far out is its direction selectivity: in the middle are units that answer to a motion
    and to its opposite alike, on the rim those that are silent in the opposite direction.
    ``customdata`` of each dot is its unit. Silent units are not drawn.

    Args:
        unit: ringed, with its number.

    Raises:
        UsageError: for a unit that the layer does not have.
    """
    count = len(tuning.selectivity)
    if unit is not None and not 0 <= unit < count:
        raise UsageError(f"There is no unit {unit} in {tuning.layer}; it has 0 to {count - 1}.")
    answers = np.flatnonzero(~np.isnan(tuning.selectivity))
    angle = np.deg2rad(tuning.direction.astype(float))
    x, y = tuning.selectivity * np.cos(angle), tuning.selectivity * np.sin(angle)
    # on plain axes, for plotly's polar ones take no clicks unless they also zoom
    figure = go.Figure()
    for radius in (0.5, 1.0):
        figure.add_shape(
            type="circle",
            **{"x0": -radius, "x1": radius, "y0": -radius, "y1": radius},
            line={"color": FAINT, "width": 1.5},
            layer="below",
        )
    for (across, up), name in zip(
        ((1.08, 0), (0, 1.08), (-1.08, 0), (0, -1.08)), ("right", "up", "left", "down"), strict=True
    ):
        figure.add_shape(
            type="line", x0=0, y0=0, x1=across / 1.08, y1=up / 1.08, line={"color": FAINT}
        )
        figure.add_annotation(
            text=name,
            x=across,
            y=up,
            xanchor={1.08: "left", -1.08: "right"}.get(across, "center"),
            yanchor={1.08: "bottom", -1.08: "top"}.get(up, "middle"),
            showarrow=False,
        )
    figure.add_scatter(
        x=x[answers].tolist(),
        y=y[answers].tolist(),
        customdata=answers.tolist(),
        text=[f"prefers {tuning.direction[k]:.0f}°, {tuning.selectivity[k]:.2f}" for k in answers],
        mode="markers",
        name="unit",
        marker={"color": BAR, "size": 9, "opacity": 0.65, "line": {"color": BAR, "width": 1}},
        selected={"marker": {"opacity": 0.65}},
        unselected={"marker": {"opacity": 0.65}},
        hovertemplate="unit %{customdata}<br>%{text}<extra></extra>",
    )
    if unit is not None and unit in answers:
        figure.add_scatter(
            x=[float(x[unit])],
            y=[float(y[unit])],
            customdata=[unit],
            mode="markers+text",
            name="this unit",
            text=[f"<b>{unit}</b>"],
            # inwards, where no label of the compass is
            textposition="bottom center" if y[unit] > 0 else "top center",
            marker={
                "symbol": "circle-open",
                "size": 18,
                "color": MARK,
                "line": {"color": MARK, "width": 3},
            },
            textfont={"size": 13},
            hoverinfo="skip",
        )
    figure.update_layout(**bare(300), showlegend=False)
    figure.update_xaxes(range=[-1.35, 1.35], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[-1.25, 1.25], visible=False, fixedrange=True, scaleanchor="x", constrain="domain"
    )
    return figure


def depth_plot(
    unit: "UnitTuning",
    view: "KernelView",
    trained: Mapping[str, ArrayLike],
    drawn: Mapping[str, ArrayLike],
    *,
    layer: str,
) -> go.Figure:
    """One net in a column: one unit's directions, all layers against chance, one kernel in time.

    Args:
        unit: whose answers to the directions are on top.
        view: of the kernel whose x–t section is at the bottom. All columns have room for seven
            frames, so that kernels of several depths can be compared.
        trained: for each layer the selectivity ``(U,)`` of its units, NaN for the silent.
        drawn: the same with random weights, ``(S, U)`` for S draws.
        layer: the one that the unit is of; shaded.

    Raises:
        UsageError: for layers that are not those of the control.
    """
    if list(trained) != list(drawn) or layer not in trained:
        raise UsageError(
            f"The figure was given {', '.join(trained)} and as control {', '.join(drawn)}; it "
            f"compares the same layers, {layer} among them."
        )
    figure = make_subplots(
        3,
        1,
        specs=[[{"type": "polar"}], [{}], [{}]],
        subplot_titles=[
            "answer by direction",
            "selectivity by layer",
            "kernel, x–t section",
        ],
    )
    _add_rose(figure, unit)
    _add_layers(figure, trained, drawn, layer)
    _add_section(figure, view)
    for title, (_, top) in zip(figure.layout.annotations, (_ROSE, _LAYERS, _SECTION), strict=True):
        title.update(y=top, yanchor="bottom", yshift=6)
        title.font.size = 13
    figure.layout.polar.domain = {"x": [0.0, 1.0], "y": list(_ROSE)}
    figure.layout.yaxis.domain, figure.layout.yaxis2.domain = _LAYERS, _SECTION
    figure.update_layout(**bare(640), showlegend=False)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 34, "b": 8})
    figure.update_xaxes(fixedrange=True, zeroline=False, automargin=True)
    figure.update_yaxes(fixedrange=True, zeroline=False, automargin=True)
    return figure


def medians(values: ArrayLike) -> NDArray[np.float64]:
    """Median of those units that answer, ``(U,)`` → ``()`` or ``(S, U)`` → ``(S,)``; or NaN."""
    rows = np.atleast_2d(np.asarray(values, float))
    found = [np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else np.nan for row in rows]
    return np.array(found if np.ndim(values) > 1 else found[0])


def _add_rose(figure: go.Figure, unit: "UnitTuning") -> None:
    silent = bool(np.isnan(unit.selectivity))
    top = float(unit.curve.max()) or 1.0
    figure.add_scatterpolar(
        r=[None] if silent else [*unit.curve.tolist(), float(unit.curve[0])],
        theta=[0] if silent else [*unit.directions.tolist(), float(unit.directions[0])],
        mode="lines+markers",
        name="response",
        fill="toself",
        fillcolor="rgba(43, 134, 197, 0.25)",
        line={"color": BAR, "width": 2},
        marker={"size": 4},
        hovertemplate="%{theta:.0f}°: %{r:.3g}<extra></extra>",
        row=1,
        col=1,
    )
    figure.layout.polar.update(
        bgcolor="rgba(0,0,0,0)",
        angularaxis={
            "tickvals": list(range(0, 360, 45)),
            "showticklabels": False,  # a column is narrow
            "gridcolor": FAINT,
            "linecolor": FAINT,
        },
        radialaxis={
            "range": [0, 1.08 * top],
            "tickvals": [top / 2, top],
            "showticklabels": False,
            "gridcolor": FAINT,
            "showline": False,
        },
    )


def _add_layers(
    figure: go.Figure, trained: Mapping[str, ArrayLike], drawn: Mapping[str, ArrayLike], layer: str
) -> None:
    names = list(trained)
    control = [medians(drawn[name]) for name in names]
    seeds = len(control[0])
    figure.add_scatter(
        x=[name for name in names for _ in range(seeds)],
        y=np.concatenate(control).tolist(),
        mode="markers",
        name="random weights",
        marker={"symbol": "diamond-open", "size": 8, "color": MARK, "line": {"width": 1.5}},
        hovertemplate="%{x}, random weights: %{y:.2f}<extra></extra>",
        row=2,
        col=1,
    )
    figure.add_scatter(
        x=names,
        y=[float(medians(trained[name])) for name in names],
        mode="lines+markers",
        name="trained",
        line={"color": BAR, "width": 2},
        marker={"size": 8},
        hovertemplate="%{x}, trained: %{y:.2f}<extra></extra>",
        row=2,
        col=1,
    )
    at = names.index(layer)
    figure.add_shape(
        type="rect",
        xref="x",
        yref="y domain",
        x0=at - 0.4,
        x1=at + 0.4,
        y0=0,
        y1=1,
        fillcolor=SHADE,
        line_width=0,
        layer="below",
    )
    figure.update_xaxes(
        type="category",
        tickvals=names,
        ticktext=[name.replace("conv", "c") for name in names],
        tickangle=0,
        range=[-0.5, len(names) - 0.5],
        showgrid=False,
        row=2,
        col=1,
    )
    figure.update_yaxes(range=[-0.08, 1.1], tickvals=[0, 0.5, 1], gridcolor=FAINT, row=2, col=1)


def _add_section(figure: go.Figure, view: "KernelView") -> None:
    depth = len(view.xt)
    most = float(np.abs(view.xt).max()) or 1.0
    frames = [k - depth // 2 for k in range(depth)]
    figure.add_heatmap(
        z=view.xt,
        x=list(range(view.xt.shape[1])),
        y=frames,
        colorscale=_SIGNED,
        zmin=-most,
        zmax=most,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="x %{x}, frame %{y}: %{z:.3g}<extra></extra>",
        row=3,
        col=1,
    )
    reach = max(_DEEPEST, depth) // 2
    figure.update_xaxes(showticklabels=False, showgrid=False, row=3, col=1)
    figure.update_yaxes(
        range=[reach + 0.5, -reach - 0.5],
        tickvals=[-3, 0, 3],
        ticktext=["−3", "frame 0", "+3"],
        showgrid=False,
        row=3,
        col=1,
    )
