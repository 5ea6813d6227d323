"""Everything that is written when a class has been graded."""

from collections.abc import Sequence
from pathlib import Path

from c3d_teach.classroom.grading.by_hand import TABLE, merge, read_table, table
from c3d_teach.classroom.grading.by_hand_page import PAGE, page
from c3d_teach.classroom.grading.grade import Grader
from c3d_teach.classroom.grading.marks import Marks
from c3d_teach.classroom.grading.reports import write_reports
from c3d_teach.classroom.grading.similarity import similarity_report
from c3d_teach.classroom.grading.submissions import Submission, chosen_file
from c3d_teach.files import write_text


def report_class(
    out: Path, grader: Grader, found: Sequence[Submission], marks: Sequence[Marks]
) -> tuple[list[Marks], list[str]]:
    """Write all reports.

    Returns:
        The marks with a teacher's points in them, and sentences on those that could not be used.

    Raises:
        KitError: for points by hand that cannot be, or a folder that cannot be written.
    """
    assignment = grader.assignment
    answers = {one.student: read for one in found if (read := grader.answers(one)) is not None}
    rows = read_table(out / TABLE) if (out / TABLE).exists() else []
    merged = merge(assignment, marks, answers, rows)
    write_reports(out, assignment, merged.marks, isolated=grader.isolated)
    write_text(out / TABLE, table(merged.rows))
    if any(map(assignment.by_teacher, assignment.questions)):
        files = {one.student: chosen_file(one, assignment)[0] or Path() for one in found}
        write_text(out / PAGE, page(assignment, answers, files))
    write_text(out / "similarity.md", similarity_report(assignment, answers))
    return merged.marks, merged.remarks
