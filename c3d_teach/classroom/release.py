"""Make what students and teachers get from a checkout of the kit: bundles, not clones.

A student's bundle holds the lessons and assignments with stubs, the dashboard and the library,
and nothing that gives an answer away: before it is put in place every file is searched for the
lines of the solutions and of the hidden tests. A teacher's bundle holds the same, the solved
notebooks, a page for each lesson, and the masters of the assignments.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c3d_teach.classroom.assignments.master import read_master
from c3d_teach.classroom.assignments.masters import (
    IN_CHECKOUT,
    NAME,
    stale_assignments,
    telling_lines_of,
    write_masters,
)
from c3d_teach.classroom.bundle_files import (
    FOLDERS,
    TEACHING,
    files_for_students,
    makefile_for_students,
    pyproject_for_students,
    without_dead_links,
)
from c3d_teach.classroom.lesson_text import LessonText, text_of
from c3d_teach.classroom.lessons import (
    LESSON,
    read_source,
    same_cells,
    solutions_of,
    telling_lines,
)
from c3d_teach.classroom.teaching_page import teaching_page
from c3d_teach.errors import KitError, UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode

TIMINGS = "benchmarks/results/lessons-two-cores.json"


@dataclass(frozen=True)
class Released:
    """What was made: lessons by name, and how many files are in which folder."""

    lessons: tuple[str, ...]
    folders: Mapping[str, int]

    def __str__(self) -> str:
        count = len(self.lessons)
        return "\n".join(
            f"{folder}: {count} lesson{'s' * (count != 1)}, {files} files"
            for folder, files in self.folders.items()
        )


def checkout(start: Path) -> Path:
    """The checkout that ``start`` lies in: the nearest folder above with lesson sources.

    Raises:
        UsageError: where there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if next((folder / "notebooks" / "source").glob(f"{LESSON}.py"), None) is not None:
            return folder
    raise UsageError(
        f"There are no lesson sources (notebooks/source) in {start} or above it: a release is "
        "made in a checkout of the kit, not in a bundle."
    )


def release(
    root: Path,
    student: Path,
    teacher: Path | None = None,
    *,
    run: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Released:
    """Write a student's bundle to ``student`` and a teacher's to ``teacher``.

    Either both appear or neither does: they are made under other names and then renamed.

    Args:
        root: a checkout with lesson sources.
        student, teacher: folders that are empty or not there yet.
        run: execute the solved notebooks too; minutes, in which ``say`` is told what runs.

    Raises:
        UsageError: for a folder that is not empty, or lies where it would be copied.
        KitError: for a notebook out of date with its source, a file that cannot be written, or
            an answer that would reach the students.
    """
    targets = [student] if teacher is None else [student, teacher]
    _refuse_bad_folders(root, targets)
    sources = sorted((root / "notebooks" / "source").glob(f"{LESSON}.py"))
    _refuse_stale(root, sources)
    try:
        with _put_in_place(targets) as parts:
            _write_student(root, parts[0])
            _refuse_leaks(parts[0], sources, telling_lines_of(root))
            if teacher is not None:
                _write_teacher(root, parts[0], parts[1], sources, run=run, say=say)
            counts = [sum(path.is_file() for path in part.rglob("*")) for part in parts]
    except OSError as error:
        raise KitError(f"Cannot write the bundle: {error.strerror or error}.") from error
    names = tuple(source.stem for source in sources)
    return Released(names, dict(zip(map(str, targets), counts, strict=True)))


def _refuse_bad_folders(root: Path, targets: list[Path]) -> None:
    full = [target.resolve() for target in targets]
    for path, given in zip(full, targets, strict=True):
        if path.exists() and not path.is_dir():
            raise UsageError(f"{given} is a file; a bundle is a folder.")
        if path.is_dir() and next(path.iterdir(), None) is not None:
            raise UsageError(
                f"{given} is not empty, and what is in it may be somebody's work. Name a folder "
                "that is not there yet, or empty this one first."
            )
        inside = {(root / name).resolve() for name in (*FOLDERS, "notebooks")}
        if path == root.resolve() or inside & {path, *path.parents}:
            raise UsageError(f"{given} lies within the kit itself; name a folder outside of it.")
    if len(full) == 2 and (full[0] in (full[1], *full[1].parents) or full[1] in full[0].parents):
        raise UsageError("The bundles of students and teachers need two separate folders.")


def _refuse_stale(root: Path, sources: list[Path]) -> None:
    import nbformat

    built = {path.stem: path for path in (root / "notebooks").glob(f"{LESSON}.ipynb")}
    stale = sorted(built.keys() - {source.stem for source in sources})
    for source in sources:
        path = built.get(source.stem)
        if path is None or not same_cells(nbformat.read(path, 4), read_source(source)):
            stale.append(source.stem)
    stale += stale_assignments(root)
    if stale:
        raise KitError(
            f"Out of date with notebooks/source: {', '.join(stale)}. Build the notebooks first: "
            f"python notebooks/build.py {' '.join(stale)}"
        )


@contextmanager
def _put_in_place(targets: list[Path]) -> Iterator[list[Path]]:
    """Folders of other names beside the targets; renamed when all went well, else removed."""
    parts = [t.resolve().with_name(f".{t.resolve().name}.{os.getpid()}.part") for t in targets]
    try:
        for part in parts:
            part.mkdir(parents=True)
        yield parts
        for part, target in zip(parts, targets, strict=True):
            if target.is_dir():
                target.rmdir()  # empty, or it refuses; Windows renames onto no folder
            part.rename(target.resolve())
    finally:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)


def _write_student(root: Path, out: Path) -> None:
    for name in files_for_students(root):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".ipynb"):
            _write(out / name, _as_text(_without_outputs(root / name)))
        else:
            shutil.copyfile(root / name, out / name)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    _write(out / "Makefile", makefile_for_students(makefile))
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    _write(out / "pyproject.toml", pyproject_for_students(project))
    _write(
        out / "README.md",
        _template("student.md", lessons=_table(out), assignments=_assignments(root)),
    )
    for page in (out / "docs").glob("*.md"):
        _write(page, without_dead_links(page.read_text(encoding="utf-8"), page.parent))


def _write_teacher(
    root: Path,
    student: Path,
    out: Path,
    sources: list[Path],
    *,
    run: bool,
    say: Callable[[str], None],
) -> None:
    shutil.copytree(student, out, dirs_exist_ok=True)
    (out / "README.md").rename(out / "README-students.md")
    table = _table(out, teaching=True)
    text = _template("teacher.md", lessons=table, assignments=_assignments(root, teaching=True))
    _write(out / "README.md", text)
    _write(out / TEACHING, (root / TEACHING).read_text(encoding="utf-8"))
    write_masters(root, out)
    timings = _timings(root)
    for source in sources:
        notebook = read_source(source, solutions=True)
        for cell in notebook.cells:  # they stand beside notebooks/, not in it
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace("](glossary.md", "](../notebooks/glossary.md")
        page = teaching_page(
            text_of(notebook),
            name=source.stem,
            solutions=solutions_of(source),
            timing=timings.get(source.stem),
        )
        _write(out / "teaching" / f"{source.stem}.md", page)
        if run:
            say(f"Running the solved lesson {source.stem}.")
            notebook = _run(notebook, source.stem, root / "notebooks")
        _write(out / "solutions" / f"{source.stem}.ipynb", _as_text(notebook))


def _run(notebook: "NotebookNode", name: str, folder: Path) -> "NotebookNode":
    from nbclient.exceptions import CellExecutionError

    from c3d_teach.classroom.running import execute

    try:
        return execute(notebook, folder=folder)
    except CellExecutionError as error:
        raise KitError(f"The solved lesson {name} does not run: {error.ename}.") from error


def _refuse_leaks(bundle: Path, sources: list[Path], lines: set[str]) -> None:
    """Search every file for lines of the answers, plain and as JSON writes them.

    Args:
        lines: of the assignments' answers and hidden tests.

    Raises:
        KitError: naming the file; the line stays unsaid, messages end up in logs.
    """
    forms = {
        form.encode()
        for line in lines.union(*map(telling_lines, sources))
        for form in (line, json.dumps(line)[1:-1], json.dumps(line, ensure_ascii=False)[1:-1])
    }
    for path in sorted(bundle.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if any(form in data for form in forms):
            raise KitError(
                f"{path.relative_to(bundle).as_posix()} holds a line of a solution: nothing was "
                "released. Word that line differently where it stands for the students."
            )


def _table(bundle: Path, *, teaching: bool = False) -> str:
    """The lessons as rows of a table in markdown."""
    import nbformat

    rows = []
    for path in sorted((bundle / "notebooks").glob(f"{LESSON}.ipynb")):
        lesson: LessonText = text_of(nbformat.read(path, 4))
        link = f"[{lesson.title}](notebooks/{path.name})"
        row = [str(lesson.number), link, lesson.time.split(",")[0].rstrip(".")]
        if teaching:
            row += [f"[solution](solutions/{path.name}), [page](teaching/{path.stem}.md)"]
        rows.append("| " + " | ".join(row) + " |")
    return "\n".join(rows)


def _assignments(root: Path, *, teaching: bool = False) -> str:
    """The assignments as rows of a table in markdown."""
    rows = []
    for path in sorted((root / IN_CHECKOUT).glob(NAME)):
        one = read_master(path)
        title = one.title.partition("·")[2].strip()
        row = [one.name.upper(), f"[{title}](notebooks/assignments/{path.stem}.ipynb)"]
        if teaching:
            by_hand = sum(one.points(q) for q in one.questions if one.by_teacher(q))
            row += [f"{by_hand:g} of {sum(map(one.points, one.questions)):g}"]
            row += [f"[master](masters/{path.name}), [solution](solutions/{path.stem}.ipynb)"]
        rows.append("| " + " | ".join(row) + " |")
    return "\n".join(rows)


def _template(name: str, **values: str) -> str:
    text = (files("c3d_teach.classroom") / "bundle" / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _timings(root: Path) -> dict[str, dict[str, Any]]:
    path = root / TIMINGS
    if not path.is_file():
        return {}
    measured = json.loads(path.read_text(encoding="utf-8"))
    machine = "{cores} cores ({processor})".format(**measured["machine"])
    return {
        name: {"seconds": one["seconds"], "slowest": max(one["cells"]), "machine": machine}
        for name, one in measured["lessons"].items()
    }


def _without_outputs(path: Path) -> "NotebookNode":
    """A lesson as nobody has run it yet: its results would give away what is to be guessed."""
    import nbformat

    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _as_text(notebook: "NotebookNode") -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
