"""The doctor's findings in a lesson: what the lessons need, and all about this machine."""

import ipywidgets as widgets

from c3d_teach.findings import Finding, Report
from c3d_teach.viz.health import HealthRow, health_html
from c3d_teach.viz.widgets.readable import Readable

# what the doctor calls it, what a student reads where it is fine: the same on every machine
NEEDS = {
    "Python": "Python runs.",
    "packages": "All packages are there, in the right versions.",
    "torch": "A 3D convolution gives the right numbers.",
    "video": "A small film was written, and read again.",
    "photographs": "The photographs that lessons use are there.",
    "digits": "The handwritten digits are there.",
    "nets": "The trained nets load.",
}
# checks that break name what they are, not what they would have found
_ALSO = {"data": ("photographs", "digits")}
ALL_THERE = "Everything the lessons need is here."


def lesson_needs(report: Report) -> tuple[HealthRow, ...]:
    """A row for each thing that lessons need; notes are left out, for lessons run with them."""
    rows = []
    for about, fine in NEEDS.items():
        names = {about, *(broken for broken, parts in _ALSO.items() if about in parts)}
        problems = [f for f in report.findings if f.about in names and f.state == "problem"]
        rows += [_row(f) for f in problems] or [HealthRow(about, "fine", fine)]
    return tuple(rows)


def lesson_verdict(report: Report) -> str:
    """One sentence: everything is here, or what is not."""
    wrong = [row.about for row in lesson_needs(report) if row.state == "problem"]
    if not wrong:
        return ALL_THERE
    names = ", ".join(dict.fromkeys(wrong))
    return f"Not well: {names}. Do what the red rows say, restart the kernel, run this again."


class MachineReport(Readable):
    """All that the doctor found on this machine, in its words; the saved text holds none of it.

    Args:
        report: of :func:`c3d_teach.doctor.examine`.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.only = widgets.ToggleButtons(options=["all findings", "problems and notes"])
        self.page = widgets.HTML()
        self.only.observe(lambda _: self._draw(), names="value")
        self._draw()
        super().__init__([self.only, self.page])

    def _draw(self) -> None:
        found = self.report.findings
        if self.only.value != "all findings":
            found = tuple(one for one in found if one.state != "fine")
        caption = "What the doctor found" if found else "No problems and no notes"
        self.page.value = health_html([_row(one) for one in found], caption=caption)

    def sweep(self) -> int:
        for option in self.only.options:
            self.only.value = option
        self.only.value = self.only.options[0]
        return len(self.only.options)

    def __repr__(self) -> str:
        return (
            "A table of what is installed on your machine and which device will be used. Run the "
            "notebook in Jupyter to see it, or type c3d-teach doctor in a terminal."
        )


def _row(finding: Finding) -> HealthRow:
    return HealthRow(finding.about, finding.state, finding.fact, finding.advice)
