"""Kernels seen from all sides: slices, sections through time, spectrum, and whole layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, SIGNED, SKY, TICK, VERMILION, numbered, titled

if TYPE_CHECKING:
    from c3d_teach.analysis.filters.kernels import KernelStatistics, KernelView

AMPLITUDES = ("white", SKY, BLUE, "#00253d")
_AMPLITUDE = LinearSegmentedColormap.from_list("amplitude", AMPLITUDES, N=21)
_ARROWS = "→↗↑↖←↙↓↘"
_NUMBERED = 3  # widest kernel whose weights are written into the cells
_PRODUCTS = 3  # singular values shown
PANELS = (  # name, what a kernel has, what a random one has
    ("share of energy that is change over time", "temporal_share", "chance_temporal_share"),
    ("share that fits into one picture × one time course", "separability", "chance_separability"),
)


def kernel_chart(view: "KernelView", *, title: str | None = None) -> Figure:
    """A kernel slice by slice, its sections through time, its spectrum, its energy.

    Args:
        view: from ``kernel_view`` or ``view_of_kernel``.
        title: what there is to see; None for the view's headline.
    """
    depth = len(view.slices)
    side = float(np.clip(11.0 / (depth + 1), 1.4, 2.4))
    figure = Figure(figsize=(11.0, side + 4.3), layout="constrained")
    titled(figure, view.headline if title is None else title)
    halves: Any = figure.subfigures(2, 1, height_ratios=[side + 0.7, 3.4])
    above, below = halves
    axes = above.subplots(1, max(depth, 3))
    for axis in axes[depth:]:  # one slice alone would stand in the middle of nothing
        axis.set_axis_off()
    _draw_slices(axes[:depth], view)
    axes = below.subplots(1, 4, width_ratios=[1.0, 1.0, 1.35, 1.15])
    most = max(float(np.abs(view.xt).max()), float(np.abs(view.yt).max()))
    for axis, section, name in ((axes[0], view.xt, "x"), (axes[1], view.yt, "y")):
        other = "y" if name == "x" else "x"
        _cells(axis, section, most, numbers=depth <= 7)
        if depth > 3:
            axis.set_aspect("auto")
        axis.set_title(f"{name}–t section\n(summed over {other})", fontsize=LABEL)
        axis.set_xlabel(axis_name(name, view.step[1], "pixel"), fontsize=TICK)
        axis.set_yticks(range(depth), offsets(depth))
    axes[0].set_ylabel(axis_name("time from t", view.step[0], "frame"), fontsize=TICK)
    _draw_spectrum(axes[2], view)
    _draw_energy(axes[3], view)
    return figure


def kernel_statistics_chart(
    statistics: "Sequence[KernelStatistics]", *, title: str | None = None
) -> Figure:
    """All kernels of some layers: how much of each is change over time, how separable it is.

    Args:
        statistics: one of each layer, the first on top.
        title: what there is to see.

    Raises:
        UsageError: for no layer.
    """
    rows = layers_of(statistics)
    figure = Figure(figsize=(11.0, 1.5 + 0.62 * len(rows)), layout="constrained")
    titled(figure, statistics_title(rows) if title is None else title)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (name, of, chance) in zip(axes, PANELS, strict=True):
        for place, row in enumerate(rows):
            values = getattr(row, of)
            axis.scatter(
                values,
                place + jitter(len(values)),
                s=18,
                color=SKY,
                edgecolor=BLUE,
                linewidth=0.5,
                label="one kernel" if not place else None,
            )
            axis.plot(
                [np.nanmedian(values)] * 2 if np.isfinite(values).any() else [],
                [place - 0.36, place + 0.36] if np.isfinite(values).any() else [],
                color="black",
                linewidth=2.5,
                label="median" if not place else None,
            )
            axis.scatter(
                getattr(row, chance),
                place,
                s=60,
                marker="D",
                facecolor="none",
                edgecolor=VERMILION,
                linewidth=2,
                zorder=3,
                label="random kernels, mean" if not place else None,
            )
        axis.set_xlim(-0.03, 1.03)
        axis.xaxis.set_major_formatter(PercentFormatter(1.0))
        axis.set_xlabel(name, fontsize=LABEL)
        axis.tick_params(labelsize=TICK)
        axis.grid(axis="x", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(rows)), [layer_name(row) for row in rows], fontsize=LABEL)
    axes[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        fontsize=LABEL,
        frameon=False,
    )
    return figure


def _draw_slices(axes: NDArray[np.object_], view: "KernelView") -> None:
    most = float(np.abs(view.slices).max())
    for place, (axis, offset) in enumerate(zip(axes, offsets(len(view.slices)), strict=True)):
        _cells(axis, view.slices[place], most, numbers=len(axes) <= 5)
        axis.set_title(f"time t{' ' + offset[0] + ' ' + offset[1:] if offset != '0' else ''}")
        axis.title.set_fontsize(LABEL)
        axis.set_xlabel(axis_name("x", view.step[2], "pixel"), fontsize=TICK)
    axes[0].set_ylabel(axis_name("y", view.step[1], "pixel"), fontsize=TICK, labelpad=8)
    scale = ScalarMappable(Normalize(-(most or 1.0), most or 1.0), SIGNED)
    bar = axes[0].figure.colorbar(scale, ax=list(axes), fraction=0.03, pad=0.02)
    bar.set_label(channel_name(view), fontsize=TICK)
    bar.ax.tick_params(labelsize=TICK)


def _cells(axis: Axes, values: NDArray[np.float64], most: float, *, numbers: bool) -> None:
    digits = 1 if most >= 10 else 2 if most >= 0.1 else 3
    small = values.shape[1] <= _NUMBERED
    numbered(axis, values, signed=most, numbers=numbers and small, digits=digits)


def _draw_spectrum(axis: Axes, view: "KernelView") -> None:
    t, s = view.plane_temporal, view.plane_spatial
    axis.imshow(
        view.plane,
        cmap=_AMPLITUDE,
        vmin=0,
        vmax=float(view.plane.max()) or 1.0,
        origin="lower",
        extent=(s[0], s[-1], t[0], t[-1]),
        aspect="auto",
        interpolation="bilinear",
    )
    axis.axhline(0, color="black", linewidth=0.8, linestyle=":")
    halo = [withStroke(linewidth=3, foreground="white")]
    for name, y in zip(drift_names(view), (0.93, 0.07), strict=True):
        axis.text(
            0.97,
            y,
            name,
            transform=axis.transAxes,
            ha="right",
            va="center",
            fontsize=LABEL,
            path_effects=halo,
        )
    axis.set_title("answer to drifting\ngratings (dark: strong)", fontsize=LABEL)
    axis.set_xlabel(frequency_name("spatial", view.step[1], "pixel"), fontsize=TICK)
    axis.set_ylabel(frequency_name("temporal", view.step[0], "frame"), fontsize=TICK)
    axis.set_xticks([0, 0.25, 0.5])
    axis.set_yticks([-0.5, -0.25, 0, 0.25, 0.5])
    axis.tick_params(labelsize=TICK)


def _draw_energy(axis: Axes, view: "KernelView") -> None:
    labels, shares = energy_shares(view)
    widths = np.nan_to_num(shares)
    bars = axis.barh(range(len(shares)), widths, color=[VERMILION] + [BLUE] * (len(shares) - 1))
    axis.bar_label(bars, [percent(v) for v in shares], padding=3, fontsize=LABEL)
    axis.set_yticks(range(len(labels)), labels, fontsize=TICK)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.set_xlim(0, 1.3)
    axis.set_xticks([])
    axis.set_title("share of the\nkernel's energy", fontsize=LABEL)
    axis.spines[["top", "right", "bottom"]].set_visible(False)


def energy_shares(view: "KernelView") -> tuple[list[str], list[float]]:
    """Bars of a kernel: change over time, then its products of a picture and a time course."""
    squares = view.singular_values[:_PRODUCTS] ** 2
    total = float((view.singular_values**2).sum())
    products = squares / total if total > 0 else np.full(len(squares), np.nan)
    ranks = ["1st picture\n× time course", "2nd such\nproduct", "3rd"][: len(products)]
    return ["change\nover time", *ranks], [view.temporal_share, *products.tolist()]


def percent(value: float) -> str:
    """``54%``, or a dash for what has no share."""
    return "–" if np.isnan(value) else f"{value:.0%}"


def drift_names(view: "KernelView") -> tuple[str, str]:
    """Which motion the two halves of the plane are: along the direction, and against it."""
    if np.isnan(view.direction):
        return "", ""
    forth, back = (
        f"{angle:.0f}° {_ARROWS[round(angle / 45) % 8]}"
        for angle in (view.direction, (view.direction + 180) % 360)
    )
    return forth, back


def offsets(depth: int) -> list[str]:
    """Frames from the one the output stands on: ``−1``, ``0``, ``+1``."""
    return [
        f"{'−' if n < 0 else '+' if n else ''}{abs(n)}"
        for n in range(-(depth // 2), depth - depth // 2)
    ]


def axis_name(name: str, step: int, unit: str) -> str:
    """An axis with its unit; positions behind a pool are several pixels apart."""
    return f"{name} ({unit}s)" if step == 1 else f"{name} (positions of {step} {unit}s)"


def frequency_name(name: str, step: int, unit: str) -> str:
    """An axis of frequencies with its unit."""
    return f"{name} frequency\n(cycles/{unit if step == 1 else 'position'})"


def channel_name(view: "KernelView") -> str:
    """Which input channel the slices are."""
    count = len(view.kernel)
    return "weight" if count == 1 else f"weight, input channel {view.channel} of {count}"


def layers_of(statistics: "Sequence[KernelStatistics]") -> "list[KernelStatistics]":
    """The statistics as a list.

    Raises:
        UsageError: for none.
    """
    rows = list(statistics)
    if not rows:
        raise UsageError("There are no statistics to draw; give those of one layer or more.")
    return rows


def statistics_title(rows: "list[KernelStatistics]") -> str:
    """The median over all kernels, as a title."""
    if all(row.shape[1] == 1 for row in rows):
        return "Kernels one frame deep hold no change over time"
    shares = np.concatenate([row.temporal_share for row in rows])
    if np.isnan(shares).all():
        return "All kernels are zeros"
    chance = np.average(
        [row.chance_temporal_share for row in rows], weights=[len(row.separability) for row in rows]
    )
    return (
        f"Change over time holds {np.nanmedian(shares):.0%} of the median kernel's energy, and "
        f"{chance:.0%} of a random one's"
    )


def layer_name(row: "KernelStatistics") -> str:
    """A layer with the size of its kernels."""
    return f"{row.layer}\n{'×'.join(map(str, row.shape[1:]))}"


def jitter(count: int) -> NDArray[np.float64]:
    """Places about 0 that keep neighbours apart; the same every time."""
    places = np.arange(count, dtype=np.float64) * 0.618034 % 1.0  # golden section: evenly spread
    return 0.5 * places - 0.25
