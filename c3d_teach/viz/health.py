"""What is well and what is not, as a table on a notebook page: marks, words and colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from IPython.display import HTML, display

# mark, word, colour of the mark, colour of the row; black type is readable on all three
_LOOKS = {
    "fine": ("✔", "fine", "#00734f", "#e6f4ee"),
    "note": ("!", "note", "#8a5a00", "#fdf3dc"),
    "problem": ("✘", "problem", "#a8320a", "#fbe3d6"),
}


@dataclass(frozen=True)
class HealthRow:
    """One line of :func:`health_html`.

    Attributes:
        about: what was looked at.
        state: ``fine``, ``note`` or ``problem``.
        fact: what was found.
        advice: what to do; empty where all is well.
    """

    about: str
    state: Literal["fine", "note", "problem"]
    fact: str
    advice: str = ""


def health_html(rows: Sequence[HealthRow], *, caption: str) -> str:
    """The table as HTML: green with ✔, yellow with !, red with ✘, and the word beside each."""
    lines = []
    for row in rows:
        mark, word, ink, paper = _LOOKS[row.state]
        advice = f"<br><b>What to do:</b> {escape(row.advice)}" if row.advice else ""
        cells = (
            f'<td style="text-align:left;color:{ink};white-space:nowrap"><b>{mark} {word}</b></td>'
            f'<td style="text-align:left;white-space:nowrap"><b>{escape(row.about)}</b></td>'
            f'<td style="text-align:left">{escape(row.fact)}{advice}</td>'
        )
        lines.append(f'<tr style="background:{paper};color:black">{cells}</tr>')
    return (
        '<table style="border-collapse:collapse;font-size:100%">'
        f'<caption style="text-align:left;padding:4px 0"><b>{escape(caption)}</b></caption>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def show_health(rows: Sequence[HealthRow], *, caption: str) -> None:
    """Display the table of :func:`health_html`."""
    display(HTML(health_html(rows, caption=caption)))
