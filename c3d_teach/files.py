"""Writing files so that nothing is lost: to a temporary name, synced, then renamed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from c3d_teach.errors import KitError

# it can only be read by setting it, which threads must not do at once: so once, on import
_UMASK = os.umask(0)
os.umask(_UMASK)


def printable(name: str) -> str:
    """``name``, with those bytes of a file name that are not UTF-8 written as ``\\udcXX``.

    Such names exist on Linux; Python carries them along, but no UTF-8 text can hold them.
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Call ``write`` with a temporary path beside ``path``, then put it in place at once.

    Whoever opens ``path`` sees the old file or the new one, whole, even after a crash.

    Raises:
        KitError: when the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.chmod(0o666 & ~_UMASK)  # some writers leave files that only their owner can read
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise KitError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True) if part.parent.is_dir() else None


def write_json(path: Path, data: Any) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def write(part: Path) -> None:
        part.write_text(text, encoding="utf-8")

    write_atomically(path, write)


def writable_folder(path: Path) -> Path:
    """``path`` as an existing folder that files can be written to.

    Raises:
        KitError: saying why not.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise KitError(f"Cannot write to the folder {path}: {error.strerror or error}.") from error
    return path


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all; half letters, which no file can hold, become ``?``.

    Raises:
        KitError: when the folder cannot be written.
    """
    data = text.encode("utf-8", "replace")

    def write(part: Path) -> None:
        part.write_bytes(data)

    write_atomically(path, write)
