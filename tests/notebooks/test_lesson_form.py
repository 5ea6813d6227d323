"""Every lesson has the same parts, in the same order, so that one knows one's way in each."""

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest
from lesson_runs import LESSONS, NOTEBOOKS, ROOT
from test_lessons import calls, widget_names

from c3d_teach.classroom.lesson_text import text_of
from c3d_teach.classroom.quiz import questions

sys.path.insert(0, str(NOTEBOOKS))
import build

CHECKS = ROOT / "c3d_teach" / "classroom" / "checks"
WRONG_ANSWERS = 6  # at the least, each refused with its own message
FIGURES = {"show", "play"}
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)

Cells = list[nbformat.NotebookNode]


def cells_of(path: Path) -> Cells:
    return list(nbformat.read(path, as_version=4).cells)


def is_exercise(cell: nbformat.NotebookNode) -> bool:
    return "exercise" in cell.metadata.get("tags", [])


def place(cells: Cells, pattern: str, kind: str) -> int:
    """Which cell is the first that the pattern is in."""
    for count, cell in enumerate(cells):
        if cell.cell_type == kind and re.search(pattern, cell.source, re.MULTILINE):
            return count
    pytest.fail(f"no {kind} cell has {pattern!r}", pytrace=False)


@every_lesson
def test_its_head_says_what_one_gets_and_what_it_takes(path: Path):
    lesson = text_of(nbformat.read(path, as_version=4))
    assert lesson.number == int(path.name[:2])
    assert 3 <= len(lesson.goals) <= 5, "three to five points under After this lesson you can"
    minutes = re.search(r"(\d+) minutes", lesson.time)
    assert minutes and int(minutes[1]) <= 75
    assert lesson.needs and lesson.runs


@every_lesson
def test_all_parts_are_there_in_order(path: Path):
    cells, number = cells_of(path), int(path.name[:2])
    order = {
        "title": place(cells, rf"^# {number} · ", "markdown"),
        "the import cell": place(cells, r"^(import|from) ", "code"),
        "predict first": place(cells, r'^guess\w* = "\?"$', "code"),
        "the guess compared": place(cells, r"compare_guess\(", "code"),
        "the quiz": place(cells, rf"Quiz\(questions\(lesson={number}\)\)", "code"),
        "its answers": place(cells, r"<details><summary>.*answers", "markdown"),
        "What comes next": place(cells, r"^## .*What comes next", "markdown"),
    }
    places = list(order.values())
    assert places == sorted(places), order
    exercise = {
        "the import cell": order["the import cell"],
        "the exercise's table": place(cells, r"^\| Exercise", "markdown"),
        "the first hint": place(cells, r"<b>Hint 1", "markdown"),
        "the stub": next((i for i, c in enumerate(cells) if is_exercise(c)), -1),
        "the check": place(cells, r"^print\(check_\w+\(", "code"),
        "the quiz": order["the quiz"],
    }
    places = list(exercise.values())
    assert places == sorted(places), exercise
    said = place(cells, r"^#+ .*(the paper|[Pp]aper says)", "markdown")
    assert order["predict first"] < said < order["the quiz"]


@every_lesson
def test_everything_is_imported_in_one_cell(path: Path):
    first, *others = [c.source for c in cells_of(path) if c.cell_type == "code" and c.source]
    assert re.search(r"^(import|from) ", first, re.MULTILINE)
    for code in others:
        assert not [n for n in ast.parse(code).body if isinstance(n, ast.Import | ast.ImportFrom)]


@every_lesson
def test_there_is_a_widget_with_a_figure_beside_it(path: Path):
    """For readers without a kernel: a still picture in one of the cells around it."""
    cells = cells_of(path)
    movable = widget_names() - {"Quiz"}
    found = [i for i, c in enumerate(cells) if c.cell_type == "code" and calls(c.source) & movable]
    assert found
    for i in found:
        assert "nbval-ignore-output" in cells[i].metadata.get("tags", []), cells[i].source
        around = [c for c in cells[max(i - 3, 0) : i + 4] if c.cell_type == "code"]
        assert any(calls(c.source) & FIGURES and has_picture(c) for c in around), cells[i].source


def has_picture(cell: nbformat.NotebookNode) -> bool:
    kinds = [o.get("data", {}) for o in cell.outputs]
    return any("image/png" in data or "<img" in data.get("text/html", "") for data in kinds)


@every_lesson
def test_figures_are_followed_by_what_to_see(path: Path):
    """Or, for two in a row, by one paragraph on both; the widget's stands beside a figure."""
    cells = cells_of(path)
    for i, cell in enumerate(cells):
        if cell.cell_type != "code" or not has_picture(cell) or "show" not in calls(cell.source):
            continue
        after = "\n".join(c.source for c in cells[i + 1 : i + 6] if c.cell_type == "markdown")
        assert "**What to see" in after, f"after the figure of: {cell.source[:200]}"


@every_lesson
def test_the_exercise_can_be_done_with_what_is_there(path: Path):
    notebook = nbformat.read(path, as_version=4)
    lesson = text_of(notebook)
    assert lesson.exercises and lesson.checks
    names = [hint.name for hint in lesson.hints]
    assert names == ["Hint 1", "Hint 2", "Hint 3"] * (len(names) // 3) and names
    assert len({hint.text for hint in lesson.hints}) == len(names)
    stubs = [c for c in notebook.cells if is_exercise(c)]
    assert stubs and all("raise NotImplementedError" in c.source for c in stubs)
    solutions = build.solutions_of(build.SOURCES / f"{path.stem}.py")
    assert len(solutions) == len(stubs)
    for one in lesson.exercises:
        assert len(one.difficulty) == len(one.importance) == 5
        assert re.search(r"\d+ minutes", one.minutes)


@every_lesson
def test_five_questions_and_their_answers(path: Path):
    asked = questions(int(path.name[:2]))
    assert len(asked) == 5 and len({one.text for one in asked}) == 5
    for one in asked:
        assert len(one.replies) >= 3 and len(set(one.replies.values())) == len(one.replies)
    text = "\n".join(c.source for c in cells_of(path) if c.cell_type == "markdown")
    answers = re.search(
        r"<details><summary>[^\n]*answers[^\n]*</summary>(.*?)</details>", text, re.S
    )
    assert answers and all(f"{n}. " in answers[1] for n in range(1, 6))


def test_the_right_answer_is_not_always_in_the_same_place():
    for path in LESSONS:
        asked = questions(int(path.name[:2]))
        assert len({list(one.replies).index(one.right) for one in asked}) > 1, path.name


@every_lesson
def test_a_lesson_leads_to_the_next(path: Path):
    following = int(path.name[:2]) + 1
    last = "\n".join(c.source for c in cells_of(path)[-3:] if c.cell_type == "markdown")
    after = last.partition("What comes next")[2]
    assert after
    if following <= 10:
        assert re.search(rf"[Ll]esson[\s*]+{following}\b", after), f"it does not name {following}"


@pytest.mark.parametrize("check", sorted(p.stem for p in CHECKS.glob("[a-z]*.py")))
def test_every_check_is_tested_with_named_wrong_answers(check: str):
    """A test that imports the check holds a WRONG with at least six of them."""
    most = 0
    for path in (ROOT / "tests" / "classroom").glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if f"classroom.checks.{check} import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            named = any("WRONG" in getattr(t, "id", "") for t in targets)
            if named and isinstance(node.value, ast.Dict):  # type: ignore[attr-defined]
                most = max(most, len(node.value.keys))  # type: ignore[attr-defined]
    assert most >= WRONG_ANSWERS, f"{most} wrong answers for {check}"
