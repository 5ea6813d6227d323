"""Exercise of lesson 08: the descriptor of a video from the activations of its clips."""

from collections.abc import Callable, Mapping
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

_NAME = "video_descriptor"
_CASES = (  # what is special about it, clips, numbers in fc6
    ("five clips", 5, 16),
    ("many clips", 40, 9),
    ("a video of one clip", 1, 12),
    ("as many clips as numbers", 7, 7),
    ("fc6 of C3D", 3, 4096),
)


def check_video_descriptor(function: Any) -> Verdict:
    """Is ``function(fc6)`` the paper's descriptor of a video (sections 3.4 and 4.1)?

    ``fc6`` is ``(clips, D)``, before its ReLU; in C3D D is 4096. The answer is ``(D,)``: ReLU, mean
    over the clips, then divided by its length (L2). Zeros stay zeros. The oracle is plain sums
    in float64.
    """
    praise = (
        "Right: ReLU, mean, then length 1, for one clip and for many; zeros stay zeros, the order "
        "of the clips does not matter, and a strong clip counts for more than a weak one."
    )
    return judge(function, _examine, name=_NAME, praise=praise)


def _examine(function: Function) -> None:
    for seed, (name, clips, count) in enumerate(_CASES):
        case = _case(name, clips, count, seed)
        given = answer(function, case, name=_NAME)
        _shape(given, case)
        compare(given, case, name=_NAME)
    _zeros(function)
    _no_order(function)
    _twice_as_loud(function)


def _oracle(fc6: Tensor) -> Tensor:
    rows = fc6.double().tolist()
    mean = [
        sum(max(value, 0.0) for value in column) / len(rows) for column in zip(*rows, strict=True)
    ]
    length = sum(value * value for value in mean) ** 0.5
    return torch.tensor([value / length if length else 0.0 for value in mean], dtype=torch.float64)


def _fc6(clips: int, count: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    loud = torch.linspace(0.5, 2.5, clips)[:, None]  # clips differ in strength
    return (torch.randint(-18, 17, (clips, count), generator=random) / 4) * loud


def _case(name: str, clips: int, count: int, seed: int) -> Case:
    fc6 = _fc6(clips, count, seed)
    expected = _oracle(fc6)
    x = fc6.double()
    mistakes = {text: way(x) for text, way in _MISTAKES.items()}
    return Case(name, {"fc6": fc6}, expected, mistakes)


def _shape(given: Tensor, case: Case) -> None:
    clips, count = case.inputs["fc6"].shape
    if given.shape == case.expected.shape:
        return
    if given.shape == (1, count):
        raise AnswerError(
            "The output has one axis too many: a descriptor is one list of numbers, (D,). Without "
            "keepdim=True it goes."
        )
    if given.shape == (clips, count):
        raise AnswerError(
            "That is one row for each clip; a video has one descriptor. Take the mean over the "
            "clips."
        )
    if given.shape == (clips,):
        raise AnswerError(
            "That is one number for each clip: the mean went along the wrong axis. The clips are "
            "axis 0."
        )
    if given.ndim == 0:
        raise AnswerError(
            "That is a single number. The mean goes over the clips alone, dim=0; without dim it "
            "goes over everything."
        )
    if given.shape == (clips * count,):
        raise AnswerError(
            "The clips are laid one behind the other. Then a long video would have a longer "
            "descriptor than a short one; take the mean over the clips."
        )


def _unit(x: Tensor) -> Tensor:
    return F.normalize(x, dim=-1)


# sentence -> the answer that a function with this mistake gives, most telling first
_MISTAKES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "Everything is zero: the output was made but never filled.": lambda x: 0 * x[0],
    "The L2 step is missing: divide the mean by its length, so that its squares add up to 1.": (
        lambda x: x.relu().mean(0)
    ),
    "ReLU and L2 are both missing: this is the plain mean.": lambda x: x.mean(0),
    "These are sums over the clips. A long video would get larger numbers than a short one.": (
        lambda x: x.relu().sum(0)
    ),
    "The ReLU is missing: numbers below zero have to become zero first.": (
        lambda x: _unit(x.mean(0))
    ),
    "The ReLU comes after the mean. In the net it is part of fc6: it comes first, clip by clip.": (
        lambda x: _unit(x.mean(0).relu())
    ),
    "The ReLU comes last, after the L2 step. It comes first: then nothing is taken away from a "
    "vector of length 1.": lambda x: _unit(x.mean(0)).relu(),
    "The absolute value is taken in place of the ReLU: numbers below zero become zero, they do "
    "not turn positive.": lambda x: _unit(x.abs().mean(0)),
    "Each clip is divided by its length before the mean. Then a weak clip counts as much as a "
    "strong one, and the mean is shorter than 1: first the mean, then L2.": (
        lambda x: _unit(x.relu()).mean(0)
    ),
    "Each clip is divided by its length before the mean, and the mean once more. Once is enough, "
    "at the end: a weak clip must not count as much as a strong one.": (
        lambda x: _unit(_unit(x.relu()).mean(0))
    ),
    "L2 comes first, then the ReLU and the mean. The order is ReLU, mean, L2.": (
        lambda x: _unit(x).relu().mean(0)
    ),
    "The largest value over the clips is taken. The paper takes the mean.": (
        lambda x: _unit(x.relu().amax(0))
    ),
    "The largest value over the clips is taken in place of the mean, and L2 is missing.": (
        lambda x: x.relu().amax(0)
    ),
    "The median over the clips is taken. The paper takes the mean.": (
        lambda x: _unit(x.relu().median(0).values)
    ),
    "That is L1: the numbers add up to 1. For L2 their squares do.": (
        lambda x: F.normalize(x.relu().mean(0), p=1, dim=0)
    ),
    "It is divided by the largest number. Divide by the length, the root of the sum of squares.": (
        lambda x: F.normalize(x.relu().mean(0), p=float("inf"), dim=0)
    ),
    "It is divided by the sum of squares: the root is missing.": (
        lambda x: x.relu().mean(0) / x.relu().mean(0).square().sum()
    ),
    "The squares are averaged, not added up, before the root: the result is too long.": (
        lambda x: x.relu().mean(0) / x.relu().mean(0).square().mean().sqrt()
    ),
    "It is divided by the length of all clips together. Divide the mean by its own length.": (
        lambda x: x.relu().mean(0) / x.relu().norm()
    ),
    "It is standardised: the mean over the numbers is taken away. A descriptor is only divided by "
    "its length.": lambda x: (x.relu().mean(0) - x.relu().mean()) / x.relu().mean(0).std(),
    "The mean over the numbers is taken away before the division. A descriptor is only divided by "
    "its length.": lambda x: _unit(x.relu().mean(0) - x.relu().mean(0).mean()),
    "That is a softmax: the numbers add up to 1. A descriptor is divided by its length.": (
        lambda x: x.relu().mean(0).softmax(0)
    ),
    "Only the first clip is used. Every clip of the video counts.": lambda x: _unit(x[0].relu()),
    "Only the last clip is used. Is the return inside the loop, or the sum overwritten?": (
        lambda x: _unit(x[-1].relu())
    ),
}


def _zeros(function: Function) -> None:
    for what, fc6 in (
        ("zeros", torch.zeros(3, 8)),
        ("numbers below zero", torch.full((2, 6), -1.5)),
    ):
        given = _quiet(function, fc6)
        if bool(given.isnan().any()):
            raise AnswerError(
                f"A video whose fc6 holds only {what} gets NaN: its length is 0, and 0 / 0 is no "
                "number. Such a descriptor stays zero; divide only where the length is above 0."
            )
        if bool((given != 0).any()):
            raise AnswerError(
                f"A video whose fc6 holds only {what} has a descriptor of zeros; here something is "
                "added to it."
            )


def _no_order(function: Function) -> None:
    fc6 = _fc6(6, 10, 21)
    if not same(_quiet(function, fc6), _quiet(function, fc6.flip(0))):
        raise AnswerError(
            "With its clips in another order a video should keep its descriptor; here it changes. "
            "Are some clips left out, or weighted by their place?"
        )
    if not same(_quiet(function, fc6), _quiet(function, torch.cat([fc6, fc6]))):
        raise AnswerError(
            "A video shown twice should keep its descriptor; here it changes. Is a number of clips "
            "written into your lines?"
        )


def _twice_as_loud(function: Function) -> None:
    fc6 = _fc6(4, 11, 22)
    for factor in (8.0, 0.01):
        if not same(_quiet(function, fc6), _quiet(function, factor * fc6)):
            raise AnswerError(
                f"When all activations are multiplied by {factor:g}, the descriptor should stay; "
                "here it changes. Is a large number added to the length?"
            )


def _quiet(function: Function, fc6: Tensor) -> Tensor:
    """The answer on the inputs of a property, for which only the shape has to be right."""
    return sized(function, Case("a property", {"fc6": fc6}, _oracle(fc6)), name=_NAME)
