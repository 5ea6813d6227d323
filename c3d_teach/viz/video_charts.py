"""A video in clips, as matplotlib figures: which frames each takes, what a net says of each."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from c3d_teach.errors import UsageError
from c3d_teach.viz.static import BLUE, LABEL, ORANGE, SKY, TICK, VERMILION, titled

_WIDE = 10.2  # inches
_SURE = 0.5  # an answer is likelier than all others together
_PICTURES = 9  # frames of the film above its answers
_LANES = 6  # at most; clips that overlap lie in lanes above each other


def whole_clips(frames: int, length: int, stride: int) -> list[int]:
    """The first frame, counted from 0, of each whole clip of a video."""
    return [start for start in range(0, frames, stride) if start + length <= frames]


def clip_spans_chart(
    frames: int, length: int, starts: Mapping[str, Sequence[int]], *, title: str
) -> Figure:
    """Which frames each clip of a video takes: a panel for each way to choose, a bar a clip.

    Clips that overlap lie above each other. Frames that are in no clip are hatched.

    Args:
        frames: frames of the video.
        length: frames in a clip.
        starts: name of the way → first frame of each clip, counted from 0.
        title: what there is to see.

    Raises:
        UsageError: for no way, or a clip that leaves the video.
    """
    if not starts or any(not 0 <= s <= frames - length for way in starts.values() for s in way):
        raise UsageError(f"Clips of {length} frames lie within frame 0 and {frames - 1}.")
    lanes = {name: _lanes(way, length) for name, way in starts.items()}
    tall = [max(one, default=0) + 1 for one in lanes.values()]
    figure = Figure(figsize=(_WIDE, 1.1 + sum(0.36 * n + 0.62 for n in tall)))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(len(starts), 1, squeeze=False, sharex=True, height_ratios=tall)[:, 0]
    for axis, (name, way), rows in zip(axes, starts.items(), lanes.values(), strict=True):
        _spans(axis, frames, length, list(way), rows)
        axis.set_title(name, fontsize=LABEL, loc="left")
    axes[-1].set_xlabel("frame of the video, counted from 0", fontsize=LABEL)
    titled(figure, title)
    return figure


def verdicts_chart(
    film: ArrayLike,
    starts: Sequence[int],
    length: int,
    probabilities: ArrayLike,
    answers: Sequence[str],
    *,
    title: str,
    chosen: int | None = None,
) -> Figure:
    """Pictures of a film, and below them the answer to each clip as a bar as long as the clip.

    The height of a bar is the probability of the likeliest class; what stays below one half,
    or is none, is grey and hatched.

    Args:
        film: ``(L, H, W, 3)`` uint8.
        starts: first frame of each clip.
        length: frames in a clip.
        probabilities: of the likeliest class of each clip, 0 to 1.
        answers: the word for each clip.
        title: what there is to see.
        chosen: a clip to frame, or None.

    Raises:
        UsageError: for a film that is none, or lists of several lengths.
    """
    frames = _film(film)
    heights = np.asarray(probabilities, dtype=float)
    if not len(starts) or {len(starts), len(answers)} != {len(heights)}:
        raise UsageError("verdicts_chart() takes one start, probability and answer for each clip.")
    figure = Figure(figsize=(_WIDE, 4.4), layout="constrained")
    top, low = figure.subplots(2, 1, height_ratios=(1, 2.2))
    _pictures(top, frames)
    steps = [later - first for first, later in pairwise(starts)]
    wide = min([length, *steps])  # what no other clip lies over
    plain = [_is_answer(one, height) for one, height in zip(answers, heights, strict=True)]
    for k, (start, height) in enumerate(zip(starts, heights, strict=True)):
        bar = Rectangle((start + 0.3, 0), wide - 0.6, height, edgecolor="black", linewidth=0.8)
        bar.set_facecolor(SKY if plain[k] else "0.88")
        bar.set_hatch("" if plain[k] else "////")
        if k == chosen:
            bar.set(edgecolor=VERMILION, linewidth=3, zorder=3)
        low.add_patch(bar)
    for first, last in _runs(answers):
        middle = (starts[first] + starts[last] + wide) / 2
        room = starts[last] + wide - starts[first]
        text = answers[first] if room >= 20 else answers[first].replace(" ", "\n")
        low.text(middle, 1.04, text, ha="center", va="bottom", fontsize=LABEL)
    low.axhline(_SURE, color="0.35", linestyle="--", linewidth=1)
    low.set_xlim(0, len(frames))
    low.set_ylim(0, 1.34)
    low.set_yticks([0, 0.5, 1])
    low.set_ylabel("probability of\nthe likeliest class", fontsize=LABEL)
    low.set_xticks([*range(0, len(frames), 16)])
    low.set_xlabel("frame of the film, counted from 0", fontsize=LABEL)
    low.tick_params(labelsize=TICK)
    low.spines[["top", "right"]].set_visible(False)
    titled(figure, title)
    return figure


def clip_chart(
    film: ArrayLike,
    start: int,
    length: int,
    classes: Sequence[str],
    probabilities: ArrayLike,
    *,
    title: str,
) -> Figure:
    """One clip: where it lies in the film, six of its frames, and what a net says of it.

    Args:
        film: ``(L, H, W, 3)`` uint8.
        start: its first frame.
        length: its frames.
        classes: names of the classes.
        probabilities: ``(K,)``.
        title: what there is to see.

    Raises:
        UsageError: for a clip that leaves the film.
    """
    frames = _film(film)
    if not 0 <= start <= len(frames) - length:
        raise UsageError(f"A clip of {length} frames lies within frame 0 and {len(frames) - 1}.")
    figure = Figure(figsize=(_WIDE, 4.5), layout="constrained")
    grid = figure.add_gridspec(3, 6, height_ratios=(0.35, 1.2, 2.3))
    where = figure.add_subplot(grid[0, :])
    _spans(where, len(frames), length, [start], [0])
    where.set_xlabel("frame of the film", fontsize=LABEL)
    for place, t in enumerate(np.linspace(start, start + length - 1, 6).round().astype(int)):
        axis = figure.add_subplot(grid[1, place])
        axis.imshow(frames[t])
        axis.set_title(f"frame {t}", fontsize=TICK)
        axis.set_axis_off()
    axis = figure.add_subplot(grid[2, :])
    values = np.asarray(probabilities, dtype=float)
    best = int(values.argmax())
    colours = [ORANGE if k == best else SKY for k in range(len(values))]
    hatches = ["///" if k == best else "" for k in range(len(values))]
    axis.barh(range(len(values)), values, color=colours, edgecolor="black", hatch=hatches)
    axis.set_yticks(range(len(values)), classes, fontsize=TICK)
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.axvline(_SURE, color="0.35", linestyle="--", linewidth=1)
    axis.set_xlabel("probability", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right"]].set_visible(False)
    titled(figure, title)
    return figure


def frame_times_chart(rows: Mapping[str, Sequence[float]], *, title: str) -> Figure:
    """When each frame is shown: a row for each file, a tick a frame.

    Args:
        rows: name → the moment of each frame, in seconds.
        title: what there is to see.

    Raises:
        UsageError: for no rows, or a row without frames.
    """
    if not rows or not all(len(one) for one in rows.values()):
        raise UsageError("frame_times_chart() draws at least one row of at least one frame.")
    figure = Figure(figsize=(_WIDE, 0.85 * len(rows) + 1.0), layout="constrained")
    axis = figure.subplots()
    for place, (times, colour) in enumerate(
        zip(rows.values(), (BLUE, VERMILION, ORANGE) * len(rows), strict=False)
    ):
        axis.vlines(times, place - 0.3, place + 0.3, color=colour, linewidth=2)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=LABEL)
    axis.invert_yaxis()
    axis.set_xlabel("when a frame begins to be shown (seconds)", fontsize=LABEL)
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right", "left"]].set_visible(False)
    titled(figure, title)
    return figure


def named_strip(pictures: Mapping[str, ArrayLike], *, title: str) -> Figure:
    """Pictures side by side, each under its name.

    Args:
        pictures: name → ``(H, W, 3)`` uint8.
        title: what there is to see.

    Raises:
        UsageError: for no picture.
    """
    if not pictures:
        raise UsageError("named_strip() draws at least one picture.")
    figure = Figure(figsize=(max(5.4, 2.5 * len(pictures)), 2.9), layout="constrained")
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for axis, (name, picture) in zip(axes, pictures.items(), strict=True):
        axis.imshow(np.asarray(picture))
        axis.set_title(name, fontsize=LABEL)
        axis.set_axis_off()
    titled(figure, title)
    return figure


def _lanes(starts: Sequence[int], length: int) -> list[int]:
    """A lane for each clip, so that those in one lane do not overlap."""
    ends: list[int] = []
    lanes = []
    for start in starts:
        free = next((k for k, end in enumerate(ends) if end <= start), len(ends))
        if free >= _LANES:
            raise UsageError(f"More than {_LANES} clips overlap; take a larger stride.")
        ends[free : free + 1] = [start + length]
        lanes.append(free)
    return lanes


def _spans(axis: Axes, frames: int, length: int, starts: list[int], lanes: list[int]) -> None:
    rows = max(lanes, default=0) + 1
    covered = np.zeros(frames, dtype=bool)
    for k, (start, lane) in enumerate(zip(starts, lanes, strict=True)):
        covered[start : start + length] = True
        box = Rectangle((start, lane + 0.12), length, 0.76, edgecolor="black", linewidth=0.8)
        box.set_facecolor((SKY, ORANGE)[k % 2] if len(starts) > 1 else ORANGE)
        axis.add_patch(box)
        if len(starts) > 1:
            axis.text(
                start + length / 2, lane + 0.5, f"{k}", ha="center", va="center", fontsize=TICK
            )
    for first, stop in _gaps(covered) if len(starts) > 1 else ():
        box = Rectangle((first, 0.12), stop - first, rows - 0.24, hatch="xxx", linewidth=0)
        box.set(facecolor="white", edgecolor="0.55")
        axis.add_patch(box)
    axis.set_xlim(0, frames)
    axis.set_ylim(0, rows)
    axis.set_yticks([])
    axis.set_xticks([*range(0, frames, 16)])
    axis.tick_params(labelsize=TICK)
    axis.spines[["top", "right", "left"]].set_visible(False)


def _gaps(covered: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[1], covered.astype(int), [1]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _is_answer(word: str, probability: float) -> bool:
    return probability > _SURE and not word.startswith(("no ", "not "))


def _runs(answers: Sequence[str]) -> list[tuple[int, int]]:
    """First and last of each stretch of equal answers."""
    runs: list[tuple[int, int]] = []
    for k, one in enumerate(answers):
        if runs and answers[k - 1] == one:
            runs[-1] = (runs[-1][0], k)
        else:
            runs.append((k, k))
    return runs


def _pictures(axis: Axes, frames: NDArray[np.uint8]) -> None:
    """Some frames of the film, each about where it stands in time."""
    height, width = frames.shape[1:3]
    slot = len(frames) / _PICTURES
    tall = slot * 0.92 * height / width
    for k in range(_PICTURES):
        t = int((k + 0.5) * slot)
        left = (k + 0.04) * slot
        axis.imshow(frames[t], extent=(left, left + 0.92 * slot, 0, tall), aspect="auto")
        axis.text(left, tall * 1.06, f"{t}", fontsize=TICK, va="bottom")
    axis.set_xlim(0, len(frames))
    axis.set_ylim(0, tall * 1.35)
    axis.set_axis_off()


def _film(film: ArrayLike) -> NDArray[np.uint8]:
    frames = np.asarray(film)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not len(frames):
        raise UsageError(
            f"The figure was given {frames.dtype} of shape {frames.shape}; it draws a film "
            "(L, H, W, 3) of uint8."
        )
    return frames
