"""The committed lessons: up to date, executed, small, and the same when they run again."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import get_type_hints

import nbformat
import pytest
from lesson_runs import LESSONS, LIMIT, NOTEBOOKS, ROOT, Done, in_parallel, nbval, offline

from c3d_teach.viz import widgets
from c3d_teach.viz.widgets.readable import Readable

sys.path.insert(0, str(NOTEBOOKS))
import build

MEGABYTE = 1 << 20
# Cells that are not compared though they show no widget: how each begins, and why.
FREE: dict[str, dict[str, str]] = {
    "06_training_it": {
        "if torch.cuda.is_available():": "trains a net, and draws its curve as it grows",
        "result = evaluate(learnt,": "says what that net has learnt",
        "for precision in (": "says what this machine's arithmetic gives",
    },
}

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> "Iterator[dict[str, Future[Done]]]":
    """All lessons that this session asks for, started at once; each test waits for its own."""
    asked = {
        item.callspec.params["path"].stem
        for item in request.session.items
        if item.path == Path(__file__) and "runs" in item.fixturenames
    }
    pool, futures = in_parallel([path for path in LESSONS if path.stem in asked], ROOT)
    yield futures
    pool.shutdown(cancel_futures=True)


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]


def widget_names() -> set[str]:
    """Classes of ``viz/widgets``, and functions there that return one of them."""
    found = set()
    for module in pkgutil.iter_modules(widgets.__path__, f"{widgets.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            own = getattr(value, "__module__", "") == module.name and callable(value)
            if not own or name.startswith("_"):
                continue
            makes = value if isinstance(value, type) else get_type_hints(value).get("return")
            if isinstance(makes, type) and issubclass(makes, Readable):
                found.add(name)
    return found


def calls(code: str) -> set[str]:
    """The names of what a cell calls."""
    called = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {getattr(one, "id", getattr(one, "attr", "")) for one in called}


def test_lessons_0_to_10_are_there():
    missing = set(range(11)) - {int(path.name[:2]) for path in LESSONS}
    assert not missing, f"lessons {sorted(missing)} are missing"
    assert len(LESSONS) == 11, "two lessons share a number"


@every_lesson
def test_it_is_built_from_its_source(path: Path):
    source = build.SOURCES / f"{path.stem}.py"
    assert build.same_cells(nbformat.read(path, as_version=4), build.read_source(source)), (
        f"{path.name} is out of date: python notebooks/build.py {path.stem}"
    )


def test_build_check_notices_a_changed_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lesson = next(path for path in LESSONS if path.name.startswith("01"))
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / lesson.with_suffix(".py").name
    original = (build.SOURCES / source.name).read_text(encoding="utf-8")
    (tmp_path / lesson.name).write_bytes(lesson.read_bytes())
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build, "SOURCES", tmp_path / "source")
    source.write_text(original, encoding="utf-8")
    assert build.main(["--check"]) == 0
    source.write_text(original.replace("toy[t, 1:4", "toy[t, 1:3"), encoding="utf-8")
    assert build.main(["--check"]) == 1
    assert build.main(["--check", "no_such_lesson"]) == 1


@every_lesson
def test_it_was_executed_from_top_to_bottom(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert sum(bool(c.outputs) for c in code) >= len(code) / 2
    assert all(o.output_type != "error" for o in outputs(notebook))
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({c.id for c in notebook.cells}) == len(notebook.cells)


@every_lesson
def test_only_widgets_and_named_cells_are_left_uncompared(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    free = [c for c in cells if "nbval-ignore-output" in c.metadata.get("tags", [])]
    assert not [c for c in cells if "nbval-skip" in c.metadata.get("tags", [])]
    named = FREE.get(path.stem, {})
    for cell in free:
        why = any(cell.source.startswith(start) for start in named)
        assert why or calls(cell.source) & widget_names(), cell.source
    begun = [start for start in named if any(c.source.startswith(start) for c in free)]
    assert begun == list(named), "FREE names cells that are not there"


@every_lesson
def test_its_file_is_small_and_of_no_machine(path: Path):
    assert path.stat().st_size <= MEGABYTE
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert "widgets" not in raw["metadata"]
    text = re.sub(r'"image/png": "[^"]*"|base64,[A-Za-z0-9+/=]+', "", json.dumps(raw))
    for trace in ("/home/", "/root/", "/tmp/", "/work", "site-packages", str(ROOT), "view+json"):
        assert trace not in text, trace


@every_lesson
def test_every_picture_has_words(path: Path):
    for output in outputs(nbformat.read(path, as_version=4)):
        data = output.get("data", {})
        if "image/png" in data:
            assert len(output.metadata["image/png"]["alt"]) > 20
        for tag in re.findall(r"<img[^>]*>", data.get("text/html", "")):
            assert re.search(r'alt="[^"]{20,}"', tag), tag[:200]


@every_lesson
def test_no_solution_line_is_in_it(path: Path):
    """Lines of a solution that stand nowhere else in the source must not be in the notebook."""
    notebook = path.read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in notebook
    for line in build.telling_lines(build.SOURCES / f"{path.stem}.py"):
        assert json.dumps(line)[1:-1] not in notebook, line
        assert json.dumps(line, ensure_ascii=False)[1:-1] not in notebook, line


def test_ids_do_not_depend_on_the_run():
    source = build.SOURCES / f"{LESSONS[0].stem}.py"
    first, second = build.read_source(source), build.read_source(source)
    assert [c.id for c in first.cells] == [c.id for c in second.cells]


def test_marks_of_claims_stay_in_the_source(tmp_path: Path):
    source = tmp_path / "marked.py"
    text = "# %% [markdown]\n# One. <!-- claim: a-b -->\n# <!-- claim: c --> Two.\n"
    source.write_text(text + "# <!-- claim: d -->\n# Three.\n", encoding="utf-8")
    assert build.read_source(source).cells[0].source == "One.\nTwo.\nThree."


def test_build_refuses_a_solution_without_marks(tmp_path: Path):
    bad = tmp_path / "bad.py"
    bad.write_text('# %% tags=["solution"]\nanswer = 42\n', encoding="utf-8")
    with pytest.raises(build.BuildError, match="BEGIN and END SOLUTION"):
        build.read_source(bad)


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))",
        "from urllib.request import urlopen; urlopen('http://example.org', timeout=1)",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import socket; "
        'socket.create_connection(("192.0.2.1", 80), timeout=1)\'], check=True)',
    ],
)
def test_the_network_is_blocked_where_lessons_run(code: str):
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=offline(), timeout=60
    )
    assert ran.returncode and "no network here" in ran.stderr, ran.stderr


@pytest.mark.timeout(LIMIT)
def test_a_notebook_that_asks_the_network_fails(tmp_path: Path):
    asks = nbformat.v4.new_code_cell(
        "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), timeout=1)\n"
        "except OSError as error:\n    print(type(error).__name__)",
        outputs=[nbformat.v4.new_output("stream", name="stdout", text="NoNetworkError\n")],
        execution_count=1,
    )
    page = nbformat.v4.new_notebook(cells=[asks])
    page.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(page, tmp_path / "asks.ipynb")
    ran = nbval(tmp_path / "asks.ipynb", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout[-2000:]  # the kernel's connection was refused, too


@pytest.mark.timeout(LIMIT)
def test_a_tampered_output_is_noticed(tmp_path: Path):
    notebook = nbformat.read(next(p for p in LESSONS if p.name.startswith("01")), as_version=4)
    cell = next(c for c in notebook.cells if c.source.startswith("toy = torch.ones"))
    cell.source = f"import torch\n{cell.source}"  # enough to run it alone
    cell.outputs[0]["text"] = cell.outputs[0]["text"].replace("18", "19")
    notebook.cells = [cell]
    tampered = tmp_path / "tampered.ipynb"
    nbformat.write(notebook, tampered)
    ran = nbval(tampered, folder=tmp_path)
    assert ran.returncode == 1, ran.stdout[-4000:]
    assert "1 failed" in ran.stdout
    assert "Cell outputs differ" in ran.stdout  # the comparison failed, not the cell


@pytest.mark.timeout(2 * LIMIT)
@every_lesson
def test_running_it_again_gives_the_same(path: Path, runs: "dict[str, Future[Done]]"):
    ran = runs[path.stem].result()
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
