"""Exercise of lesson 09: the first frames of the clips of a video."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.classroom.oracle import (
    AnswerError,
    Case,
    Function,
    Verdict,
    judge,
    numbers,
    returned,
)

_NAME = "clip_starts"
_CASES = (  # what is special about it, frames, length, stride
    ("clips that do not overlap, and some frames left over", 121, 16, 16),
    ("clips that overlap by half, and some frames left over", 123, 16, 8),
    ("clips of another length", 50, 10, 7),
    ("a video that ends with its last clip", 96, 16, 16),
    ("a stride longer than the clip", 90, 16, 24),
    ("a video of exactly one clip", 16, 16, 8),
    ("a video one frame too short", 15, 16, 8),
    ("a video with no frames", 0, 16, 16),
)
_Way = Callable[[int, int, int], list[int]]


def check_clip_starts(function: Any) -> Verdict:
    """Does ``function(frames, length, stride)`` give the first frames of all whole clips?

    Frames are counted from 0. A last clip that is not whole is dropped, as in the paper
    (section 3.1). The answer is a list; a range or a tuple will do. The oracle tries every
    frame of the video.
    """
    praise = (
        "Right: the first frames of all whole clips, for videos with and without frames left "
        "over, clips that overlap, and videos too short for one."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for name, frames, length, stride in _CASES:
        given = _asked(function, name, frames, length, stride)
        right = _oracle(frames, length, stride)
        if given != right:
            raise AnswerError(_why(given, name, frames, length, stride))
    for frames, length, stride in ((70, 9, 5), (200, 4, 31)):
        before = _asked(function, "a property", frames, length, stride)
        after = _asked(function, "a property", frames + stride, length, stride)
        if after[:-1] != before or len(after) != len(before) + 1:
            raise AnswerError(
                "A video that is longer by one stride should have the same clips and one more "
                "at its end; here it does not. Does an answer depend on something else than the "
                "three numbers?"
            )


def _oracle(frames: int, length: int, stride: int) -> list[int]:
    return [t for t in range(frames) if t % stride == 0 and t + length <= frames]


def _asked(function: Function, name: str, frames: int, length: int, stride: int) -> list[float]:
    """The student's list.

    Raises:
        AnswerError: when it is no list of whole numbers.
    """
    inputs = {"frames": frames, "length": length, "stride": stride}
    expected = torch.tensor([], dtype=torch.float64)  # its values are compared elsewhere
    case = Case(name, inputs, expected, returns="numbers")
    raw = returned(function, case, name=_NAME)
    if type(raw) in (int, float):
        raise AnswerError(
            f"{_NAME} returned one number. It should return a list: the first frame of each "
            "clip, and not how many clips there are."
        )
    raw = list(raw) if isinstance(raw, range) else raw
    try:
        found = numbers(raw, case, name=_NAME)
    except AnswerError as refusal:
        text = str(refusal).replace("a list of 0 numbers", "a list of numbers")
        raise AnswerError(text) from None
    array = raw.numpy() if type(raw) is Tensor else raw
    decimal = type(array) is np.ndarray and array.dtype.kind == "f"
    parts = raw if isinstance(raw, list | tuple) else []
    if found.ndim != 1:
        raise AnswerError(f"{_NAME} returned a list of lists; one number a clip is enough.")
    if decimal or any(isinstance(part, float) for part in parts):
        raise AnswerError(
            f"{_NAME} returned numbers with a decimal point. Frames are counted: use whole "
            "numbers, and // in place of /."
        )
    return [int(n) for n in found.tolist()]


def _why(given: list[float], name: str, frames: int, length: int, stride: int) -> str:
    """The sentence for a wrong list."""
    if frames < length:
        what = f"{frames} frames hold no clip of {length}"
        if given == [0]:
            return f"Look at {name}: {what}, and yet there is a clip that starts at frame 0."
        if any(n < 0 for n in given):
            return f"Look at {name}: {what}, and no clip starts before frame 0."
        return f"Look at {name}: {what}. What should a list of no clips look like?"
    for sentence, wrong in _MISTAKES.items():
        if given == wrong(frames, length, stride):
            return sentence
    if not given:
        return f"The list is empty for {name} ({frames} frames, {length}, {stride})."
    if any(n < 0 for n in given):
        return "A clip starts before frame 0. Count the frames from 0."
    if len(set(given)) < len(given):
        return "A frame stands in the list twice. Each clip starts at a frame of its own."
    if any(n + length > frames for n in given):
        return (
            "The last clip is not whole: it starts so late that frames are missing at its end. "
            "The paper drops such a clip."
        )
    gaps = {b - a for a, b in pairwise(given)}
    if gaps - {stride}:
        return f"With {name}: from one start to the next there should be a stride each time."
    if given[0] != 0:
        return "The first clip starts at the first frame, which has the number 0."
    return f"With {name}, whole clips are missing at the end. Which is the last that fits?"


def _starts(frames: int, length: int, stride: int) -> list[int]:
    return list(range(0, frames - length + 1, stride))


def _with_tail(frames: int, length: int, stride: int) -> list[int]:
    right = _starts(frames, length, stride)
    return right if right[-1] == frames - length else [*right, frames - length]


_MISTAKES: Mapping[str, _Way] = {
    "Clips that are not whole are kept: some start so late that frames are missing at their end. "
    "The paper drops such a clip.": lambda n, ln, s: list(range(0, n, s)),
    "The last whole clip is lost. Off by one: range() stops before its end, and a clip may start "
    "at the last place where it still fits.": lambda n, ln, s: list(range(0, n - ln, s)),
    "The frames are counted from 1, as in the lists that were released with C3D. Here, as in "
    "Python, the first frame has the number 0.": (
        lambda n, ln, s: [t + 1 for t in _starts(n, ln, s)]
    ),
    "Each frame begins a clip: the stride is ignored.": lambda n, ln, s: _starts(n, ln, 1),
    "The clips follow one another without overlap or gap: this steps by the length. Step by the "
    "stride.": lambda n, ln, s: _starts(n, ln, ln),
    "Length and stride have changed places.": lambda n, ln, s: list(range(0, n - s + 1, ln)),
    "The stride is taken for the length: whether a clip fits depends on its length.": (
        lambda n, ln, s: list(range(0, n - s + 1, s))
    ),
    "These are the numbers of the clips. Wanted is the frame that each starts at.": (
        lambda n, ln, s: list(range(len(_starts(n, ln, s))))
    ),
    "The numbers are too large by a factor: they are multiplied by the length.": (
        lambda n, ln, s: [t * ln for t in _starts(n, ln, s)]
    ),
    "The clips are numbered and multiplied by the length. From one start to the next it is a "
    "stride.": lambda n, ln, s: [k * ln for k in range(len(_starts(n, ln, s)))],
    "These are the last frames of the clips. Wanted are the first.": (
        lambda n, ln, s: [t + ln - 1 for t in _starts(n, ln, s)]
    ),
    "These are the frames behind the clips, where each stops. Wanted are the first frames.": (
        lambda n, ln, s: [t + ln for t in _starts(n, ln, s)]
    ),
    "The clip that starts at frame 0 is missing.": lambda n, ln, s: _starts(n, ln, s)[1:],
    "The order is reversed: begin with the first clip.": lambda n, ln, s: _starts(n, ln, s)[::-1],
    "A clip starts at `frames`, behind the last frame: the frames are 0 to frames − 1.": (
        lambda n, ln, s: [*_starts(n, ln, s), n]
    ),
    "One more clip is laid on the last frames, nearer to its neighbour than a stride. Some "
    "programs do so; the paper drops what is left over.": _with_tail,
    "The last frame is not used: the frames are 0 to frames − 1, and a clip may end with the "
    "last of them.": lambda n, ln, s: _starts(n - 1, ln, s),
    "The clips are laid from the end of the video backwards. The first one starts at frame 0.": (
        lambda n, ln, s: sorted(n - ln - t for t in _starts(n, ln, s))
    ),
}
