"""Exercise of lesson 02: a 2D convolution on all frames as channels, as a 3D convolution."""

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
    size,
)

_NAME = "as_3d"
_CASES = (  # what is special about it, kernels, channels, frames, k
    ("colour clips of 4 frames", 2, 3, 4, 3),
    ("grey clips of 5 frames", 3, 1, 5, 3),
    ("as many channels as frames", 2, 3, 3, 3),
    ("kernels of 5×5", 1, 2, 4, 5),
    ("clips of one frame", 2, 3, 1, 3),
    ("kernels of 1×1", 4, 2, 3, 1),
)


def check_as_3d(function: Any) -> Verdict:
    """Does ``function(weight, channels)`` turn 2D kernels into the 3D kernels that do the same?

    ``weight`` is ``(out, C·L, k, k)``, all frames of the first channel first, as
    ``StackedFramesNet`` lays them out; the answer is ``(out, C, L, k, k)`` (paper, figure 1 b
    and c). Weights are compared with those that a loop puts in their places, and both
    convolutions are run on the same clips.
    """
    praise = (
        "Right: each weight is in its place for six sizes, and on the same clips F.conv3d with "
        "your kernel and F.conv2d on all frames as channels give the same map."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, out, channels, length, k) in enumerate(_CASES):
        case = _case(name, (out, channels, length, k), seed)
        given = answer(function, case, name=_NAME)
        _axes(given, case)
        compare(given, case, name=_NAME)
    for seed, (channels, length) in enumerate(((1, 6), (2, 7), (5, 2)), start=20):
        case = _case("other sizes", (3, channels, length, 3), seed)
        given = answer(function, case, name=_NAME)
        compare(given, Case(case.name, case.inputs, case.expected), name=_NAME)
        _same_map(given, case, length, seed)


def _case(name: str, sizes: tuple[int, int, int, int], seed: int) -> Case:
    out, channels, length, k = sizes
    random = torch.Generator().manual_seed(seed)
    # quarters: exact in float32; a random permutation, so no two weights are alike
    count = out * channels * length * k * k
    numbers = torch.randperm(count, generator=random).float() - count // 2
    weight = (numbers / 4).view(out, channels * length, k, k)
    expected = torch.empty(out, channels, length, k, k)
    for c in range(channels):
        for t in range(length):
            expected[:, c, t] = weight[:, c * length + t]
    mistakes = _known_mistakes(weight, expected)
    return Case(name, {"weight": weight, "channels": channels}, expected, mistakes)


def _known_mistakes(weight: Tensor, right: Tensor) -> Mapping[str, Tensor]:
    """Sentence → the answer a function with this mistake gives, most telling first."""
    out, channels, length, k, _ = right.shape
    middle = torch.zeros_like(right)
    middle[:, :, length // 2] = right[:, :, length // 2]
    by_frame = weight.reshape(out, length, channels, k, k)
    mean = right.mean(2, keepdim=True)
    return {
        "The channel axis is missing. A grey clip has one channel, and it has an axis of its own, "
        "of length 1.": right.squeeze(1),
        "The kernel has got a depth of 1, and frames and channels are still one axis. Take them "
        "apart.": weight.unsqueeze(2),
        "All C·L channels lie on the time axis. A clip has C channels: they belong on the axis "
        "before time.": weight.unsqueeze(1),
        "Channels and time have changed places: the axes of a 3D kernel are out, channel, time, "
        "row, column.": right.transpose(1, 2),
        "The weights of all frames are averaged: then the kernel has one slice, and no time is "
        "left in it.": mean,
        "The weights of all frames are averaged, and every slice has the mean. Each frame has "
        "weights of its own.": mean.expand_as(right),
        "The weights of all frames are added up. Nothing has to be calculated here: every weight "
        "gets a new place.": right.sum(2, keepdim=True),
        "Only the middle frame has weights, the others are zero. Each frame has weights of its "
        "own.": middle,
        "Everything is zero: the kernel was made but never filled.": torch.zeros_like(right),
        "The frames are laid out in the wrong order. You read the 2D kernel as frame 0 of all "
        "channels, frame 1 of all channels …; it is all frames of channel 0, all frames of "
        "channel 1 …": by_frame.transpose(1, 2),
        "These sizes are in the order out, time, channel; it is out, channel, time.": by_frame,
        "The kernel is played backwards: slice 0 belongs to frame 0. Deep learning does not flip "
        "kernels.": right.flip(2),
        "The channels are in reverse order.": right.flip(1),
        "The output kernels are in reverse order: kernel 0 stays kernel 0.": right.flip(0),
        "Rows and columns of each slice have changed places.": right.transpose(3, 4),
        "Each slice is flipped in space. Only the axis of channels and frames has to be taken "
        "apart; rows and columns stay.": right.flip(3, 4),
        "Each slice stands upside down. Rows and columns stay as they are.": right.flip(3),
        "Each slice is mirrored. Rows and columns stay as they are.": right.flip(4),
        "The weights are divided by the number of frames. A convolution adds up; it does not "
        "average.": right / length,
        "The kernels are mixed up with the channels: out is the first axis of the 2D kernel and of "
        "the 3D one.": weight.reshape(channels, out, length, k, k).transpose(0, 1),
    }


def _axes(given: Tensor, case: Case) -> None:
    """Raises: AnswerError: for another number of weights, in words of their own."""
    known = any(given.shape == one.shape for one in case.mistakes.values())
    if given.numel() != case.expected.numel() and not known:
        raise AnswerError(
            f"Wrong number of weights: for {case.given} {_NAME} gave {size(given.shape)}. Both "
            "kernels hold the same weights; only the axes differ."
        )


def _same_map(given: Tensor, case: Case, length: int, seed: int) -> None:
    """Raises: AnswerError: unless both convolutions give the same map on the same clips."""
    weight, channels = case.inputs["weight"], case.inputs["channels"]
    random = torch.Generator().manual_seed(seed)
    clips = torch.randint(0, 9, (2, channels, length, 6, 7), generator=random).double()
    flat = F.conv2d(clips.flatten(1, 2), weight.double(), padding=1)
    deep = F.conv3d(clips, given, padding=(0, 1, 1))
    if not same(deep[:, :, 0], flat):
        raise AnswerError(
            "The two convolutions do not give the same map on the same clips. Is a weight in a "
            "place that only some sizes have?"
        )
