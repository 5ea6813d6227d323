"""Tables that a spreadsheet opens as text: nothing in a cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

# what begins a formula somewhere; some spreadsheets read full-width signs as the plain ones
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_GUARD = "'"


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """All cells quoted, lines ending with CRLF, as RFC 4180 has it.

    A text that begins like a formula gets an apostrophe in front (OWASP's advice against CSV
    injection); numbers stay numbers. Begins with a byte order mark, without which Excel reads
    names such as 李娜 wrongly.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return "\ufeff" + file.getvalue()


def unguarded(text: str) -> str:
    """The text as it was before :func:`as_csv` guarded it."""
    return text[1:] if text[:1] == _GUARD and text[1:2] in (*_FORMULA, _GUARD) else text


def _guarded(text: str) -> str:
    return _GUARD + text if text[:1] in (*_FORMULA, _GUARD) else text
