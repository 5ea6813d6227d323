"""The course map, the health table and the machine report of the first lesson."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from c3d_teach.classroom.course import COURSE
from c3d_teach.classroom.lesson_text import text_of
from c3d_teach.doctor import examine
from c3d_teach.errors import UsageError
from c3d_teach.findings import Finding, Report
from c3d_teach.viz.course_map import course_map
from c3d_teach.viz.course_stop import Stop
from c3d_teach.viz.health import HealthRow, health_html
from c3d_teach.viz.widgets.health import (
    ALL_THERE,
    NEEDS,
    MachineReport,
    lesson_needs,
    lesson_verdict,
)

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
FINE = Report(tuple(Finding(about, "fine", f"/home/me/{about}") for about in NEEDS))
BROKEN = Report(
    (
        Finding("packages", "problem", "numpy is missing.", "Run: pip install <numpy>"),
        Finding("data", "problem", "This check broke.", "Install it again."),
        Finding("chromium", "problem", "There is none.", ""),
        Finding("machine", "note", "3 GB of memory", "Close other programs."),
    )
)


def test_the_map_has_a_card_for_every_lesson() -> None:
    figure = course_map(COURSE, title="Lessons", says="Follow.", film=np.zeros((5, 8, 8)))
    words = " ".join(" ".join(text.get_text().split()) for text in figure.axes[0].texts)
    for stop in COURSE:
        assert stop.title in words and stop.question in words
    assert all(f"{stop.minutes} min" in words for stop in COURSE) and "Follow." in words


def test_the_course_is_the_eleven_lessons_and_needs_only_earlier_ones() -> None:
    assert [stop.number for stop in COURSE] == list(range(11))
    assert all(need < stop.number for stop in COURSE for need in stop.needs)
    assert all(stop.needs for stop in COURSE[1:])


def behind(stop: Stop) -> set[int]:
    """All lessons from which arrows or words lead to this one."""
    found: set[int] = set()
    for need in (*stop.needs, *stop.also):
        found |= {need} | behind(COURSE[need])
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_map_says_what_the_lessons_say(path: Path) -> None:
    lesson = text_of(nbformat.read(path, as_version=4))
    stop = COURSE[lesson.number]
    assert f"{stop.minutes} minutes" in lesson.time
    spelt = re.sub(
        r"(\d+) to (\d+)",
        lambda m: " ".join(map(str, range(int(m[1]), int(m[2])))) + f" {m[2]}",
        lesson.needs,
    )
    leans = (
        {int(n) for n in re.findall(r"(?<![A-Z])\d+(?![A-Z])", spelt)}
        if "lesson" in spelt
        else set()
    )
    assert leans <= behind(stop), f"the map does not lead from {leans - behind(stop)}"


@pytest.mark.parametrize(
    ("stops", "said"),
    [
        ((), "at least one"),
        ((Stop(0, "a", "?", 5, "p", (0, 0)), Stop(1, "b", "?", 5, "p", (0, 0))), "place of its"),
        ((Stop(0, "a", "?", 5, "p", (0, 0), (7,)),), "needed and are not"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(stops: tuple[Stop, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        course_map(stops, title="No")


def test_every_need_is_a_finding_of_the_doctor() -> None:
    assert set(NEEDS) <= {finding.about for finding in examine().findings}


def test_where_all_is_fine_the_rows_hold_nothing_of_the_machine() -> None:
    rows = lesson_needs(FINE)
    assert [row.about for row in rows] == list(NEEDS)
    assert "/home/" not in health_html(rows, caption="Needs")
    assert lesson_verdict(FINE) == ALL_THERE


def test_a_problem_says_what_it_is_and_what_to_do() -> None:
    rows = {row.about: row for row in lesson_needs(BROKEN)}
    assert rows["packages"].state == rows["data"].state == "problem"
    assert rows["torch"].state == "fine" and "chromium" not in rows
    page = health_html(lesson_needs(BROKEN), caption="Needs")
    assert "✘ problem" in page and "numpy is missing." in page
    assert "What to do:" in page and "&lt;numpy&gt;" in page
    assert lesson_verdict(BROKEN).startswith("Not well: packages, data.")


def test_a_note_stops_no_lesson() -> None:
    notes = Report((Finding("nets", "note", "Slow.", "Wait."),))
    assert lesson_verdict(notes) == ALL_THERE


def test_colour_is_never_alone() -> None:
    rows = [HealthRow("x", state, "y") for state in ("fine", "note", "problem")]
    page = health_html(rows, caption="All")
    assert all(word in page for word in ("✔ fine", "! note", "✘ problem"))


def test_the_report_shows_all_or_what_is_not_fine() -> None:
    report = MachineReport(Report((*FINE.findings, *BROKEN.findings)))
    assert "/home/me/torch" in report.page.value
    report.only.value = "problems and notes"
    assert "/home/me/torch" not in report.page.value and "numpy" in report.page.value
    assert report.sweep() == 2
    quiet = MachineReport(FINE)
    quiet.only.value = "problems and notes"
    assert "No problems and no notes" in quiet.page.value


def test_the_saved_text_of_the_report_holds_nothing_of_the_machine() -> None:
    bundle = MachineReport(BROKEN)._repr_mimebundle_()
    assert "numpy" not in bundle["text/plain"] and "doctor" in bundle["text/plain"]
