"""Submissions as students might make them, from a master's own notebook."""

import copy
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from c3d_teach.classroom.assignments.master import Assignment, read_master
from c3d_teach.classroom.assignments.notebooks import solved_notebook, student_notebook

ROOT = Path(__file__).parents[1]
MASTERS = ROOT / "notebooks" / "source" / "assignments"


def master(name: str) -> Assignment:
    return read_master(next(MASTERS.glob(f"{name}_*.py")))


def notebook(
    assignment: Assignment, answers: Mapping[str, str] | None = None, *, solved: bool = False
) -> NotebookNode:
    """What was handed out, or the solved one, with some answers put in."""
    made = copy.deepcopy(solved_notebook(assignment) if solved else student_notebook(assignment))
    for cell in made.cells:
        name = cell.metadata["nbgrader"]["grade_id"]
        if answers and name in answers:
            cell.source = answers[name]
    return made


def hand_in(folder: Path, student: str, made: NotebookNode, name: str = "a1.ipynb") -> Path:
    path = folder / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


def own_cell(source: str) -> NotebookNode:
    """A code cell that a student added."""
    return nbformat.v4.new_code_cell(source)
