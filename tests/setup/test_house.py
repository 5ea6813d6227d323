"""What is in the repository is fit to leave this machine."""

import inspect
import re
import subprocess
from pathlib import Path

import pytest

import c3d_teach

ROOT = Path(__file__).parents[2]
# a folder of one machine at the start of a path; not the middle of a longer path or URL
MACHINE = re.compile(r"(?<![\w.~/\\-])/(?:work|tmp|root|home/\w+|Users/\w+)/[\w.]")
LIMIT = 5 * 2**20  # bytes


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """Everything that is tracked, or would be with the next ``git add``."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_paths_of_one_machine(files: list[Path]) -> None:
    found = []
    for path in files:
        if path.is_relative_to(ROOT / "tests"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text
        for number, line in enumerate(text.splitlines(), 1):
            if hit := MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[hit.start() :][:60]}")
    assert not found, "\n".join(found)


def test_no_large_files(files: list[Path]) -> None:
    large = {str(path.relative_to(ROOT)): path.stat().st_size for path in files}
    assert not {name: size for name, size in large.items() if size > LIMIT}


def test_no_pickles(files: list[Path]) -> None:
    """A pickle can run any code when it is opened; weights are safetensors files."""
    endings = {".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
    assert not [path for path in files if path.suffix in endings]


def test_public_names_are_listed_once() -> None:
    assert len(c3d_teach.__all__) == len(set(c3d_teach.__all__))
    assert set(c3d_teach.__all__) <= set(dir(c3d_teach))


@pytest.mark.parametrize("name", c3d_teach.__all__)
def test_public_name_explains_itself(name: str) -> None:
    value = getattr(c3d_teach, name)
    if not (inspect.isclass(value) or callable(value)):
        return  # a constant is explained where it is defined
    text = value.__doc__ or ""
    assert len(text.split()) >= 4, f"{name} has no docstring"
    assert not text.startswith(f"{name}("), f"{name} has only the docstring dataclasses make"
