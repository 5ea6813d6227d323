"""What a teacher marks: the students' texts on one page, and a table for the points."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import Answers
from c3d_teach.classroom.grading.marks import Marks, Question, number
from c3d_teach.classroom.grading.tables import as_csv, unguarded
from c3d_teach.errors import KitError

TABLE, PAGE = "by_hand.csv", "by_hand.md"
_HEAD = ("student", "question", "points", "of", "comment")


def merged(marks: Sequence[Marks], table: Path) -> list[Marks]:
    """The marks with the points that a teacher wrote into the table, if there is one.

    Raises:
        KitError: for points that are no number, or more than there are; the message says where.
    """
    given = _read(table) if table.exists() else {}
    done = []
    for one in marks:
        questions = tuple(
            _with(question, *given[one.student, question.name], table=table)
            if question.status == "to mark" and (one.student, question.name) in given
            else question
            for question in one.questions
        )
        done.append(replace(one, questions=questions))
    return done


def blank_table(marks: Sequence[Marks], assignment: Assignment) -> str:
    """The table, with what is already in ``marks``; empty points are still to be given."""
    rows: list[Sequence[object]] = [_HEAD]
    for one in marks:
        for question in one.questions:
            if assignment.by_teacher(question.name) and question.status in ("to mark", "marked"):
                marked = question.status == "marked"
                points = number(question.points) if marked else ""
                comment = question.feedback[0] if marked and question.feedback else ""
                row = (one.student, question.name, points, number(question.possible), comment)
                rows.append(row)
    return as_csv(rows)


def page(
    assignment: Assignment, found: Mapping[str, Answers], files: Mapping[str, Path] | None = None
) -> str:
    """All texts, question by question, as a page to read; what students wrote is quoted.

    Args:
        files: the notebook that a student's answers were read from.
    """
    lines = [f"# {assignment.title}: to mark by hand", ""]
    lines += [
        f"Write the points into {TABLE}, then grade again: nothing is run twice. Figures are in "
        "the notebooks; JupyterLab shows what was saved, and runs nothing unless you do.",
        "",
    ]
    for name in assignment.questions:
        if not assignment.by_teacher(name):
            continue
        cell = assignment.cell(name)
        lines += [f"## {name} ({number(cell.points)} points)", ""]
        lines += ["The question, with the marking scheme:", "", *_quoted(cell.source), ""]
        for student, answers in found.items():
            if not answers.missing(cell):
                lines += [f"### {_plain(student)}", ""]
                if files:
                    lines += [f"in {_plain(str(files[student]))}", ""]
                lines += [*_quoted(answers.cells[name]), ""]
    return "\n".join(lines) + "\n"


def _with(question: Question, points: str, comment: str, table: Path) -> Question:
    if not points.strip():
        return question
    try:
        value = float(points.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= question.possible:
        raise KitError(
            f"{table.name} gives {points!r} points for {question.name}; give a number from 0 to "
            f"{number(question.possible)}."
        )
    return replace(question, points=value, status="marked", feedback=(comment,) if comment else ())


def _read(table: Path) -> dict[tuple[str, str], tuple[str, str]]:
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise KitError(
            f"{table.name} is not UTF-8: save it from your spreadsheet as CSV UTF-8."
        ) from error
    dialect = (
        ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    )
    rows = csv.DictReader(io.StringIO(text), delimiter=dialect)
    if missing := {"student", "question", "points"} - set(rows.fieldnames or ()):
        raise KitError(f"{table.name} has no column {', '.join(sorted(missing))}.")
    return {
        (unguarded(row["student"]), unguarded(row["question"])): (
            row["points"] or "",
            unguarded(row.get("comment") or ""),
        )
        for row in rows
    }


def _quoted(text: str) -> list[str]:
    """As a block that no markdown in the text can leave."""
    return [f"    {line}" for line in text.splitlines()]


def _plain(text: str) -> str:
    return "".join(
        c if c.isalnum() or c in " .-_/" else f"\\{c}" if c.isascii() else c for c in text
    )
