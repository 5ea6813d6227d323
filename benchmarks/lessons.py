"""Seconds of each lesson, and of each of its cells, from a kernel that has just started.

``python benchmarks/lessons.py [NN ...]`` takes about five minutes on two cores and writes
``benchmarks/results/lessons-NAME.json`` and the tables of ``benchmarks/README.md``. The stubs are
left as they are, for students run the lesson like that first. Starting the kernel is not counted.
With numbers of lessons only these are measured, and the others keep their figures. Exit code 1
if a lesson takes more than 60 seconds or a cell more than 30.
"""

import argparse
import ast
import json
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from tables import HERE, RESULTS, write_tables

from c3d_teach.bench.machine import machine

NOTEBOOKS = HERE.resolve().parent / "notebooks"
A_LESSON, A_CELL = 60, 30  # seconds at most, on two idle cores


def by_the_clock(path: Path) -> list[float]:
    """Seconds of each code cell."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOKS)}})
    seconds = []
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                started = time.perf_counter()
                client.execute_cell(cell, index)
                seconds.append(time.perf_counter() - started)
    return seconds


def slowest(path: Path, seconds: list[float]) -> str:
    """The start of the cell that took longest."""
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    cell = code[seconds.index(max(seconds))].source
    body = [n for n in ast.parse(cell).body if not isinstance(n, ast.Import | ast.ImportFrom)]
    return cell.splitlines()[body[0].lineno - 1][:60] if body else "the imports"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("lessons", nargs="*", help="numbers, such as 01 05; all without one")
    parser.add_argument("--name", default="two-cores", help="name of the result file")
    given = parser.parse_args()
    file = RESULTS / f"lessons-{given.name}.json"
    found: dict[str, Any] = {}
    if given.lessons and file.exists():
        found = json.loads(file.read_text(encoding="utf-8"))["lessons"]
    slow = 0
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        if given.lessons and path.name[:2] not in given.lessons:
            continue
        cells = by_the_clock(path)
        found[path.stem] = {
            "seconds": round(sum(cells), 2),
            "cells": [round(one, 2) for one in cells],
            "slowest": slowest(path, cells),
        }
        over = sum(cells) > A_LESSON or max(cells) > A_CELL
        slow += over
        print(
            f"{path.stem:<40}{sum(cells):>7.1f} s, slowest cell {max(cells):.1f} s: "
            f"{found[path.stem]['slowest']}{'   TOO SLOW' if over else ''}",
            flush=True,
        )
    RESULTS.mkdir(exist_ok=True)
    result = {"machine": machine(), "rounds": 1, "lessons": dict(sorted(found.items()))}
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    write_tables()
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
