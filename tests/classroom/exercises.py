"""The exercise of a lesson, as the teacher's bundle solves it and as the student gets it."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from c3d_teach import KitError
from c3d_teach.classroom.oracle import Verdict

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))
import build


def source(lesson: int) -> Path:
    """The source of a lesson."""
    (path,) = build.SOURCES.glob(f"{lesson:02d}_*.py")
    return path


def solution(lesson: int, name: str) -> Callable[..., Any]:
    """The function ``name`` from the solution cells of a lesson."""
    return _define("\n\n".join(build.solutions_of(source(lesson))), name)


def stub(lesson: int, name: str) -> Callable[..., Any]:
    """The function ``name`` as a student finds it."""
    cells = build.read_source(source(lesson)).cells
    stubs = [c.source for c in cells if "exercise" in c.metadata.get("tags", [])]
    return _define("\n\n".join(stubs), name)


def _define(code: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    exec(code, space)
    return space[name]


class EveryCheck:
    """What holds for the check of every exercise; one class a lesson fills it in.

    Attributes:
        check: the check, as a ``staticmethod``.
        lesson, name: where the function that it checks is, and what it is called.
        right: functions that must be accepted, with or without names.
        wrong: name -> a wrong function, and what its message says ("or" is ``|``).
        alike: so many messages may be shared between wrong functions.
    """

    check: Callable[[Any], Verdict]
    lesson: int
    name: str
    right: Mapping[str, Callable[..., Any]] | Sequence[Callable[..., Any]]
    wrong: Mapping[str, tuple[Callable[..., Any], str]]
    alike = 0

    @staticmethod
    def leaks(message: str) -> bool:
        """Whether a message gives the answer away."""
        return "tensor(" in message or bool(re.search(r"\d\.\d", message))

    @classmethod
    @cache
    def verdict_on(cls, mistake: str) -> Verdict:
        return cls.check(cls.wrong[mistake][0])

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "mistake" in metafunc.fixturenames:
            metafunc.parametrize("mistake", self.wrong)
        if "way" in metafunc.fixturenames:
            named = isinstance(self.right, Mapping)
            ways = self.right.values() if named else self.right
            metafunc.parametrize("way", ways, ids=self.right.keys() if named else None)

    def test_the_solution_of_the_lesson_is_accepted(self) -> None:
        verdict = self.check(solution(self.lesson, self.name))
        assert verdict and str(verdict).startswith("✔ Right")
        verdict.require()

    def test_every_right_way_is_accepted(self, way: Callable[..., Any]) -> None:
        assert self.check(way), self.check(way).message

    def test_the_stub_is_told_from_a_wrong_answer(self) -> None:
        with pytest.raises(KitError, match="still holds the stub"):
            self.check(stub(self.lesson, self.name)).require()

    @pytest.mark.parametrize("thing", [None, 3, [0, 16], torch.zeros(3)], ids=str)
    def test_something_that_is_no_function_is_refused(self, thing: object) -> None:
        assert "should be a function" in self.check(thing).message

    def test_a_wrong_answer_is_refused_with_its_own_message(self, mistake: str) -> None:
        verdict, parts = self.verdict_on(mistake), self.wrong[mistake][1].lower().split("|")
        assert not verdict
        assert any(part in verdict.message.lower() for part in parts), verdict.message
        assert "Traceback" not in str(verdict)

    def test_the_messages_are_different(self) -> None:
        said = {self.verdict_on(mistake).message for mistake in self.wrong}
        assert len(said) >= len(self.wrong) - self.alike

    def test_no_message_holds_the_answer(self, mistake: str) -> None:
        message = self.verdict_on(mistake).message
        assert not self.leaks(message), message
