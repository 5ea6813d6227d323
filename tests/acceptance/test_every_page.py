"""Every page in a real browser: light and dark, on a wide screen and on a phone, by keyboard."""

import os
from pathlib import Path

import pytest
from dashboard import KEYS, Dashboard
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
LOOKS = [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go; SCREENSHOTS=folder keeps them to be looked at."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path)).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("key", KEYS)
def test_light_and_dark_wide_and_narrow(
    key: str, browser: Browser, dashboard: str, pictures: Path
) -> None:
    for width, scheme in LOOKS:
        window = Dashboard(browser, width, scheme)
        window.page.goto(f"{dashboard}{key}")
        window.drawn()
        window.whole(pictures / f"{key}-{width}-{scheme}.png")
        assert not window.sticks_out(), f"at {width} pixels"
        assert window.page.locator("img").evaluate_all(
            "all => all.every(e => e.alt || e.ariaHidden || e.closest('[aria-hidden]'))"
        )
        assert not window.page.get_by_role("alert").count()
        window.close()


@pytest.mark.parametrize("key", KEYS)
def test_projected(key: str, browser: Browser, dashboard: str, pictures: Path) -> None:
    window = Dashboard(browser, 1280)
    window.page.goto(f"{dashboard}{key}?projector=true")
    window.drawn()
    window.whole(pictures / f"{key}-projector.png")
    assert not window.sticks_out()
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    lead = window.page.locator('[data-testid="stMain"] [data-testid="stMarkdown"] p').first
    assert lead.evaluate(size) >= 20  # pixels
    window.close()


@pytest.mark.parametrize("key", KEYS)
def test_all_that_can_be_clicked_can_be_reached_by_keyboard(
    key: str, wide: Dashboard, dashboard: str
) -> None:
    wide.page.goto(f"{dashboard}{key}")
    wide.drawn()
    wide.page.evaluate(
        """() => {
          const within = document.querySelector('[data-testid="stMain"]');
          const kinds = 'button, input, summary, select, textarea, [role="slider"], a[href]';
          window.wanted = [...within.querySelectorAll(kinds)].filter(
            e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
          window.reached = new Set();
          document.addEventListener('focusin', e => window.reached.add(e.target));
        }"""
    )
    for _ in range(150):
        wide.page.keyboard.press("Tab")
        # of a group of buttons Tab reaches one, and the arrows the others
        missing = wide.page.evaluate(
            """() => window.wanted.filter(e => e.isConnected && !window.reached.has(e)
                && !(e.type === 'radio' || e.closest('[role="radiogroup"], [role="toolbar"]')))
              .map(e => e.outerHTML.slice(0, 100))"""
        )
        if not missing:
            break
    assert not missing
