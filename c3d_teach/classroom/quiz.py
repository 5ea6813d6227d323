"""Recall questions: the lessons show them, and their right answers stay out of the pages.

They are data: ``quizzes/NN.toml``, a table ``[[question]]`` for each, with its ``text``, its
``replies`` (pairs of option and reply, in the order shown) and which option is ``right``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from c3d_teach.errors import UsageError


@dataclass(frozen=True)
class Question:
    """A question with its options; every option has a reply of its own.

    Attributes:
        text: the question, plain text.
        replies: option → what to say to who chooses it.
        right: the option that is right.

    Raises:
        UsageError: where ``right`` is not one of the options.
    """

    text: str
    replies: Mapping[str, str]
    right: str

    def __post_init__(self) -> None:
        if self.right not in self.replies:
            raise UsageError(f"The right option {self.right!r} is none of {list(self.replies)}.")

    def reply(self, option: str) -> str:
        """``Yes.`` or ``Not quite.``, and why."""
        return f"{'Yes.' if option == self.right else 'Not quite.'} {self.replies[option]}"


@cache
def questions(lesson: int) -> tuple[Question, ...]:
    """The questions at the end of a lesson.

    Raises:
        UsageError: for a lesson without a quiz.
    """
    folder = files("c3d_teach.classroom") / "quizzes"
    file = folder / f"{lesson:02d}.toml"
    if not file.is_file():
        there = sorted(int(one.name[:2]) for one in folder.iterdir() if one.name.endswith(".toml"))
        raise UsageError(f"There is no quiz for lesson {lesson}; there is for {there}.")
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["question"]
    return tuple(
        Question(one["text"], {option: said for option, said in one["replies"]}, one["right"])
        for one in tables
    )
