"""Everything that is written when a class has been graded."""

from collections.abc import Sequence
from pathlib import Path

from c3d_teach.classroom.grading.by_hand import PAGE, TABLE, blank_table, merged, page
from c3d_teach.classroom.grading.grade import Grader
from c3d_teach.classroom.grading.marks import Marks
from c3d_teach.classroom.grading.reports import write_reports
from c3d_teach.classroom.grading.similarity import similarity_report
from c3d_teach.classroom.grading.submissions import Submission, chosen_file
from c3d_teach.files import write_text


def report_class(
    out: Path, grader: Grader, found: Sequence[Submission], marks: Sequence[Marks]
) -> list[Marks]:
    """Write all reports; returns the marks with a teacher's points merged in.

    Raises:
        KitError: for points by hand that cannot be, or a folder that cannot be written.
    """
    done = merged(marks, out / TABLE)
    answers = {one.student: read for one in found if (read := grader.answers(one)) is not None}
    write_reports(out, grader.assignment, done, isolated=grader.isolated)
    if any(map(grader.assignment.by_teacher, grader.assignment.questions)):
        write_text(out / TABLE, blank_table(done, grader.assignment))
        files = {one.student: chosen_file(one, grader.assignment)[0] or Path() for one in found}
        write_text(out / PAGE, page(grader.assignment, answers, files))
    write_text(out / "similarity.md", similarity_report(grader.assignment, answers))
    return done
