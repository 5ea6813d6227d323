"""The final files of a feature folder: written beside the old ones, marked as complete, moved."""

import os
import shutil
from pathlib import Path

from c3d_teach.analysis.descriptors import feature_files as files
from c3d_teach.errors import KitError

_FINAL = "final"


def stage(out: Path, name: str) -> Path:
    """Where a final file is written before it is moved to ``out/name``."""
    folder = out / files.WORK / _FINAL
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def commit(out: Path) -> None:
    """Declare the staged files complete and move them to their place."""
    for path in (out / files.WORK / _FINAL).iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    (out / files.WORK / files.COMMIT).touch()
    roll_forward(out)


def roll_forward(out: Path) -> None:
    """Move the files of a run that was ended while it did so; forget those it had not completed.

    Raises:
        KitError: when they cannot be moved.
    """
    folder = out / files.WORK / _FINAL
    if not (out / files.WORK / files.COMMIT).exists():
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        # all is in place where the run was ended while it removed what it had worked with
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            path.replace(out / path.name)
        shutil.rmtree(out / files.WORK)
    except OSError as error:
        raise KitError(
            f"Cannot put the finished features into {out}: {error.strerror or error}. Close what "
            "reads them, and give the same command again."
        ) from error
