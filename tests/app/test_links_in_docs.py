"""The prepared links of the documentation bring the views they promise."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from opening import charts, fine, opened

TEXT = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\]\((http://localhost:8501/[^)]*\?[^)]*)\)", TEXT)


@pytest.mark.parametrize("link", LINKS)
def test_a_prepared_link_brings_its_view(link: str) -> None:
    parts = urlsplit(link)
    given = parse_qsl(parts.query)
    settings: dict[str, str | list[str]] = {}
    for name, _ in given:
        values = [value for key, value in given if key == name]
        settings[name] = values if len(values) > 1 else values[0]
    page = fine(opened(parts.path.strip("/") or "playground", **settings))
    assert charts(page)
    for name, value in settings.items():
        kept = page.session_state[name]
        assert str(kept).lower() in (str(value).lower(), str(value == "true").lower()), name
