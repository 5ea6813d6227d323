"""What an extraction has done so far, on disk: nothing finished is lost, whatever ends it.

While a run goes on, ``OUT/.work`` holds a journal (a line for each finished video) and the raw
rows. A row is written first, then its line; on resuming, a torn last line and rows without one
are cut away. Of several processes at one run each but the first has a journal and rows of its own,
in ``OUT/.work/rank-N``: no file is ever written by two.
"""

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from c3d_teach.analysis.descriptors import feature_files as files
from c3d_teach.errors import KitError

INDEX = ".index.jsonl"  # the journal of the finished rows, kept with them
_JOURNAL, _ROWS, _CLIP_ROWS = "journal.jsonl", "rows.f32", "clips.f32"
_RANK = "rank-"  # begins the folder of a process beside the first


@dataclass(frozen=True)
class Known:
    """A video that has been described.

    Attributes:
        video: its name.
        size: bytes of the file.
        mtime: when the file was changed last, in nanoseconds.
        frames: frames of the video.
        fps: frames a second.
        clips: clips that were described.
    """

    video: str
    size: int
    mtime: int
    frames: int
    fps: float
    clips: int


@dataclass(frozen=True)
class Entry(Known):
    """A described video, and where its features are.

    Attributes:
        row: row of the descriptor.
        start: row of the first clip's features, where these are kept.
        check: CRC-32 of the clips' features, where these are kept, and the descriptor.
    """

    row: int
    start: int
    check: int


class Work:
    """The journal and the raw rows of a run, or of one process of it.

    Args:
        out: the feature folder.
        settings: what decides the features; stands in the journal's first line.
        dimension: D, floats in a row.
        clips: whether every clip's features are kept too.
        rank: which process of the run.

    Attributes:
        entries: finished videos by name, those of runs before too.
        fresh: what this run has finished.
    """

    def __init__(
        self, out: Path, settings: dict[str, Any], dimension: int, clips: bool, rank: int = 0
    ) -> None:
        self.folder = _part(out, rank)
        self.settings, self.dimension, self.keep_clips = settings, dimension, clips
        self.entries: dict[str, Entry] = {}
        self.fresh: list[Entry] = []
        self._count = self._clips = self._open_clips = self._check = 0
        self._journal = self._rows = self._clip_rows = None  # type: IO[bytes] | None

    def open(self) -> None:
        """Start, or go on where the last run was ended."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._journal, self._rows, self._clip_rows = (
            self._opened(name) for name in (_JOURNAL, _ROWS, _CLIP_ROWS)
        )
        self.entries, self.fresh, self._count, self._clips = {}, [], 0, 0
        good, width = 0, 4 * self.dimension
        sizes = [os.fstat(f.fileno()).st_size // width for f in (self._rows, self._clip_rows)]
        for line in self._journal:
            found = _parsed(line)
            if not isinstance(found, Entry if good else dict):
                break  # a line that was being written when the run ended
            if isinstance(found, Entry):
                clips = found.start + found.clips if self.keep_clips else 0
                if found.row != self._count or found.row >= sizes[0] or clips > sizes[1]:
                    break  # a power cut may leave lines behind whose rows never arrived
                self._count, self._clips = found.row + 1, clips
                if self._sum_of(found) == found.check:
                    self.entries[found.video] = found
            good += len(line)
        self._journal.seek(good)
        self._journal.truncate()
        self._rows.truncate(self._count * width)
        self._clip_rows.truncate(self._clips * width)
        if not good:
            self._say(self._journal, _line({"settings": self.settings}))
        self.begin()

    def begin(self) -> None:
        """Forget the clips of a video that was not finished."""
        assert self._clip_rows
        self._open_clips, self._check = self._clips, 0
        if self.keep_clips:
            self._clip_rows.truncate(self._clips * 4 * self.dimension)

    def add_clips(self, features: np.ndarray) -> None:
        """Keep the features ``(n, D)`` of a video's next clips, if they are to be kept."""
        if self.keep_clips:
            assert self._clip_rows
            data = np.ascontiguousarray(features, "<f4").tobytes()
            self._check = zlib.crc32(data, self._check)
            self._say(self._clip_rows, data)
            self._open_clips += len(features)

    def finish(self, descriptor: np.ndarray, **known: Any) -> Entry:
        """Put down a video that is done; ``known`` are the other fields of its Entry."""
        assert self._rows and self._journal
        data = np.ascontiguousarray(descriptor, "<f4").tobytes()
        check = zlib.crc32(data, self._check)
        entry = Entry(row=self._count, start=self._clips, check=check, **known)
        self._say(self._rows, data)
        self._say(self._journal, _line(asdict(entry)))
        self._count, self._clips = self._count + 1, self._open_clips
        self.entries[entry.video] = entry
        self.fresh.append(entry)
        return entry

    def close(self, *, discard: bool = False) -> None:
        """Let go of the files; ``discard`` removes them, for a run that did nothing."""
        for file in (self._journal, self._rows, self._clip_rows):
            if file:
                file.close()
        if discard:
            shutil.rmtree(self.folder)

    @property
    def row_files(self) -> tuple[Path, Path]:
        return self.folder / _ROWS, self.folder / _CLIP_ROWS

    def _opened(self, name: str) -> IO[bytes]:
        path = self.folder / name
        path.touch()
        return path.open("r+b")

    def _say(self, file: IO[bytes], data: bytes) -> None:
        try:
            file.seek(0, os.SEEK_END)
            file.write(data)
            file.flush()
        except OSError as error:
            raise KitError(
                f"Cannot write to {self.folder}: {error.strerror or error}. What was finished is "
                "kept; the same command again goes on."
            ) from error

    def _sum_of(self, entry: Entry) -> int:
        check = 0
        for data in chunks(self.row_files, entry, self.dimension, self.keep_clips):
            check = zlib.crc32(data, check)
        return check


def read_headers(out: Path) -> list[dict[str, Any]]:
    """Settings of the run that was interrupted in ``out``, from each journal that has them."""
    headers = []
    for folder in (_part(out, rank) for rank in (0, *other_ranks(out))):
        try:
            with (folder / _JOURNAL).open("rb") as file:
                found = _parsed(file.readline())
        except FileNotFoundError:
            continue
        if isinstance(found, dict):
            headers.append(found["settings"])
    return headers


def has_begun(out: Path) -> bool:
    """Whether a run has begun in ``out`` and not been completed, as far as can be seen here."""
    return (out / files.WORK / _JOURNAL).is_file()


def other_ranks(out: Path) -> list[int]:
    """Processes beside the first that have worked in ``out`` since it was last completed."""
    found = (path.name.removeprefix(_RANK) for path in (out / files.WORK).glob(f"{_RANK}*"))
    return sorted(int(number) for number in found if number.isdecimal())


def read_index(out: Path) -> dict[str, Entry]:
    """The finished videos of a feature folder, by name."""
    try:
        with (out / INDEX).open("rb") as file:
            found = [_parsed(line) for line in file]
    except FileNotFoundError:
        return {}
    return {entry.video: entry for entry in found if isinstance(entry, Entry)}


def chunks(
    sources: tuple[Path, Path], entry: Entry, dimension: int, clips: bool, *, rows: bool = True
) -> Iterator[bytes]:
    """The bytes of an entry: its clips' features in parts (if ``clips``), then its row."""
    width = 4 * dimension
    parts = [(1, entry.start, entry.clips)] * clips + [(0, entry.row, 1)] * rows
    for which, place, count in parts:
        with sources[which].open("rb") as file:
            file.seek(_offset(file, sources[which]) + place * width)
            for first in range(0, count, 256):
                size = min(256, count - first) * width
                data = file.read(size)
                if len(data) != size:
                    raise KitError(f"{sources[which]} is cut off; delete {sources[which].parent}.")
                yield data


def index_lines(entries: Iterable[Entry]) -> bytes:
    return b"".join(_line(asdict(entry)) for entry in entries)


def _part(out: Path, rank: int) -> Path:
    return out / files.WORK / f"{_RANK}{rank}" if rank else out / files.WORK


def _offset(file: IO[bytes], path: Path) -> int:
    if path.suffix != ".npy":
        return 0
    np.lib.format.read_magic(file)
    np.lib.format.read_array_header_1_0(file)
    return file.tell()


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode("ascii") + b"\n"


def _parsed(line: bytes) -> Entry | dict[str, Any] | None:
    """A journal line: an entry, the settings, or None where it is torn."""
    try:
        data = json.loads(line) if line.endswith(b"\n") else None
        if isinstance(data, dict):
            return data if "settings" in data else Entry(**data)
    except (ValueError, TypeError):
        pass
    return None
