"""The check of exercise 1 accepts what is right and names what is wrong."""

import sys
from collections.abc import Callable

import exercises
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.classroom.checks.convolution import check_conv3d
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import Question, questions
from c3d_teach.errors import UsageError


def right(clip: Tensor, kernel: Tensor) -> Tensor:
    return F.conv3d(clip[None], kernel[None], padding=[k // 2 for k in kernel.shape[1:]])[0, 0]


def loops(
    clip: Tensor,
    kernel: Tensor,
    *,
    pad: bool = True,
    start: tuple[int, int, int] = (0, 0, 0),
    short: int = 0,
    add: Callable[[Tensor], Tensor] = torch.sum,
) -> Tensor:
    """The way a student writes it, with room for mistakes."""
    _, d, h, w = kernel.shape
    if pad:
        clip = F.pad(clip, (w // 2, w // 2, h // 2, h // 2, d // 2, d // 2))
    clip = F.pad(clip, (1, 1, 1, 1, 1, 1))
    length, height, width = (n - k + 1 - 2 for n, k in zip(clip.shape[1:], (d, h, w), strict=True))
    out = torch.zeros(length - short, height, width)
    for t, y, x in np.ndindex(*out.shape):
        a, b, c = t + 1 + start[0], y + 1 + start[1], x + 1 + start[2]
        out[t, y, x] = add(clip[:, a : a + d, b : b + h, c : c + w] * kernel)
    return out


def changes_its_input(clip: Tensor, kernel: Tensor) -> Tensor:
    answer = right(clip, kernel)
    clip += 1
    return answer


def remembers(clip: Tensor, kernel: Tensor) -> Tensor:
    """Right on the clips of the check, wrong elsewhere: caught by the properties."""
    seed = {(1, 5, 6, 7), (3, 4, 6, 5), (2, 4, 5, 6), (1, 6, 5, 4), (1, 4, 3, 5)}
    answer = right(clip, kernel)
    return answer if tuple(clip.shape) in seed else answer.relu()


class AlwaysEqual:
    def __eq__(self, other: object) -> bool:
        return True


class AlwaysEqualTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_: object, **__: object) -> bool:
        return True


def names(clip: Tensor, kernel: Tensor) -> Tensor:
    return clips  # type: ignore[name-defined]  # noqa: F821


WRONG: dict[str, tuple[Callable[..., object], str]] = {
    "mathematical flip": (lambda c, k: right(c, k.flip(1, 2, 3)), "flipped in all three axes"),
    "flip in time": (lambda c, k: right(c, k.flip(1)), "played backwards"),
    "flip in space": (lambda c, k: right(c, k.flip(2, 3)), "flipped in space"),
    "no padding": (lambda c, k: loops(c, k, pad=False), "padding is missing"),
    "padding repeats the edge": (
        lambda c, k: F.conv3d(
            F.pad(c[None], [n for s in reversed(k.shape[1:]) for n in 2 * [s // 2]], "replicate"),
            k[None],
        )[0, 0],
        "repeats the edge",
    ),
    "T and H swapped in the output": (lambda c, k: right(c, k).transpose(0, 1), "Time and height"),
    "H and W swapped in the output": (lambda c, k: right(c, k).mT, "Row and column have changed"),
    "H and W swapped in the kernel": (lambda c, k: right(c, k.mT), "Rows and columns of the"),
    "one row late": (lambda c, k: loops(c, k, start=(0, -1, 0)), "one row too late"),
    "one column early": (lambda c, k: loops(c, k, start=(0, 0, 1)), "one column too early"),
    "one frame early": (lambda c, k: loops(c, k, start=(1, 0, 0)), "one frame too early"),
    "one frame short": (lambda c, k: loops(c, k, short=1), "where each range() ends"),
    "mean": (lambda c, k: loops(c, k, add=torch.mean), "sum in place of mean"),
    "first channel only": (lambda c, k: right(c[:1], k[:1]), "first channel"),
    "channels kept": (
        lambda c, k: torch.stack([right(a[None], b[None]) for a, b in zip(c, k, strict=True)]),
        "one axis too many",
    ),
    "one frame at a time": (
        lambda c, k: right(c, k[:, k.shape[1] // 2][:, None]),
        "one slice of the kernel",
    ),
    "never filled": (lambda c, k: torch.zeros(c.shape[1:]), "never filled"),
    "NaN": (lambda c, k: torch.full(c.shape[1:], torch.nan), "NaN"),
    "infinite": (lambda c, k: right(c, k) / 0, "NaN|infinite"),
    "whole numbers": (lambda c, k: right(c, k).to(torch.int64), "decimal point"),
    "something else": (lambda c, k: right(c, k) + 1, "Right shape, wrong values"),
    "other size": (lambda c, k: right(c, k)[:, ::3], "Wrong output size"),
    "returns nothing": (lambda c, k: None, "returned None"),
    "returns a number": (lambda c, k: 3.5, "inside the loop"),
    "returns a list": (lambda c, k: [1, 2], "returned a list"),
    "calls everything equal": (lambda c, k: AlwaysEqual(), "returned a AlwaysEqual"),
    "a tensor that lies": (lambda c, k: AlwaysEqualTensor(3), "returned a AlwaysEqualTensor"),
    "changes its input": (changes_its_input, "changed the clip"),
    "remembers": (remembers, "Not linear"),
    "a name that is not there": (names, "NameError: name 'clips' is not defined"),
    "leaves python": (lambda c, k: sys.exit("bye"), "SystemExit: bye"),
    "one argument": (lambda c: c, "TypeError"),
}


class TestTheCheck(exercises.EveryCheck):
    check = staticmethod(check_conv3d)
    lesson, name = 1, "conv3d"
    right = (
        loops,
        right,
        lambda c, k: right(c, k).numpy(),
        lambda c, k: right(c.double(), k.double()),
    )
    wrong = WRONG
    alike = 1


def test_an_error_is_shown_with_the_students_own_line():
    assert "`return clips" in check_conv3d(names).message


def test_a_guess_is_compared_with_the_outcome():
    choices = ("falls", "stays the same")
    assert "No guess" in compare_guess("?", "falls", choices)
    assert "that is what came out" in compare_guess(" Falls ", "falls", choices)
    assert "came out 'falls'" in compare_guess("stays the same", "falls", choices)
    assert "the options were" in compare_guess("explodes", "falls", choices)
    assert "the options were" in compare_guess(3, "falls", choices)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="none of the choices"):
        compare_guess("?", "rises", choices)


def test_the_quiz_has_a_reply_to_every_option():
    asked = questions(lesson=1)
    assert len(asked) == 5
    for question in asked:
        starts = [question.reply(option).startswith("Yes.") for option in question.replies]
        assert sum(starts) == 1 and len(starts) >= 3
    with pytest.raises(UsageError, match="no quiz for lesson 99"):
        questions(lesson=99)
    with pytest.raises(UsageError, match="none of"):
        Question("?", {"a": "A"}, right="b")
