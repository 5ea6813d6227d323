"""What a class handed in: found below a folder, and read as if each file wished us ill."""

import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import sort_answers
from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import printable

LARGEST = 20 << 20  # bytes of a notebook; without outputs one of ours has 20 kB
_MOST_CELLS = 1000
_MOST_TEXT = 2 << 20  # letters in all its cells


class SubmissionError(KitError):
    """A file that was handed in cannot be read; the message is for the student."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes:
        student: name of the folder or file it was found in.
        files: notebooks, the newest first; none where nothing was handed in.
        others: names of other files in the student's folder.
    """

    student: str
    files: tuple[Path, ...]
    others: tuple[str, ...] = ()


def find_submissions(folder: Path) -> list[Submission]:
    """One for each folder, and one for each notebook that lies in ``folder`` itself.

    So ``SUBMISSIONS/name.ipynb``, ``SUBMISSIONS/name/….ipynb``, nbgrader's
    ``submitted/name/a1/….ipynb`` and what learning platforms hand out all do. Links are not
    followed.

    Raises:
        UsageError: for a folder that is not there, or has nothing in it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; give the one that holds what was handed in.")
    found: list[Submission] = []
    for one in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if one.name.startswith("."):
            continue
        if one.is_dir(follow_symlinks=False):
            found.append(Submission(printable(one.name), *_files(Path(one.path))))
        elif one.is_symlink() or one.name.endswith(".ipynb"):
            found.append(Submission(printable(Path(one.name).stem), (Path(one.path),)))
    if not found:
        packed = any(folder.glob("*.zip"))
        raise UsageError(
            f"{folder} holds neither a folder for a student nor a notebook"
            f"{': unpack the zip file that lies there.' if packed else '.'}"
        )
    return found


def _files(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    paths, others = [], []
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if name.startswith("."):
                continue
            if name.endswith(".ipynb"):
                path = Path(where) / name
                paths.append((path.lstat().st_mtime_ns, path))
            else:
                others.append(printable(name))
    return tuple(path for _, path in sorted(paths, reverse=True)), tuple(sorted(others))


def read_cells(path: Path) -> list[tuple[str, str, str]]:
    """(``grade_id`` or nothing, kind, text) of each cell.

    Raises:
        SubmissionError: for a file that is too large, a link, or not a notebook.
    """
    try:
        found = json.loads(_read(path))
        cells = found["cells"]
        assert isinstance(cells, list)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError, MemoryError) as error:
        raise SubmissionError(
            "What was handed in is not a notebook, or it was cut off. Save it in JupyterLab and "
            "hand it in again."
        ) from error
    if len(cells) > _MOST_CELLS:
        raise SubmissionError(
            f"The notebook has {len(cells):,} cells, and at most {_MOST_CELLS:,} are read."
        )
    read = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(text) for _, _, text in read) > _MOST_TEXT:
        raise SubmissionError(
            f"The notebook's cells hold more than {_MOST_TEXT:,} letters of text. Data does not "
            "belong in a cell."
        )
    return read


def _read(path: Path) -> bytes:
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        if path.is_symlink():
            raise SubmissionError("What was handed in is a link to another file, not a notebook.")
        descriptor = os.open(path, flags)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a path could be swapped for a link
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise SubmissionError("What was handed in is not a file.")
            if about.st_size > LARGEST:
                raise SubmissionError(
                    f"The notebook has {about.st_size / 1e6:,.0f} MB, and at most "
                    f"{LARGEST / 1e6:.0f} are read. Clear its outputs (Edit > Clear Outputs of All "
                    "Cells), save it and hand it in again."
                )
            return file.read(LARGEST)
    except OSError as error:
        raise SubmissionError(f"The file cannot be read: {error.strerror}.") from error


def _cell(cell: dict[str, Any]) -> tuple[str, str, str]:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    text = source if isinstance(source, str) else ""
    marks = cell.get("metadata")
    marks = marks.get("nbgrader") if isinstance(marks, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    # halves of letters outside of Unicode's first plane can be in JSON and in no file
    return name if isinstance(name, str) else "", kind, text.encode("utf-8", "replace").decode()


def which_assignment(
    submissions: Sequence[Submission], masters: Sequence[Assignment]
) -> Assignment:
    """The one whose cells most notebooks have.

    Raises:
        UsageError: where no notebook has a cell of any.
    """
    votes = {master.name: 0 for master in masters}
    for submission in submissions:
        for path in submission.files[:3]:
            try:
                ids = {name for name, _, _ in read_cells(path)}
            except SubmissionError:
                continue
            shared = {m.name: len(ids & {c.id for c in m.cells if c.question}) for m in masters}
            best = max(shared, key=lambda name: shared[name])
            votes[best] += bool(shared[best])
    best = max(votes, key=lambda name: votes[name])
    if not votes[best]:
        raise UsageError(
            "None of the notebooks has a cell of an assignment "
            f"({', '.join(sorted(votes))}): were these the files that were handed out? Name the "
            "assignment with --assignment to give each of them no points."
        )
    return next(master for master in masters if master.name == best)


def chosen_file(submission: Submission, assignment: Assignment) -> tuple[Path | None, str]:
    """The newest notebook of the assignment with an answer, and a note where there are more."""
    ids = {c.id for c in assignment.cells if c.question}
    fitting, answered = [], []
    for path in submission.files:
        try:
            cells = read_cells(path)
        except SubmissionError:
            continue
        if ids & {name for name, _, _ in cells}:
            fitting.append(path)
            if _answers_anything(assignment, cells):
                answered.append(path)
    if not fitting:
        return (submission.files[0] if submission.files else None), ""
    chosen = (answered or fitting)[0]
    which = "newest" if chosen is fitting[0] else "newest that has an answer"
    more = f"{len(fitting)} notebooks were handed in; the {which} was marked."
    return chosen, more if len(fitting) > 1 else ""


def _answers_anything(assignment: Assignment, cells: Sequence[tuple[str, str, str]]) -> bool:
    answers = sort_answers(assignment, cells)
    questions = (assignment.cell(name) for name in assignment.questions)
    return bool(answers.extra) or not all(map(answers.missing, questions))


def file_name(student: str, taken: set[str]) -> str:
    """A name for a student's files that is safe on every system, and not among ``taken``."""
    plain = re.sub(r"[^\w\-. ]", "_", student).strip(". ")[:80] or "student"
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", plain.split(".")[0]):
        plain = f"_{plain}"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.casefold())
    return name
