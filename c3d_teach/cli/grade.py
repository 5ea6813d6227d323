"""c3d-teach grade: marks for a class."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from c3d_teach.cli.options import JsonOption
from c3d_teach.errors import UsageError


def grade(
    submissions: Annotated[
        Path, typer.Argument(help="folder with a folder, or a notebook, for each student")
    ],
    out: Annotated[Path, typer.Option(help="folder for marks, feedback and summary")],
    assignment: Annotated[
        str | None, typer.Option(help="such as a1; without it, the one that fits most notebooks")
    ] = None,
    master: Annotated[
        Path | None, typer.Option(help="a master of your own, instead of those of the kit")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="how many at a time; one for each core without it")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="of the hidden tests; drawn anew without it")
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe", help="where nothing isolates, run students' code all the same"),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run what students handed in where it can do no harm, and mark it."""
    from tqdm import tqdm

    from c3d_teach.classroom.assignments.master import read_master
    from c3d_teach.classroom.assignments.masters import find_masters
    from c3d_teach.classroom.grading.grade import Grader, grade_class
    from c3d_teach.classroom.grading.report_class import report_class
    from c3d_teach.classroom.grading.submissions import find_submissions, which_assignment

    found = find_submissions(submissions)
    masters = [read_master(master)] if master else find_masters(Path.cwd())
    if assignment or master:
        chosen = {one.name: one for one in masters}.get(assignment or masters[0].name)
        if chosen is None:
            names = ", ".join(one.name for one in masters)
            raise UsageError(f"There is no assignment {assignment}; there are {names}.")
        with suppress(UsageError):  # where no notebook fits any, each gets no points, as asked
            fits = which_assignment(found, masters)
            if fits is not chosen:
                print(
                    f"Most of these notebooks are of {fits.name}; they are graded as {chosen.name} "
                    "all the same.",
                    file=sys.stderr,
                )
    else:
        chosen = which_assignment(found, masters)
    if submissions.resolve() in (out.resolve(), *out.resolve().parents):
        raise UsageError("--out lies among the submissions; name a folder outside of them.")
    print(f"{chosen.title}: {_counted(len(found), 'student')}.", file=sys.stderr, flush=True)
    grader = Grader(chosen, out / "work", unsafe=unsafe, seed=seed)
    with tqdm(total=len(found), unit="student", file=sys.stderr, disable=None) as bar:
        marks = grade_class(
            grader, found, jobs=jobs or os.cpu_count() or 1, done=lambda _: bar.update()
        )
    marks, remarks = report_class(out, grader, found, marks)
    for remark in remarks:
        print(remark, file=sys.stderr)
    waiting = sum(one.status == "to mark" for each in marks for one in each.questions)
    if as_json:
        print(json.dumps({each.student: each.points for each in marks}, ensure_ascii=False))
        return
    mean = sum(each.points for each in marks) / len(marks)
    students = _counted(len(marks), "student")
    print(f"{students}, mean {mean:.1f} of {marks[0].possible:g} points: {out}")
    if waiting:
        answers = _counted(waiting, "answer")
        print(f"{answers} to mark by hand: {out / 'by_hand.csv'}, then grade again.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
