"""One page a lesson for whoever teaches it: times, quiz, exercise, hints, expected mistakes."""

from collections.abc import Mapping, Sequence
from typing import Any

from c3d_teach.classroom.lesson_text import LessonText
from c3d_teach.classroom.misconceptions import misconceptions
from c3d_teach.classroom.quiz import Question, questions
from c3d_teach.errors import UsageError


def teaching_page(
    lesson: LessonText, *, name: str, solutions: Sequence[str], timing: Mapping[str, Any] | None
) -> str:
    """The page as markdown.

    Args:
        lesson: what the lesson says of itself.
        name: of its notebook, without the ending.
        solutions: the text of its solution cells.
        timing: what ``benchmarks/lessons.py`` measured of it, if it did.
    """
    parts = [
        f"# {lesson.number} · {lesson.title}",
        f"The lesson: [notebooks/{name}.ipynb](../notebooks/{name}.ipynb). "
        f"With its solution: [solutions/{name}.ipynb](../solutions/{name}.ipynb).",
        "**After it they can**",
        "\n".join(f"- {goal}" for goal in lesson.goals),
        _times(lesson, timing),
        *_exercises(lesson, solutions),
        *_mistakes(lesson),
        *_quiz(lesson.number),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _times(lesson: LessonText, timing: Mapping[str, Any] | None) -> str:
    rows = [("the whole lesson", lesson.time), ("they need", lesson.needs)]
    rows += [(f"{one.name.lower()}: {one.task}", one.minutes) for one in lesson.exercises]
    rows += [("the computer", lesson.runs)]
    if timing:
        seconds, slowest = timing["seconds"], timing["slowest"]
        rows += [
            (
                "measured",
                f"{seconds:.0f} seconds from the first cell to the last, on {timing['machine']}; "
                f"the slowest cell took {slowest:.0f}",
            )
        ]
    table = "\n".join(f"| {what} | {time} |" for what, time in rows)
    return f"## Times\n\n| | |\n|---|---|\n{table}"


def _exercises(lesson: LessonText, solutions: Sequence[str]) -> list[str]:
    parts = ["## The exercise" if len(lesson.exercises) == 1 else "## The exercises"]
    for one in lesson.exercises:
        parts += [
            f"**{one.name}: {one.task}.** Difficulty {one.difficulty}, importance "
            f"{one.importance}, {one.minutes}."
        ]
    parts += ["One way to solve it; the check takes every other that is right."]
    parts += [f"```python\n{solution.strip()}\n```" for solution in solutions]
    parts += ["### The hints they can open"]
    parts += [f"**{h.name}** · {h.about}\n\n{h.text}" for h in lesson.hints]
    return parts


def _mistakes(lesson: LessonText) -> list[str]:
    parts = ["## Mistakes to expect", "The check names these. What stands as … is filled in."]
    for check in lesson.checks:
        parts += ["\n".join(f"- {said}" for said in misconceptions(check))]
    return parts if lesson.checks else []


def _quiz(lesson: int) -> list[str]:
    try:
        asked = questions(lesson)
    except UsageError:
        return []
    return ["## The quiz", *(_question(count, one) for count, one in enumerate(asked, start=1))]


def _question(count: int, question: Question) -> str:
    lines = [f"**{count}. {question.text}**", ""]
    for option, said in question.replies.items():
        lines += [f"- {'✔ **' + option + '**' if option == question.right else '✘ ' + option}: "]
        lines[-1] += said
    return "\n".join(lines)
