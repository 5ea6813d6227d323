"""One browser for all its tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from chromium import QUIET, browser_program


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = browser_program()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()
