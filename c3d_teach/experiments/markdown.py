"""Measured tables in Markdown pages, between marks that say where they belong."""


def with_block(text: str, name: str, block: str) -> str:
    """``text`` with what stands between ``<!-- name -->`` and ``<!-- end of name -->`` replaced.

    Raises:
        ValueError: when the marks are not there once each.
    """
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = text.split(start)
    _, after = rest.split(end)
    return f"{before}{start}\n{block}\n{end}{after}"
