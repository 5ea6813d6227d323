"""Grade a class: find, run, mark, and keep what is done, so that a stopped run goes on."""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from c3d_teach import __version__
from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.assembling import Answers, sort_answers
from c3d_teach.classroom.grading.marks import Marks, Question, mark, nothing
from c3d_teach.classroom.grading.right_answers import right_answers, run_answers
from c3d_teach.classroom.grading.sandbox import isolation
from c3d_teach.classroom.grading.submissions import (
    Submission,
    SubmissionError,
    chosen_file,
    read_cells,
)
from c3d_teach.errors import UsageError
from c3d_teach.files import printable, writable_folder, write_text


class Grader:
    """Everything that is the same for a whole class.

    Args:
        assignment: what is graded.
        work: a folder for what must outlive a stop: the seed, right answers, marks.
        unsafe: run without isolation where there is none.
        seed: of the hidden tests; drawn anew, or that of the run that is taken up.

    Raises:
        UsageError: where there is no isolation, or ``work`` belongs to another assignment.
        KitError: for a master whose own answers do not run.
    """

    def __init__(
        self, assignment: Assignment, work: Path, *, unsafe: bool = False, seed: int | None = None
    ) -> None:
        if (why := isolation()) and not unsafe:
            raise UsageError(
                f"{why} Without it, what students wrote could read and change every file of yours. "
                "Grade on a machine that has it, or say --unsafe if you know all the code."
            )
        self.assignment, self.isolated = assignment, not why
        self.work = work.resolve()  # kernels start in another folder
        self.given = self.work / "given"
        writable_folder(self.given)
        self._writing = threading.Lock()
        self.seed = self._seed(seed)
        self.expected = self._right_answers()

    def mark(self, submission: Submission) -> Marks:
        """A student's marks; from ``work`` if this very file was graded before."""
        path, note = chosen_file(submission, self.assignment)
        if path is None:
            why = " ".join(["No notebook was handed in.", *_instead(submission)])
            return Marks(submission.student, "", nothing(self.assignment, why), why)
        shown = printable(path.name)
        try:
            answers = sort_answers(self.assignment, read_cells(path))
        except SubmissionError as error:
            return Marks(
                submission.student, shown, nothing(self.assignment, str(error)), str(error)
            )
        if not answers.cells:
            why = f"The notebook has no cell of {self.assignment.name}."
            return Marks(submission.student, shown, nothing(self.assignment, why), why)
        store = self.work / "marked" / f"{self._key(answers)}.json"
        if store.exists():
            kept = json.loads(store.read_text(encoding="utf-8"))
            done = tuple(Question(**one | {"feedback": tuple(one["feedback"])}) for one in kept)
        else:
            outcomes = run_answers(
                self.assignment,
                answers,
                self.seed,
                self.given,
                self.expected,
                isolated=self.isolated,
            )
            done = mark(self.assignment, answers, outcomes)
            with self._writing:  # two students may have handed in the same
                _write_json(store, [asdict(one) for one in done])
        note = " ".join(filter(None, [note, *_beside(self.assignment, answers)]))
        return Marks(submission.student, shown, done, note)

    def answers(self, submission: Submission) -> Answers | None:
        """What was handed in, sorted; None where it cannot be read."""
        path, _ = chosen_file(submission, self.assignment)
        try:
            return sort_answers(self.assignment, read_cells(path)) if path else None
        except SubmissionError:
            return None

    def _seed(self, wanted: int | None) -> int:
        path = self.work / "seed.json"
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["assignment"] != self.assignment.name or wanted not in (None, kept["seed"]):
                raise UsageError(
                    f"{self.work.parent} holds marks of {kept['assignment']} with the seed "
                    f"{kept['seed']}: name another folder for these."
                )
            return int(kept["seed"])
        seed = secrets.randbits(63) if wanted is None else wanted
        _write_json(path, {"assignment": self.assignment.name, "seed": seed})
        return seed

    def _right_answers(self) -> dict[str, list[Any]]:
        store = self.work / f"right-{self._master_key()}.json"
        if store.exists():
            return dict(json.loads(store.read_text(encoding="utf-8")))
        for path in self.given.iterdir():
            path.unlink()
        expected = right_answers(self.assignment, self.seed, self.given, isolated=self.isolated)
        _write_json(store, expected)
        return expected

    def _master_key(self) -> str:
        return _digest(repr(self.assignment), str(self.seed), __version__, str(self.isolated))

    def _key(self, answers: Answers) -> str:
        text = repr((sorted(answers.cells.items()), sorted(answers.extra.items())))
        return _digest(self._master_key(), text, repr(sorted(answers.altered)))


def grade_class(
    grader: Grader,
    submissions: Sequence[Submission],
    *,
    jobs: int,
    done: Callable[[Marks], None] = lambda _: None,
) -> list[Marks]:
    """All of them, several at a time, in the order given; ``done`` hears of each one."""

    def one(submission: Submission) -> Marks:
        marks = grader.mark(submission)
        done(marks)
        return marks

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(one, submission) for submission in submissions]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


def _beside(assignment: Assignment, answers: Answers) -> list[str]:
    """Names the stubs that were left while code was written into other cells behind them."""
    behind = {assignment.cell(name).question for name in answers.extra if name}
    left = [q for q in assignment.questions if q in behind and answers.missing(assignment.cell(q))]
    if not left:
        return []
    return [f"Code was written beside the cell that was handed out: {', '.join(left)}."]


def _instead(submission: Submission) -> list[str]:
    if not submission.others:
        return []
    first = ", ".join(submission.others[:3])
    return [f"There is {first}{' and more' if len(submission.others) > 3 else ''}."]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:32]


def _write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False))
