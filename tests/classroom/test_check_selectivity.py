"""The check of exercise 7 accepts every right index and names what is wrong with the others."""

from collections.abc import Callable

import exercises
import numpy as np
import torch
from torch import Tensor

from c3d_teach import load, tuning
from c3d_teach.classroom.checks.selectivity import check_direction_selectivity


def picked(r: Tensor, index: Tensor) -> Tensor:
    return r[torch.arange(len(r)), index]


def index_of(a: Tensor, b: Tensor) -> Tensor:
    return ((a - b) / (a + b)).nan_to_num(0.0)


def right(r: Tensor, turn: int = 4) -> Tensor:
    best = r.argmax(1)
    return index_of(picked(r, best), picked(r, (best + turn) % 8))


def by_loops(r: Tensor) -> Tensor:
    out = torch.zeros(len(r))
    for unit, row in enumerate(r.tolist()):
        most = max(row)
        if most > 0:
            least = row[row.index(most) - 4]
            out[unit] = (most - least) / (most + least)
    return out


def by_numpy(r: Tensor) -> np.ndarray:
    x = r.numpy()
    best = x.argmax(1)
    rows = np.arange(len(x))
    a, b = x[rows, best], x[rows, (best + 4) % 8]
    return np.where(a > 0, (a - b) / np.maximum(a + b, 1e-9), 0.0)


def nan_for_silent(r: Tensor) -> Tensor:
    best = r.argmax(1)
    a, b = picked(r, best), picked(r, (best + 4) % 8)
    return (a - b) / (a + b)


def swapped(r: Tensor) -> Tensor:
    a, b = r.amax(0), r.roll(4, 1).amax(0)
    return index_of(a, b)


def in_place(r: Tensor) -> Tensor:
    found = right(r)
    r.zero_()
    return found


def no_wraparound(r: Tensor) -> Tensor:
    best = r.argmax(1)
    return index_of(picked(r, best), picked(r, best + 4))


RIGHT: dict[str, Callable[..., object]] = {
    "argmax and remainder": right,
    "loops": by_loops,
    "numpy": by_numpy,
    "four steps back": lambda r: right(r, -4),
    "double": lambda r: right(r.double()),
    "absolute": lambda r: right(r).abs(),
    "rolled": lambda r: index_of(
        r.amax(1), r.roll(4, 1).gather(1, r.argmax(1, keepdim=True))[:, 0]
    ),
}
WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "one step on": (lambda r: right(r, 1), "opposite's place: 45° on"),
    "one step back": (lambda r: right(r, -1), "45° back"),
    "opposite by one step": (lambda r: right(r, 3), "135° from the preferred"),
    "opposite by one step more": (lambda r: right(r, 5), "225° from the preferred"),
    "orthogonal": (lambda r: right(r, 2), "right angle (90° on)"),
    "orthogonal, back": (lambda r: right(r, -2), "right angle (90° back)"),
    "mean of the others": (
        lambda r: index_of(r.amax(1), (r.sum(1) - r.amax(1)) / 7),
        "mean of all other directions",
    ),
    "mean of all": (lambda r: index_of(r.amax(1), r.mean(1)), "mean of all directions"),
    "max minus min": (lambda r: r.amax(1) - r.amin(1), "largest response minus the smallest"),
    "sign": (lambda r: -right(r), "sign is turned round"),
    "no denominator": (
        lambda r: r.amax(1) - picked(r, (r.argmax(1) + 4) % 8),
        "difference is not divided",
    ),
    "divided by the preferred": (
        lambda r: (1 - picked(r, (r.argmax(1) + 4) % 8) / r.amax(1)).nan_to_num(0.0),
        "preferred response alone",
    ),
    "twice": (lambda r: 2 * right(r), "twice too large"),
    "NaN for silent units": (nan_for_silent, "0 is divided by 0"),
    "silent units left out": (lambda r: right(r[r.amax(1) > 0]), "was left out"),
    "1 for silent units": (
        lambda r: torch.where(r.amax(1) > 0, right(r), 1.0),
        "never answers gets 1",
    ),
    "per cent": (lambda r: 100 * right(r), "per cent"),
    "axis swapped": (swapped, "one number for each direction"),
    "argmin as opposite": (lambda r: index_of(r.amax(1), r.amin(1)), "smallest response"),
    "wraparound missing": (no_wraparound, "remainder operator"),
    "held at the last": (
        lambda r: index_of(r.amax(1), picked(r, (r.argmax(1) + 4).clamp(max=7))),
        "held at the last direction",
    ),
    "always 0°": (lambda r: index_of(r[:, 0], r[:, 4]), "Direction 0° is taken"),
    "mirrored": (lambda r: index_of(r.amax(1), picked(r, 7 - r.argmax(1))), "mirrored, 7 minus"),
    "the preferred direction": (lambda r: r.argmax(1), "numbers of the preferred directions"),
    "the preferred response": (lambda r: r.amax(1), "These are the preferred responses"),
    "squared": (lambda r: right(r).square(), "then squared or rooted"),
    "one number": (lambda r: right(r).mean(), "one number for the whole layer"),
    "an axis too many": (lambda r: right(r)[:, None], "one axis too many"),
    "a small number added": (
        lambda r: (
            (r.amax(1) - picked(r, (r.argmax(1) + 4) % 8))
            / (r.amax(1) + picked(r, (r.argmax(1) + 4) % 8) + 0.01)
        ),
        "Right shape, wrong values",
    ),
    "never filled": (lambda r: torch.zeros(len(r)), "never filled"),
    "in place": (in_place, "changed the responses"),
    "nothing": (lambda r: None, "returned None"),
    "a list": (lambda r: right(r).tolist(), "returned a list"),
    "no argument": (lambda: None, "TypeError"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_direction_selectivity)
    lesson, name = 7, "direction_selectivity"
    right = RIGHT
    wrong = WRONG


def test_the_index_is_that_of_the_library() -> None:
    """At the frequencies that each unit answers to most; silent units are NaN there and 0 here."""
    found = tuning(load("motion-d3"), "conv1", directions=8)
    curves = torch.tensor(np.stack([found.unit(u).curve for u in range(16)]))
    mine = exercises.solution(7, "direction_selectivity")(curves)
    assert np.allclose(mine.numpy(), np.nan_to_num(found.selectivity), atol=1e-6)
