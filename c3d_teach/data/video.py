"""Real videos as a stream of clips."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from c3d_teach.data.decoder import VideoInfo, clips_of, info_of
from c3d_teach.errors import UsageError, VideoError

FRAME_SIZE = (128, 171)  # height and width of the paper's frames, section 3.1
_PATIENCE = 30.0  # seconds a decoder may take for one clip before it counts as hung


def probe(path: str | Path) -> VideoInfo:
    """Frames, frames a second, height and width of a video.

    On files with a variable frame rate decoders disagree about the number of frames;
    this is decord's, and the one that :func:`read_clips` keeps to.

    Raises:
        VideoError: for a path that is not a readable video.
    """
    return info_of(Path(path))


def read_clips(
    path: str | Path,
    *,
    length: int = 16,
    stride: int = 16,
    size: tuple[int, int] = FRAME_SIZE,
    isolated: bool = False,
) -> Iterator[Tensor]:
    """The clips of a video, one after the other, with memory flat in the video's length.

    Clip ``k`` holds the frames from ``k * stride`` on. A last clip with fewer than
    ``length`` frames is dropped, as in the paper (section 3.1).

    Args:
        path: a video file that FFmpeg can decode.
        length: frames in a clip.
        stride: frames from one clip's start to the next: ``length`` for clips that do not
            overlap, half of it for the paper's descriptors.
        size: height and width that frames are resized to.
        isolated: decode in a child process. A damaged file can hang or crash the decoder;
            then the child is ended, not this process. Use it for files from elsewhere.

    Yields:
        uint8 tensors ``(length, H, W, 3)``, RGB.

    Raises:
        UsageError: for a length, stride or size below 1.
        VideoError: for a path that is not a readable video, or a video that is too short.
    """
    _, clips = open_clips(path, length=length, stride=stride, size=size, isolated=isolated)
    yield from clips


def open_clips(
    path: str | Path,
    *,
    length: int = 16,
    stride: int = 16,
    size: tuple[int, int] = FRAME_SIZE,
    isolated: bool = False,
) -> tuple[VideoInfo, Iterator[Tensor]]:
    """What the file says of itself, and its clips as :func:`read_clips` gives them."""
    for name, value in {"length": length, "stride": stride, "size": min(size)}.items():
        if value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    stream = (_isolated if isolated else clips_of)(Path(path), length, stride, size)
    info = next(stream)
    assert isinstance(info, VideoInfo)
    return info, (torch.as_tensor(item) for item in stream if not isinstance(item, VideoInfo))


def _isolated(
    path: Path, length: int, stride: int, size: tuple[int, int]
) -> Iterator[VideoInfo | Tensor]:
    numbers = [str(n) for n in (length, stride, *size)]
    child = subprocess.Popen(
        [sys.executable, "-m", "c3d_teach.data.decoder", str(path.absolute()), *numbers],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout and child.stderr
    # a thread reads, for a pipe cannot be read with a time limit on every system; the short
    # queue holds it, and through the pipe the child, to the pace of whoever takes the clips
    arrived: queue.Queue[bytes | None] = queue.Queue(maxsize=2)
    stopped = threading.Event()
    clip_bytes = length * size[0] * size[1] * 3
    reader = threading.Thread(
        target=_pump, args=(child.stdout, clip_bytes, arrived, stopped), daemon=True
    )
    said: list[bytes] = []
    listener = threading.Thread(
        target=lambda: said.append(child.stderr.read()[-4000:]),  # type: ignore[union-attr]
        daemon=True,
    )
    reader.start()
    listener.start()
    shape = (length, *size, 3)
    try:
        head = arrived.get(timeout=_PATIENCE)
        if head is not None:
            yield VideoInfo(**json.loads(head))
            while (data := arrived.get(timeout=_PATIENCE)) is not None:
                yield torch.frombuffer(bytearray(data), dtype=torch.uint8).view(shape)
        code = child.wait(timeout=_PATIENCE)
        listener.join(timeout=5)
        if code == 3:
            raise VideoError(said[0].decode(errors="replace").strip().splitlines()[-1])
        if code != 0:
            raise VideoError(
                f"{path} brought the decoder down (exit code {code}): the file is damaged, too "
                "large, or made to do harm."
            )
    except (queue.Empty, subprocess.TimeoutExpired):
        raise VideoError(
            f"{path} kept the decoder busy for {_PATIENCE:.0f} s without giving a clip; the file "
            "is damaged or far too large."
        ) from None
    finally:
        stopped.set()
        child.kill()
        child.wait()
        child.stdout.close()


def _pump(
    pipe: IO[bytes], clip_bytes: int, arrived: "queue.Queue[bytes | None]", stopped: threading.Event
) -> None:
    def put(item: bytes | None) -> bool:
        while not stopped.is_set():
            try:
                arrived.put(item, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    try:
        data = pipe.readline()
        while data and put(data):
            data = pipe.read(clip_bytes)
            if len(data) < clip_bytes:
                break
    except (OSError, ValueError):
        pass  # the pipe was closed on our side
    put(None)
