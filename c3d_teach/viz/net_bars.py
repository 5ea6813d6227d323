"""Where a net has its weights and its work, and how large it is beside others (plotly)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from c3d_teach.errors import UsageError
from c3d_teach.viz.interactive import BAR, MARK, calm

if TYPE_CHECKING:
    from c3d_teach.models.arithmetic import Row

_CLEAR = "rgba(0, 0, 0, 0)"


def weights_and_work_plot(rows: "Sequence[Row]") -> go.Figure:
    """Shares of the parameters and of the multiply-accumulates, two bars a layer.

    Args:
        rows: of the whole net; layers without parameters are left out.

    Raises:
        UsageError: where no layer has parameters.
    """
    kept = [row for row in rows if row.parameters]
    if not kept:
        raise UsageError("weights_and_work_plot() was given no layer with parameters.")
    figure = go.Figure()
    names = [row.name for row in kept]
    sides: tuple[tuple[str, list[int], str, str], ...] = (
        ("parameters", [row.parameters for row in kept], MARK, "/"),
        ("work (MACs)", [row.macs for row in kept], BAR, ""),
    )
    for label, counts, colour, pattern in sides:
        shares = [count / sum(counts) for count in counts]
        figure.add_bar(
            x=shares,
            y=names,
            orientation="h",
            name=label,
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "size": 6, "solidity": 0.5, "fgcolor": colour},
                "line": {"color": colour, "width": 1.5},
            },
            text=[percent(share) for share in shares],
            textposition="outside",
            constraintext="none",
            customdata=counts,
            hovertemplate=f"%{{y}}: %{{customdata:,}} {label}<extra></extra>",
            cliponaxis=False,
        )
    most = max(max(trace.x) for trace in figure.data)
    figure.update_layout(**calm(76 + 40 * len(kept)), bargap=0.28, bargroupgap=0.06)
    figure.update_layout(legend={"y": 1.0, "yanchor": "bottom"}, margin={"t": 40})
    figure.update_xaxes(range=[0, 1.2 * most], visible=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticklabelstandoff=6)
    return figure


def sizes_plot(nets: Mapping[str, tuple[int, int]], *, current: str | None = None) -> go.Figure:
    """Parameters and multiply-accumulates of several nets, a row a net.

    Args:
        nets: name -> (parameters, MACs of a clip).
        current: the one that is drawn full; its name is bold.

    Raises:
        UsageError: where it is not among them, or there are none.
    """
    if not nets or (current is not None and current not in nets):
        raise UsageError(f"sizes_plot() was asked to mark {current!r} among {list(nets)}.")
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.06)
    names = [f"<b>{name}</b>" if name == current else name for name in nets]
    sides = (("parameters (millions)", 0, 1e6, MARK), ("MACs a clip (billions)", 1, 1e9, BAR))
    for panel, (label, which, unit, colour) in enumerate(sides, 1):
        values = [sizes[which] / unit for sizes in nets.values()]
        figure.add_bar(
            x=values,
            y=names,
            orientation="h",
            name=label,
            marker={
                "color": [colour if name == current else _CLEAR for name in nets],
                "line": {"color": colour, "width": 2},
            },
            text=[f"{value:.1f}" if value >= 1 else f"{value:.2g}" for value in values],
            textposition="outside",
            hovertemplate=f"%{{y}}: %{{x:.4g}} {label}<extra></extra>",
            cliponaxis=False,
            row=1,
            col=panel,
        )
        figure.update_xaxes(
            title=label, range=[0, 1.25 * max(values)], showticklabels=False, row=1, col=panel
        )
    figure.update_layout(**calm(64 + 30 * len(nets)), showlegend=False, bargap=0.35)
    figure.update_xaxes(fixedrange=True, showgrid=False, zeroline=False)
    figure.update_yaxes(fixedrange=True, showgrid=False, autorange="reversed", automargin=True)
    return figure


def percent(share: float) -> str:
    """A share in two figures: ``42%``, ``8.8%``, ``0.087%``."""
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{share:.0%}" if share >= 0.1 else f"{100 * share:.2g}%"
