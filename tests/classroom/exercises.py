"""The exercise of a lesson, as the teacher's bundle solves it and as the student gets it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))
import build


def source(lesson: int) -> Path:
    """The source of a lesson."""
    (path,) = build.SOURCES.glob(f"{lesson:02d}_*.py")
    return path


def solution(lesson: int, name: str) -> Callable[..., Any]:
    """The function ``name`` from the solution cells of a lesson."""
    return _define("\n\n".join(build.solutions_of(source(lesson))), name)


def stub(lesson: int, name: str) -> Callable[..., Any]:
    """The function ``name`` as a student finds it."""
    cells = build.read_source(source(lesson)).cells
    stubs = [c.source for c in cells if "exercise" in c.metadata.get("tags", [])]
    return _define("\n\n".join(stubs), name)


def _define(code: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn}
    exec(code, space)
    return space[name]
