"""The check of exercise 9 accepts what is right and names what is wrong."""

import re
import sys
from collections.abc import Callable, Iterator
from math import nan
from typing import Any

import exercises
import numpy as np
import torch

from c3d_teach.classroom.checks.clips import check_clip_starts


def right(n: int, ln: int, s: int) -> list[int]:
    return list(range(0, n - ln + 1, s))


def by_loop(n: int, ln: int, s: int) -> list[int]:
    starts, t = [], 0
    while t + ln <= n:
        starts.append(t)
        t += s
    return starts


def by_count(n: int, ln: int, s: int) -> list[int]:
    return [k * s for k in range(max(0, (n - ln) // s + 1))]


def by_torch(n: int, ln: int, s: int) -> torch.Tensor:
    return torch.arange(0, max(0, n - ln + 1), s)


def by_unfold(n: int, ln: int, s: int) -> list[int]:
    return torch.arange(n).unfold(0, ln, s)[:, 0].tolist() if n >= ln else []


def steps(n: int, ln: int, s: int) -> Iterator[int]:
    yield from right(n, ln, s)


def remembers(n: int, ln: int, s: int) -> list[int]:
    return right(n, ln, s) if ln in (16, 10) else [1, 2]


def kept(n: int, ln: int, s: int) -> list[int]:
    return list(range(0, n, s))


def negative(n: int, ln: int, s: int) -> list[int]:
    return right(n, ln, s) or [n - ln]


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "last partial clip kept": (kept, "Clips that are not whole are kept"),
    "last whole clip lost": (lambda n, ln, s: list(range(0, n - ln, s)), "last whole clip is lost"),
    "1-based": (lambda n, ln, s: [t + 1 for t in right(n, ln, s)], "counted from 1"),
    "stride ignored": (lambda n, ln, s: right(n, ln, 1), "stride is ignored"),
    "length for stride": (lambda n, ln, s: right(n, ln, ln), "Step by the stride"),
    "stride for length": (lambda n, ln, s: right(n, s, s), "taken for the length"),
    "changed places": (lambda n, ln, s: right(n, s, ln), "changed places"),
    "numbers of clips": (
        lambda n, ln, s: list(range(len(right(n, ln, s)))),
        "numbers of the clips",
    ),
    "times length": (lambda n, ln, s: [t * ln for t in right(n, ln, s)], "by a factor"),
    "number times length": (
        lambda n, ln, s: [k * ln for k in range(len(right(n, ln, s)))],
        "it is a stride",
    ),
    "last frames": (lambda n, ln, s: [t + ln - 1 for t in right(n, ln, s)], "last frames of the"),
    "ends": (lambda n, ln, s: [t + ln for t in right(n, ln, s)], "behind the clips"),
    "first one missing": (lambda n, ln, s: right(n, ln, s)[1:], "at frame 0 is missing"),
    "backwards": (lambda n, ln, s: right(n, ln, s)[::-1], "order is reversed"),
    "frames included": (lambda n, ln, s: [*right(n, ln, s), n], "starts at `frames`"),
    "a tail": (
        lambda n, ln, s: [*right(n, ln, s), *([n - ln] if n > ln and (n - ln) % s else [])],
        "laid on the last frames",
    ),
    "last frame unused": (lambda n, ln, s: right(n - 1, ln, s), "last whole clip is lost"),
    "from the end": (
        lambda n, ln, s: sorted(n - ln - t for t in right(n, ln, s)),
        "end of the video backwards",
    ),
    "[0] for a short video": (
        lambda n, ln, s: right(n, ln, s) or [0],
        "hold no clip of 16, and yet",
    ),
    "negative": (negative, "before frame 0"),
    "something for a short video": (lambda n, ln, s: right(n, ln, s) or [3], "list of no clips"),
    "None for a short video": (lambda n, ln, s: right(n, ln, s) or None, "returned None"),
    "an error for an empty video": (
        lambda n, ln, s: right(n, ln, s) if n else [][0],
        "IndexError",
    ),
    "floats": (lambda n, ln, s: [float(t) for t in right(n, ln, s)], "decimal point"),
    "float array": (lambda n, ln, s: np.arange(0.0, n - ln + 1, s), "decimal point"),
    "how many": (lambda n, ln, s: len(right(n, ln, s)), "not how many clips"),
    "a generator": (steps, "generator"),
    "pairs": (lambda n, ln, s: [(t, t + ln) for t in right(n, ln, s)], "holds tuple"),
    "text": (lambda n, ln, s: "0 16 32", "returned a str"),
    "NaN": (lambda n, ln, s: [nan], "decimal point"),
    "twice": (lambda n, ln, s: sorted(right(n, ln, s) * 2), "stands in the list twice"),
    "uneven": (lambda n, ln, s: [0, *right(n, ln, s)[2:]], "a stride each time"),
    "a few only": (lambda n, ln, s: right(n, ln, s)[:2], "whole clips are missing"),
    "late": (lambda n, ln, s: [t + 3 for t in right(n - 3, ln, s)], "has the number 0"),
    "empty": (lambda n, ln, s: [], "The list is empty"),
    "nothing": (lambda n, ln, s: None, "returned None"),
    "remembers": (remembers, "longer by one stride"),
    "two arguments": (lambda n, ln: [0], "TypeError"),
    "leaves python": (lambda n, ln, s: sys.exit("bye"), "SystemExit: bye"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_clip_starts)
    lesson, name = 9, "clip_starts"
    right = (
        right,
        by_loop,
        by_count,
        by_torch,
        by_unfold,
        lambda n, ln, s: range(0, n - ln + 1, s),
        lambda n, ln, s: tuple(right(n, ln, s)),
        lambda n, ln, s: np.arange(0, max(n - ln + 1, 0), s),
        lambda n, ln, s: [t for t in range(n) if t % s == 0 and t + ln <= n],
    )
    wrong = WRONG
    alike = 5  # floats and None are refused alike, however they came

    @staticmethod
    def leaks(message: str) -> bool:
        # starts beyond the first of any case: 96 and 104 are the last ones of the first two
        numbers = {int(n) for n in re.findall(r"\d+", message)}
        return bool(numbers & {32, 48, 64, 80, 96, 104})
