"""Exercise of lesson 10: one step up in a U-Net, with its skip connection."""

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

_NAME = "join"
_CASES = (  # what is special about it, deep (N, C, l, h, w), skip (N, C, L, H, W)
    ("one channel each", (1, 1, 2, 2, 3), (1, 1, 4, 4, 6)),
    ("a batch of two clips", (2, 3, 2, 2, 2), (2, 2, 4, 4, 4)),
    ("a deep map as long as the skip", (1, 2, 4, 2, 2), (1, 3, 4, 4, 4)),
    ("frames doubled and space four times as large", (1, 2, 2, 1, 2), (1, 2, 4, 4, 8)),
)


def check_join(function: Any) -> Verdict:
    """Does ``function(deep, skip)`` enlarge ``deep`` to the size of ``skip`` and join the two?

    ``deep`` is ``(N, C1, l, h, w)``, ``skip`` is ``(N, C2, L, H, W)`` with L, H, W whole
    multiples of l, h, w; the answer is ``(N, C1 + C2, L, H, W)``, deep first, nearest neighbour.
    The oracle repeats every number with plain indexing.
    """
    praise = (
        "Right: on four pairs of maps the deep one fills the skip's size block by block, the "
        "skip lies behind it untouched, and time is treated as rows and columns are."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, deep_shape, skip_shape) in enumerate(_CASES):
        case = _case(name, deep_shape, skip_shape, seed)
        compare(answer(function, case, name=_NAME), case, name=_NAME)
    _backwards(function)
    _each_its_own(function)


def _oracle(deep: Tensor, skip: Tensor) -> Tensor:
    """Every place of the skip looks up the number of the deep map that covers it."""
    index = [
        torch.arange(large) // (large // small)
        for small, large in zip(deep.shape[2:], skip.shape[2:], strict=True)
    ]
    t, y, x = torch.meshgrid(*index, indexing="ij")
    return torch.cat([deep[:, :, t, y, x], skip], 1).double()


def _maps(deep: tuple[int, ...], skip: tuple[int, ...], seed: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    # eighths: exact in float32, and never all whole
    made = [torch.randint(-40, 41, shape, generator=random) / 8 for shape in (deep, skip)]
    return made[0], made[1]


def _case(name: str, deep_shape: tuple[int, ...], skip_shape: tuple[int, ...], seed: int) -> Case:
    deep, skip = _maps(deep_shape, skip_shape, seed)
    expected = _oracle(deep, skip)
    mistakes = _known_mistakes(deep, skip, expected)
    return Case(name, {"deep": deep, "skip": skip}, expected, mistakes)


def _known_mistakes(deep: Tensor, skip: Tensor, right: Tensor) -> Mapping[str, Tensor]:
    """Sentence → the answer a function with this mistake gives, most telling first."""
    size = skip.shape[2:]
    large = right[:, : deep.shape[1]].to(torch.float32)
    flat = [size[0] // deep.shape[2], 1, 1]
    space = deep.repeat_interleave(size[1] // deep.shape[3], 3)
    space = space.repeat_interleave(size[2] // deep.shape[4], 4)
    tiled = deep.repeat(1, 1, *(b // s for b, s in zip(size, deep.shape[2:], strict=True)))
    padded = F.pad(
        deep,
        [n for s, b in reversed([*zip(deep.shape[2:], size, strict=True)]) for n in (0, b - s)],
    )
    low = (deep.shape[2], deep.shape[3], deep.shape[4])
    pooled = F.adaptive_max_pool3d(skip, low)
    meaned = F.adaptive_avg_pool3d(skip, low)
    smooth = F.interpolate(deep, size, mode="trilinear", align_corners=False)
    corners = F.interpolate(deep, size, mode="trilinear", align_corners=True)
    mistakes = {
        "Everything is zero: the output was made but never filled.": torch.zeros_like(right),
        "Only the deep map came back, enlarged. The skip is missing: put it behind the deep map, "
        "along the channels.": large,
        "Only the skip came back. The deep map knows what is where; put the two together.": skip,
        "The two are the right ones, in the wrong order: the deep map's channels come first, the "
        "skip's behind them.": torch.cat([skip, large], 1),
        "The skip was made smaller (max pooling) to fit the deep map. That throws away what it "
        "was kept for: enlarge the deep map instead.": torch.cat([deep, pooled], 1),
        "The skip was made smaller (averages) to fit the deep map. That throws away what it was "
        "kept for: enlarge the deep map instead.": torch.cat([deep, meaned], 1),
        "The skip was cut down to the deep map's size. Nothing of it may be lost: enlarge the "
        "deep map instead.": torch.cat(
            [deep, skip[:, :, : deep.shape[2], : deep.shape[3], : deep.shape[4]]], 1
        ),
        "The deep map is blurred: between two of its numbers stand mixtures (trilinear). Nearest "
        "neighbour repeats each number as it is.": torch.cat([smooth, skip], 1),
        "The deep map is blurred: between two of its numbers stand mixtures (trilinear, with "
        "align_corners). Nearest neighbour repeats each number as it is.": torch.cat(
            [corners, skip], 1
        ),
        "The deep map is tiled: it stands there several times side by side. Each of its numbers "
        "should be repeated next to itself (repeat_interleave, not repeat).": torch.cat(
            [tiled, skip], 1
        ),
        "The deep map sits in a corner and zeros fill the rest. It covers the whole picture: "
        "repeat its numbers, do not pad.": torch.cat([padded, skip], 1),
        "Rows and columns of the deep map have changed places.": torch.cat(
            [_enlarged(deep.transpose(3, 4), size), skip], 1
        ),
        "Time and rows of the deep map have changed places: the axes are batch, channel, time, "
        "row, column.": torch.cat([_enlarged(deep.transpose(2, 3), size), skip], 1),
        "The deep map was enlarged in space, and in time it was stretched by one repeated "
        "frame only. Every frame of it has its place.": torch.cat(
            [space[:, :, :1].expand(-1, -1, size[0], -1, -1), skip], 1
        ),
        "Frames come round again: time was repeated as a whole (0 1 0 1). Each frame should be "
        "repeated next to itself (0 0 1 1).": torch.cat(
            [space.repeat(1, 1, flat[0], 1, 1), skip], 1
        ),
    }
    if deep.shape[1] == skip.shape[1]:
        mistakes |= {
            "The two are added. Adding mixes them for good; concatenating leaves it to the next "
            "convolution what to make of each.": large + skip,
            "The two are averaged. Put them side by side along the channels.": (large + skip) / 2,
            "The two are multiplied. Put them side by side along the channels.": large * skip,
            "They are joined along the batch: two clips come out in place of one. Channels are "
            "axis 1.": torch.cat([large, skip], 0),
            "They are joined along time: the clip has become longer. Channels are axis 1.": (
                torch.cat([large, skip], 2)
            ),
            "They are joined along the rows: the picture has become taller. Channels are axis "
            "1.": torch.cat([large, skip], 3),
            "They are joined along the columns: the picture has become wider. Channels are axis "
            "1.": torch.cat([large, skip], 4),
            "They are stacked: there is one axis too many. torch.cat joins along an axis that is "
            "there already.": torch.stack([large, skip], 1),
        }
    return mistakes


def _enlarged(deep: Tensor, size: tuple[int, ...]) -> Tensor:
    return F.interpolate(deep, size, mode="nearest")


def _backwards(function: Function) -> None:
    deep, skip = _maps((1, 2, 3, 2, 2), (1, 1, 6, 4, 4), 21)
    forwards, backwards = (
        _quiet(function, *pair) for pair in ((deep, skip), (deep.flip(2), skip.flip(2)))
    )
    if not same(forwards.flip(2), backwards):
        raise AnswerError(
            "Both maps played backwards should give the answer played backwards; here they do "
            "not. Is time enlarged in another way than rows and columns?"
        )


def _each_its_own(function: Function) -> None:
    deep, skip = _maps((2, 2, 1, 3, 2), (2, 3, 2, 3, 4), 22)
    both = _quiet(function, deep, skip)
    alone = _quiet(function, deep[1:], skip[1:])
    if not same(both[1:], alone):
        raise AnswerError(
            "The second clip of a batch comes out differently when it comes alone: clips should "
            "not touch each other."
        )


def _quiet(function: Function, deep: Tensor, skip: Tensor) -> Tensor:
    """The answer on the inputs of a property, for which only the shape has to be right."""
    return sized(
        function, Case("a property", {"deep": deep, "skip": skip}, _oracle(deep, skip)), name=_NAME
    )
