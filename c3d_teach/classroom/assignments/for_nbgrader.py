"""The hidden tests as nbgrader runs them: in the student's kernel, against values written down.

nbgrader has no second process to compare in. Its tests hold what a right answer shows for one
seed, and end with the points. They are as safe as nbgrader is: :mod:`c3d_teach.classroom.grading`
is safer.
"""

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from c3d_teach.classroom.assignments.master import Assignment, Cell
from c3d_teach.classroom.grading import shown
from c3d_teach.errors import KitError

SEED = 2015  # of the written-down values; the kit's own grading draws a new one each time
_FOLDER = "expected"

_HEAD = """{prelude}

_shown, _given, _answers = [], {{}}, {{}}


def show(value):
    _shown.append(_plain(value))


def give(name, array):
    _given[name] = array


def given(name):
    return _given[name]


def answer(cell, value):
    _answers[cell] = [_plain(value)]


{compare}
"""
_ALL = "assert agree(_json.loads(_json.dumps(_shown)), _expected), 'not the result asked for'"
_SHARES = """_part = share(_shown[-1], _expected[-1])
max((points for least, points in {shares} if _part >= least), default=0.0)"""


def values_file(master: Path) -> Path:
    """Where the values of a master stand."""
    return master.parent / _FOLDER / f"{master.stem}.json"


def values_text(assignment: Assignment, expected: Mapping[str, Sequence[Any]]) -> str:
    """The values, with a digest of the master that they belong to."""
    return json.dumps({"master": digest(assignment), "seed": SEED, "shown": expected}) + "\n"


def digest(assignment: Assignment) -> str:
    return hashlib.sha256(repr(assignment).encode()).hexdigest()[:16]


def read_values(assignment: Assignment, path: Path) -> dict[str, Any]:
    """The values that belong to this very master.

    Raises:
        KitError: where they are missing or those of an earlier text.
    """
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if found.get("master") != digest(assignment):
        raise KitError(
            f"The written-down values of {assignment.stem} are out of date. Build them first: "
            f"python notebooks/build.py {assignment.stem}"
        )
    return dict(found["shown"])


def nbgrader_tests(assignment: Assignment, expected: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Text of each hidden cell, by its id."""
    compare = "\n\n\n".join(
        inspect.getsource(one) for one in (shown.agree, shown.share, shown._number, shown._values)
    )
    constants = f"RELATIVE, ABSOLUTE = {shown.RELATIVE}, {shown.ABSOLUTE}\n"
    compare = f"import math\nfrom typing import Any\n\n{constants}\n\n{compare}"
    seed = shown.seed_of_tests(SEED)
    prelude = shown.PRELUDE.format(seed=seed, mark=shown.MARK).split("\ndef show")[0]
    head = _HEAD.format(prelude=prelude.strip(), compare=compare.strip())
    return {
        cell.id: "\n\n".join([head.strip(), *_test(assignment, cell, expected[cell.id])])
        for cell in assignment.cells
        if cell.role == "hidden"
    }


def _test(assignment: Assignment, cell: Cell, expected: Sequence[Any]) -> list[str]:
    secrets = [
        one.source for one in assignment.cells if one.role == "secret" and cell.id in one.source
    ]
    value = f"_answers[{cell.id!r}]" if secrets else f"_json.loads({json.dumps(expected)!r})"
    end = _SHARES.format(shares=cell.shares) if cell.shares else _ALL
    return [*secrets, cell.source, f"_expected = {value}", end]
