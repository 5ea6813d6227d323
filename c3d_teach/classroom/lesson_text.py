"""What a lesson says of itself: its goals, its times, its exercise, its hints.

Read from the text of the notebook, so that pages for teachers and tests of the lessons' form
never say anything else than the lessons do.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

_TITLE = re.compile(r"^# (\d+) · (.+)$", re.MULTILINE)
_GOALS = re.compile(r"\*\*After this lesson you can\*\*:?\n+((?:- .*\n(?:(?!\n|- ).*\n)*)+)")
_EXERCISE = re.compile(
    r"^\| (Exercise[^|]*) \|[^\n]*\n\|[-| :]+\|\n\| ([^|]+) \| ([●○]+) \| ([●○]+) \| ([^|]+) \|",
    re.MULTILINE,
)
_HINT = re.compile(
    r"<details><summary><b>(Hint \d)</b>(?: · ([^<]*))?</summary>\n(.*?)</details>", re.DOTALL
)
_CHECK = re.compile(r"from c3d_teach\.classroom\.checks\.(\w+) import ([^\n(]+|\([^)]*\))")


@dataclass(frozen=True)
class Exercise:
    """The head of an exercise: ``Exercise 1``, its task, and how hard, weighty and long it is."""

    name: str
    task: str
    difficulty: str
    importance: str
    minutes: str


@dataclass(frozen=True)
class Hint:
    """One of the graded hints, as markdown."""

    name: str
    about: str
    text: str


@dataclass(frozen=True)
class LessonText:
    """A lesson in its own words.

    Attributes:
        number: of the lesson, 0 to 10; -1 where its title has none.
        title: without the number.
        goals: what one can do after it.
        time, needs, runs: the sentences after **Time:**, **You need:** and **It runs**.
        exercises: in order; hints: of all of them, in order.
        checks: module of ``classroom/checks`` -> the checks used from it.
    """

    number: int
    title: str
    goals: tuple[str, ...]
    time: str
    needs: str
    runs: str
    exercises: tuple[Exercise, ...]
    hints: tuple[Hint, ...]
    checks: dict[str, tuple[str, ...]]


def text_of(notebook: "NotebookNode") -> LessonText:
    """What the notebook says; empty where it does not say it."""
    pages = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown") + "\n"
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    title, goals = _TITLE.search(pages), _GOALS.search(pages)
    return LessonText(
        number=int(title[1]) if title else -1,
        title=title[2].strip() if title else "",
        goals=tuple(_joined(g) for g in re.split(r"^- ", goals[1], flags=re.MULTILINE)[1:])
        if goals
        else (),
        time=_after(pages, r"\*\*Time:?\*\*:?"),
        needs=_after(pages, r"\*\*You need:?\*\*:?"),
        runs=_after(pages, r"\*\*It runs:?\*\*:?"),
        exercises=tuple(
            Exercise(*(part.strip() for part in found)) for found in _EXERCISE.findall(pages)
        ),
        hints=tuple(Hint(name, about, text.strip()) for name, about, text in _HINT.findall(pages)),
        checks={
            module: tuple(
                name.split(" as ")[0].strip() for name in names.strip("()").split(",") if name
            )
            for module, names in _CHECK.findall(code)
        },
    )


def _after(pages: str, mark: str) -> str:
    """What follows a bold word, to the next bold word or the end of the paragraph."""
    found = re.search(mark + r"(.*?)(?=\n\n|\*\*|\Z)", pages, re.DOTALL)
    return _joined(found[1]) if found else ""


def _joined(lines: str) -> str:
    return " ".join(lines.split())
