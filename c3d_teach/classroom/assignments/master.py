"""A master: one assignment with its solutions, its hidden tests and its points, as text.

It stands in ``notebooks/source/assignments/aN_topic.py`` (jupytext percent format). What a cell is
stands behind its ``# %%``:

=========================  ====================================================================
``assignment="a1" …``      the first cell, markdown; also ``packages="numpy"``, what may be
                           imported, and ``without="assets"``, folders of ``c3d_teach`` that are
                           not there; ``seconds=60`` for a cell, ``memory=1500`` in MB
``solution="conv3d"``      the answer to a question, between ``### BEGIN SOLUTION`` and
                           ``### END SOLUTION``; students get a stub in its place
``check="conv3d"``         a visible check: it raises where the answer is wrong
``hidden="conv3d"``        a hidden test: it hands values to ``show``; also ``points=3`` and
                           ``about="stride"``, which the student reads in the feedback; with
                           ``shares="0.5:2 0.8:4"`` the points depend on how many values agree
``secret="predict"``       run by the grader alone, before the hidden tests: it makes files for
                           them (``give``) and what they are compared with (``answer``); its
                           ``SEED`` is another one, which students' code cannot find
``teacher="report"``       a question that a person marks, with ``points=6``
none of these              given to the students as it is
=========================  ====================================================================

Everything but solutions and the teacher's questions is put back when an answer is graded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c3d_teach.classroom.lessons import ANSWER, BuildError, stub_of

ROLES = ("solution", "check", "hidden", "secret", "teacher")
GIVEN = "given"
ANSWER_HERE = "*Your answer here.*"
_FENCE = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION", re.M | re.S)


@dataclass(frozen=True)
class Cell:
    """A cell of a master.

    Attributes:
        id: unique in its master: ``conv3d``, ``conv3d-check-1``, ``conv3d-hidden-2``, ``given-4``.
        role: ``given`` or one of :data:`ROLES`.
        kind: ``code`` or ``markdown``.
        source: its text, with the solution.
        question: which one it belongs to; empty for what is given.
        points: for a hidden test or a teacher's question.
        about: what a hidden test looks at, in words that a student may read.
        shares: (share of values that agree, points for it), rising; empty where all must.
    """

    id: str
    role: str
    kind: str
    source: str
    question: str = ""
    points: float = 0
    about: str = ""
    shares: tuple[tuple[float, float], ...] = ()

    @property
    def stub(self) -> str:
        """What students get: the solution is taken out."""
        if self.kind == "markdown":
            return _FENCE.sub(rf"\1{ANSWER_HERE}", self.source)
        return stub_of(self.source)

    @property
    def scheme(self) -> str:
        """Of a teacher's question: what a full answer says."""
        return "\n".join(text for _, text in _FENCE.findall(self.source))


@dataclass(frozen=True)
class Assignment:
    """A master, read.

    Attributes:
        name: short, such as ``a1``; the first part of its file's name.
        stem: of its files: ``a1_convolution_by_hand``.
        title: its heading.
        cells: in order.
        packages: distributions that answers may import, with all that they need.
        without: folders of ``c3d_teach`` that are empty where answers run.
        seconds: that a cell may take; memory: in MB, of all processes together.
    """

    name: str
    stem: str
    title: str
    cells: tuple[Cell, ...]
    packages: tuple[str, ...]
    without: tuple[str, ...]
    seconds: float
    memory: int

    @property
    def questions(self) -> tuple[str, ...]:
        """Names of the questions in order, the teacher's too."""
        return tuple(dict.fromkeys(c.question for c in self.cells if c.points))

    def parts(self, question: str) -> tuple[Cell, ...]:
        """The cells that give points for a question."""
        return tuple(c for c in self.cells if c.question == question and c.points)

    def points(self, question: str) -> float:
        return sum(part.points for part in self.parts(question))

    def by_teacher(self, question: str) -> bool:
        """Whether a person marks it."""
        return self.parts(question)[0].role == "teacher"

    def cell(self, name: str) -> Cell:
        return next(c for c in self.cells if c.id == name)


def read_master(path: Path) -> Assignment:
    """An assignment from its text.

    Raises:
        BuildError: for a cell that is not as it must be; the message names it.
    """
    import jupytext

    try:
        notebook = jupytext.read(path, fmt="py:percent")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BuildError(f"{path.name} cannot be read as a master: {error}.") from error
    if not notebook.cells or "assignment" not in notebook.cells[0].metadata:
        raise BuildError(f'{path.name}: the first cell must be marked with assignment="a1".')
    about = notebook.cells[0].metadata
    title = re.search(r"^# (.+)$", notebook.cells[0].source, re.M)
    cells = tuple(_cells(notebook.cells, path.name))
    _refuse_unsound(cells, path.name)
    return Assignment(
        name=str(about["assignment"]),
        stem=path.stem,
        title=title[1].strip() if title else path.stem,
        cells=cells,
        packages=tuple(str(about.get("packages", "")).split()),
        without=("classroom", *str(about.get("without", "")).split()),
        seconds=float(about.get("seconds", 60)),
        memory=int(about.get("memory", 1500)),
    )


def _cells(found: Any, name: str) -> Iterator[Cell]:
    counts: dict[str, int] = {}
    for cell in found:
        marks = [role for role in ROLES if role in cell.metadata]
        if len(marks) > 1:
            raise BuildError(f"{name}: a cell is both {marks[0]} and {marks[1]}.")
        role = marks[0] if marks else GIVEN
        question = str(cell.metadata[role]) if marks else ""
        if role in ("solution", "teacher"):
            identity = question
        else:
            stem = f"{question}-{role}" if question else role
            counts[stem] = counts.get(stem, 0) + 1
            identity = f"{stem}-{counts[stem]}"
        shares = tuple(
            (float(share), float(points))
            for share, _, points in (
                one.partition(":") for one in str(cell.metadata.get("shares", "")).split()
            )
        )
        yield Cell(
            identity,
            role,
            cell.cell_type,
            cell.source,
            question,
            float(cell.metadata.get("points", shares[-1][1] if shares else 0)),
            str(cell.metadata.get("about", "")),
            shares,
        )


def _refuse_unsound(cells: tuple[Cell, ...], name: str) -> None:
    ids = [cell.id for cell in cells]
    if twice := {one for one in ids if ids.count(one) > 1}:
        raise BuildError(f"{name}: {', '.join(sorted(twice))} stands there twice.")
    solutions = {cell.question for cell in cells if cell.role == "solution"}
    for cell in cells:
        if cell.role == "solution" and not ANSWER.search(cell.source):
            raise BuildError(f"{name}: the solution {cell.id} has no BEGIN and END SOLUTION.")
        if cell.role == "hidden" and (cell.question not in solutions or not cell.points):
            raise BuildError(f"{name}: {cell.id} needs points, and a solution of its name.")
        if cell.role == "hidden" and ("show(" not in cell.source or not cell.about):
            raise BuildError(f'{name}: {cell.id} must call show(...) and say about="...".')
        if cell.role == "teacher" and not cell.points:
            raise BuildError(f"{name}: the teacher's question {cell.id} needs points.")
        if cell.shares and list(cell.shares) != sorted(cell.shares):
            raise BuildError(f"{name}: the shares of {cell.id} must rise.")
    hidden = {cell.question for cell in cells if cell.role == "hidden"}
    if untested := solutions - hidden:
        raise BuildError(f"{name}: no hidden test for {', '.join(sorted(untested))}.")
