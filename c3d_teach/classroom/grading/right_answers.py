"""What hidden cells show for right answers: the master is run with its own solutions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import Answers, notebook_to_run, solved
from c3d_teach.classroom.grading.outcome import Outcome
from c3d_teach.classroom.grading.running import run_notebook
from c3d_teach.classroom.grading.sandbox import GIVEN, Room, kernel_command, plain_kernel_command
from c3d_teach.errors import KitError


def run_answers(
    assignment: Assignment,
    answers: Answers,
    seed: int,
    given: Path,
    expected: dict[str, list[Any]] | None,
    *,
    isolated: bool,
) -> tuple[Outcome, ...]:
    """What becomes of each cell of the assignment with these answers.

    Args:
        given: folder with the files for hidden tests; written to where ``expected`` is None.
        expected: what hidden cells show for right answers; None for the master's own.
    """

    def command(sockets: Path) -> Sequence[str]:
        if not isolated:
            return plain_kernel_command()
        packages, without = assignment.packages, assignment.without
        return kernel_command(Room(packages, given, sockets, without, writable=expected is None))

    def tests_behind(cell: str) -> list[str]:
        """A function that ended Python in one test does so in the others of its question."""
        ids = [one.id for one in assignment.cells]
        if cell not in ids or assignment.cell(cell).role not in ("check", "hidden"):
            return []
        question = assignment.cell(cell).question
        behind = assignment.cells[ids.index(cell) + 1 :]
        return [one.id for one in behind if one.question == question and one.role == "hidden"]

    where = GIVEN if isolated else str(given.resolve())
    return run_notebook(
        lambda ended: notebook_to_run(
            assignment, answers, seed, expected, ended=ended, given=where
        ),
        command,
        seconds=assignment.seconds,
        memory=assignment.memory,
        isolated=isolated,
        with_it=tests_behind,
    )


def right_answers(
    assignment: Assignment, seed: int, given: Path, *, isolated: bool
) -> dict[str, list[Any]]:
    """Id of a hidden cell -> the values it shows; ``given`` is filled on the way.

    Raises:
        KitError: for a master whose own cells fail, or show nothing.
    """
    outcomes = run_answers(assignment, solved(assignment), seed, given, None, isolated=isolated)
    if failed := [one for one in outcomes if one.outcome != "ok"]:
        raise KitError(
            f"The master of {assignment.name} does not run: its cell {failed[0].cell} ended with "
            f"{failed[0].error or failed[0].outcome}."
        )
    hidden = [cell.id for cell in assignment.cells if cell.role == "hidden"]
    secret = {cell.id for cell in assignment.cells if cell.role == "secret"}
    expected = {one.cell: list(one.shown) for one in outcomes if one.cell in hidden}
    for one in outcomes:  # secret cells name the hidden cell that they answer
        if one.cell in secret:
            expected |= {cell: [value] for cell, value in one.shown}
    if empty := [name for name in hidden if not expected.get(name)]:
        raise KitError(f"The master's cell {empty[0]} shows nothing to compare.")
    return expected
