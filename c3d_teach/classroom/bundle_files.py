"""Which files of the kit a student gets, and how Makefile and pyproject.toml shrink for them."""

import re
from collections.abc import Iterator
from pathlib import Path

from c3d_teach.classroom.lessons import LESSON

FOLDERS = ("app", "c3d_teach", "docs")  # whole, but for what is named below
SINGLE = (
    "app/.streamlit/config.toml",
    "notebooks/glossary.md",
    "notebooks/sanitize.cfg",
    "requirements.lock",
    "environment.yml",
    ".jupyter/lab_config.py",
    ".jupyter/overrides.json",
    ".jupyter/page_config.json",
    "LICENSE",
    "NOTICE",
)
TEACHING = "docs/teaching.md"
# the texts that releases are made from, and what only teachers need
LEFT_OUT = ("c3d_teach/classroom/bundle", TEACHING)
TEACHERS_TARGETS = ("test", "accept", "check", "notebooks", "nbgrader", "lock")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
_HIDDEN = re.compile(r"(^|/)(\.|__pycache__(/|$))|\.(pyc|part)$")


def files_for_students(root: Path) -> Iterator[str]:
    """Paths under ``root``, with forward slashes, of what is copied as it is."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not _HIDDEN.search(name) and not name.startswith(LEFT_OUT):
                yield name
    for path in sorted((root / "notebooks").glob(f"{LESSON}.ipynb")):
        yield path.relative_to(root).as_posix()
    for path in sorted((root / "notebooks" / "assignments").glob("*.ipynb")):
        yield path.relative_to(root).as_posix()
    yield from SINGLE


def makefile_for_students(text: str) -> str:
    """The kit's Makefile without the targets that build and test it."""
    taken_out = "|".join(TEACHERS_TARGETS)
    blocks = [
        block
        for block in re.split(r"\n{2,}", text.strip("\n"))
        if not re.search(rf"^(?:{taken_out}):", block, re.MULTILINE)
        and not block.startswith("CHROMIUM")
    ]
    short = "\n\n".join(blocks)
    short = re.sub(rf'^\t@echo "make (?:{taken_out}) .*\n', "", short, flags=re.MULTILINE)
    short = re.sub(r"^#   (?:CHROMIUM|ARGS)=.*\n", "", short, flags=re.MULTILINE)
    short = re.sub(r"^ARGS \?=.*\n", "", short, flags=re.MULTILINE)
    phony = re.search(r"^\.PHONY:(.*)$", short, re.MULTILINE)
    if phony:
        kept = [name for name in phony[1].split() if name not in TEACHERS_TARGETS]
        short = short.replace(phony[0], f".PHONY: {' '.join(kept)}")
    return short + "\n"


def pyproject_for_students(text: str) -> str:
    """Without the settings of tools that look after the kit's own code."""
    tables = re.split(r"(?m)^(?=\[)", text)
    return "".join(
        table for table in tables if not re.match(r"\[+tool\.(?!hatch)", table)
    ).rstrip() + ("\n")


def without_dead_links(text: str, folder: Path) -> str:
    """Markdown of a file in ``folder`` whose links to what is not in the bundle are plain words."""

    def kept(link: re.Match[str]) -> str:
        there = "://" in link[3] or (folder / link[3]).exists()
        return link[0] if there or link[1] else link[2]

    return _LINK.sub(kept, text)
