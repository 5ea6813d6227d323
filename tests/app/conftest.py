"""Pages import each other's helpers from app/, as under ``streamlit run``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

APP = Path(__file__).parents[2] / "app"
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True, scope="module")
def own_main() -> Iterator[ModuleType]:
    """AppTest leaves the page behind as the main module, and spawned processes start with that."""
    mine = sys.modules["__main__"]
    yield mine
    sys.modules["__main__"] = mine


@pytest.fixture(autouse=True)
def app_folder(monkeypatch: pytest.MonkeyPatch, own_main: ModuleType) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(APP))
    yield
    sys.modules["__main__"] = own_main
