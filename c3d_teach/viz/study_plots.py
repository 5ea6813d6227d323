"""What nets of a study got right, over seeds, as an interactive figure (plotly): a row a net.

Every training is a small open mark, their mean a large filled one with its interval as a bar;
controls are diamonds where the others are circles. See ``study_charts`` for print.
"""

from collections.abc import Collection, Mapping, Sequence

import plotly.graph_objects as go

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, FAINT, MARK, calm

_ROW = 44  # pixels a net
_LETTERS = 24  # of a name, before it is broken


def seeds_plot(
    rows: Mapping[str, Sequence[float]],
    intervals: Mapping[str, tuple[float, float, float]],
    *,
    chance: float,
    chance_says: str = "guessing",
    controls: Collection[str] = (),
    ceilings: Mapping[str, float] | None = None,
    hover: Mapping[str, Sequence[str]] | None = None,
    chosen: tuple[str, int] | None = None,
    what: str = "right answers",
) -> go.Figure:
    """Shares of right answers: a row a net, a mark a training, mean and interval above them.

    Args:
        rows: net → one share a training, in the order of the seeds.
        intervals: net → mean, low, high; one that leaves 0 to 100 % is drawn to the edge.
        chance: what guessing gets right, a dotted line; ``chance_says``: its name.
        controls: nets that are controls.
        ceilings: net → the most that its shape allows, drawn as a bar across its row.
        hover: net → what to say of each training.
        chosen: net and place of the training that is marked.
        what: title of the axis.

    Raises:
        UsageError: for nets without an interval.
    """
    if missing := [name for name in rows if name not in intervals]:
        raise UsageError(f"There is no interval for {', '.join(missing)}.")
    figure = go.Figure()
    names = list(rows)
    for group, label, colour, symbol in (
        ([n for n in names if n not in controls], "net", BAR, "circle"),
        ([n for n in names if n in controls], "control", MARK, "diamond"),
    ):
        if not group:
            continue
        means = [intervals[name] for name in group]
        figure.add_scatter(
            x=[mean for mean, _, _ in means],
            y=[names.index(name) - 0.18 for name in group],
            error_x={
                "type": "data",
                "symmetric": False,
                # a share ends at nothing and at all
                "array": [min(high, 1) - mean for mean, _, high in means],
                "arrayminus": [mean - max(low, 0) for mean, low, _ in means],
                "thickness": 2.5,
                "width": 6,
                "color": colour,
            },
            mode="markers",
            name=f"{label}: mean and 95 % interval",
            customdata=[[name, -1] for name in group],
            marker={"symbol": symbol, "size": 11, "color": colour},
            hovertemplate="%{customdata[0]}: mean %{x:.1%}<extra></extra>",
        )
        figure.add_scatter(
            x=[share for name in group for share in rows[name]],
            y=[names.index(name) + 0.2 for name in group for _ in rows[name]],
            mode="markers",
            name=f"{label}: a training",
            customdata=[[name, k] for name in group for k in range(len(rows[name]))],
            text=[
                (hover or {}).get(name, [""] * len(rows[name]))[k]
                for name in group
                for k in range(len(rows[name]))
            ],
            marker={
                "symbol": f"{symbol}-open",
                "size": 9,
                "color": colour,
                "line": {"width": 1.5, "color": colour},
            },
            hovertemplate="%{text}<br>%{x:.1%}<extra></extra>",
        )
    if chosen and chosen[0] in rows:
        name, k = chosen
        figure.add_scatter(
            x=[rows[name][k]],
            y=[names.index(name) + 0.2],
            mode="markers",
            name="the training below",
            marker={"symbol": "circle-open", "size": 18, "line": {"width": 3}, "color": "#079b74"},
            hoverinfo="skip",
        )
    for name, most in (ceilings or {}).items():
        k = names.index(name)
        figure.add_shape(
            type="line",
            x0=most,
            x1=most,
            y0=k - 0.42,
            y1=k + 0.42,
            line={"color": MARK, "width": 3, "dash": "dot"},
        )
    figure.add_vline(x=chance, line={"color": FAINT, "dash": "dot", "width": 2}, layer="below")
    figure.add_annotation(
        x=chance,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{chance_says} {chance:.1%}",
        showarrow=False,
    )
    layout = calm(height=_ROW * len(names) + 150)
    layout["margin"] |= {"t": 26}
    figure.update_layout(**layout, showlegend=True)
    figure.update_layout(legend={"y": -70 / (_ROW * len(names) + 40)})
    figure.update_xaxes(
        range=[-0.02, 1.03],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".0%",
        title=what,
        gridcolor=FAINT,
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[_wrapped(name) for name in names],
        range=[len(names) - 0.45, -0.55],
        showgrid=False,
    )
    return figure


def loss_curve(means: Sequence[float], steps: int) -> go.Figure:
    """The loss of one training: means over equal parts of it, in nats.

    Args:
        means: one for each part.
        steps: mini-batches of the whole training.
    """
    part = steps / max(1, len(means))
    figure = go.Figure(
        go.Scatter(
            x=[round((k + 0.5) * part, 1) for k in range(len(means))],
            y=list(means),
            mode="lines+markers",
            line={"color": BAR, "width": 2.5},
            marker={"size": 7},
            hovertemplate="about mini-batch %{x:.0f}: %{y:.2f} nats<extra></extra>",
        )
    )
    figure.update_layout(**calm(height=260))
    figure.update_xaxes(title="mini-batches", range=[0, steps], showgrid=False)
    figure.update_yaxes(title="loss in nats", rangemode="tozero", gridcolor=FAINT)
    return figure


def _wrapped(name: str) -> str:
    """A long name on two lines, broken behind its comma."""
    head, comma, tail = name.partition(", ")
    return f"{head},<br>{tail}" if comma and len(name) > _LETTERS else name
