"""Masters: read, refused when unsound, and turned into notebooks that give nothing away."""

import ast

import nbformat
import pytest
from handed_in import MASTERS, master
from tiny_master import TEXT, tiny_master

from c3d_teach.classroom.assignments.master import read_master
from c3d_teach.classroom.assignments.notebooks import (
    nbgrader_notebook,
    solved_notebook,
    student_notebook,
)
from c3d_teach.classroom.lessons import STUB, BuildError

NAMES = [path.stem.split("_")[0] for path in sorted(MASTERS.glob("a*.py"))]
every_master = pytest.mark.parametrize("name", NAMES)


def test_there_are_four():
    assert NAMES == ["a1", "a2", "a3", "a4"]


@every_master
def test_each_has_twenty_points_some_of_them_by_hand(name: str):
    assignment = master(name)
    assert assignment.name == name and assignment.stem.startswith(f"{name}_")
    assert sum(assignment.points(q) for q in assignment.questions) == 20
    assert any(assignment.by_teacher(q) for q in assignment.questions)
    head = assignment.cells[0].source
    for question in assignment.questions:
        assert f"| {assignment.points(question):g} |" in head
    assert "**Points:** 20." in head


@every_master
def test_a_stub_is_its_solution_with_holes(name: str):
    assignment = master(name)
    for cell in assignment.cells:
        if cell.role != "solution":
            continue
        solution, stub = cell.source.splitlines(), cell.stub.splitlines()
        kept = [line for line in stub if line.strip() not in STUB]
        # what is left stands in the solution, in the same order
        rest = iter(solution)
        assert all(line in rest for line in kept), cell.id
        assert len(kept) < len(solution) - 2, f"{cell.id}: nothing was taken out"
        assert any(STUB[1] in line for line in stub)
        ast.parse(cell.stub)


@every_master
def test_students_get_no_line_of_what_is_hidden(name: str):
    assignment = master(name)
    text = nbformat.writes(student_notebook(assignment))
    read = "\n".join(cell.source for cell in student_notebook(assignment).cells)
    open_to_all = {
        line.strip()
        for cell in assignment.cells
        if cell.role in ("given", "check")
        for line in cell.source.splitlines()
    }
    for cell in assignment.cells:
        if cell.role in ("hidden", "secret"):
            for line in cell.source.splitlines():
                if len(line.strip()) > 30 and line.strip() not in open_to_all:
                    assert line.strip() not in read, (cell.id, line)
    assert "SEED" not in text and "SOLUTION" not in text and "show(" not in read
    assert all(not cell.get("outputs") for cell in student_notebook(assignment).cells)


@every_master
def test_a_stub_raises_and_a_check_is_not_silent_about_it(name: str):
    assignment = master(name)
    cells = {
        c.metadata["nbgrader"]["grade_id"]: c.source for c in student_notebook(assignment).cells
    }
    for cell in assignment.cells:
        if cell.role == "check" and assignment.cell(cell.question).role == "solution":
            code = "import numpy as np\n" + cells[cell.question]
            with pytest.raises((NotImplementedError, NameError, AssertionError)):
                exec(code + "\n\n" + cell.source, {})


@every_master
def test_ids_and_metadata_are_as_nbgrader_wants_them(name: str):
    assignment = master(name)
    tests = {c.id: "assert True" for c in assignment.cells if c.role == "hidden"}
    notebook = nbgrader_notebook(assignment, tests)
    nbformat.validate(notebook)
    marks = [cell.metadata["nbgrader"] for cell in notebook.cells]
    ids = [one["grade_id"] for one in marks]
    assert len(set(ids)) == len(ids) == len({cell.id for cell in notebook.cells})
    assert sum(one.get("points", 0) for one in marks) == 20
    assert all(one["locked"] != one["solution"] for one in marks)
    again = nbgrader_notebook(master(name), tests)
    assert nbformat.writes(again) == nbformat.writes(notebook)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('assignment="t1"', 'other="t1"', 'marked with assignment="a1"'),
        ("    ### BEGIN SOLUTION\n    twice", "    twice", "has no BEGIN and END SOLUTION"),
        ('hidden="half" points=2', 'hidden="half"', "needs points"),
        ('hidden="half"', 'hidden="other"', "a solution of its name"),
        ("show(half(SEED))", "half(SEED)", "must call show"),
        ('check="half"', 'solution="double"', "stands there twice"),
        ('check="half"', 'check="half" hidden="half"', "both check and hidden"),
        ('shares="0.5:1 0.9:3"', 'shares="0.9:3 0.5:1"', "must rise"),
        ('teacher="why" points=2', 'teacher="why"', "needs points"),
    ],
)
def test_an_unsound_master_is_refused_by_name(tmp_path, old: str, new: str, said: str):
    assert old in TEXT
    path = tmp_path / "t1_tiny.py"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BuildError, match=said):
        read_master(path)


def test_what_a_master_says_is_read(tmp_path):
    tiny = tiny_master(tmp_path)
    assert (tiny.name, tiny.title, tiny.packages) == ("t1", "T1 · Tiny", ("numpy",))
    assert tiny.questions == ("double", "half", "guess", "why")
    assert [tiny.points(q) for q in tiny.questions] == [5, 2, 3, 2]
    assert (tiny.seconds, tiny.memory, tiny.without) == (6, 500, ("classroom",))
    assert tiny.cell("guess-hidden-1").shares == ((0.5, 1), (0.9, 3))
    assert "Because" not in tiny.cell("why").stub and "Because" in tiny.cell("why").source
    assert "Because" in nbformat.writes(solved_notebook(tiny))
