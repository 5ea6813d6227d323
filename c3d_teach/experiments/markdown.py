"""Measured tables in Markdown pages, between marks that say where they belong."""

from collections.abc import Callable
from pathlib import Path


def renew(page: str, with_table: Callable[[str], str]) -> None:
    """Bring the table of a study up to date on a page in ``docs``, run from the checkout."""
    path = Path("docs") / page
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_block(text: str, name: str, block: str) -> str:
    """``text`` with what stands between ``<!-- name -->`` and ``<!-- end of name -->`` replaced.

    Raises:
        ValueError: when the marks are not there once each.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = text.split(start)
    _, after = rest.split(end)
    return f"{before}{start}\n{block}\n{end}{after}"
