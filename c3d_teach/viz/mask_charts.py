"""Masks over clips, a U-Net as a drawing, and results with every seed: arrays in, figures out."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, SKY, TICK, VERMILION, titled

_TINT = np.array([230.0, 159.0, 0.0])  # ORANGE, for pixels of a movie


def painted(clip: ArrayLike, mask: ArrayLike) -> NDArray[np.uint8]:
    """The clip in colour, its mask tinted orange and bright: uint8 ``(L, H, W, 3)``.

    Args:
        clip: ``(L, H, W, 1)`` or ``(L, H, W, 3)`` uint8.
        mask: ``(L, H, W)``, true where to paint.

    Raises:
        UsageError: for shapes that do not belong together.
    """
    frames, where = _together(clip, mask)
    colour = np.broadcast_to(frames, (*frames.shape[:3], 3)).astype(float) * 0.75
    colour[where] = 0.25 * colour[where] + 0.85 * _TINT
    return colour.clip(0, 255).astype(np.uint8)


def mask_rows(
    clip: ArrayLike,
    masks: Mapping[str, ArrayLike],
    *,
    times: Sequence[int],
    title: str,
    truth: ArrayLike | None = None,
) -> Figure:
    """Some frames of a clip and below them the same frames with each mask painted over them.

    Args:
        clip: ``(L, H, W, C)`` uint8.
        masks: name → mask ``(L, H, W)``, true where the net says so.
        times: which frames.
        title: what there is to see.
        truth: the right mask; drawn as an outline where given.

    Raises:
        UsageError: for shapes that do not belong together, or a time the clip does not have.
    """
    frames = np.asarray(clip)
    chosen = [int(t) for t in times]
    if not chosen or not all(0 <= t < len(frames) for t in chosen):
        raise UsageError(f"times is {chosen}; this clip has frames 0 to {len(frames) - 1}.")
    rows: dict[str, NDArray[np.uint8]] = {"clip": frames}
    rows |= {name: painted(frames, mask) for name, mask in masks.items()}
    outline = None if truth is None else _together(frames, truth)[1]
    size = (1.55 * len(chosen) + 0.9, 1.55 * len(rows) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    titled(figure, title)
    axes = figure.subplots(len(rows), len(chosen), squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for axis, t in zip(line, chosen, strict=True):
            picture = pictures[t][..., 0] if pictures.shape[-1] == 1 else pictures[t]
            axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
            if outline is not None and name != "clip" and outline[t].any():
                axis.contour(outline[t], levels=[0.5], colors=SKY, linewidths=1.6)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(name, fontsize=LABEL)
    for axis, t in zip(axes[0], chosen, strict=True):
        axis.set_title(f"t = {t}", fontsize=LABEL)
    return figure


def unet_drawing(
    down: Sequence[tuple[str, str]], up: Sequence[tuple[str, str]], *, title: str, skips: str
) -> Figure:
    """The U: boxes on the way down, boxes on the way up, an arrow across at every level.

    Args:
        down: (layers, size) of each level, from the clip's size to the bottom.
        up: the same for the way up, from the level above the bottom to the top.
        title: what there is to see.
        skips: what stands on the uppermost arrow across.
    """
    levels = len(down)
    figure = Figure(figsize=(9, 1.06 * levels + 0.8), layout="constrained")
    titled(figure, title)
    axis = figure.subplots()
    wide, high, step, right = 3.1, 0.66, 0.42, 6.2
    places = {("down", i): (i * step, -i) for i in range(levels)}
    places |= {("up", i): (right - i * step, -i) for i in range(levels - 1)}
    for i, (layers, size) in enumerate(down):
        bottom = i == levels - 1
        _box(
            axis, *places["down", i], wide, high, layers, size, "#DDEEF8" if not bottom else "#EEE"
        )
    for i, (layers, size) in enumerate(reversed(up)):
        _box(axis, *places["up", i], wide, high, layers, size, "#FBECCB")
    for i in range(levels - 1):
        x, y = places["down", i]
        _arrow(axis, (x + wide, y + high / 2), (places["up", i][0], y + high / 2), SKY, "--")
        _arrow(axis, (x + 0.5, y), (x + 0.5 + step / 3, y - 1 + high), BLUE, "-")
        if i < levels - 2:
            corner = places["up", i][0] + wide - 0.5
            _arrow(axis, (corner - step / 3, y - 1 + high), (corner, y), VERMILION, "-")
    x, y = places["down", levels - 1]
    end = places["up", levels - 2]
    _arrow(axis, (x + wide, y + high / 2), (end[0] + 0.9, end[1]), VERMILION, "-")
    middle = (places["down", 0][0] + wide + right) / 2
    axis.text(middle, high / 2 + 0.1, skips, ha="center", va="bottom", fontsize=LABEL)
    axis.set_xlim(-0.1, right + wide + 0.1)
    axis.set_ylim(-levels + 0.9, high + 0.35)
    axis.set_axis_off()
    return figure


def seeds_chart(
    rows: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str,
    lines: Mapping[str, float] | None = None,
) -> Figure:
    """Every training as a dot, their mean as a bar; lines across for levels to compare with.

    Args:
        rows: name → one number for each seed.
        title: what there is to see.
        xlabel: what the numbers are, with their unit.
        lines: name → number.
    """
    figure = Figure(figsize=(9, 1.25 + 0.52 * len(rows)), layout="constrained")
    titled(figure, title)
    axis = figure.subplots()
    for place, values in enumerate(rows.values()):
        numbers = np.asarray(values, dtype=float)
        mean = float(numbers.mean())
        axis.barh(place, mean, height=0.62, color="#DDEEF8", edgecolor=BLUE, linewidth=0.9)
        axis.plot(numbers, [place] * len(numbers), "o", color=VERMILION, ms=6, mec="black", mew=0.6)
        axis.text(
            float(numbers.max()) + 0.015, place, f"mean {mean:.2f}", va="center", fontsize=LABEL
        )
    for name, value in (lines or {}).items():
        axis.axvline(value, color="black", linestyle=":", linewidth=1.4)
        axis.text(value, -0.62, name, ha="center", va="bottom", fontsize=TICK)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=LABEL)
    axis.set_ylim(len(rows) - 0.4, -1.0 if lines else -0.6)
    axis.set_xlim(0, 1.05)
    axis.set_xlabel(xlabel, fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _together(clip: ArrayLike, mask: ArrayLike) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    frames, where = np.asarray(clip), np.asarray(mask)
    good = frames.dtype == np.uint8 and frames.ndim == 4 and frames.shape[-1] in (1, 3)
    if not good or where.shape != frames.shape[:3]:
        raise UsageError(
            f"The figure was given {frames.dtype} of shape {frames.shape} and a mask of shape "
            f"{where.shape}; it paints (L, H, W) over one uint8 clip (L, H, W, C)."
        )
    return frames, where.astype(bool)


def _box(
    axis: object, x: float, y: float, wide: float, high: float, name: str, size: str, colour: str
) -> None:
    axis.add_patch(  # type: ignore[attr-defined]
        Rectangle((x, y), wide, high, facecolor=colour, edgecolor="black", linewidth=1)
    )
    middle = x + wide / 2
    text = axis.text  # type: ignore[attr-defined]
    text(middle, y + 0.68 * high, name, ha="center", va="center", fontsize=LABEL)
    text(middle, y + 0.28 * high, size, ha="center", va="center", fontsize=TICK)


def _arrow(
    axis: object, start: tuple[float, float], end: tuple[float, float], colour: str, style: str
) -> None:
    axis.add_patch(  # type: ignore[attr-defined]
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=14,
            color=colour,
            linestyle=style,
            linewidth=1.8,
            shrinkA=0,
            shrinkB=0,
        )
    )
