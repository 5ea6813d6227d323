"""Pages import each other's helpers from app/, as under ``streamlit run``."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def app_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(APP))
    # AppTest leaves the page behind as the main module, and spawned processes start with that
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    yield
