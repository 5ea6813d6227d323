"""Some of these tests drive a browser, with the means of ``tests/browser``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from windows import browser, dashboard, wide

__all__ = ["browser", "dashboard", "wide"]
