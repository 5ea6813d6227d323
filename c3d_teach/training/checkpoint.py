"""Checkpoints of a run: written atomically, checked before they are resumed."""

from pathlib import Path
from typing import Any

import torch

from c3d_teach.errors import CheckpointError
from c3d_teach.files import write_atomically

NAME = "last.ckpt"


def write(out: Path, state: dict[str, Any]) -> None:
    """Put ``state`` (tensors and plain values) into the run folder ``out``."""
    write_atomically(out / NAME, lambda part: torch.save(state, part))


def read(out: Path) -> dict[str, Any] | None:
    """The checkpoint of the run folder ``out``, or None where there is none.

    Only tensors and plain values are read (``weights_only``): a pickle posing as a
    checkpoint runs no code.

    Raises:
        CheckpointError: for a damaged or foreign file.
    """
    path = out / NAME
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(state, dict) and {"model", "fingerprint", "step"} <= state.keys():
            return state
        reason = "it holds something else"
    except Exception as error:  # torch raises many kinds for damaged and hostile files
        reason = f"it is damaged or not a checkpoint ({type(error).__name__})"
    raise CheckpointError(
        f"Cannot resume from {path}: {reason}. Delete it to start anew, or train into another "
        "folder."
    )


def differences(was: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """What differs between two fingerprints, a phrase each: "recipe lr was 0.01, is 0.1"."""
    found = []
    for key in [*was, *(k for k in now if k not in was)]:
        a, b = was.get(key), now.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += differences(a, b, f"{prefix}{key} ")
        elif a != b:
            found.append(f"{prefix}{key} was {a}, is {b}")
    return found
