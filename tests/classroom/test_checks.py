"""The check of exercise 1 accepts what is right and names what is wrong."""

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach import KitError
from c3d_teach.classroom.checks.convolution import check_conv3d
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.oracle import Verdict
from c3d_teach.classroom.quiz import Question, questions
from c3d_teach.errors import UsageError

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))
import build  # noqa: E402

SOURCE = build.SOURCES / "01_clips_kernels_and_one_convolution.py"


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


def lesson_solution() -> Callable[..., Tensor]:
    space: dict[str, Callable[..., Tensor]] = {"torch": torch}  # type: ignore[dict-item]
    exec(build.solutions_of(SOURCE)[0], space)
    return space["conv3d"]


def lesson_stub() -> Callable[..., Tensor]:
    cells = build.read_source(SOURCE).cells
    stub = next(c.source for c in cells if "exercise" in c.metadata.get("tags", []))
    space: dict[str, Callable[..., Tensor]] = {}
    exec(stub, space)
    return space["conv3d"]


def test_the_solution_of_the_lesson_is_accepted():
    verdict = check_conv3d(lesson_solution())
    assert verdict
    assert str(verdict).startswith("✔ Right")
    verdict.require()


def test_loops_torch_and_numpy_answers_are_accepted():
    assert check_conv3d(loops)
    assert check_conv3d(right)
    assert check_conv3d(lambda c, k: right(c, k).numpy())
    assert check_conv3d(lambda c, k: right(c.double(), k.double()))


def test_the_stub_of_the_lesson_is_told_from_a_wrong_answer():
    verdict = check_conv3d(lesson_stub())
    assert not verdict
    assert "still holds the stub" in verdict.message
    with pytest.raises(KitError, match="still holds the stub"):
        verdict.require()


@cache
def verdict_on(name: str) -> Verdict:
    return check_conv3d(WRONG[name][0])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_refused_with_its_own_message(name: str):
    verdict, message = verdict_on(name), WRONG[name][1]
    assert not verdict
    assert any(part in verdict.message for part in message.split("|")), verdict.message
    assert "Traceback" not in str(verdict)


def test_the_messages_are_different():
    said = {verdict_on(name).message for name in WRONG}
    assert len(said) >= len(WRONG) - 1  # NaN and infinite may share theirs


def test_an_error_is_shown_with_the_students_own_line():
    assert "`return clips" in check_conv3d(names).message


def test_something_that_is_no_function_is_refused():
    assert "should be a function" in check_conv3d(torch.zeros(3)).message


@pytest.mark.parametrize("name", WRONG)
def test_no_message_holds_a_number_that_is_no_size_or_place(name: str):
    message = verdict_on(name).message
    assert "tensor(" not in message
    # the answers are full of quarters, sizes and places are whole
    assert not re.search(r"\d\.\d", message)


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
