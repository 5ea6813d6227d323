"""One run at a time in a folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from c3d_teach.errors import KitError

NAME = ".lock"
_PLACE = 1 << 30  # the byte that is locked on Windows, far behind the text, which stays readable


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else holds ``folder`` meanwhile.

    The system itself lets go of the lock when its process ends, however it ends: a lock file
    that a dead process left behind holds nobody up.

    Raises:
        KitError: when another run holds the folder.
    """
    path = folder / NAME
    descriptor = -1
    while descriptor < 0:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise KitError(f"Cannot write {path}: {error.strerror or error}.") from error
        if not _taken(descriptor):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise KitError(
                f"Another run{holder} is working in {folder}. Wait for it, or give another folder."
            )
        if not _same(path, descriptor):  # it was taken away between opening and locking
            os.close(descriptor)
            descriptor = -1
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # an open file cannot be removed there
            os.close(descriptor)
            descriptor = -1
        with suppress(OSError):
            path.unlink()
        if descriptor >= 0:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _PLACE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system that knows no locks
    return True


def _holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, 32).split(b"\n")[0]
    return f" (process {text.decode()})" if text.isdigit() else ""


def _same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
