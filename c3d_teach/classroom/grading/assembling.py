"""The notebook that is run: the master's cells, with the student's answers in their places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from c3d_teach.classroom.assignments.master import Assignment, Cell
from c3d_teach.classroom.grading.shown import MARK, hidden_code, seed_of_tests

if TYPE_CHECKING:
    from nbformat import NotebookNode

ENDED = 'raise RuntimeError("This cell was ended before.")'


@dataclass(frozen=True)
class Answers:
    """What a student handed in, sorted by the cells of the master.

    Attributes:
        cells: id of a solution or a teacher's question -> the student's text.
        extra: id of a cell -> texts of the student's own code cells behind it, in order.
        altered: questions whose visible checks were changed, deleted or doubled.
    """

    cells: Mapping[str, str]
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)
    altered: frozenset[str] = frozenset()

    def missing(self, cell: Cell) -> bool:
        """Whether there is nothing to mark: no cell, an empty one, or what was handed out."""
        text = self.cells.get(cell.id, "").strip()
        return not text or text == cell.stub.strip()


def sort_answers(assignment: Assignment, cells: Sequence[tuple[str, str, str]]) -> Answers:
    """A student's cells, as (id, kind, text), sorted by the cells of the master.

    Ids are the ``grade_id`` of nbgrader's metadata, empty for a cell without. A cell that was
    split has its id twice: both parts count, in order.
    """
    known = {c.id: c for c in assignment.cells}
    texts: dict[str, list[str]] = {}
    extra: dict[str, list[str]] = {}
    last = ""
    for name, kind, text in cells:
        if name in known:
            texts.setdefault(name, []).append(text)
            last = name
        elif kind == "code" and text.strip():
            extra.setdefault(last, []).append(text)
    altered = {
        c.question
        for c in assignment.cells
        if c.role == "check" and [t.strip() for t in texts.get(c.id, [])] != [c.source.strip()]
    }
    answers = {
        name: "\n\n".join(parts)
        for name, parts in texts.items()
        if known[name].role in ("solution", "teacher")
    }
    return Answers(answers, extra, frozenset(altered))


def solved(assignment: Assignment) -> Answers:
    """The master's own answers."""
    return Answers({c.id: c.source for c in assignment.cells if c.role in ("solution", "teacher")})


def notebook_to_run(
    assignment: Assignment,
    answers: Answers,
    seed: int,
    expected: Mapping[str, Sequence[Any]] | None = None,
    *,
    ended: frozenset[str] = frozenset(),
    given: str = "/given",
) -> "NotebookNode":
    """What nbval runs; cells carry their id, and hidden ones what they are compared with.

    Args:
        seed: of the class; only secret cells get it.
        expected: id of a hidden cell -> values that it shows for a right answer; None for the
            master's own run, which finds them and has its secret cells.
        ended: cells that were ended in an earlier run, and only raise in this one.
    """
    from nbformat import v4

    made = []

    def add(name: str, source: str, **rules: Any) -> None:
        source = ENDED if name in ended else source
        cell = v4.new_code_cell(source, metadata={"c3d_teach": {"cell": name, **rules}})
        if "expected" in rules:  # nbval compares what has been run
            cell.execution_count = 1
            cell.outputs = [v4.new_output("stream", name="stdout", text=f"{MARK} right\n")]
        made.append(cell)

    def add_extra(behind: str) -> None:
        for number, source in enumerate(answers.extra.get(behind, ())):
            add(f"{behind}+{number}", source)

    add_extra("")
    for cell in assignment.cells:
        if cell.kind != "code" or (cell.role == "secret" and expected is not None):
            continue
        if cell.role == "solution":
            add(cell.id, answers.cells.get(cell.id, ""))
        elif cell.role == "secret":
            add(cell.id, hidden_code(cell.source, seed, given))
        elif cell.role == "hidden":
            rules: dict[str, Any] = {"points": cell.points, "shares": cell.shares}
            if expected is not None:
                rules["expected"] = expected[cell.id]
            source = hidden_code(cell.source, seed_of_tests(seed), given)
            add(cell.id, source, **rules)
        else:
            add(cell.id, cell.source)
        add_extra(cell.id)
    return v4.new_notebook(cells=made)
