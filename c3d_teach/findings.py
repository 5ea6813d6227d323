"""What the doctor finds, as a page of text or as JSON."""

import os
import sys
import textwrap
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["fine", "note", "problem"]
# a mark, one for terminals that cannot show it, and a colour
_MARKS = {"fine": ("✓", "+", "32"), "note": ("!", "!", "33"), "problem": ("✗", "x", "31")}


@dataclass(frozen=True)
class Finding:
    """One fact, how good it is, and what to do about it.

    Attributes:
        about: what was looked at.
        state: ``fine``, ``note`` (works, but worth knowing) or ``problem``.
        fact: what was found.
        advice: what to do; empty where all is well.
    """

    about: str
    state: State
    fact: str
    advice: str = ""


@dataclass(frozen=True)
class Report:
    """All findings; printing it gives a page of text, in colour on a terminal."""

    findings: tuple[Finding, ...]

    @property
    def fine(self) -> bool:
        """True when there is no problem; notes do not count."""
        return all(finding.state != "problem" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        return {"fine": self.fine, "findings": [asdict(finding) for finding in self.findings]}

    def __str__(self) -> str:
        plain, coloured = not _can_print("✓✗"), _wants_colour()
        width = max(len(finding.about) for finding in self.findings)
        lines = []
        for finding in self.findings:
            pretty, ascii_mark, colour = _MARKS[finding.state]
            mark = ascii_mark if plain else pretty
            mark = f"\x1b[{colour}m{mark}\x1b[0m" if coloured else mark
            first, *rest = textwrap.wrap(finding.fact, 84 - width) or [""]
            lines.append(f"{mark} {finding.about:<{width}}  {first}")
            # advice stays on one line, so that a command in it can be copied
            lines += [" " * (width + 4) + line for line in [*rest, finding.advice] if line]
        problems = sum(finding.state == "problem" for finding in self.findings)
        lines += ["", f"{problems} problem{'s' * (problems != 1)}." if problems else "All is fine."]
        return "\n".join(lines)


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
