"""The notebooks of an assignment: the student's, the solved one, and a school's with nbgrader."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from c3d_teach.classroom.assignments.master import Assignment, Cell

if TYPE_CHECKING:
    from nbformat import NotebookNode

SCHEMA = 3  # of nbgrader's cell metadata
_KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python"},
}


def student_notebook(assignment: Assignment) -> "NotebookNode":
    """Stubs and visible checks; nothing hidden, no outputs."""
    cells = [c for c in assignment.cells if c.role not in ("hidden", "secret")]
    return _notebook(
        assignment, [(c, c.stub if c.role in ("solution", "teacher") else c.source) for c in cells]
    )


def solved_notebook(assignment: Assignment) -> "NotebookNode":
    """With the answers, without what is hidden: for a teacher to read and run."""
    cells = [c for c in assignment.cells if c.role not in ("hidden", "secret")]
    return _notebook(assignment, [(c, c.source) for c in cells])


def nbgrader_notebook(assignment: Assignment, tests: Mapping[str, str]) -> "NotebookNode":
    """A master for nbgrader.

    Args:
        tests: text of each hidden cell, by its id, as nbgrader runs it.
    """
    cells = []
    for cell in assignment.cells:
        source = cell.source
        if cell.role == "secret":
            continue
        if cell.role == "hidden":
            source = f"### BEGIN HIDDEN TESTS\n{tests[cell.id].strip()}\n### END HIDDEN TESTS"
        cells.append((cell, source))
    return _notebook(assignment, cells)


def _notebook(assignment: Assignment, cells: list[tuple[Cell, str]]) -> "NotebookNode":
    from nbformat import v4

    made = []
    for cell, source in cells:
        new = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
        identity = hashlib.sha256(f"{assignment.stem}\n{cell.id}".encode()).hexdigest()[:12]
        made.append(new(source, id=identity, metadata={"nbgrader": _metadata(cell)}))
    return v4.new_notebook(
        cells=made,
        metadata=_KERNEL | {"c3d_teach": {"assignment": assignment.name}},
        nbformat_minor=5,
    )


def _metadata(cell: Cell) -> dict[str, Any]:
    answers = cell.role in ("solution", "teacher")
    marks: dict[str, Any] = {
        "grade": bool(cell.points),
        "grade_id": cell.id,
        "locked": not answers,
        "schema_version": SCHEMA,
        "solution": answers,
        "task": False,
    }
    if cell.points:
        marks["points"] = cell.points
    return marks
