"""The command `c3d-teach grade` as a teacher types it; refused where nothing isolates."""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from handed_in import hand_in, notebook, own_cell
from tiny_master import TEXT, tiny_master
from typer.testing import CliRunner

from c3d_teach.classroom.grading import sandbox
from c3d_teach.classroom.grading.grade import Grader
from c3d_teach.classroom.grading.submissions import find_submissions
from c3d_teach.cli import app
from c3d_teach.errors import KitError, UsageError

needs_isolation = pytest.mark.skipif(bool(sandbox.isolation()), reason=sandbox.isolation())


def grade(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["grade", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def class_of_three(tmp_path: Path) -> Path:
    tiny = tiny_master(tmp_path)
    folder = tmp_path / "in"
    hand_in(folder, "李娜", notebook(tiny, solved=True))
    hand_in(folder, "ben", notebook(tiny, {"double": "def double(x):\n    return x + 1"}))
    (folder / "nobody").mkdir()
    return folder


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@needs_isolation
def test_a_class_is_marked_twice_the_same_and_points_by_hand_are_kept(class_of_three, tmp_path):
    master, out = tmp_path / "t1_tiny.py", tmp_path / "out"
    said = grade(class_of_three, "--out", out, "--master", master, "--jobs", 2)
    assert "3 students, mean 3.3 of 12 points" in said and "1 answer to mark by hand" in said
    found = rows(out)
    assert {name: row["points"] for name, row in found.items()} == {
        "李娜": "10.0",
        "ben": "0.0",
        "nobody": "0.0",
    }
    assert found["ben"]["double status"] == "wrong" and found["ben"]["half status"] == "missing"
    assert found["nobody"]["note"] == "No notebook was handed in."
    kept = {path: path.stat().st_mtime_ns for path in (out / "work").rglob("*.json")}
    text = (out / "by_hand.csv").read_text(encoding="utf-8-sig")
    text = text.replace('"李娜","why","","2",""', '"李娜","why","1.5","2","why not more?"')
    assert "why not more?" in text
    (out / "by_hand.csv").write_text(text, encoding="utf-8-sig")
    said = grade(class_of_three, "--out", out, "--master", master, "--json")
    assert json.loads(said.splitlines()[-1]) == {"李娜": 11.5, "ben": 0, "nobody": 0}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # nothing was run again
    assert "why not more?" in (out / "feedback" / "李娜.md").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="holds marks of t1 with the seed"):
        grade(class_of_three, "--out", out, "--master", master, "--seed", 1)


def test_without_isolation_it_refuses_in_a_sentence(class_of_three, tmp_path, monkeypatch):
    monkeypatch.setattr("c3d_teach.classroom.grading.grade.isolation", lambda: "There is none.")
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="There is none. Without it, .* or say --unsafe"):
        grade(class_of_three, "--out", out, "--master", tmp_path / "t1_tiny.py")
    assert not list(out.rglob("*.json"))


def test_told_to_it_grades_without_isolation_and_says_so(class_of_three, tmp_path, monkeypatch):
    monkeypatch.setattr("c3d_teach.classroom.grading.grade.isolation", lambda: "There is none.")
    out = tmp_path / "out"
    grade(class_of_three, "--out", out, "--master", tmp_path / "t1_tiny.py", "--unsafe")
    assert rows(out)["李娜"]["points"] == "10.0" and rows(out)["ben"]["points"] == "0.0"
    assert "without isolation" in (out / "summary.md").read_text(encoding="utf-8")
    assert not json.loads((out / "marks.json").read_text(encoding="utf-8"))["isolated"]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_named(monkeypatch, system: str):
    monkeypatch.setattr(sys, "platform", system)
    assert sandbox.isolation.__wrapped__() == (
        f"Isolation needs Linux's namespaces, and this system is {system}."
    )


def test_a_linux_without_bubblewrap_or_namespaces_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt install bubblewrap" in sandbox.isolation.__wrapped__()
    bwrap = tmp_path / "bwrap"
    bwrap.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    bwrap.chmod(0o755)
    assert sandbox.isolation.__wrapped__() == (
        "Bubblewrap cannot isolate on this machine: bwrap: No permissions to create new namespace."
    )


def test_a_master_that_fails_is_named(tmp_path):
    path = tmp_path / "t1_tiny.py"
    path.write_text(TEXT.replace("    twice_as_much = x * 2", "    twice_as_much = y"), "utf-8")
    from c3d_teach.classroom.assignments.master import read_master

    with pytest.raises(KitError, match="its cell double-check-1 ended with NameError"):
        Grader(read_master(path), tmp_path / "work", unsafe=True)


@needs_isolation
def test_paths_may_be_relative_and_other_files_are_named(class_of_three, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "nobody" / "report.pdf").write_text("a report")
    grade("in", "--out", "out", "--master", "t1_tiny.py", "--jobs", 2)
    found = rows(Path("out"))
    assert found["李娜"]["points"] == "10.0"
    assert found["nobody"]["note"] == "No notebook was handed in. There is report.pdf."


def test_another_assignment_than_most_handed_in_is_warned_of(tmp_path, monkeypatch):
    tiny = tiny_master(tmp_path)
    other = replace(tiny, name="t2", cells=tuple(c for c in tiny.cells if c.question == "half"))
    hand_in(tmp_path / "in", "ada", notebook(tiny))
    monkeypatch.setattr(
        "c3d_teach.classroom.assignments.masters.find_masters", lambda root: [tiny, other]
    )
    monkeypatch.setattr("c3d_teach.classroom.grading.grade.isolation", lambda: "There is none.")
    places = [str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, ["grade", *places, "--assignment", "t2"])
    assert "Most of these notebooks are of t1; they are graded as t2 all the same." in done.output


def test_code_beside_the_cell_that_was_handed_out_is_named(tmp_path):
    tiny = tiny_master(tmp_path)
    made = notebook(tiny)
    where = next(
        k for k, c in enumerate(made.cells) if c.metadata["nbgrader"]["grade_id"] == "half"
    )
    made.cells.insert(where + 1, own_cell("def half(x):\n    return x / 2"))
    hand_in(tmp_path / "in", "ada", made)
    (one,) = find_submissions(tmp_path / "in")
    note = Grader(tiny, tmp_path / "work", unsafe=True).mark(one).note
    assert note == "Code was written beside the cell that was handed out: half."


def test_wrong_use_is_told(class_of_three, tmp_path):
    with pytest.raises(UsageError, match="among the submissions"):
        grade(class_of_three, "--out", class_of_three / "x", "--master", tmp_path / "t1_tiny.py")
    with pytest.raises(UsageError, match="There is no assignment a9; there are a1, a2"):
        grade(class_of_three, "--out", tmp_path / "out", "--assignment", "a9")
    (tmp_path / "file").write_text("")
    with pytest.raises(KitError, match="Cannot write to the folder .*file"):
        grade(class_of_three, "--out", tmp_path / "file", "--master", tmp_path / "t1_tiny.py")
    with pytest.raises(UsageError, match="None of the notebooks has a cell"):
        grade(class_of_three, "--out", tmp_path / "out")
