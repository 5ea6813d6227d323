"""The committed lessons: up to date, executed, small, and the same when they run again."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
MEGABYTE = 1 << 20
# Cells whose output differs from a front end to the next; everything else is compared.
FREE = {"01_clips_kernels_and_one_convolution": 1}

sys.path.insert(0, str(NOTEBOOKS))
import build  # noqa: E402

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)


def nbval(*paths: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Strict nbval, in a process and with a cache of its own."""
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", "120"]
    options += ["--nbval-sanitize-with", str(NOTEBOOKS / "sanitize.cfg")]
    options += ["-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", "/dev/null"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=580, cwd=folder)


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]


def test_there_is_a_lesson():
    assert LESSONS


@pytest.mark.timeout(600)
@every_lesson
def test_running_it_again_gives_the_same(path: Path):
    ran = nbval(path, folder=ROOT)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


@pytest.mark.timeout(600)
def test_a_tampered_output_is_noticed(tmp_path: Path):
    notebook = nbformat.read(LESSONS[0], as_version=4)
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


@every_lesson
def test_it_is_built_from_its_source(path: Path):
    source = build.SOURCES / f"{path.stem}.py"
    assert build.same_cells(nbformat.read(path, as_version=4), build.read_source(source)), (
        f"{path.name} is out of date: python notebooks/build.py {path.stem}"
    )


def test_build_check_notices_a_changed_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / LESSONS[0].with_suffix(".py").name
    original = (build.SOURCES / source.name).read_text(encoding="utf-8")
    (tmp_path / LESSONS[0].name).write_bytes(LESSONS[0].read_bytes())
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
def test_only_named_cells_are_left_uncompared(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    free = [c for c in cells if "nbval-ignore-output" in c.metadata.get("tags", [])]
    skipped = [c for c in cells if "nbval-skip" in c.metadata.get("tags", [])]
    assert len(free) == FREE.get(path.stem, 0)
    assert not skipped


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
        if "<img" in data.get("text/html", ""):
            assert re.search(r'<img alt="[^"]{20,}"', data["text/html"])


@every_lesson
def test_no_solution_line_is_in_it(path: Path):
    """Lines of a solution that stand nowhere else in the source must not be in the notebook."""
    source = build.SOURCES / f"{path.stem}.py"
    notebook = path.read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in notebook
    cells = [c.source for c in build.read_source(source).cells]
    for solution in build.solutions_of(source):
        answer = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", solution, re.S)
        assert answer
        lines = {line.strip() for line in answer[1].splitlines()}
        telling = {line for line in lines if len(line) > 30}
        assert telling
        for line in telling:
            assert not any(line in cell for cell in cells), line
            assert json.dumps(line)[1:-1] not in notebook, line


def test_ids_do_not_depend_on_the_run():
    source = build.SOURCES / f"{LESSONS[0].stem}.py"
    first, second = build.read_source(source), build.read_source(source)
    assert [c.id for c in first.cells] == [c.id for c in second.cells]


def test_build_refuses_a_solution_without_marks(tmp_path: Path):
    bad = tmp_path / "bad.py"
    bad.write_text('# %% tags=["solution"]\nanswer = 42\n', encoding="utf-8")
    with pytest.raises(build.BuildError, match="BEGIN and END SOLUTION"):
        build.read_source(bad)
