"""What README tells a student to type before handing in: it fails on a stub and not on answers."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from handed_in import ROOT, master, notebook

from c3d_teach.classroom.running import execute


def typed() -> list[str]:
    """The command of README, but for the notebook."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"\.venv/bin/pytest (--nbval.*?)```", text, re.DOTALL)[1]
    *options, path = shlex.split(command.replace("\\\n", " "))
    assert path.endswith(".ipynb") and (ROOT / path).exists()
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *options]


def checked(path: Path, made: nbformat.NotebookNode) -> "subprocess.CompletedProcess[str]":
    nbformat.write(made, path)
    return subprocess.run([*typed(), str(path)], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.timeout(120)
def test_what_was_handed_out_fails_and_says_where(tmp_path: Path):
    done = checked(tmp_path / "a1.ipynb", notebook(master("a1")))
    assert done.returncode == 1 and "NotImplementedError" in done.stdout


@pytest.mark.timeout(120)
def test_right_answers_that_were_run_and_saved_pass(tmp_path: Path):
    made = execute(notebook(master("a1"), solved=True), folder=tmp_path)
    done = checked(tmp_path / "a1.ipynb", made)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.timeout(120)
def test_a_wrong_answer_fails_with_the_sentence_of_the_check(tmp_path: Path):
    wrong = "def output_length(size, kernel, stride=1, padding=0):\n    return size - kernel + 1"
    made = notebook(master("a1"), {"output_length": wrong}, solved=True)
    done = checked(tmp_path / "a1.ipynb", made)
    assert done.returncode == 1 and "With one frame of zeros at both ends, at 16." in done.stdout
