"""A teacher's points: the table they are written into, and what they change in the marks."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import Answers
from c3d_teach.classroom.grading.marks import Marks, Question, number
from c3d_teach.classroom.grading.tables import as_csv, unguarded
from c3d_teach.errors import KitError

TABLE = "by_hand.csv"
_HEAD = ("student", "question", "points", "of", "comment", "answer")
_LETTERS = "bcdfghjkmnpqrstv"  # no digits: a spreadsheet takes 12e34 for a number


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        points: as they were written; empty until they are given.
        answer: which answer they were given for, see :func:`fingerprint`; empty if not known.
        line: of the file, from 1; 0 for a row that is not in it yet.
    """

    student: str
    question: str
    points: str = ""
    of: str = ""
    comment: str = ""
    answer: str = ""
    line: int = 0


@dataclass(frozen=True)
class Merged:
    """Marks with a teacher's points in them.

    Attributes:
        marks: of the class, in the order given.
        rows: of the table that is to be written next; nothing that a teacher wrote is lost.
        remarks: sentences on rows that could not be used.
    """

    marks: list[Marks]
    rows: list[Row]
    remarks: list[str]


def fingerprint(answers: Answers | None, question: str) -> str:
    """A few letters that tell one answer from another; the same for none at all."""
    text = answers.cells.get(question, "").strip() if answers else ""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    return "".join(_LETTERS[int(digit, 16)] for digit in digest)


def merge(
    assignment: Assignment,
    marks: Sequence[Marks],
    answers: Mapping[str, Answers],
    rows: Sequence[Row],
) -> Merged:
    """Put a teacher's points into the marks: also in place of what hidden tests gave.

    Points for an answer that was changed since do not count; they are kept as a comment.

    Raises:
        KitError: for points that are no number, or more than there are; the message says where.
    """
    waiting = {(row.student, row.question): row for row in rows}
    done, kept, remarks = [], [], []
    for one in marks:
        questions = []
        for question in one.questions:
            shown = fingerprint(answers.get(one.student), question.name)
            row = waiting.pop((one.student, question.name), None)
            if row and row.points.strip() and row.answer not in ("", shown):
                remarks.append(
                    f"{_place(row)} was changed since it was marked: its {row.points} points do "
                    "not count until you give them again."
                )
                before = f"Before it was changed: {row.points} points. {row.comment}".strip()
                row = replace(row, points="", comment=before)
            elif row and row.points.strip():
                question = _marked(question, row, own=assignment.by_teacher(question.name))
            questions.append(question)
            if question.status == "to mark" or (row and (row.points or row.comment)):
                row = row or Row(one.student, question.name)
                kept.append(replace(row, of=number(question.possible), answer=shown))
        done.append(replace(one, questions=tuple(questions)))
    names = {one.student for one in marks}
    for row in waiting.values():
        if row.points.strip() or row.comment.strip():
            what = f"question {row.question}" if row.student in names else "such student"
            remarks.append(f"{_place(row)}: there is no {what}; the row is kept and not counted.")
            kept.append(row)
    return Merged(done, kept, remarks)


def read_table(path: Path) -> list[Row]:
    """The rows of a table, from any spreadsheet: with commas or semicolons.

    Raises:
        KitError: for a file that is not UTF-8, lacks a column, or marks an answer twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KitError(
            f"{path.name} is not UTF-8: save it from your spreadsheet as CSV UTF-8."
        ) from error
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    found = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    if missing := {"student", "question", "points"} - set(found.fieldnames or ()):
        raise KitError(f"{path.name} has no column {', '.join(sorted(missing))}.")
    rows = dict[tuple[str, str], Row]()
    for cells in found:
        texts = {name: unguarded(cells.get(name) or "") for name in _HEAD}
        row = Row(**texts, line=found.line_num)
        if before := rows.get((row.student, row.question)):
            raise KitError(
                f"{path.name} has {row.question} of {row.student} twice, in lines {before.line} "
                f"and {row.line}: keep one of them."
            )
        rows[row.student, row.question] = row
    return list(rows.values())


def table(rows: Sequence[Row]) -> str:
    """The table as a file."""
    return as_csv([_HEAD, *(tuple(getattr(row, name) for name in _HEAD) for row in rows)])


def _marked(question: Question, row: Row, *, own: bool) -> Question:
    try:
        value = float(row.points.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= question.possible:
        raise KitError(
            f"{_place(row)} has {row.points!r} points; give a number from 0 to "
            f"{number(question.possible)}."
        )
    feedback = () if own else question.feedback
    feedback += (row.comment,) if row.comment.strip() else ()
    return replace(question, points=value, status="marked", feedback=feedback)


def _place(row: Row) -> str:
    return f"{TABLE}, line {row.line}: {row.question} of {row.student}"
