"""Clips, kernels and responses as matplotlib figures: arrays in, figures out.

Figures are built without pyplot: they need no display, leak no state into a notebook or a
server thread, and close by themselves. Show one with :func:`c3d_teach.viz.notebook.show`.

Colours are the Okabe-Ito set, safe for colour-blind readers; whatever colour says is also
said by a number, a marker or a label. Clips are grey, signed values are blue (negative),
white (zero) and orange (positive) on one symmetric scale per figure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError

BLUE, SKY, ORANGE, VERMILION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
# Light at both ends, so that black numbers stay readable on every cell; few enough colours
# for a PNG with a palette; an odd number, so that zero is exactly white.
SIGNED = LinearSegmentedColormap.from_list("signed", [SKY, "white", ORANGE], N=65)
TITLE, LABEL, TICK = 13, 11, 10  # points


def film_strip(
    clip: ArrayLike, *, title: str, times: Sequence[int] | None = None, columns: int = 8
) -> Figure:
    """The frames of a clip side by side, in reading order.

    Args:
        clip: ``(L, H, W, C)`` uint8 with C = 1 or 3.
        title: what there is to see.
        times: which frames; all of them when None.
        columns: frames in a row.

    Raises:
        UsageError: for an array that is not a clip or a time it does not have.
    """
    frames = _clip(clip)
    chosen = list(range(len(frames))) if times is None else [int(t) for t in times]
    if not chosen or not all(0 <= t < len(frames) for t in chosen):
        raise UsageError(f"times is {chosen}; this clip has frames 0 to {len(frames) - 1}.")
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    figure, axes = _grid(rows, columns, width=1.24, height=1.62, title=title)
    for place, axis in enumerate(axes.flat):
        if place >= len(chosen):
            axis.set_axis_off()
            continue
        _picture(axis, frames[chosen[place]])
        axis.set_title(f"t = {chosen[place]}", fontsize=LABEL)
        _outer_labels(axis, place, columns, len(chosen))
    return figure


def xt_sections(clips: Mapping[str, ArrayLike], *, row: int, title: str) -> Figure:
    """One row of pixels of each clip through time: x runs right, time runs down.

    What moves to the right falls to the right in this picture; what stands still is upright.

    Args:
        clips: name → clip ``(L, H, W, C)`` uint8.
        row: the row of pixels, counted from the top.
        title: what there is to see.

    Raises:
        UsageError: for an array that is not a clip or a row it does not have.
    """
    figure, axes = _grid(1, len(clips), width=4.3, height=2.6, title=title)
    for axis, (name, clip) in zip(axes.flat, clips.items(), strict=True):
        frames = _clip(clip)
        if not 0 <= row < frames.shape[1]:
            raise UsageError(f"row is {row}; this clip has rows 0 to {frames.shape[1] - 1}.")
        _picture(axis, frames[:, row])
        axis.set_title(name, fontsize=LABEL)
        axis.set_xlabel("x (pixels)", fontsize=LABEL)
    axes.flat[0].set_ylabel("time t (frames)", fontsize=LABEL)
    return figure


def kernel_rows(kernels: Mapping[str, ArrayLike], *, title: str) -> Figure:
    """Kernels of the same shape, one a row, one slice of time a column, one colour scale.

    Args:
        kernels: name → kernel ``(d, k, k)``.
        title: what there is to see.

    Raises:
        UsageError: for no kernel, or kernels that are not ``(d, k, k)`` of one shape.
    """
    named = {name: _volume(kernel, "a kernel (d, k, k)") for name, kernel in kernels.items()}
    if len({kernel.shape for kernel in named.values()}) != 1:
        raise UsageError("kernel_rows() draws kernels of one common shape (d, k, k).")
    depth = len(next(iter(named.values())))
    most = max(float(np.abs(kernel).max()) for kernel in named.values())
    figure, axes = _grid(len(named), depth, width=2.0, height=2.0, title=title, left=1.0)
    for place, (name, kernel) in enumerate(named.items()):
        for step, axis in enumerate(axes[place]):
            numbered(axis, kernel[step], signed=most, digits=1)
            if place == 0:
                axis.set_title(_offset(step - depth // 2), fontsize=LABEL)
            if place == len(named) - 1:
                axis.set_xlabel("x (pixels)", fontsize=TICK)
        axes[place, 0].set_ylabel(f"{name}\ny (pixels)" if name else "y (pixels)", fontsize=LABEL)
    return figure


def kernel_slices(kernel: ArrayLike, *, title: str) -> Figure:
    """One kernel ``(d, k, k)``, slice by slice (see :func:`kernel_rows`)."""
    return kernel_rows({"": kernel}, title=title)


def response_strip(
    response: ArrayLike, *, title: str, numbers: bool = False, label: str = "response"
) -> Figure:
    """The frames of a response ``(L, H, W)`` on one symmetric scale, with a colour bar.

    Raises:
        UsageError: for an array of another number of dimensions, or with NaN.
    """
    values = _volume(response, "a response (L, H, W)")
    columns = min(8, len(values))
    rows = -(-len(values) // columns)
    wide = 10.0 / columns if columns > 5 else 1.9
    tall = (wide - 0.35) * values.shape[1] / values.shape[2] + 0.65
    figure, axes = _grid(rows, columns, width=wide, height=tall, title=title)
    most = float(np.abs(values).max())
    for place, axis in enumerate(axes.flat):
        if place >= len(values):
            axis.set_axis_off()
            continue
        numbered(axis, values[place], signed=most, numbers=numbers)
        axis.set_title(f"t = {place}", fontsize=LABEL)
        _outer_labels(axis, place, columns, len(values))
    _colour_bar(figure, axes, most, label)
    return figure


def response_rows(
    clip: ArrayLike, responses: Mapping[str, ArrayLike], *, times: Sequence[int], title: str
) -> Figure:
    """Some frames of a clip and, below them, responses at the same frames on one scale.

    Args:
        clip: ``(L, H, W, C)`` uint8.
        responses: name → response ``(L, H, W)``, as long as the clip.
        times: which frames to draw.
        title: what there is to see.

    Raises:
        UsageError: for arrays of other shapes or a time the clip does not have.
    """
    frames = _clip(clip)
    named = {name: _volume(one, "a response (L, H, W)") for name, one in responses.items()}
    if any(len(one) != len(frames) for one in named.values()):
        raise UsageError(f"Clip and responses are of one length; this clip has {len(frames)}.")
    if not times or not all(0 <= t < len(frames) for t in times):
        raise UsageError(f"times is {list(times)}; this clip has frames 0 to {len(frames) - 1}.")
    most = max(float(np.abs(one).max()) for one in named.values())
    shape = (1 + len(named), len(times))
    figure, axes = _grid(*shape, width=1.9, height=1.9, title=title, left=1.2)
    for line, one in zip(axes, [None, *named.values()], strict=True):
        for axis, t in zip(line, times, strict=True):
            if one is None:
                _picture(axis, frames[t])
                axis.set_title(f"frame t = {t}", fontsize=LABEL)
            else:
                numbered(axis, one[t], signed=most, numbers=False)
            axis.set_xticks([])
            axis.set_yticks([])
    for axis, name in zip(axes[:, 0], ["clip", *named], strict=True):
        axis.set_ylabel(name, fontsize=LABEL)
    _colour_bar(figure, axes[1:], most)
    return figure


def numbered(
    axis: Axes,
    values: NDArray[Any],
    *,
    signed: float | None = None,
    numbers: bool = True,
    brightest: float = 1.0,
    digits: int = 2,
) -> None:
    """Draw ``(H, W)`` as coloured cells with their numbers.

    ``signed`` is the largest magnitude of the symmetric scale; without it the cells are
    grey from 0 to ``brightest``. ``digits`` come behind the decimal point.
    """
    if signed is not None:
        limit = signed or 1.0
        axis.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit)
    else:
        axis.imshow(values, cmap="gray", vmin=0, vmax=brightest or 1.0)
    axis.set_xticks(range(0, values.shape[1], 1 if values.shape[1] <= 9 else 8))
    axis.set_yticks(range(0, values.shape[0], 1 if values.shape[0] <= 9 else 8))
    axis.tick_params(labelsize=TICK, length=2)
    if numbers:
        for y, x in np.ndindex(*values.shape):
            dark = signed is None and values[y, x] < 0.55 * brightest
            axis.text(
                x,
                y,
                number(float(values[y, x]), digits),
                ha="center",
                va="center",
                fontsize=LABEL if values.shape[1] <= 4 else TICK,
                color="white" if dark else "black",
            )


def number(value: float, digits: int = 2) -> str:
    """A short number with a true minus sign: ``3``, ``−1``, ``0.25``."""
    rounded = round(value, digits) + 0.0  # no −0
    text = f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.{digits}f}"
    return text.replace("-", "−")


def _picture(axis: Axes, frame: NDArray[Any]) -> None:
    axis.imshow(frame[..., 0] if frame.shape[-1] == 1 else frame, cmap="gray", vmin=0, vmax=255)
    axis.set_xticks(range(0, frame.shape[1], 8))
    axis.set_yticks(range(0, frame.shape[0], 8))
    axis.tick_params(labelsize=TICK, length=2)


def _colour_bar(figure: Figure, axes: NDArray[Any], most: float, label: str = "response") -> None:
    scale = ScalarMappable(Normalize(-(most or 1.0), most or 1.0), SIGNED)
    bar = figure.colorbar(scale, ax=axes, fraction=0.03, pad=0.02)
    bar.set_label(label, fontsize=LABEL)
    bar.ax.tick_params(labelsize=TICK)


def _outer_labels(axis: Axes, place: int, columns: int, count: int) -> None:
    """Name the axes at the left and the lower edge only: the rest is repetition."""
    if place % columns == 0:
        axis.set_ylabel("y (pixels)", fontsize=TICK)
    else:
        axis.set_yticklabels([])
    if place + columns >= count:
        axis.set_xlabel("x (pixels)", fontsize=TICK)
    else:
        axis.set_xticklabels([])


def _grid(
    rows: int, columns: int, *, width: float, height: float, title: str, left: float = 0.4
) -> tuple[Figure, NDArray[Any]]:
    """``width`` and ``height`` in inches a panel; ``left`` more for the row names."""
    size = (max(5.0, columns * width + left), rows * height + 0.55)
    figure = Figure(figsize=size, layout="constrained")
    titled(figure, title)
    return figure, figure.subplots(rows, columns, squeeze=False)


def titled(figure: Figure, title: str) -> None:
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE, fontweight="bold")


def _offset(step: int) -> str:
    if step == 0:
        return "frame t"
    return f"frame t {'+' if step > 0 else '−'} {abs(step)}"


def _clip(clip: ArrayLike) -> NDArray[Any]:
    frames = np.asarray(clip)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] not in (1, 3):
        raise UsageError(
            f"The figure was given {frames.dtype} of shape {frames.shape}; it draws one clip "
            "(L, H, W, C) of uint8 with 1 or 3 channels."
        )
    return frames


def _volume(values: ArrayLike, what: str) -> NDArray[Any]:
    volume = np.asarray(values, dtype=float)
    if volume.ndim != 3 or volume.size == 0:
        raise UsageError(f"The figure was given shape {volume.shape}; it draws {what}.")
    if not np.isfinite(volume).all():
        raise UsageError("The figure was given NaN or infinite values; it cannot colour those.")
    return volume
