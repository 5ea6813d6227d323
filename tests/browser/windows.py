"""Fixtures for tests in a browser: one browser and one dashboard for all, a window for each."""

from collections.abc import Iterator

import pytest
from chromium import QUIET, browser_program
from dashboard import Dashboard, running
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = browser_program()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the one dashboard that the tests of pages share."""
    with running(tmp_path_factory.mktemp("dashboard") / "log.txt") as address:
        yield address


@pytest.fixture
def wide(browser: Browser) -> Iterator[Dashboard]:
    """A window of 1280 pixels, closed when it asked nobody outside and complained of nothing."""
    watched = Dashboard(browser, 1280)
    yield watched
    watched.close()
