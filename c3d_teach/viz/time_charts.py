"""How pooling merges time, as matplotlib figures: windows of a few numbers, and whole clips."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, TICK, VERMILION, number, titled

_WIDE = 10.4  # inches; 1000 pixels of a browser
_PALE = ("#cfe8f7", "#fde9c4")  # sky and orange in milk: neighbours are told apart, type is read


def windows_chart(rows: Mapping[str, Sequence[float]], *, title: str, window: int = 2) -> Figure:
    """Max pooling over time of one pixel: numbers in windows, and the largest of each below.

    The largest of a window has a thick frame. Frames that fill no window are crossed out.

    Args:
        rows: name → brightness of one pixel, frame by frame, 2 to 20 numbers; all of one length.
        title: what there is to see.
        window: frames in a window; the stride is the same.

    Raises:
        UsageError: for no rows, rows of several lengths, or fewer numbers than a window.
    """
    series = {name: np.asarray(values, dtype=float) for name, values in rows.items()}
    lengths = {len(one) for one in series.values()}
    if len(lengths) != 1 or window < 1 or not window <= max(lengths) <= 20:
        raise UsageError(
            f"The figure was given rows of {sorted(lengths)} numbers and windows of {window}; give "
            "rows of one length, at least a window and at most 20 numbers."
        )
    (length,) = lengths
    figure = Figure(figsize=(min(_WIDE, max(7.2, 0.5 * length + 2.2)), 1.35 * len(series) + 0.75))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(len(series), 1, squeeze=False)[:, 0]
    for axis, (name, values) in zip(axes, series.items(), strict=True):
        _windows(axis, values, window)
        axis.set_xlim(-2.1, length + 0.1)
        axis.set_ylim(2.6, -0.45)
        axis.set_axis_off()
        axis.text(-0.15, 0.5, name, ha="right", va="center", fontsize=LABEL)
        axis.text(-0.15, 2.0, "behind the pool", ha="right", va="center", fontsize=LABEL)
    for t in range(length):
        axes[0].text(t + 0.5, -0.25, f"{t}", ha="center", va="center", fontsize=TICK, color="0.35")
    axes[0].text(-0.15, -0.25, "frame", ha="right", va="center", fontsize=TICK, color="0.35")
    titled(figure, title)
    return figure


def pyramid_chart(rows: Mapping[str, ArrayLike], *, title: str) -> Figure:
    """A clip that gets shorter: a row for each, every frame in the middle of its stretch of time.

    Args:
        rows: name → clip ``(L, H, W)`` or ``(L, H, W, 1)``, the longest first (up to 20 frames);
            each row is drawn on its own scale of greys.
        title: what there is to see.

    Raises:
        UsageError: for no rows, other arrays, or a first row that is not the longest.
    """
    clips = {name: _grey(one) for name, one in rows.items()}
    full = len(next(iter(clips.values()))) if clips else 0
    if not 1 <= full <= 20 or any(len(one) > full for one in clips.values()):
        raise UsageError(
            f"The figure was given clips of {[len(one) for one in clips.values()]} frames; give "
            "the longest first, of up to 20."
        )
    each = (_WIDE - 1.5) / full
    high = 0.8
    figure = Figure(figsize=(_WIDE, high * len(clips) + 0.85), layout="constrained")
    axis = figure.subplots()
    for row, (name, frames) in enumerate(clips.items()):
        span = full / len(frames)  # places that one frame stands for
        brightest = float(frames.max()) or 1.0
        for i, frame in enumerate(frames):
            middle = (i + 0.5) * span
            half = 0.46
            axis.add_patch(
                Rectangle(
                    (i * span + 0.03, row + 0.42 - half * each / high * 1.06),
                    span - 0.06,
                    2 * half * each / high * 1.06,
                    facecolor=_PALE[i % 2],
                    edgecolor="none",
                )
            )
            reach = half * each / high
            axis.imshow(
                frame,
                cmap="gray",
                vmin=0,
                vmax=brightest,
                extent=(middle - half, middle + half, row + 0.42 + reach, row + 0.42 - reach),
                aspect="auto",
                zorder=2,
            )
        axis.text(-0.15, row + 0.42, name, ha="right", va="center", fontsize=LABEL)
    axis.set_xlim(-1.5 / each, full)
    axis.set_ylim(len(clips) - 0.1, -0.1)
    axis.set_yticks([])
    axis.set_xticks([t + 0.5 for t in range(full)], [str(t) for t in range(full)], fontsize=TICK)
    axis.set_xlabel("time t (frames of the clip)", fontsize=LABEL)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    titled(figure, title)
    return figure


def _windows(axis: Axes, values: NDArray[Any], window: int) -> None:
    whole = len(values) // window * window
    for t, value in enumerate(values):
        place = t // window
        left = t >= whole
        box = Rectangle((t + 0.03, 0.03), 0.94, 0.94)
        box.set(facecolor="white" if left else _PALE[place % 2], edgecolor="0.6", linewidth=0.8)
        axis.add_patch(box)
        axis.text(t + 0.5, 0.5, number(float(value)), ha="center", va="center", fontsize=LABEL)
        if left:
            axis.plot([t + 0.1, t + 0.9], [0.1, 0.9], color=VERMILION, linewidth=1.6)
            axis.text(t + 0.5, 2.0, "dropped", ha="center", va="center", fontsize=TICK)
    for place in range(whole // window):
        start = place * window
        inside = values[start : start + window]
        best = start + int(inside.argmax())
        middle = start + window / 2
        thick = Rectangle((best + 0.06, 0.06), 0.88, 0.88, fill=False)
        thick.set(edgecolor=ORANGE if place % 2 else BLUE, linewidth=2.4)
        axis.add_patch(thick)
        for t in range(start, start + window):
            axis.plot([t + 0.5, middle], [1.02, 1.5], color="0.6", linewidth=1)
        box = Rectangle((middle - 0.47, 1.53), 0.94, 0.94)
        box.set(facecolor=_PALE[place % 2], edgecolor="0.3", linewidth=0.8)
        axis.add_patch(box)
        largest = number(float(inside.max()))
        axis.text(middle, 2.0, largest, ha="center", va="center", fontsize=LABEL)


def _grey(clip: ArrayLike) -> NDArray[Any]:
    frames = np.asarray(clip, dtype=float)
    if frames.ndim == 4 and frames.shape[-1] == 1:
        frames = frames[..., 0]
    if frames.ndim != 3 or not frames.size:
        raise UsageError(f"The figure was given shape {frames.shape}; it draws clips (L, H, W).")
    return frames
