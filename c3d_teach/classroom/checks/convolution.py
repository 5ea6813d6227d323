"""Exercise of lesson 01: a 3D convolution with loops."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.classroom.oracle import (
    AnswerError,
    Case,
    Function,
    Verdict,
    answer,
    compare,
    judge,
    same,
    sized,
)

_NAME = "conv3d"
_CASES = (  # what is special about it, clip (C, L, H, W), kernel d×k×k
    ("one channel", (1, 5, 6, 7), (3, 3, 3)),
    ("three channels", (3, 4, 6, 5), (3, 3, 3)),
    ("a kernel of depth 1", (2, 4, 5, 6), (1, 3, 3)),
    ("a kernel of depth 5", (1, 6, 5, 4), (5, 3, 3)),
    ("a kernel of 3×1×1", (1, 4, 3, 5), (3, 1, 1)),
)


def check_conv3d(function: Any) -> Verdict:
    """Is ``function(clip, kernel)`` a 3D convolution with "same" padding and stride 1?

    ``clip`` is ``(C, L, H, W)``, ``kernel`` is ``(C, d, k, k)`` with odd d and k, the answer
    is ``(L, H, W)`` (paper, section 3.1; as in all deep learning, the kernel is not flipped).
    The oracle is ``torch.nn.functional.conv3d``.
    """
    praise = (
        "Right: type, shape and values agree with torch on five clips, and it is linear, moves "
        "along when the clip moves, and plays backwards when clip and kernel do."
    )
    return judge(function, _examine_conv3d, name=_NAME, praise=praise)


def _examine_conv3d(function: Function) -> None:
    for seed, (name, clip_shape, kernel_shape) in enumerate(_CASES):
        case = _case(name, clip_shape, kernel_shape, seed)
        compare(answer(function, case, name=_NAME), case, name=_NAME)
    _linear(function)
    _moves_along(function)
    _plays_backwards(function)


def _torch(clip: Tensor, kernel: Tensor, pad: bool = True) -> Tensor:
    padding = [k // 2 for k in kernel.shape[1:]] if pad else 0
    return F.conv3d(clip.double()[None], kernel.double()[None], padding=padding)[0, 0]


def _inputs(clip_shape: tuple[int, ...], kernel_shape: tuple[int, ...], seed: int) -> list[Tensor]:
    random = torch.Generator().manual_seed(seed)
    # quarters: short enough to write down, exact in float32, and never all whole
    clip = torch.randint(0, 20, clip_shape, generator=random) / 4
    kernel = torch.randint(-9, 10, (clip_shape[0], *kernel_shape), generator=random) / 4
    return [clip, kernel]


def _case(name: str, clip_shape: tuple[int, ...], kernel_shape: tuple[int, ...], seed: int) -> Case:
    clip, kernel = _inputs(clip_shape, kernel_shape, seed)
    expected = _torch(clip, kernel)
    mistakes = _known_mistakes(clip, kernel, expected)
    return Case(name, {"clip": clip, "kernel": kernel}, expected, mistakes)


def _known_mistakes(clip: Tensor, kernel: Tensor, right: Tensor) -> Mapping[str, Tensor]:
    """Sentence → the answer a function with this mistake gives, most telling first."""
    channels, depth, k, _ = kernel.shape
    valid = _torch(clip, kernel, pad=False)
    per_channel = torch.stack([_torch(c[None], k[None]) for c, k in zip(clip, kernel, strict=True)])
    middle = depth // 2
    pads = [n for k in reversed(kernel.shape[1:]) for n in (k // 2, k // 2)]
    mistakes = {
        "Everything is zero: the output was made but never filled. Assign to out[t, y, x].": (
            torch.zeros_like(right)
        ),
        "The padding is missing: without it the window falls off the edge, and each axis loses "
        "(kernel size − 1) places. Put zeros around the clip first (F.pad, or a larger "
        "torch.zeros).": valid,
        "Time and height have changed places: the axes of a clip are channel, time, row, "
        "column.": right.transpose(0, 1),
        "Row and column have changed places in the output: it is out[t, y, x].": (
            right.transpose(1, 2)
        ),
        "The output has one axis too many: one kernel makes one map, (L, H, W), in which all "
        "channels are added up.": right[None],
        "The channels are kept apart. One kernel covers all channels: add them up, too.": (
            per_channel
        ),
        "The kernel is flipped in all three axes. That is the convolution of mathematics; in "
        "deep learning the kernel lies on the clip as it is.": _torch(clip, kernel.flip(1, 2, 3)),
        "The kernel is played backwards: its first slice belongs on the earliest frame of the "
        "window.": _torch(clip, kernel.flip(1)),
        "The kernel is flipped in space: row 0, column 0 of the kernel belongs on the upper "
        "left corner of the window.": _torch(clip, kernel.flip(2, 3)),
        "Rows and columns of the kernel have changed places.": _torch(clip, kernel.transpose(2, 3)),
        "Time and height of the kernel have changed places: its axes are channel, time, row, "
        "column.": _torch(clip, kernel.transpose(1, 2) if depth == k else kernel),
        "Only one slice of the kernel is used: this looks at one frame at a time. Add up over "
        "the frames of the window, too.": _torch(
            clip, torch.where(torch.arange(depth).view(1, -1, 1, 1) == middle, kernel, 0.0)
        ),
        "Only the first channel is used. Add up over all channels.": per_channel[0],
        "The products are averaged. A convolution adds them up: sum in place of mean.": (
            right / kernel.numel()
        ),
        "The channels are averaged. A convolution adds them up: sum in place of mean.": (
            right / channels
        ),
        "The inside is right, the border is not: the padding repeats the edge of the clip. "
        "Pad with zeros.": _torch(F.pad(clip[None], pads, mode="replicate")[0], kernel, pad=False),
        "The inside is right, the border is not: the window comes in again on the other side "
        "(a negative index does that in Python). Pad with zeros.": _torch(
            F.pad(clip[None], pads, mode="circular")[0], kernel, pad=False
        ),
    }
    axes = ("one frame", "one row", "one column")
    for axis, what in enumerate(axes):
        for way, side in ((1, "late"), (-1, "early")):
            text = f"Off by one: the output comes {what} too {side}. Look at where the window"
            text += " starts; its middle lies on [t, y, x]."
            mistakes[text] = _pushed(right, axis, way, clip, kernel)
    return mistakes


def _pushed(right: Tensor, axis: int, way: int, clip: Tensor, kernel: Tensor) -> Tensor:
    """The answer of a function whose window starts one place too early or too late."""
    pads = [[k // 2, k // 2] for k in kernel.shape[1:]]
    pads[axis][0] += way
    pads[axis][1] -= way
    flat = [n for pair in reversed(pads) for n in pair]  # a negative pad crops
    return F.conv3d(F.pad(clip.double(), flat)[None], kernel.double()[None])[0, 0]


def _linear(function: Function) -> None:
    (a, kernel), (b, _) = (_inputs((2, 5, 4, 6), (3, 3, 3), seed) for seed in (11, 12))
    parts = [_quiet(function, clip, kernel) for clip in (a, b, 2 * a + b)]
    if not same(2 * parts[0] + parts[1], parts[2]):
        raise AnswerError(
            "Not linear: the response to 2·a + b should be twice the response to a plus the "
            "response to b. Is something added or cut off on the way?"
        )


def _moves_along(function: Function) -> None:
    spot, kernel = _inputs((1, 2, 2, 2), (3, 3, 3), 13)
    early, late = torch.zeros(1, 7, 8, 9), torch.zeros(1, 7, 8, 9)
    early[:, 1:3, 2:4, 1:3], late[:, 3:5, 3:5, 5:7] = spot, spot
    first, second = _quiet(function, early, kernel), _quiet(function, late, kernel)
    if not same(first.roll((2, 1, 4), (0, 1, 2)), second):
        raise AnswerError(
            "When the picture moves, the response should move along unchanged; here it "
            "changes. Does an answer depend on where the window is?"
        )


def _plays_backwards(function: Function) -> None:
    clip, kernel = _inputs((2, 6, 4, 5), (3, 3, 3), 14)
    forwards = _quiet(function, clip, kernel)
    backwards = _quiet(function, clip.flip(1), kernel.flip(1))
    if not same(forwards.flip(0), backwards):
        raise AnswerError(
            "A clip and a kernel both played backwards should give the response played "
            "backwards; here they do not. Is time treated differently from frame to frame?"
        )


def _quiet(function: Function, clip: Tensor, kernel: Tensor) -> Tensor:
    """The answer on the inputs of a property, for which only the shape has to be right."""
    return sized(
        function,
        Case("a property", {"clip": clip, "kernel": kernel}, _torch(clip, kernel)),
        name=_NAME,
    )
