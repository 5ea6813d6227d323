"""Schools with nbgrader can use the same masters: nbgrader itself hands them out and marks them."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from handed_in import ROOT, hand_in, master, notebook

from c3d_teach.classroom.assignments.masters import write_masters

NBGRADER = ROOT / "build" / "nbgrader" / "bin" / "nbgrader"
pytestmark = [
    pytest.mark.skipif(not NBGRADER.exists(), reason="nbgrader is not here: make nbgrader"),
    pytest.mark.timeout(900),
]
NAMES = ("a1", "a2", "a3", "a4")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course of nbgrader's, with the kernel of this environment."""
    folder = tmp_path_factory.mktemp("course")
    write_masters(ROOT, folder)
    shutil.move(folder / "nbgrader" / "source", folder / "source")
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'c3d'\n"
        "c.ExecutePreprocessor.timeout = 300\n"
    )
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    return folder


def nbgrader(course: Path, *arguments: str) -> str:
    environment = os.environ | {
        "JUPYTER_PATH": str(course / "jupyter"),
        "PATH": f"{NBGRADER.parent}{os.pathsep}{os.environ['PATH']}",  # it calls alembic
    }
    done = subprocess.run(
        [NBGRADER, *arguments], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_it_hands_out_stubs_and_marks_right_and_blank_answers(course: Path, name: str):
    assignment = master(name)
    nbgrader(course, "generate_assignment", name)
    released = course / "release" / name / f"{assignment.stem}.ipynb"
    text = released.read_text(encoding="utf-8")
    assert "HIDDEN" not in text and "BEGIN SOLUTION" not in text and "_expected" not in text
    handed_out = nbformat.read(released, 4)
    stubs = {c.metadata["nbgrader"]["grade_id"]: c.source for c in handed_out.cells}
    for cell in assignment.cells:
        if cell.role == "solution":
            assert "raise NotImplementedError" in stubs[cell.id]
    submitted = course / "submitted"
    file = f"{assignment.stem}.ipynb"
    (submitted / "blank" / name).mkdir(parents=True)
    shutil.copyfile(released, submitted / "blank" / name / file)
    right = {
        c.metadata["nbgrader"]["grade_id"]: c.source
        for c in notebook(assignment, solved=True).cells
    }
    for cell in handed_out.cells:
        if cell.metadata["nbgrader"]["solution"]:
            cell.source = right[cell.metadata["nbgrader"]["grade_id"]]
    hand_in(submitted, "right", handed_out, f"{name}/{file}")
    nbgrader(course, "autograde", name)
    nbgrader(course, "export")
    with (course / "grades.csv").open(encoding="utf-8", newline="") as table:
        scores = {
            row["student_id"]: float(row["score"])
            for row in csv.DictReader(table)
            if row["assignment"] == name
        }
    automatic = sum(
        assignment.points(q) for q in assignment.questions if not assignment.by_teacher(q)
    )
    assert scores == {"blank": 0, "right": automatic}
