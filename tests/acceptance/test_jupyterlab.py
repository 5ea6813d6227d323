"""The lessons in a real JupyterLab: they open, run and move, offline and without a question."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import PATIENCE, Watched, free_port, stop, wait_for
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
TOKEN = "a-test"
NOTEBOOK = "window.jupyterapp.shell.currentWidget"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as ``make lab`` starts it, on a copy of what students have."""
    root, home = tmp_path_factory.mktemp("lessons"), tmp_path_factory.mktemp("jupyter")
    for folder in (".jupyter", "docs"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "notebooks").mkdir()
    for path in LESSONS:
        shutil.copyfile(path, root / "notebooks" / path.name)
    port, log = free_port(), home / "log.txt"
    places = {
        f"JUPYTER{part}_DIR": str(home / part.lower())
        for part in ("_CONFIG", "_DATA", "_RUNTIME", "LAB_SETTINGS", "LAB_WORKSPACES")
    }
    with log.open("wb") as said:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter", "lab", "--config=.jupyter/lab_config.py"),
                *("--no-browser", "--allow-root", f"--port={port}"),
                *(f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True"),
            ],
            cwd=root,
            env=os.environ | places | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, log)
        yield f"http://127.0.0.1:{port}/"
        assert "Traceback" not in log.read_text(encoding="utf-8")
    finally:
        stop(server)


class Lab(Watched):
    """A page of JupyterLab with a lesson in it."""

    def open(self, address: str) -> None:
        self.page.goto(f"{address}?token={TOKEN}&reset")  # without the tabs of another test
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.wait_for_function(f"{NOTEBOOK}?.sessionContext?.session?.kernel")

    def command(self, name: str, **arguments: Any) -> None:
        """Do what a menu of JupyterLab does, and wait until it is done."""
        self.page.evaluate(
            "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => null)",
            [name, arguments],
        )

    def run_all(self) -> None:
        """Run every cell; no output may be an error."""
        self.command("notebook:run-all-cells")
        failed = self.page.evaluate(
            f"""() => [...{NOTEBOOK}.content.model.cells].filter(cell => cell.type == "code")
            .flatMap(cell => cell.sharedModel.outputs)
            .filter(output => output.output_type == "error").map(output => output.evalue)"""
        )
        assert not failed

    def cells(self, word: str) -> list[int]:
        """Which code cells hold a word."""
        found = self.page.evaluate(
            f"""word => [...{NOTEBOOK}.content.model.cells].map((cell, i) => [cell, i])
            .filter(([cell, _]) => cell.type == "code" && cell.sharedModel.source.includes(word))
            .map(([_, i]) => i)""",
            word,
        )
        assert found, f"no cell holds {word}"
        return list(found)

    def cell(self, count: int) -> Locator:
        """A cell, scrolled to: cells that are out of sight are not on the page."""
        for _ in range(4):  # what was out of sight has another height than was thought
            self.page.evaluate(
                f"i => {NOTEBOOK}.content.scrollToItem(i, 'start').then(() => null)", count
            )
            self.page.wait_for_timeout(400)
        self.page.evaluate(
            f"i => {NOTEBOOK}.content.widgets[i].node.setAttribute('data-place', i)", count
        )
        return self.page.locator(f'[data-place="{count}"]')


@pytest.fixture
def lab(browser: Browser) -> Iterator[Lab]:
    opened = Lab(browser, 1280)
    yield opened
    opened.close()


def test_it_opens_on_the_first_lesson_without_a_question(lab: Lab, server: str) -> None:
    lab.open(server)
    assert f"/lab/tree/notebooks/{LESSONS[0].name}" in lab.page.url
    lab.page.wait_for_timeout(3000)  # the question about news used to come after one
    expect(lab.page.get_by_text("Jupyter news")).to_have_count(0)
    expect(lab.page.locator(".Toastify__toast")).to_have_count(0)


def at(number: int) -> Path:
    return next(path for path in LESSONS if int(path.name[:2]) == number)


def picture(cell: Locator) -> str:
    """What the pictures of a cell's widget show."""
    return "|".join(cell.locator(".jupyter-widgets img").evaluate_all("all => all.map(e => e.src)"))


def fits(cell: Locator) -> None:
    """No label is cut off, no picture hidden, and nothing sticks out."""
    cut = cell.locator(".widget-label, .widget-readout, .widget-html-content").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    )
    assert not cut
    hidden = cell.locator(".jupyter-widgets-output-area").evaluate_all(
        """all => all.map(e => e.querySelector(".jp-OutputArea"))
        .filter(e => e && e.scrollHeight > e.parentElement.clientHeight + 2)
        .map(e => [e.scrollHeight, e.parentElement.clientHeight])"""
    )
    assert not hidden, f"pictures higher than their frame: {hidden}"
    wide = cell.locator(".jp-OutputArea-output").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert not wide


@pytest.mark.parametrize(
    ("number", "widget"), [(1, "Stepper("), (4, "NetBuilder("), (5, "LayerWalk(")]
)
def test_a_widget_moves_its_picture_and_the_quiz_answers(
    number: int, widget: str, lab: Lab, server: str
) -> None:
    lab.open(f"{server}lab/tree/notebooks/{at(number).name}")
    lab.run_all()
    cell = lab.cell(lab.cells(widget)[0])
    expect(cell.locator(".jupyter-widgets img").first).to_be_visible()
    fits(cell)
    for handle in cell.locator(".noUi-handle").all()[:3]:
        before = picture(cell)
        handle.focus()
        lab.page.keyboard.press("ArrowRight")
        if int(float(handle.get_attribute("aria-valuenow") or 0)) == 0:  # it was at its end
            lab.page.keyboard.press("ArrowLeft")
        changed(lab, cell, before)
    for menu in cell.locator("select").all():
        before = picture(cell)
        others = menu.evaluate(
            "e => [...e.options].map((_, i) => i).filter(i => i != e.selectedIndex)"
        )
        menu.select_option(index=others[0])
        changed(lab, cell, before)
    fits(cell)

    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    quiz = lab.cell(lab.cells("Quiz(")[0])
    fits(quiz)
    quiz.locator('input[type="radio"]').first.click()
    expect(quiz.get_by_role("status").first).to_contain_text(". ", timeout=PATIENCE)
    lab.command("docmanager:save")


def changed(lab: Lab, cell: Locator, before: str) -> None:
    for _ in range(100):
        now = picture(cell)
        if now and now != before:
            return
        lab.page.wait_for_timeout(100)
    pytest.fail("the picture did not change")
