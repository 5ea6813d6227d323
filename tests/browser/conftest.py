"""What these tests import from their folder, and their fixtures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from windows import browser, dashboard, wide

__all__ = ["browser", "dashboard", "wide"]
