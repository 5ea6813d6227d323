"""Decoding with decord, in this process or in a child that may hang or crash.

Run as ``python -m c3d_teach.data.decoder PATH LENGTH STRIDE HEIGHT WIDTH`` it writes one
line of JSON, then the raw bytes of one clip after the other. It imports neither torch nor
the rest of the kit, so that a child starts in a fraction of a second.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from c3d_teach.errors import VideoError

_MEMORY_LIMIT = 6 << 30  # bytes of address space a child may take


@dataclass(frozen=True)
class VideoInfo:
    """What a video file says of itself: frames, frames a second, height and width in pixels."""

    frames: int
    fps: float
    height: int
    width: int


def open_video(path: Path, size: tuple[int, int] | None = None) -> Any:
    """A decord reader that resizes to ``size`` (height, width) while decoding.

    Raises:
        VideoError: for a path that is not a readable video.
    """
    if path.is_dir():
        raise VideoError(f"{path} is a folder; give one video file.")
    if not path.is_file():
        raise VideoError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes).")
    import decord  # its library is loaded only when a video is really read

    decord.logging.set_level(decord.logging.QUIET)
    height, width = size or (-1, -1)
    try:
        reader = decord.VideoReader(str(path), width=width, height=height)
        if len(reader) < 1:
            raise VideoError(f"{path} holds no frame that can be decoded.")
    except VideoError:
        raise
    except Exception as error:  # decord raises its own, RuntimeError and others
        raise VideoError(
            f"{path} cannot be read as a video: it is damaged, cut off, or something else. "
            "Does it play in a video player?"
        ) from error
    return reader


def info_of(path: Path) -> VideoInfo:
    reader = open_video(path)
    height, width = frames_of(reader, 0, 1).shape[1:3]
    return VideoInfo(len(reader), float(reader.get_avg_fps()), height, width)


def frames_of(reader: Any, start: int, stop: int) -> np.ndarray:
    """uint8 frames ``start`` to ``stop - 1``, ``(n, H, W, 3)``.

    decord 0.6 divides the bytes of a padded row by the width to find the channels. Where
    the padding makes that 4 (at widths 48 and 72, for instance) it cannot give frames in
    batches, and single ones with their pixels in the wrong places; these are put right here.
    """
    try:
        return reader.get_batch(list(range(start, stop))).asnumpy()
    except Exception:
        reader.seek_accurate(start)
        frames = [reader.next().asnumpy() for _ in range(start, stop)]
        if frames[0].shape[-1] == 3:
            raise
        height, width = frames[0].shape[:2]
        rows = np.stack(frames).reshape(len(frames), height, -1)[:, :, : 3 * width]
        return np.ascontiguousarray(rows).reshape(len(frames), height, width, 3)


def clips_of(
    path: Path, length: int, stride: int, size: tuple[int, int]
) -> Iterator[VideoInfo | np.ndarray]:
    """First the :class:`VideoInfo`, then uint8 clips ``(length, H, W, 3)``.

    Frames are decoded once and in order, and only one clip is held at a time.
    """
    info = info_of(path)
    yield info
    reader, frames = open_video(path, size), info.frames
    if frames < length:
        raise VideoError(
            f"{path} has {frames} frame{'s' * (frames != 1)}, and a clip takes {length}. Give a "
            "longer video."
        )
    kept = np.empty((0, *size, 3), np.uint8)
    for start in range(0, frames - length + 1, stride):
        first, stop = start + len(kept), start + length
        try:
            new = frames_of(reader, first, stop)
        except Exception as error:
            raise VideoError(
                f"{path} breaks off: frame {first} to {stop - 1} of {frames} cannot be decoded. "
                "The file is damaged or was not copied whole."
            ) from error
        clip = np.concatenate([kept, new])
        yield clip
        kept = clip[min(stride, length) :]


def _main(arguments: list[str]) -> int:
    path, *numbers = arguments
    length, stride, height, width = map(int, numbers)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        for item in clips_of(Path(path), length, stride, (height, width)):
            if isinstance(item, VideoInfo):
                out.write(json.dumps(asdict(item)).encode() + b"\n")
            else:
                out.write(item.tobytes())
            out.flush()
    except VideoError as error:
        print(error, file=sys.stderr)
        return 3
    except BrokenPipeError:  # the reader has seen enough
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
