"""Build the notebooks from their sources: text in, executed notebooks out.

    python notebooks/build.py [--check] [name ...]

``notebooks/source/NN_topic.py`` becomes ``notebooks/NN_topic.ipynb``: converted
(``c3d_teach.classroom.lessons`` says how), executed, stripped of what differs from run to run,
written. With ``--check`` nothing is executed: exit code 1 if a notebook's cells are not those of
its source.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from c3d_teach.classroom.lessons import (
    STUB,
    BuildError,
    read_source,
    same_cells,
    solutions_of,
    telling_lines,
)
from c3d_teach.classroom.running import execute as run

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
    paths = sorted(SOURCES.glob("*.py"))
    if not names:
        return paths
    stems = {Path(n).stem for n in names}
    unknown = stems - {p.stem for p in paths}
    if unknown:
        raise BuildError(f"There is no source for {', '.join(sorted(unknown))} in {SOURCES.name}/.")
    return [p for p in paths if p.stem in stems]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source/.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    parser.add_argument("names", nargs="*", help="such as 01_clips; all without one")
    options = parser.parse_args(arguments)
    stale = 0
    try:
        for source in _chosen(options.names):
            target = HERE / f"{source.stem}.ipynb"
            notebook = read_source(source)
            if options.check:
                fresh = target.exists() and same_cells(nbformat.read(target, 4), notebook)
                stale += not fresh
                print(f"{target.name}: {'up to date' if fresh else 'out of date'}")
                continue
            write(execute(notebook), target)
            print(f"{target.name}: built, {target.stat().st_size / 1024:.0f} kB")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    if stale:
        print("Build them with: python notebooks/build.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
