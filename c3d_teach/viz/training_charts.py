"""Training as matplotlib figures: rates, learning curves, signals, descents, precisions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

if TYPE_CHECKING:
    from c3d_teach.training.history import Epoch
    from c3d_teach.training.precision import Tried
    from c3d_teach.training.signal import Signal

# colour, marker and stroke of up to four lines: told apart without colour
_STYLES = (
    (BLUE, "o", "-"),
    (VERMILION, "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
)


def rate_chart(rates: Mapping[str, tuple[ArrayLike, ArrayLike]], *, title: str) -> Figure:
    """Learning rate over epochs, on a logarithmic axis, up to four of them.

    Args:
        rates: name -> (epochs, rates), of one length each.
        title: what there is to see.

    Raises:
        UsageError: for no curve, more than four, or rates that are not above 0.
    """
    _few(rates, "rate_chart()")
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    axis = figure.subplots()
    for (name, (epochs, values)), (colour, _, stroke) in zip(rates.items(), _STYLES, strict=False):
        height = np.asarray(values, dtype=float)
        if not (height > 0).all():
            raise UsageError(f"The rates of {name!r} are to be above 0 to be drawn.")
        axis.plot(epochs, height, color=colour, linestyle=stroke, linewidth=2.2, label=name)
    axis.set_yscale("log")
    _dressed(axis, "epoch", "learning rate")
    axis.legend(fontsize=LABEL, frameon=False)
    titled(figure, title)
    return figure


def learning_chart(
    epochs: "Sequence[Epoch]", *, title: str, chance: float, planned: int | None = None
) -> Figure:
    """Loss to the left, accuracy to the right, on training and on validation clips.

    Args:
        epochs: so far; none yet is fine.
        title: what there is to see.
        chance: accuracy of a net that knows nothing, a dotted line.
        planned: epochs of the whole run, so that the axes do not move while it goes on.
    """
    figure = Figure(figsize=(9.6, 3.5), layout="constrained")
    panels = figure.subplots(1, 2)
    count = max(planned or 0, len(epochs), 1)
    numbers = [one.epoch for one in epochs]
    sides = (
        ("loss (nats)", "train_loss", "val_loss", float(-np.log(chance))),
        ("clips right", "train_accuracy", "val_accuracy", chance),
    )
    for axis, (label, train, val, level) in zip(panels, sides, strict=True):
        for name, field, (colour, marker, stroke) in (
            ("training clips", train, _STYLES[0]),
            ("validation clips", val, _STYLES[1]),
        ):
            values = [getattr(one, field) for one in epochs]
            axis.plot(numbers, values, stroke, color=colour, marker=marker, label=name)
        axis.axhline(level, color="0.35", linestyle=":", label="knows nothing")
        _dressed(axis, "epoch", label)
        axis.set_xlim(0.7, count + 0.3)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylim(bottom=0)
    panels[1].set_ylim(0, 1.03)
    panels[1].yaxis.set_major_formatter(PercentFormatter(1.0))
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3,
        fontsize=LABEL,
        frameon=False,
    )
    titled(figure, title)
    return figure


def signal_chart(starts: "Mapping[str, Sequence[Signal]]", *, title: str) -> Figure:
    """How much each layer differs from clip to clip, for up to four ways to start.

    Args:
        starts: name -> signals of the same layers, from ``signal(...).layers``.
        title: what there is to see.

    Raises:
        UsageError: for no start, more than four, or starts of different nets.
    """
    _few(starts, "signal_chart()")
    layers = [one.layer for one in next(iter(starts.values()))]
    if any([one.layer for one in signals] != layers for signals in starts.values()):
        raise UsageError("signal_chart() compares starts of one net; these have other layers.")
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    axis = figure.subplots()
    for (name, signals), (colour, marker, stroke) in zip(starts.items(), _STYLES, strict=False):
        values = [one.between for one in signals]
        axis.plot(values, stroke, color=colour, marker=marker, linewidth=2, label=name)
    axis.set_yscale("log")
    axis.set_xticks(range(len(layers)), layers, rotation=40, ha="right", rotation_mode="anchor")
    _dressed(axis, "", "difference between clips\n(r.m.s. of the activations)")
    axis.legend(fontsize=TICK, frameon=False, loc="lower left")
    titled(figure, title)
    return figure


def valley_chart(
    paths: Mapping[str, ArrayLike], curvature: tuple[float, float], *, title: str
) -> Figure:
    """Descents into the valley ``(a·x² + b·y²) / 2``, one panel each, with its contours.

    Args:
        paths: name -> points ``(steps, 2)``; up to four.
        curvature: a and b.
        title: what there is to see.

    Raises:
        UsageError: for no path, more than four, or one that is not ``(steps, 2)``.
    """
    _few(paths, "valley_chart()")
    found = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    if any(path.ndim != 2 or path.shape[1] != 2 for path in found.values()):
        raise UsageError("valley_chart() draws paths of points (steps, 2).")
    every = np.concatenate([path[np.isfinite(path).all(1)] for path in found.values()])
    most = 1.12 * np.abs(every).max(0)
    x, y = np.meshgrid(np.linspace(-most[0], most[0], 120), np.linspace(-most[1], most[1], 120))
    height = (curvature[0] * x**2 + curvature[1] * y**2) / 2
    figure = Figure(figsize=(4.8 * len(found) if len(found) < 3 else 11.4, 3.5))
    figure.set_layout_engine("constrained")
    panels: Any = figure.subplots(1, len(found), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (name, path), (colour, marker, _) in zip(
        panels, found.items(), _STYLES, strict=False
    ):
        axis.contour(x, y, height, levels=height.max() * np.linspace(0.02, 1, 9) ** 2, colors="0.8")
        axis.plot(*path.T, color=colour, marker=marker, markersize=4, linewidth=1.2)
        axis.plot(*path[0], marker="o", markersize=11, color="black", fillstyle="none")
        axis.plot(0, 0, marker="+", markersize=14, color="black", markeredgewidth=2)
        axis.set_title(name, fontsize=LABEL)
        _dressed(axis, "weight 1", "weight 2" if axis is panels[0] else "")
        axis.grid(visible=False)
    titled(figure, title)
    return figure


def gradients_chart(tried: "Sequence[Tried]", *, title: str) -> Figure:
    """Where a precision gives right and wrong gradients: kernel depth against clip length.

    Args:
        tried: from ``gradient_check(...).tried``, every length with every depth.
        title: what there is to see.

    Raises:
        UsageError: for nothing tried.
    """
    if not tried:
        raise UsageError("gradients_chart() was given no convolution that was tried.")
    lengths = sorted({one.length for one in tried})
    depths = sorted({one.depth for one in tried})
    figure = Figure(figsize=(1.35 * len(lengths) + 1.6, 0.7 * len(depths) + 1.7))
    figure.set_layout_engine("constrained")
    axis = figure.subplots()
    for one in tried:
        x, y = lengths.index(one.length), depths.index(one.depth)
        box = Rectangle(
            (x - 0.46, y - 0.42),
            0.92,
            0.84,
            facecolor=SKY if one.right else ORANGE,
            hatch="" if one.right else "//",
            edgecolor="black",
        )
        axis.add_patch(box)
        said = "right" if one.right else "WRONG"
        axis.text(
            x,
            y,
            said,
            ha="center",
            va="center",
            fontsize=LABEL,
            bbox={"facecolor": SKY if one.right else ORANGE, "edgecolor": "none", "pad": 1.5},
        )
    axis.set_xticks(range(len(lengths)), map(str, lengths), fontsize=LABEL)
    axis.set_yticks(range(len(depths)), map(str, depths), fontsize=LABEL)
    axis.set_xlim(-0.6, len(lengths) - 0.4)
    axis.set_ylim(len(depths) - 0.4, -0.6)
    axis.set_xlabel("length of the clip, l (frames)", fontsize=LABEL)
    axis.set_ylabel("depth of the kernel, d", fontsize=LABEL)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    titled(figure, title)
    return figure


def _few(lines: Mapping[str, Any], who: str) -> None:
    if not 1 <= len(lines) <= len(_STYLES):
        raise UsageError(f"{who} draws one to {len(_STYLES)} lines; given were {len(lines)}.")


def _dressed(axis: Axes, xlabel: str, ylabel: str) -> None:
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.set_ylabel(ylabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
