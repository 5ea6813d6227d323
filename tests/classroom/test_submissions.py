"""What is handed in: found wherever it lies, and read however hostile."""

import json
import os

import pytest
from handed_in import hand_in, notebook, own_cell
from tiny_master import tiny_master

from c3d_teach.classroom.grading.assembling import notebook_to_run, solved, sort_answers
from c3d_teach.classroom.grading.submissions import (
    LARGEST,
    Submission,
    SubmissionError,
    chosen_file,
    file_name,
    find_submissions,
    read_cells,
    which_assignment,
)
from c3d_teach.errors import UsageError


@pytest.fixture
def tiny(tmp_path):
    return tiny_master(tmp_path)


def test_students_are_found_in_folders_and_as_files(tmp_path, tiny):
    root = tmp_path / "in"
    hand_in(root, "ada", notebook(tiny))
    hand_in(root, "ben/t1", notebook(tiny), "t1.ipynb")  # as nbgrader has it
    hand_in(root, ".", notebook(tiny), "李娜.ipynb")
    hand_in(root, "ada/.ipynb_checkpoints", notebook(tiny), "a1-checkpoint.ipynb")
    (root / "nobody").mkdir()
    (root / "readme.txt").write_text("no notebook")
    (root / ".hidden.ipynb").write_text("{}")
    found = {one.student: len(one.files) for one in find_submissions(root)}
    assert found == {"ada": 1, "ben": 1, "李娜": 1, "nobody": 0}


def test_a_folder_without_any_is_said(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        find_submissions(tmp_path / "none")
    with pytest.raises(UsageError, match="holds neither"):
        find_submissions(tmp_path)
    (tmp_path / "all.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match="unpack the zip file"):
        find_submissions(tmp_path)


def test_the_newest_that_fits_is_chosen(tmp_path, tiny):
    root = tmp_path / "in"
    old = hand_in(root, "ada", notebook(tiny), "old.ipynb")
    new = hand_in(root, "ada", notebook(tiny), "new.ipynb")
    other = root / "ada" / "other.ipynb"
    other.write_text('{"cells": []}')
    for age, path in enumerate([other, new, old]):
        os.utime(path, (2e9 - age, 2e9 - age))
    (one,) = find_submissions(root)
    assert one.files == (other, new, old)
    path, note = chosen_file(one, tiny)
    assert path == new and note == "2 notebooks were handed in; the newest was marked."
    hand_in(root, "ada", notebook(tiny, solved=True), "old.ipynb")
    os.utime(old, (1e9, 1e9))
    path, note = chosen_file(one, tiny)  # the newer one is as it was handed out
    assert path == old and "the newest that has an answer was marked" in note
    assert which_assignment([one], [tiny]) is tiny
    with pytest.raises(UsageError, match="None of the notebooks has a cell"):
        which_assignment([Submission("x", (other,))], [tiny])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a notebook"),
        (b"\xff\xfe", "not a notebook"),
        (b"[1, 2]", "not a notebook"),
        (b'{"cells": 3}', "not a notebook"),
        (b'{"cells": [', "not a notebook"),
        (b"[" * 200_000, "not a notebook"),
        (b'{"cells": [' + b"1" * 5000 + b"]}", "not a notebook"),
        (b'{"cells": [' + b"{}," * 2000 + b"{}]}", "2,001 cells"),
        (b'{"cells": [{"source": "' + b"x" * (3 << 20) + b'"}]}', "letters of text"),
        (b" " * (LARGEST + 1), "Clear its outputs"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(tmp_path, data: bytes, said: str):
    path = tmp_path / "x.ipynb"
    path.write_bytes(data)
    with pytest.raises(SubmissionError, match=said) as told:
        read_cells(path)
    assert str(tmp_path) not in str(told.value)


def test_a_notebook_of_200_mb_is_not_read(tmp_path):
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(SubmissionError, match="has 200 MB, and at most 21 are read"):
        read_cells(path)


def test_no_link_is_followed(tmp_path, tiny):
    real = hand_in(tmp_path / "real", "ada", notebook(tiny, solved=True))
    root = tmp_path / "in"
    root.mkdir()
    (root / "link.ipynb").symlink_to(real)
    (root / "folder").symlink_to(real.parent)
    (root / "ben").mkdir()
    (root / "ben" / "a1.ipynb").symlink_to(real)
    os.mkfifo(root / "ben" / "pipe.ipynb")
    for one in find_submissions(root):
        for path in one.files:
            with pytest.raises(SubmissionError, match="is a link|is not a file|cannot be read"):
                read_cells(path)


def test_odd_cells_are_read_as_far_as_they_go(tmp_path):
    path = tmp_path / "x.ipynb"
    cells = [
        {"cell_type": "code", "source": ["a = 1\n", 7, "b = 2"], "metadata": {"nbgrader": "no"}},
        {"cell_type": "code", "source": {"x": 1}, "metadata": []},
        {"source": "half \ud83d letter", "metadata": {"nbgrader": {"grade_id": 7}}},
        "no cell",
    ]
    path.write_text(json.dumps({"cells": cells}))
    assert read_cells(path) == [
        ("", "code", "a = 1\nb = 2"),
        ("", "code", ""),
        ("", "markdown", "half ? letter"),
    ]


def test_answers_go_into_their_places_and_the_rest_is_put_back(tiny):
    given = notebook(tiny, {"double": "def double(x): return x + x"})
    given.cells.insert(3, own_cell("helper = 1"))
    check = next(
        c for c in given.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "double-check-1"
    )
    check.source = "assert True"
    cells = [
        (c.metadata.get("nbgrader", {}).get("grade_id", ""), c.cell_type, c.source)
        for c in given.cells
    ]
    answers = sort_answers(tiny, cells)
    assert answers.cells["double"] == "def double(x): return x + x"
    assert answers.altered == {"double"}
    assert answers.missing(tiny.cell("half")) and not answers.missing(tiny.cell("double"))
    run = notebook_to_run(tiny, answers, 5, {c.id: [1] for c in tiny.cells})
    names = [c.metadata["c3d_teach"]["cell"] for c in run.cells]
    assert names[:5] == ["given-2", "double", "double+0", "double-check-1", "double-hidden-1"]
    texts = {c.metadata["c3d_teach"]["cell"]: c.source for c in run.cells}
    assert texts["double-check-1"] == tiny.cell("double-check-1").source
    assert "guess-secret-1" not in texts


def test_a_cell_that_was_split_counts_with_both_parts(tiny):
    answers = sort_answers(tiny, [("double", "code", "a = 1"), ("double", "code", "b = 2")])
    assert answers.cells["double"] == "a = 1\n\nb = 2"


def test_a_cell_that_was_ended_only_raises(tiny):
    run = notebook_to_run(tiny, solved(tiny), 5, ended=frozenset({"half"}))
    texts = {c.metadata["c3d_teach"]["cell"]: c.source for c in run.cells}
    assert texts["half"].startswith("raise RuntimeError") and "guess-secret-1" in texts


def test_file_names_are_safe_and_apart():
    taken: set[str] = set()
    names = [file_name(s, taken) for s in ("../../etc", "A B", "a b", "CON", "李娜", "", "=1+1")]
    assert names == ["_.._etc", "A B", "a b-2", "_CON", "李娜", "student", "_1_1"]
