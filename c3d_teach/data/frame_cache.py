"""Decoded frames on disk, so that only the first epoch decodes."""

import hashlib
import json
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from c3d_teach.data.in_order import CHUNK, InOrder, frames_in
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.errors import KitError, VideoError
from c3d_teach.files import writable_folder, write_atomically, write_json

_FORM = 1  # of the files here; a new number when the same video would give other frames
_KEPT_OPEN = 64  # videos mapped into memory at a time, in each process
_ABANDONED = 60.0  # seconds without a write after which a dead process's file is removed


class FrameCache:
    """Frames of videos, decoded once and then mapped into memory from disk (ours).

    ``FOLDER/frames`` holds a ``.npy`` file a video and frame size, named after the content
    of the video, the size and the decoder. ``FOLDER/index`` remembers for each path how
    many frames the file has and its content's hash, as long as its size and date stay.
    Several processes may fill one cache at once; a killed one loses the video it was at.

    **What it takes:** height × width × 3 bytes a frame, 65,664 at the paper's 128×171.
    UCF101 has about 2.5 million frames (estimated: list 1's 9,537 training videos are
    reported to have 1,788,425, and there are 13,320 in all), which take about 164 GB.
    A damaged file is noticed by its size; the bytes inside are not checked again.

    Args:
        folder: where to keep the frames; made when it is not there.

    Raises:
        KitError: when the folder cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = writable_folder(Path(folder))
        self._files = writable_folder(self.folder / "frames")
        self._index = writable_folder(self.folder / "index")
        self._decoder = f"decord{version('decord')}-{_FORM}"
        self._open: OrderedDict[tuple[Any, ...], np.ndarray] = OrderedDict()
        for part in (*self._files.glob(".*.part"), *self._index.glob(".*.part")):
            _remove_if_abandoned(part)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_open": OrderedDict()}  # a worker maps the files itself

    def known_count(self, path: str | Path) -> int | None:
        """Number of frames of a video if it was counted before and has not changed since."""
        found = self._known(Path(path)).get("frames")
        return None if found is None else int(found)

    def count(self, path: str | Path, frames: int | None = None) -> int:
        """Number of frames of a video, remembered from now on.

        Args:
            path: the video.
            frames: the number, where it was counted already; None opens the video.

        Raises:
            VideoError: for a path that is not a readable video.
        """
        path = Path(path)
        known = self._known(path)
        if "frames" not in known:
            known["frames"] = frames_in(path) if frames is None else frames
            self._remember(path, known)
        return int(known["frames"])

    def frames(self, path: str | Path, size: tuple[int, int] = FRAME_SIZE) -> np.ndarray:
        """All frames of a video, uint8 ``(n, H, W, 3)``, read-only and mapped into memory.

        They are decoded when this cache does not hold them yet, a few at a time.

        Raises:
            VideoError: when the video cannot be decoded to its end.
            KitError: when the frames do not fit on the disk or cannot be written.
        """
        path, size = Path(path), (int(size[0]), int(size[1]))
        stamp = (str(path), size, *_stamp(path))
        if stamp in self._open:
            self._open.move_to_end(stamp)
            return self._open[stamp]
        known = self._known(path)
        if "content" not in known:
            known["content"] = _hash(path)
            self._remember(path, known)
        file = self._file(known["content"], size)
        frames = _mapped(file, size)
        if frames is None:
            self._fill(path, size, file)
            frames = _mapped(file, size)
            if frames is None:
                raise KitError(f"{file} was damaged while it was written; is the disk sound?")
        self._open[stamp] = frames
        while len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)
        return frames

    def check_room(self, videos: Iterable[tuple[Path, int]], size: tuple[int, int]) -> None:
        """Whether the frames that are still missing fit on the disk.

        Args:
            videos: path and number of frames of each.

        Raises:
            KitError: with both numbers, when they do not.
        """
        missing = [n for path, n in videos if not self._holds(path, size)]
        need = sum(missing) * size[0] * size[1] * 3
        free = shutil.disk_usage(self.folder).free
        if need > free:
            raise KitError(
                f"The frames of {len(missing)} video{'s' * (len(missing) != 1)} take "
                f"{_gigabytes(need)} at {size[0]}×{size[1]}, and the disk of the cache "
                f"{self.folder} has {_gigabytes(free)} free. Name a folder on a larger disk, "
                "or go without a cache."
            )

    def _holds(self, path: Path, size: tuple[int, int]) -> bool:
        content = self._known(path).get("content")
        return content is not None and self._file(content, size).is_file()

    def _file(self, content: str, size: tuple[int, int]) -> Path:
        return self._files / f"{content}-{size[0]}x{size[1]}-{self._decoder}.npy"

    def _note(self, path: Path) -> Path:
        place = str(path.absolute()).encode(errors="surrogateescape")
        return self._index / f"{hashlib.blake2b(place, digest_size=16).hexdigest()}.json"

    def _known(self, path: Path) -> dict[str, Any]:
        """What the index says of the file as it is now; empty for a new or changed one."""
        size, date = _stamp(path)
        fresh = {"bytes": size, "date": date, "decoder": self._decoder}
        try:
            known = json.loads(self._note(path).read_text(encoding="utf-8"))
            if all(known[key] == value for key, value in fresh.items()):
                return dict(known)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none yet, or damaged: it is made again
        return fresh

    def _remember(self, path: Path, known: dict[str, Any]) -> None:
        write_json(self._note(path), known | {"path": str(path.absolute())})

    def _fill(self, path: Path, size: tuple[int, int], file: Path) -> None:
        reader = InOrder(path, size)
        count = len(reader)
        self.check_room([(path, count)], size)

        def write(part: Path) -> None:
            # not through a memory map: on a full disk that would crash instead of raise
            with part.open("wb") as out:
                _write_head(out, (count, *size, 3))
                for start in range(0, count, CHUNK):
                    frames = reader.frames(start, min(start + CHUNK, count))
                    out.write(np.ascontiguousarray(frames).data)

        write_atomically(file, write)


def _write_head(out: IO[bytes], shape: tuple[int, ...]) -> None:
    head = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, head)


def _mapped(file: Path, size: tuple[int, int]) -> np.ndarray | None:
    """The frames in a file, or None where there are none or the file is damaged."""
    try:
        frames = np.lib.format.open_memmap(file, mode="r")
    except (OSError, ValueError, EOFError):
        return None
    sound = frames.dtype == np.uint8 and frames.ndim == 4 and frames.shape[1:] == (*size, 3)
    whole = file.stat().st_size == frames.offset + frames.nbytes
    return frames if sound and whole else None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise VideoError(f"There is no file {path}.") from error
    return found.st_size, found.st_mtime_ns


def _hash(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _remove_if_abandoned(part: Path) -> None:
    """Remove the file that a killed process was writing; ``part`` is ``.NAME.PID.part``."""
    try:
        quiet = time.time() - part.stat().st_mtime
        if quiet > _ABANDONED and not _runs(int(part.name.split(".")[-2])):
            part.unlink()
    except (OSError, ValueError):
        pass  # somebody else has removed it, or it is none of ours


def _runs(pid: int) -> bool:
    if os.name != "posix":
        return False  # there a signal to ask with would end the process; its age must do
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
