"""From what became of cells to points, a status for each question, and words for a student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from c3d_teach.classroom.assignments.master import Assignment, Cell
from c3d_teach.classroom.grading.assembling import Answers
from c3d_teach.classroom.grading.outcome import Outcome

STATUSES = ("ok", "altered", "wrong", "error", "timeout", "missing", "to mark", "marked")


@dataclass(frozen=True)
class Question:
    """What a student got for a question.

    Attributes:
        name: of the question.
        points: so far; possible: at most.
        status: one of :data:`STATUSES`: ``altered`` is ``ok`` with visible checks that the
            student changed; ``to mark`` and ``marked`` are a teacher's.
        feedback: sentences for the student, a hidden test each.
    """

    name: str
    points: float
    possible: float
    status: str
    feedback: tuple[str, ...]


@dataclass(frozen=True)
class Marks:
    """All of a student's questions, and what else there is to say."""

    student: str
    file: str
    questions: tuple[Question, ...]
    note: str = ""

    @property
    def points(self) -> float:
        return sum(one.points for one in self.questions)

    @property
    def possible(self) -> float:
        return sum(one.possible for one in self.questions)


def mark(
    assignment: Assignment, answers: Answers, outcomes: Sequence[Outcome]
) -> tuple[Question, ...]:
    """Points and status of each question; the teacher's are still ``to mark``."""
    found = {one.cell: one for one in outcomes}
    return tuple(_question(assignment, name, answers, found) for name in assignment.questions)


def nothing(assignment: Assignment, why: str) -> tuple[Question, ...]:
    """No points for anything, for the same reason."""
    return tuple(
        Question(name, 0.0, assignment.points(name), "missing", (why,))
        for name in assignment.questions
    )


def _question(
    assignment: Assignment, name: str, answers: Answers, found: Mapping[str, Outcome]
) -> Question:
    possible = assignment.points(name)
    cell, parts = assignment.cell(name), assignment.parts(name)
    if answers.missing(cell):
        return Question(name, 0.0, possible, "missing", ("There is no answer.",))
    if assignment.by_teacher(name):
        return Question(name, 0.0, possible, "to mark", ("Your teacher marks this one.",))
    outcomes = [found.get(part.id, Outcome(part.id, "dead")) for part in parts]
    points = sum(one.points for one in outcomes)
    own = found.get(name, Outcome(name, "ok"))
    kinds = {own.outcome, *(one.outcome for one in outcomes)}
    feedback = [_sentence(part, one, assignment) for part, one in zip(parts, outcomes, strict=True)]
    if own.outcome != "ok":
        feedback.insert(0, f"The cell itself {_what(own, assignment)}.")
    status = "wrong"
    if points == possible:
        status = "altered" if name in answers.altered else "ok"
    elif "timeout" in kinds:
        status = "timeout"
    elif kinds - {"ok", "differs"}:
        status = "error"
    if name in answers.altered:
        feedback.append("A check of this question was changed or deleted; the official one ran.")
    return Question(name, points, possible, status, tuple(feedback))


def _sentence(part: Cell, outcome: Outcome, assignment: Assignment) -> str:
    score = f"{number(outcome.points)} of {number(part.points)}"
    about = part.about[:1].upper() + part.about[1:]
    if outcome.outcome == "ok" and outcome.points == part.points:
        return f"{about}: right ({score})."
    if outcome.outcome in ("ok", "differs"):
        return f"{about}: not the result that was asked for ({score})."
    return f"{about}: it {_what(outcome, assignment)} ({score})."


def _what(outcome: Outcome, assignment: Assignment) -> str:
    return {
        "error": f"raised {outcome.error}",
        "timeout": f"took more than {number(assignment.seconds)} s and was ended",
        "dead": "ended Python itself, or came after a cell that did",
        "flood": "put out more than 4 MB",
        "memory": f"needed more than {assignment.memory:,} MB of memory",
        "processes": "started too many processes",
        "files": "wrote too much to disk",
        "untried": "was not tried, for a test before it was ended",
    }.get(outcome.outcome, "gave another result than was asked for")


def number(points: float) -> str:
    """Points as one writes them: 2 and 2.5."""
    return f"{points:g}"
