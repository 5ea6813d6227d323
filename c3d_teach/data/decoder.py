"""Decoding with decord, in this process or in a child that may hang or crash.

Run as ``python -m c3d_teach.data.decoder`` it takes requests, one line of JSON each, and
answers with lines of JSON, each followed by the bytes of a clip where it announces one
(:mod:`c3d_teach.data.decoding` is the other end). It imports neither torch nor the rest of the
kit, so that a child starts in a fraction of a second.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from c3d_teach.data.container import cut_off, hidden_frames, why_unreadable
from c3d_teach.data.limits import Limits, check_kind, check_size
from c3d_teach.errors import VideoError
from c3d_teach.files import printable

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
    if (readable := printable(str(path))) != str(path):
        raise VideoError(
            f"{readable} has a name that is not valid UTF-8, and the decoder takes no other; "
            "rename it."
        )
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
        reason = why_unreadable(path).removesuffix(".")
        raise VideoError(
            f"{path} cannot be read as a video: {reason}{'.' * (reason[-1] != '?')}"
        ) from error
    return reader


def info_of(path: Path) -> VideoInfo:
    reader = open_video(path)
    try:
        height, width = frames_of(reader, 0, 1).shape[1:3]
    except Exception as error:  # FFmpeg takes a text for a film of a terminal, for instance
        raise VideoError(
            f"{path} cannot be read as a video: not even its first frame can be decoded."
        ) from error
    return VideoInfo(frame_count(path, reader), float(reader.get_avg_fps()), height, width)


def frame_count(path: Path, reader: Any) -> int:
    """Frames that a player shows; on files with an edit list ``len(reader)`` is too large."""
    return max(1, len(reader) - hidden_frames(path))


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

    Frames are decoded once and in order, and only one clip is held at a time. A file that
    was cut off gives the clips before the cut, then the error; one that is damaged in the
    middle too, but how many clips that is may differ from run to run, for the decoder's
    threads read ahead.
    """
    info = info_of(path)
    yield info
    reader, frames = open_video(path, size), info.frames
    cut = cut_off(path, frames)
    if frames < length and not cut:
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
    if cut:
        raise VideoError(f"{path} breaks off after frame {frames - 1}: {cut}. Copy it again.")


def _serve(memory: int = _MEMORY_LIMIT) -> int:
    """Answer requests until the other end closes, or dies; within ``memory`` bytes."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to pipes only
    # the answers have standard output to themselves: what a codec prints there goes to stderr
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            requests.put(line)
        os._exit(0)  # nobody is waiting any more, even if a file keeps the decoder busy

    threading.Thread(target=listen, daemon=True).start()
    while True:
        request = json.loads(requests.get())
        numbers = request["length"], request["stride"], tuple(request["size"])
        try:
            if limits := request.get("limits"):
                check_kind(Path(request["path"]))
                check_size(Path(request["path"]), Limits(**limits))
            for item in clips_of(Path(request["path"]), *numbers):
                if isinstance(item, VideoInfo):
                    _say(out, {"info": asdict(item)})
                else:
                    _say(out, {"clip": item.nbytes}, item.data)
            _say(out, {"end": True})
        except VideoError as error:
            _say(out, {"error": str(error)})
        except MemoryError:
            _say(out, {"error": f"{request['path']} needs more memory than a video may take here."})
        except BrokenPipeError:
            return 0


def _say(out: IO[bytes], head: dict[str, Any], data: bytes | memoryview = b"") -> None:
    out.write(json.dumps(head).encode() + b"\n")
    out.write(data)
    out.flush()


if __name__ == "__main__":
    sys.exit(_serve(*map(int, sys.argv[1:2])))
