"""Build the notebooks from their sources: text in, executed notebooks out.

    python notebooks/build.py [--check] [name ...]

``notebooks/source/NN_topic.py`` becomes ``notebooks/NN_topic.ipynb``: converted
(``c3d_teach.classroom.lessons`` says how), executed, stripped of what differs from run to run,
written. ``notebooks/source/assignments/aN_topic.py`` becomes ``aN_topic.ipynb`` in
``notebooks/assignments/`` with stubs, not executed; its solutions are run, and what its hidden
tests show is written down beside it. With ``--check`` nothing is executed: exit code 1 if anything
is not that of its source.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from c3d_teach.classroom.assignments.for_nbgrader import (
    SEED,
    read_values,
    values_file,
    values_text,
)
from c3d_teach.classroom.assignments.master import read_master
from c3d_teach.classroom.assignments.masters import NAME as MASTER
from c3d_teach.classroom.assignments.notebooks import student_notebook
from c3d_teach.classroom.grading.right_answers import right_answers
from c3d_teach.classroom.lessons import (
    STUB,
    BuildError,
    read_source,
    same_cells,
    solutions_of,
    telling_lines,
)
from c3d_teach.classroom.running import execute as run
from c3d_teach.errors import KitError
from c3d_teach.files import write_text

__all__ = [  # what tests use of this file
    "HERE",
    "SOURCES",
    "STUB",
    "BuildError",
    "execute",
    "main",
    "read_source",
    "same_cells",
    "solutions_of",
    "telling_lines",
    "write",
]

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "source"


def execute(notebook: NotebookNode, *, folder: Path = HERE) -> NotebookNode:
    """Run the notebook beside the others; see :func:`c3d_teach.classroom.running.execute`."""
    return run(notebook, folder=folder)


def write(notebook: NotebookNode, path: Path) -> None:
    """Write whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    part.replace(path)


def _chosen(names: list[str]) -> list[Path]:
    paths = [*sorted(SOURCES.glob("*.py")), *sorted((SOURCES / "assignments").glob(MASTER))]
    if not names:
        return paths
    stems = {Path(n).stem for n in names}
    unknown = stems - {p.stem for p in paths}
    if unknown:
        raise BuildError(f"There is no source for {', '.join(sorted(unknown))} in {SOURCES.name}/.")
    return [p for p in paths if p.stem in stems]


def _assignment(source: Path, *, check: bool) -> bool:
    """Write the students' notebook and the values of the hidden tests; or only look."""
    assignment = read_master(source)
    target, values = HERE / "assignments" / f"{source.stem}.ipynb", values_file(source)
    notebook = student_notebook(assignment)
    if check:
        fresh = target.exists() and same_cells(nbformat.read(target, 4), notebook)
        try:
            read_values(assignment, values)
        except KitError:
            fresh = False
        print(f"assignments/{target.name}: {'up to date' if fresh else 'out of date'}")
        return fresh
    with tempfile.TemporaryDirectory() as given:  # ours: it needs no sandbox
        shown = right_answers(assignment, SEED, Path(given), isolated=False)
    target.parent.mkdir(exist_ok=True)
    write(notebook, target)
    write_text(values, values_text(assignment, shown))
    print(f"assignments/{target.name}: built, {target.stat().st_size / 1024:.0f} kB")
    return True


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source/.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    parser.add_argument("names", nargs="*", help="such as 01_clips; all without one")
    options = parser.parse_args(arguments)
    stale = 0
    try:
        for source in _chosen(options.names):
            if source.parent != SOURCES:
                stale += not _assignment(source, check=options.check)
                continue
            target = HERE / f"{source.stem}.ipynb"
            notebook = read_source(source)
            if options.check:
                fresh = target.exists() and same_cells(nbformat.read(target, 4), notebook)
                stale += not fresh
                print(f"{target.name}: {'up to date' if fresh else 'out of date'}")
                continue
            write(execute(notebook), target)
            print(f"{target.name}: built, {target.stat().st_size / 1024:.0f} kB")
    except KitError as error:
        print(error, file=sys.stderr)
        return 1
    if stale:
        print("Build them with: python notebooks/build.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
