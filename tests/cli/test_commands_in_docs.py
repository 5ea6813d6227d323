"""Commands that README and the pages show: they exist, and have the options that are shown."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

from c3d_teach.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def shown(page: Path) -> list[list[str]]:
    """Words behind ``c3d-teach`` or ``-m c3d_teach`` in the page's blocks, a list a command."""
    found = []
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language in ("", "bash"):
            for line in text.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                found += [
                    words[words.index(mark) + 1 :]
                    for mark in ("c3d-teach", ".venv/bin/c3d-teach", "c3d_teach")
                    if mark in words[:-1]
                ]
        if language == "yaml":
            for part in yaml.safe_load_all(text):
                words = commands_in(part)
                found += [words[words.index("c3d_teach") + 1 :]] if "c3d_teach" in words else []
    return found


def commands_in(part: dict) -> list[str]:
    spec = part.get("spec", {}).get("template", {}).get("spec", {})
    return [word for one in spec.get("containers", []) for word in one["command"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page: Path) -> None:
    for words in shown(page):
        assert words[0] in COMMANDS, f"there is no c3d-teach {words[0]}"
        options = {o for p in COMMANDS[words[0]].params for o in (*p.opts, *p.secondary_opts)}
        for word in words[1:]:
            if word.startswith("--"):
                assert word.split("=")[0] in options | {"--help"}, f"c3d-teach {words}"


def test_commands_are_found_in_every_kind_of_block() -> None:
    firsts = [words[0] for words in shown(ROOT / "docs" / "speed.md")]
    assert firsts.count("bench") == 4 and "export" in firsts
    assert firsts.count("train") == 3  # torchrun, Slurm, Kubernetes
