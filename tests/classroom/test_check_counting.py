"""The check of exercise 5 accepts what is right and names what is wrong."""

import re
import sys
from collections.abc import Callable
from functools import reduce
from math import inf, nan, prod
from operator import mul

import exercises
import numpy as np
import torch
from torch import nn

from c3d_teach.classroom.checks.counting import check_count

Triple = tuple[int, int, int]


def right(f: int, c: int, k: Triple, o: Triple) -> tuple[int, int]:
    return f * (c * prod(k) + 1), f * c * prod(k) * prod(o)


def weights(f: int, c: int, k: Triple, o: Triple) -> int:
    return right(f, c, k, o)[0]


def work(f: int, c: int, k: Triple, o: Triple) -> int:
    return right(f, c, k, o)[1]


def by_torch(f: int, c: int, k: Triple, o: Triple) -> tuple[int, int]:
    layer = nn.Conv3d(c, f, k, device="meta")
    return sum(p.numel() for p in layer.parameters()), layer.weight.numel() * prod(o)


def by_loops(f: int, c: int, k: Triple, o: Triple) -> list[int]:
    parameters = 0
    for _ in range(f):
        parameters += reduce(mul, k) * c + 1
    return [parameters, (parameters - f) * o[0] * o[1] * o[2]]


def by_numpy(f: int, c: int, k: Triple, o: Triple) -> np.ndarray:
    return np.array([f * (c * np.prod(k) + 1), f * c * np.prod(k) * np.prod(o)])


def remembers(f: int, c: int, k: Triple, o: Triple) -> tuple[int, int]:
    """Right for the layers of the check, wrong for others."""
    p, m = right(f, c, k, o)
    return (p, m) if f in (1, 3, 4, 5, 6, 512) or o == (4, 9, 11) else (p + 7, m)


def with_parameters(count: Callable[..., object]) -> Callable[..., object]:
    return lambda f, c, k, o: (count(f, c, k, o), work(f, c, k, o))


def with_macs(count: Callable[..., object]) -> Callable[..., object]:
    return lambda f, c, k, o: (weights(f, c, k, o), count(f, c, k, o))


WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "no bias": (with_parameters(lambda f, c, k, o: f * c * prod(k)), "biases are missing"),
    "no channels": (
        with_parameters(lambda f, c, k, o: f * prod(k) + f),
        "reaches through all channels of its input, so they are a factor, too. (Without",
    ),
    "no channels, no bias": (with_parameters(lambda f, c, k, o: f * prod(k)), "factor, too. ("),
    "no depth": (
        with_parameters(lambda f, c, k, o: f * (c * k[1] * k[2] + 1)),
        "its depth d is missing",
    ),
    "one bias": (with_parameters(lambda f, c, k, o: f * c * prod(k) + 1), "one of its own"),
    "a bias a weight": (with_parameters(lambda f, c, k, o: 2 * f * c * prod(k)), "at every weight"),
    "a bias a channel and filter": (
        with_parameters(lambda f, c, k, o: f * c * (prod(k) + 1)),
        "not one for each channel",
    ),
    "biases of what goes in": (
        with_parameters(lambda f, c, k, o: f * c * prod(k) + c),
        "not to one that goes in",
    ),
    "one filter": (with_parameters(lambda f, c, k, o: c * prod(k) + 1), "This is one filter"),
    "one k": (with_parameters(lambda f, c, k, o: f * (c * k[0] * k[1] + 1)), "with k twice"),
    "sizes added": (with_parameters(lambda f, c, k, o: f * (c * sum(k) + 1)), "not added"),
    "parameters at every place": (
        with_parameters(lambda f, c, k, o: weights(f, c, k, o) * prod(o)),
        "does not count here.",
    ),
    "MACs twice": (lambda f, c, k, o: (work(f, c, k, o),) * 2, "These are the MACs"),
    "FLOPs": (with_macs(lambda f, c, k, o: 2 * work(f, c, k, o)), "who counts both has FLOPs"),
    "MACs without places": (with_macs(lambda f, c, k, o: f * c * prod(k)), "These are the weights"),
    "parameters twice": (lambda f, c, k, o: (weights(f, c, k, o),) * 2, "the parameters again"),
    "MACs with biases": (
        with_macs(lambda f, c, k, o: weights(f, c, k, o) * prod(o)),
        "by custom they are not counted",
    ),
    "MACs without channels": (
        with_macs(lambda f, c, k, o: f * prod(k) * prod(o)),
        "a product for every weight of every channel",
    ),
    "MACs without depth": (
        with_macs(lambda f, c, k, o: f * c * k[1] * k[2] * prod(o)),
        "Look at the MACs: the kernel is a block",
    ),
    "MACs of one filter": (
        with_macs(lambda f, c, k, o: c * prod(k) * prod(o)),
        "number of filters is missing",
    ),
    "MACs of one frame": (
        with_macs(lambda f, c, k, o: f * c * prod(k) * o[1] * o[2]),
        "also slides through time",
    ),
    "MACs without width": (
        with_macs(lambda f, c, k, o: f * c * prod(k) * o[0] * o[1]),
        "height and width are both factors",
    ),
    "MACs over the padded clip": (
        with_macs(
            lambda f, c, k, o: f * c * prod(k) * prod(n + d - 1 for n, d in zip(o, k, strict=True))
        ),
        "not in the clip with its padding",
    ),
    "MACs as if nothing were padded": (
        with_macs(
            lambda f, c, k, o: f * c * prod(k) * prod(n - d + 1 for n, d in zip(o, k, strict=True))
        ),
        "Nothing is to be taken off",
    ),
    "places added": (
        with_macs(lambda f, c, k, o: f * c * prod(k) * sum(o)),
        "Look at the MACs: the sizes are multiplied",
    ),
    "numbers that come out": (
        with_macs(lambda f, c, k, o: f * prod(o)),
        "this is how many numbers come out",
    ),
    "swapped": (lambda f, c, k, o: right(f, c, k, o)[::-1], "changed places"),
    "floats": (lambda f, c, k, o: tuple(map(float, right(f, c, k, o))), "decimal point"),
    "one number": (lambda f, c, k, o: weights(f, c, k, o), "returned a int"),
    "three numbers": (lambda f, c, k, o: (*right(f, c, k, o), 1), "returned 3 numbers"),
    "text": (lambda f, c, k, o: ("1", "2"), "holds str"),
    "NaN": (lambda f, c, k, o: (nan, nan), "NaN or infinity"),
    "infinite": (lambda f, c, k, o: (inf, 1), "NaN or infinity"),
    "negative": (lambda f, c, k, o: (-3, 1), "below 0"),
    "too many": (with_parameters(lambda f, c, k, o: weights(f, c, k, o) + 5), "Too many"),
    "too few": (with_macs(lambda f, c, k, o: work(f, c, k, o) - 5), "Too few MACs"),
    "nothing": (lambda f, c, k, o: None, "returned None"),
    "remembers": (remembers, "Twice the filters"),
    "three arguments": (lambda f, c, k: 1, "TypeError"),
    "leaves python": (lambda f, c, k, o: sys.exit("bye"), "SystemExit: bye"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_count)
    lesson, name = 5, "count"
    right = (right, by_torch, by_loops, by_numpy, lambda *a: torch.tensor(right(*a)))
    wrong = WRONG
    alike = 1  # NaN and infinite share theirs

    @staticmethod
    def leaks(message: str) -> bool:
        # 2,104 and 793,800 are the first of them; sizes of the arguments are 512 at most
        numbers = {int(n) for n in re.findall(r"\d+", message.replace(",", ""))}
        return max(numbers, default=0) > 512
