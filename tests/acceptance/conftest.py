"""Some of these tests drive a browser, with the means of ``tests/browser``."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from windows import browser, dashboard, wide

__all__ = ["browser", "dashboard", "wide"]

LONGEST = "test_training.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first: of two that run side by side, none is left over at the end."""
    items.sort(key=lambda item: item.path.name != LONGEST)
