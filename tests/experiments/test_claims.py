"""The ledger: every claim is used, tested, and stands on evidence that is there."""

import re
from pathlib import Path

import pytest

from c3d_teach.errors import UsageError
from c3d_teach.experiments.claims import CLAIMS, claim

ROOT = Path(__file__).parents[2]
TESTED = re.compile(r"pytest\.mark\.claim\(\s*\"([^\"]+)\"")
USED = re.compile(r"(?:\bclaim\(\s*[\"']([\w-]+)[\"']|<!-- claim: ([\w-]+) -->)")


def ids(pattern: re.Pattern[str], *globs: str) -> dict[str, set[str]]:
    """id -> the files it stands in."""
    found: dict[str, set[str]] = {}
    for one in globs:
        for path in ROOT.glob(one):
            for groups in pattern.findall(path.read_text(encoding="utf-8")):
                name = groups if isinstance(groups, str) else next(filter(None, groups))
                found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return found


TESTS = ids(TESTED, "tests/**/test_*.py")
USES = ids(USED, "notebooks/source/**/*.py", "app/**/*.py", "docs/*.md", "README.md")


def test_ids_used_on_pages_and_in_lessons_are_in_the_ledger() -> None:
    assert USES.keys() <= CLAIMS.keys(), "unknown ids"


def test_every_claim_that_is_used_has_a_test() -> None:
    assert not {name: files for name, files in USES.items() if name not in TESTS}


def test_every_claim_with_a_test_is_used() -> None:
    assert not {name: files for name, files in TESTS.items() if name not in USES}


def test_every_claim_of_the_ledger_is_tested_and_used() -> None:
    assert CLAIMS.keys() == TESTS.keys() == USES.keys()


def test_lessons_and_dashboard_lean_on_the_ledger() -> None:
    files = set().union(*USES.values())
    assert any(name.startswith("app/") for name in files)
    assert any(name.startswith("notebooks/") for name in files)


@pytest.mark.parametrize("name", CLAIMS)
def test_evidence_is_there(name: str) -> None:
    one = CLAIMS[name]
    assert one.id == name and one.evidence
    for path in one.evidence:
        assert (ROOT / path).is_file(), f"{name} leans on {path}, which is not there"
    assert one.figure is None or (ROOT / one.figure).is_file()


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_a_sentence_with_its_numbers_filled_in(name: str) -> None:
    said = CLAIMS[name].statement
    assert not said[0].islower() and said.endswith(".") and not re.search(r"[{}]|\bnan\b", said)


def test_pages_say_a_claim_in_its_own_words() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"<!-- claim: ([\w-]+) -->", text):
            said = text.split(f"<!-- claim: {name} -->")[1].split("<!-- end of claim")[0]
            assert said.strip() == CLAIMS[name].statement, f"{path.name}: {name} is out of date"


def test_an_unknown_claim_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="depth1-blind"):
        claim("depth1-blnd")
