"""A page of the dashboard without a browser, and what stands on it."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "app"


def opened(key: str, **settings: str) -> AppTest:
    """The page ``key`` as its address with these query parameters brings it.

    Names with a dot go in as ``**{"filters.net": "motion-d3"}``.
    """
    page = AppTest.from_file(str(APP / "main.py"), default_timeout=60)
    page.switch_page(f"views/{key}.py")
    for name, value in settings.items():
        page.query_params[name] = value
    return page.run()


def fine(page: AppTest) -> AppTest:
    """The page itself, once it is sure that it shows neither an error nor a traceback."""
    assert not page.exception and not page.error, [e.value for e in [*page.exception, *page.error]]
    return page


def charts(page: AppTest) -> dict[str, dict[str, Any]]:
    """Every plotly figure on the page (``data``, ``layout``, ``frames``) by its key."""
    found = fine(page).get("plotly_chart")
    return {chart.proto.id.split("-", 2)[2]: json.loads(chart.proto.spec) for chart in found}


def texts(page: AppTest) -> str:
    """All that the page says, one piece a line."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "success")
    return "\n".join(str(e.value) for kind in kinds for e in page.get(kind))
