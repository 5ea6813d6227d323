"""Frames from the middle of a video, the same ones as when it is read from its start."""

from pathlib import Path

import numpy as np

from c3d_teach.data.decoder import frame_count, frames_of, open_video
from c3d_teach.errors import VideoError

CHUNK = 32  # frames decoded at a time; only so many are held


def frames_in(path: Path) -> int:
    """How many frames a video has.

    Raises:
        VideoError: for a path that is not a readable video.
    """
    return frame_count(path, open_video(path))


class InOrder:
    """Reads any frames of one video, fastest from the first to the last.

    decord 0.6 seeks to wrong frames in many files: AVI with B-frames, H.264 in AVI, open
    groups of pictures, MP4 whose edit list hides the first frames. Nothing tells of it;
    the clip merely shows another moment. Read in order from the start they are right, so
    a clip costs the decoding of all frames between the last one read and its own, or of
    all before it when it lies further back. Where that is too slow, use a ``FrameCache``.

    A reader belongs to the process that made it.

    Raises:
        VideoError: for a path that is not a readable video.
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self.path, self.size = path, size
        self._reader = open_video(path, size)
        self._next = 0

    def __len__(self) -> int:
        return frame_count(self.path, self._reader)

    def frames(self, start: int, stop: int) -> np.ndarray:
        """uint8 frames ``start`` to ``stop - 1``, ``(n, H, W, 3)``.

        Raises:
            VideoError: when they cannot be decoded.
        """
        if start < self._next:
            self._reader, self._next = open_video(self.path, self.size), 0
        while self._next < start:
            self._take(min(CHUNK, start - self._next))
        return self._take(stop - start)

    def _take(self, count: int) -> np.ndarray:
        start, self._next = self._next, self._next + count
        try:
            return frames_of(self._reader, start, start + count)
        except Exception as error:  # decord raises its own, RuntimeError and others
            raise VideoError(f"{self.path} cannot be decoded from frame {start} on.") from error
