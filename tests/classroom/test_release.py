"""Bundles: students get no answer in any file, teachers get all, and nothing is overwritten."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import pytest

from c3d_teach import KitError
from c3d_teach.classroom import release as releasing
from c3d_teach.classroom.assignments.master import read_master
from c3d_teach.classroom.assignments.masters import (
    IN_CHECKOUT,
    NAME,
    find_masters,
    telling_lines_of,
)
from c3d_teach.classroom.assignments.notebooks import student_notebook
from c3d_teach.classroom.lesson_text import text_of
from c3d_teach.classroom.lessons import (
    EXERCISE,
    LESSON,
    STUB,
    BuildError,
    read_source,
    solutions_of,
    tagged,
    telling_lines,
)
from c3d_teach.classroom.misconceptions import misconceptions
from c3d_teach.classroom.quiz import questions
from c3d_teach.classroom.release import checkout, release
from c3d_teach.errors import UsageError

ROOT = Path(__file__).parents[2]
# those that are built; another test says which are not
SOURCES = [
    path
    for path in sorted((ROOT / "notebooks" / "source").glob(f"{LESSON}.py"))
    if (ROOT / "notebooks" / f"{path.stem}.ipynb").exists()
]
MASTERS = sorted((ROOT / IN_CHECKOUT).glob(NAME))
every_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("release")
    out = {who: folder / who for who in ("student", "teacher")}
    done = release(ROOT, out["student"], out["teacher"])
    assert done.lessons == tuple(source.stem for source in SOURCES)
    assert sorted(p.name for p in folder.iterdir()) == ["student", "teacher"]
    return out


def names(bundle: Path) -> list[str]:
    return sorted(p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file())


def forms(line: str) -> set[bytes]:
    """A line as it would stand in a text file or in a notebook."""
    both = {json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1]}
    return {text.encode() for text in {line, *both}}


# -- the students' bundle ------------------------------------------------------------------


def test_no_file_for_students_holds_a_line_of_a_solution(bundles: dict[str, Path]):
    telling = {line for source in SOURCES for line in telling_lines(source)}
    assert len(telling) >= len(SOURCES)
    hidden = telling_lines_of(ROOT)
    assert len(hidden) > 100 and any("SEED" in line for line in hidden)
    telling |= hidden
    needles = {form for line in telling for form in forms(line)}
    for name in names(bundles["student"]):
        data = (bundles["student"] / name).read_bytes()
        assert not [form for form in needles if form in data], name


def test_students_get_what_they_work_with_and_no_more(bundles: dict[str, Path]):
    got = names(bundles["student"])
    tops = {name.split("/")[0] for name in got}
    assert tops == {
        *("app", "c3d_teach", "docs", "notebooks", ".jupyter"),
        *("README.md", "Makefile", "pyproject.toml", "requirements.lock", "environment.yml"),
        *("LICENSE", "NOTICE"),
    }
    assert {name for name in got if name.startswith("notebooks/")} == {
        *("notebooks/glossary.md", "notebooks/sanitize.cfg"),
        *(f"notebooks/{source.stem}.ipynb" for source in SOURCES),
        *(f"notebooks/assignments/{path.stem}.ipynb" for path in MASTERS),
    }
    assert "docs/teaching.md" not in got
    assert not [n for n in got if re.search(r"source/|build\.py|__pycache__|\.pyc$|\.git|test_", n)]
    for name in got:
        if name.endswith(".ipynb"):
            assert "SOLUTION" not in (bundles["student"] / name).read_text(encoding="utf-8")


@every_lesson
def test_stubs_are_as_committed_and_no_result_is_given_away(source: Path, bundles: dict[str, Path]):
    path = bundles["student"] / "notebooks" / f"{source.stem}.ipynb"
    notebook, committed = nbformat.read(path, 4), nbformat.read(ROOT / "notebooks" / path.name, 4)
    assert [(c.id, c.source) for c in notebook.cells] == [(c.id, c.source) for c in committed.cells]
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert code and not any(c.outputs or c.execution_count for c in code)
    stubs = tagged(notebook, EXERCISE)
    assert stubs and all(line in cell.source for cell in stubs for line in STUB)


def checks(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    return [c for c in cells if re.match(r"print\(check_\w+\(", c.source)]


@every_lesson
def test_the_committed_check_says_that_the_stub_is_still_there(source: Path):
    notebook = nbformat.read(ROOT / "notebooks" / f"{source.stem}.ipynb", 4)
    assert checks(notebook)
    for cell in checks(notebook):
        said = "".join(output.get("text", "") for output in cell.outputs)
        assert said.startswith("✘") and "still holds the stub" in " ".join(said.split())


@every_lesson
def test_the_check_run_on_the_stub_is_a_sentence(source: Path):
    """Only what the lesson imports, the stub, and the check: a student who starts there."""
    notebook = read_source(source)
    space: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and EXERCISE not in cell.metadata.get("tags", []):
            body = [
                n for n in ast.parse(cell.source).body if isinstance(n, ast.Import | ast.ImportFrom)
            ]
            exec(compile(ast.Module(body, []), source.name, "exec"), space)
    for stub in tagged(notebook, EXERCISE):
        exec(compile(stub.source, "the stub", "exec"), space)
    for cell in checks(notebook):
        said = io.StringIO()
        with redirect_stdout(said):
            exec(compile(cell.source, "the check", "exec"), space)
        assert "✘" in said.getvalue() and "Traceback" not in said.getvalue()
        assert "still holds the stub" in " ".join(said.getvalue().split())


def test_the_library_of_the_bundle_runs_alone(bundles: dict[str, Path]):
    code = (
        "import c3d_teach, sys; from c3d_teach import load; "
        "from c3d_teach.classroom.checks.convolution import check_conv3d; "
        "print(c3d_teach.__file__); print(check_conv3d(None)); print(load('motion-d3').classes[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=bundles["student"],
        env=os.environ | {"PYTHONPATH": str(bundles["student"]), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(bundles["student"])) and "should be a function" in ran.stdout


def test_a_bundle_makes_no_bundles(bundles: dict[str, Path], tmp_path: Path):
    with pytest.raises(UsageError, match="no lesson sources"):
        checkout(bundles["student"])


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_makefile_of_the_bundle_has_what_students_need(bundles: dict[str, Path]):
    def make(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments], cwd=bundles["student"], capture_output=True, text=True, timeout=60
        )

    said = make("help").stdout
    assert re.findall(r"^make (\w+)", said, re.MULTILINE) == ["install", "app", "lab"]
    for target in ("install", "app", "lab"):
        planned = make("-n", target)
        assert planned.returncode == 0 and "requirements.lock" in planned.stdout, planned.stderr
    for target in ("test", "accept", "check", "notebooks", "nbgrader", "lock"):
        planned = make("-n", target)  # of a folder's name make says that there is nothing to do
        assert "No rule" in planned.stderr or "Nothing to be done" in planned.stdout
    used = set(re.findall(r"\$\((\w+)\)", (bundles["student"] / "Makefile").read_text("utf-8")))
    assert not used & {"ARGS", "CHROMIUM"}


def test_the_project_of_the_bundle_can_be_installed(bundles: dict[str, Path]):
    made = tomllib.loads((bundles["student"] / "pyproject.toml").read_text(encoding="utf-8"))
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert made["project"] == whole["project"] and made["build-system"] == whole["build-system"]
    assert set(made["tool"]) == {"hatch"}
    for needed in (made["project"]["readme"], *made["project"]["license-files"]):
        assert (bundles["student"] / needed).is_file()


@pytest.mark.parametrize("who", ["student", "teacher"])
def test_links_lead_somewhere(who: str, bundles: dict[str, Path]):
    broken = []
    for name in names(bundles[who]):
        path = bundles[who] / name
        if path.suffix not in (".md", ".ipynb"):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = nbformat.reads(text, 4).cells
            text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" not in link and not link.startswith("#"):
                target = path.parent / link.partition("#")[0]
                broken += [f"{name} -> {link}"] * (not target.exists())
    assert not broken


@pytest.mark.parametrize("who", ["student", "teacher"])
def test_names_and_texts_are_fit_for_every_system(who: str, bundles: dict[str, Path]):
    got = names(bundles[who])
    assert len({name.lower() for name in got}) == len(got)
    for name in got:
        assert re.fullmatch(r"[\w./-]+", name, re.ASCII) and len(name) < 120, name
        assert not [part for part in name.split("/") if RESERVED.match(part) or part.endswith(".")]
        if Path(name).suffix in (".py", ".md", ".toml", ".ipynb", ".json", ".yml", ".lock"):
            assert b"\r\n" not in (bundles[who] / name).read_bytes(), name
            (bundles[who] / name).read_text(encoding="utf-8")


def test_the_readme_for_students_lists_the_lessons(bundles: dict[str, Path]):
    text = (bundles["student"] / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"\{\w+\}", text)
    for source in SOURCES:
        assert f"[{text_of(read_source(source)).title}](notebooks/{source.stem}.ipynb)" in text
    for part in ("make lab", "conda activate", "Hint 1", "✔", "doctor"):
        assert part in text


# -- the teachers' bundle ------------------------------------------------------------------


@every_lesson
def test_teachers_get_every_solution(source: Path, bundles: dict[str, Path]):
    solved = nbformat.read(bundles["teacher"] / "solutions" / f"{source.stem}.ipynb", 4)
    nbformat.validate(solved)
    cells = [cell.source for cell in solved.cells]
    page = (bundles["teacher"] / "teaching" / f"{source.stem}.md").read_text(encoding="utf-8")
    assert solutions_of(source)
    for solution in solutions_of(source):
        assert solution in cells and solution.strip() in page
    assert not any(line in "\n".join(cells) for line in STUB)


@every_lesson
def test_a_page_for_teachers_says_all(source: Path, bundles: dict[str, Path]):
    page = (bundles["teacher"] / "teaching" / f"{source.stem}.md").read_text(encoding="utf-8")
    lesson = text_of(read_source(source))
    for part in (*lesson.goals, lesson.time, *(hint.text for hint in lesson.hints)):
        assert part and part in page
    for question in questions(lesson.number):
        assert f"✔ **{question.right}**" in page
        assert all(said in page for said in question.replies.values())
    for check in lesson.checks:
        known = misconceptions(check)
        assert len(known) >= 6 and all(f"- {said}" in page for said in known)


def test_teachers_get_what_students_get_too(bundles: dict[str, Path]):
    more = set(names(bundles["teacher"])) - set(names(bundles["student"]))
    tops = {name.split("/")[0] for name in more - {"docs/teaching.md"}}
    assert tops == {"README-students.md", "solutions", "teaching", "masters", "nbgrader"}
    for name in names(bundles["student"]):
        teachers = "README-students.md" if name == "README.md" else name
        same = (bundles["teacher"] / teachers).read_bytes()
        assert (bundles["student"] / name).read_bytes() == same


def test_an_unknown_check_is_refused():
    with pytest.raises(UsageError, match="no check called"):
        misconceptions("no_such_check")


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: path.stem)
def test_assignments_are_stubs_for_students_and_whole_for_teachers(
    master: Path, bundles: dict[str, Path]
):
    assignment = read_master(master)
    file = f"{master.stem}.ipynb"
    handed_out = nbformat.read(bundles["student"] / "notebooks" / "assignments" / file, 4)
    wanted = student_notebook(assignment)
    assert [(c.id, c.source) for c in handed_out.cells] == [(c.id, c.source) for c in wanted.cells]
    teacher = bundles["teacher"]
    assert (teacher / "masters" / master.name).read_bytes() == master.read_bytes()
    solved = nbformat.read(teacher / "solutions" / file, 4)
    tests = nbformat.read(teacher / "nbgrader" / "source" / assignment.name / file, 4)
    for cell in assignment.cells:
        if cell.role == "solution":
            assert cell.source in [c.source for c in solved.cells]
        if cell.role == "hidden":
            assert any(cell.source in c.source for c in tests.cells)
    assert f"notebooks/assignments/{file}" in (bundles["student"] / "README.md").read_text("utf-8")


def test_a_teachers_bundle_can_grade(bundles: dict[str, Path]):
    names_of = [one.name for one in find_masters(bundles["teacher"])]
    assert names_of == ["a1", "a2", "a3", "a4"]
    with pytest.raises(UsageError, match="There are no masters"):
        find_masters(bundles["student"])


# -- refusals ------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A checkout with one small lesson, of which solved and stubbed notebooks are made."""
    root = tmp_path / "kit"
    for name in ("app/.streamlit", "c3d_teach", "docs", "notebooks/source", ".jupyter"):
        (root / name).mkdir(parents=True)
    for name in releasing.files_for_students(ROOT):
        if name.startswith(".") or name in (
            "app/.streamlit/config.toml",
            "notebooks/glossary.md",
            "notebooks/sanitize.cfg",
            "requirements.lock",
            "LICENSE",
            "NOTICE",
        ):
            shutil.copyfile(ROOT / name, root / name)
    for name in ("Makefile", "pyproject.toml", "environment.yml", "docs/teaching.md"):
        shutil.copyfile(ROOT / name, root / name)
    source = root / "notebooks" / "source" / "01_small.py"
    source.write_text(
        "# %% [markdown]\n# # 1 · Small\n\n# %%\nprint('é')\n\n"
        '# %% tags=["solution"]\ndef twice(n):\n    ### BEGIN SOLUTION\n'
        "    return sum([n, n]) if n is not None else 'é'\n    ### END SOLUTION\n",
        encoding="utf-8",
    )
    notebook = read_source(source)
    (root / "notebooks" / "01_small.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    return root


def test_solved_lessons_are_executed_on_demand(kit: Path, tmp_path: Path):
    said: list[str] = []
    release(kit, tmp_path / "s", tmp_path / "t", run=True, say=said.append)
    solved = nbformat.read(tmp_path / "t" / "solutions" / "01_small.ipynb", 4)
    assert said == ["Running the solved lesson 01_small."]
    assert solved.cells[1].outputs[0].text == "é\n"
    assert not (tmp_path / "s" / "solutions").exists()


def test_a_solved_lesson_that_fails_releases_nothing(kit: Path, tmp_path: Path):
    source = kit / "notebooks" / "source" / "01_small.py"
    text = source.read_text(encoding="utf-8").replace("print('é')", "raise ValueError('é')")
    source.write_text(text, encoding="utf-8")
    path = kit / "notebooks" / "01_small.ipynb"
    path.write_text(nbformat.writes(read_source(source)), encoding="utf-8")
    with pytest.raises(KitError, match="01_small does not run: ValueError"):
        release(kit, tmp_path / "s", tmp_path / "t", run=True)
    assert [p.name for p in tmp_path.iterdir()] == ["kit"]


def test_a_folder_with_something_in_it_is_left_alone(kit: Path, tmp_path: Path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years", encoding="utf-8")
    for student, teacher in (("full", "t"), ("s", "full")):
        with pytest.raises(UsageError, match="is not empty"):
            release(kit, tmp_path / student, tmp_path / teacher)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"):
        release(kit, tmp_path / "file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full", "kit"]
    assert (tmp_path / "full" / "thesis.txt").read_text(encoding="utf-8") == "years"


@pytest.mark.parametrize("inside", ["", "notebooks/out", "c3d_teach"])
def test_a_folder_within_the_kit_is_refused(inside: str, kit: Path):
    (kit / inside / "kept").mkdir(parents=True, exist_ok=True)
    with pytest.raises(UsageError):
        release(kit, kit / inside)


def test_bundles_within_each_other_are_refused(kit: Path, tmp_path: Path):
    for student, teacher in (("a", "a"), ("a", "a/b"), ("a/b", "a")):
        with pytest.raises(UsageError, match="separate"):
            release(kit, tmp_path / student, tmp_path / teacher)
    assert [p.name for p in tmp_path.iterdir()] == ["kit"]


def test_an_empty_folder_and_folders_within_build_can_be_used(kit: Path, tmp_path: Path):
    (tmp_path / "s").mkdir()
    release(kit, tmp_path / "s", kit / "build" / "t")
    assert (tmp_path / "s" / "README.md").is_file()
    assert [p.name for p in (kit / "build").iterdir()] == ["t"]


def test_a_notebook_out_of_date_is_refused(kit: Path, tmp_path: Path):
    source = kit / "notebooks" / "source" / "01_small.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("print('é')", "print('è')"), encoding="utf-8")
    with pytest.raises(KitError, match=r"Out of date.*01_small.*build\.py 01_small"):
        release(kit, tmp_path / "s")
    source.write_text(text, encoding="utf-8")
    source.with_name("02_unbuilt.py").write_text(text, encoding="utf-8")
    with pytest.raises(KitError, match="02_unbuilt"):
        release(kit, tmp_path / "s")
    source.with_name("02_unbuilt.py").unlink()
    shutil.copyfile(kit / "notebooks" / "01_small.ipynb", kit / "notebooks" / "09_orphan.ipynb")
    with pytest.raises(KitError, match="09_orphan"):
        release(kit, tmp_path / "s")
    assert [p.name for p in tmp_path.iterdir()] == ["kit"]


@pytest.mark.parametrize("escape", [False, True])
def test_an_answer_that_would_reach_students_stops_the_release(
    escape: bool, kit: Path, tmp_path: Path
):
    line = "return sum([n, n]) if n is not None else 'é'"
    leak = json.dumps([line]) if escape else f"def hidden(n):\n    {line}\n"
    (kit / "c3d_teach" / "leak.py").write_text(leak, encoding="utf-8")
    with pytest.raises(KitError, match=r"c3d_teach/leak\.py holds a line of a solution") as refusal:
        release(kit, tmp_path / "s")
    assert "sum(" not in str(refusal.value)
    assert [p.name for p in tmp_path.iterdir()] == ["kit"]


def test_an_answer_that_nobody_could_find_is_refused(tmp_path: Path):
    source = tmp_path / "01_short.py"
    source.write_text(
        '# %% tags=["solution"]\ndef f(n):\n    ### BEGIN SOLUTION\n    return n\n'
        "    ### END SOLUTION\n",
        encoding="utf-8",
    )
    with pytest.raises(BuildError, match="no line of an answer"):
        telling_lines(source)


def test_a_failure_midway_leaves_nothing(
    kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releasing.shutil, "copytree", full)
    with pytest.raises(KitError, match="No space left"):
        release(kit, tmp_path / "s", tmp_path / "t")
    assert [p.name for p in tmp_path.iterdir()] == ["kit"]


# -- the command ---------------------------------------------------------------------------


def cli(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "c3d_teach", "release", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_releases_from_anywhere_in_a_checkout(kit: Path, tmp_path: Path):
    done = cli("--student", tmp_path / "s", "--teacher", tmp_path / "t", cwd=kit / "notebooks")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(f"{tmp_path / 's'}: 1 lesson, ")
    as_json = json.loads(cli("--student", tmp_path / "s2", "--json", cwd=kit).stdout)
    assert as_json["lessons"] == ["01_small"] and len(as_json["folders"]) == 1


def test_the_command_refuses_in_a_sentence(kit: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    nowhere = cli("--student", tmp_path / "s", cwd=tmp_path / "empty")
    assert nowhere.returncode == 2 and "no lesson sources" in nowhere.stderr
    full = cli("--student", kit, cwd=kit)
    assert full.returncode == 2 and "is not empty" in full.stderr
    assert cli(cwd=kit).returncode == 2
    alone = cli("--student", tmp_path / "s", "--run", cwd=kit)
    assert alone.returncode == 2 and "--teacher" in alone.stderr
    (kit / "notebooks" / "01_small.ipynb").unlink()
    stale = cli("--student", tmp_path / "s", cwd=kit)
    assert stale.returncode == 1 and len(stale.stderr.splitlines()) == 1
    assert "Traceback" not in nowhere.stderr + full.stderr + alone.stderr + stale.stderr
