"""The files of a graded class: marks.csv, marks.json, a feedback page a student, a summary."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import mean, median

from c3d_teach.classroom.assignments.master import Assignment
from c3d_teach.classroom.grading.marks import Marks, number
from c3d_teach.classroom.grading.submissions import file_name
from c3d_teach.classroom.grading.tables import as_csv
from c3d_teach.files import write_atomically, write_text

SIGNS = {
    "ok": "right",
    "altered": "right; checks were changed",
    "wrong": "not right",
    "error": "an error",
    "timeout": "too slow",
    "missing": "no answer",
    "to mark": "your teacher marks it",
    "marked": "marked by your teacher",
}


def write_reports(
    out: Path, assignment: Assignment, marks: Sequence[Marks], *, isolated: bool
) -> None:
    """Write them all; files of students who are gone are removed."""
    write_text(out / "marks.csv", as_csv(_rows(assignment, marks)))
    about = {"assignment": assignment.name, "isolated": isolated, "students": len(marks)}
    found = [asdict(one) | {"points": one.points, "possible": one.possible} for one in marks]
    text = json.dumps(about | {"marks": found}, indent=1, ensure_ascii=False) + "\n"
    write_text(out / "marks.json", text)
    names = feedback_names(marks)
    for one in marks:
        write_text(out / "feedback" / f"{names[one.student]}.md", feedback(assignment, one))
    for path in (out / "feedback").glob("*.md"):
        if path.stem not in names.values():
            path.unlink()
    _draw(out, assignment, marks)
    write_text(out / "summary.md", summary(assignment, marks, isolated=isolated))


def feedback_names(marks: Sequence[Marks]) -> dict[str, str]:
    """Student -> name of the feedback file, without its ending."""
    taken: set[str] = set()
    return {one.student: file_name(one.student, taken) for one in marks}


def feedback(assignment: Assignment, marks: Marks) -> str:
    """What a student reads: points, a status and sentences; no test, no expected value."""
    lines = [f"# {assignment.title}", ""]
    total = f"{number(marks.points)} of {number(marks.possible)} points"
    if any(one.status == "to mark" for one in marks.questions):
        total += " so far; your teacher marks the rest"
    lines += [f"**{total}.**", ""]
    if marks.note:
        lines += [marks.note, ""]
    lines += ["| Question | Points | |", "|---|---|---|"]
    for one in marks.questions:
        score = f"{number(one.points)} / {number(one.possible)}"
        lines.append(f"| {one.name} | {score} | {SIGNS[one.status]} |")
    for one in marks.questions:
        if one.feedback and not (marks.note and one.feedback == (marks.note,)):
            lines += ["", f"## {one.name}", "", *(f"- {_line(text)}" for text in one.feedback)]
    return "\n".join(lines) + "\n"


def summary(assignment: Assignment, marks: Sequence[Marks], *, isolated: bool) -> str:
    """How the class did, for the teacher."""
    totals = [one.points for one in marks]
    possible = marks[0].possible
    lines = [f"# {assignment.title}: {len(marks)} students", ""]
    if not isolated:
        lines += ["**Graded without isolation (--unsafe).**", ""]
    lines += [
        f"Of {number(possible)} points: mean {mean(totals):.1f}, median {median(totals):g}, from "
        f"{number(min(totals))} to {number(max(totals))}.",
        *_waiting(marks),
        "",
        "![How many students have how many points](points.png)",
        "",
        "![What became of each question](questions.png)",
        "",
    ]
    kinds = [kind for kind in SIGNS if any(kind == q.status for m in marks for q in m.questions)]
    lines += [f"| Question | Mean | {' | '.join(kinds)} |", "|---" * (2 + len(kinds)) + "|"]
    for index, name in enumerate(assignment.questions):
        ones = [one.questions[index] for one in marks]
        counts = Counter(one.status for one in ones)
        share = f"{mean(o.points for o in ones):.1f} of {number(ones[0].possible)}"
        lines.append(f"| {name} | {share} | {' | '.join(str(counts[k]) for k in kinds)} |")
    notes = [(one.student, one.note) for one in marks if one.note]
    if notes:
        lines += ["", "## To look at", "", *(f"- {_line(who)}: {note}" for who, note in notes)]
    altered = [one.student for one in marks if any(q.status == "altered" for q in one.questions)]
    if altered:
        lines += [
            "",
            "Changed or deleted checks, which were put back: " + _line(", ".join(altered)),
        ]
    return "\n".join(lines) + "\n"


def _waiting(marks: Sequence[Marks]) -> list[str]:
    waiting = sum(q.status == "to mark" for one in marks for q in one.questions)
    if not waiting:
        return []
    return ["", f"Answers that wait to be marked by hand, and count as 0 until then: {waiting}."]


def _rows(assignment: Assignment, marks: Sequence[Marks]) -> list[Sequence[object]]:
    questions = assignment.questions
    head = ["student", "file", "points", "of", *questions]
    head += [f"{name} status" for name in questions] + ["note"]
    rows: list[Sequence[object]] = [head]
    for one in marks:
        row: list[object] = [one.student, one.file, one.points, one.possible]
        row += ["" if q.status == "to mark" else q.points for q in one.questions]
        row += [question.status for question in one.questions]
        rows.append([*row, one.note])
    return rows


def _draw(out: Path, assignment: Assignment, marks: Sequence[Marks]) -> None:
    from c3d_teach.viz.marks_charts import points_chart, status_chart

    statuses: Mapping[str, Sequence[str]] = {
        name: [one.questions[k].status for one in marks]
        for k, name in enumerate(assignment.questions)
    }
    figures = {
        "points.png": points_chart([one.points for one in marks], marks[0].possible),
        "questions.png": status_chart(statuses, tuple(SIGNS)),
    }
    for name, figure in figures.items():
        write_atomically(out / name, partial(figure.savefig, format="png", dpi=110))


def _line(text: str) -> str:
    """On one line, and without what markdown or HTML would make of it."""
    return " ".join(text.split()).replace("<", "\\<").replace("[", "\\[").replace("`", "\\`")
