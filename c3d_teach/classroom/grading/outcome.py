"""What became of a cell: written by nbval's process, read by the grader."""

from dataclasses import dataclass
from typing import Any

OUTCOMES, TRANSPORT = "C3D_TEACH_OUTCOMES", "C3D_TEACH_TRANSPORT"  # names in the environment
FATAL = ("timeout", "dead", "flood")  # nbval's process cannot go on after these


@dataclass(frozen=True)
class Outcome:
    """What became of a cell.

    Attributes:
        cell: its id.
        outcome: ``ok``, ``differs``, ``error``, ``timeout``, ``dead``, ``flood``, ``memory``,
            ``processes``, ``files``; ``untried`` where a test of the same answer was ended.
        error: name of the exception, if it is one of Python's own.
        points: of a hidden cell.
        shown: the values that a hidden cell showed.
    """

    cell: str
    outcome: str
    error: str = ""
    points: float = 0.0
    shown: tuple[Any, ...] = ()
