"""Which answers resemble each other: fingerprints of the code, by copydetect.

The method is MOSS's (Schleimer, Wilkerson and Aiken, SIGMOD 2003): the code is reduced to its
tokens, so that other names, spaces and comments change nothing, and runs of tokens that two
files share are found. What was handed out is taken away first.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import Answers

_TOKENS = 25  # a shorter run that two share means nothing
# every run is looked at: keeping only some (winnowing) is for large texts, and which ones would
# change from one start of Python to the next
_WINDOW = 1
ALIKE = 0.6  # share of an answer that also stands in another, from which on a pair is listed


@dataclass(frozen=True)
class Pair:
    """Two students, and the share of each one's code that the other one has too, 0 to 1."""

    students: tuple[str, str]
    shares: tuple[float, float]

    @property
    def share(self) -> float:
        return max(self.shares)


def similar_pairs(assignment: Assignment, found: Mapping[str, Answers]) -> list[Pair]:
    """All pairs, the most alike first; answers that are stubs still are left out."""
    import copydetect

    handed_out = "\n".join(c.stub for c in assignment.cells if c.kind == "code" and _shown(c.role))
    known = sorted(_prints(handed_out).hashes)
    prints = {
        student: _prints(code, known)
        for student, answers in found.items()
        if (code := _code(assignment, answers))
    }
    pairs = []
    for one, other in combinations(prints, 2):
        if not (len(prints[one].hashes) and len(prints[other].hashes)):
            continue
        _, shares, _ = copydetect.compare_files(prints[one], prints[other])
        pairs.append(Pair((one, other), (float(shares[0]), float(shares[1]))))
    return sorted(pairs, key=lambda pair: -pair.share)


def similarity_report(assignment: Assignment, found: Mapping[str, Answers]) -> str:
    """The pairs that are alike, as a page for the teacher."""
    pairs = similar_pairs(assignment, found)
    alike = [pair for pair in pairs if pair.share >= ALIKE]
    lines = [
        f"# {assignment.title}: answers that are alike",
        "",
        f"Of {len(pairs)} pairs, {len(alike)} share {ALIKE:.0%} or more of one's code, names and "
        "comments aside and without what was handed out. Short right answers are alike by "
        "nature: read both before you think of anything.",
        "",
    ]
    if alike:
        lines += ["| | of its code | | of its code |", "|---|---|---|---|"]
    for pair in alike:
        (one, other), (first, second) = pair.students, pair.shares
        lines.append(f"| {_cell(one)} | {first:.0%} | {_cell(other)} | {second:.0%} |")
    return "\n".join(lines) + "\n"


def _prints(code: str, known: Any = None) -> Any:
    import copydetect

    return copydetect.CodeFingerprint(
        "answer.py", _TOKENS, _WINDOW, boilerplate=known, language="python", fp=io.StringIO(code)
    )


def _code(assignment: Assignment, answers: Answers) -> str:
    own = [
        answers.cells[cell.id]
        for cell in assignment.cells
        if cell.role == "solution" and not answers.missing(cell)
    ]
    return "\n\n".join(own)


def _shown(role: str) -> bool:
    return role in ("given", "check", "solution")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<")
