"""What a teacher reads: the students' texts on one page, question by question."""

from collections.abc import Mapping
from pathlib import Path

from c3d_teach.classroom.assignments.master import ANSWER_HERE, Assignment, Cell
from c3d_teach.classroom.grading.assembling import Answers
from c3d_teach.classroom.grading.by_hand import TABLE
from c3d_teach.classroom.grading.marks import number

PAGE = "by_hand.md"


def page(
    assignment: Assignment, found: Mapping[str, Answers], files: Mapping[str, Path] | None = None
) -> str:
    """All texts; what students wrote is quoted.

    Args:
        files: the notebook that a student's answers were read from.
    """
    lines = [f"# {assignment.title}: to mark by hand", ""]
    lines += [
        f"Write points and, if you like, a comment for the student into {TABLE}, then grade again: "
        "nothing is run twice. A row of your own there, with a student's and a question's name, "
        "gives points in place of those of the hidden tests. Figures are in the notebooks; "
        "JupyterLab shows what was saved, and runs nothing unless you do.",
        "",
    ]
    for name in assignment.questions:
        if not assignment.by_teacher(name):
            continue
        cell = assignment.cell(name)
        lines += [f"## {name} ({number(cell.points)} points)", ""]
        lines += _question(cell)
        for student, answers in found.items():
            if not answers.missing(cell):
                lines += [f"### {_plain(student)}", ""]
                if files:
                    lines += [f"in {_plain(str(files[student].resolve()))}", ""]
                lines += [*_quoted(answers.cells[name]), ""]
    return "\n".join(lines) + "\n"


def _question(cell: Cell) -> list[str]:
    question = cell.stub.replace(ANSWER_HERE, "").strip()
    return [
        *("The question:", "", *_quoted(question), ""),
        *("What a full answer says:", "", *_quoted(cell.scheme.strip()), ""),
    ]


def _quoted(text: str) -> list[str]:
    """As a block that no markdown in the text can leave."""
    return [f"    {line}" for line in text.splitlines()]


def _plain(text: str) -> str:
    return "".join(
        c if c.isalnum() or c in " .-_/" else f"\\{c}" if c.isascii() else c for c in text
    )
