"""Video files that are whole, odd or broken in known ways, written with PyAV."""

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

HEIGHT, WIDTH = 48, 64
RED = (255, 0, 0)
# what a player does with the picture -> x and y of the matrix in an MP4's track header
_TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def frames(count: int) -> Iterator[np.ndarray]:
    """Frame k is a flat grey of 4 k with a red top left corner."""
    for k in range(count):
        frame = np.full((HEIGHT, WIDTH, 3), 4 * k % 256, np.uint8)
        frame[: HEIGHT // 4, : WIDTH // 4] = RED
        yield frame


def write(
    path: Path,
    count: int,
    *,
    codec: str = "libx264",
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """``count`` frames, 8 a second, or shown at ``times`` (milliseconds)."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=8)
        stream.options = {"crf": "0"} if codec == "libx264" else {}
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        container.start_encoding()
        for k, picture in enumerate(frames(count)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[k], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        if count:
            container.mux(stream.encode())
    return path


def sound(path: Path) -> Path:
    """A file with sound and no pictures."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=8000)
        stream.layout = "mono"
        tone = np.sin(np.arange(1024) / 5)[None].astype(np.float32) / 10
        for k in range(8):
            frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 8000, 1024 * k
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turned(path: Path, whole: Path, degrees: int) -> Path:
    """The MP4 ``whole``, said to be shown turned clockwise, as telephones do."""
    data = bytearray(whole.read_bytes())
    track = data.find(b"tkhd") + 4
    place = track + (4 + 20 if data[track] == 0 else 4 + 32) + 16
    a, b, c, d = (n << 16 for n in _TURNS[degrees])
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def cut(path: Path, whole: Path, share: float) -> Path:
    """The first part of a file, as a broken copy leaves it."""
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damaged(path: Path, whole: Path) -> Path:
    """A file of the right length with zeros in its middle, as a bad disk leaves it."""
    data = bytearray(whole.read_bytes())
    first, last = int(len(data) * 0.4), int(len(data) * 0.6)
    data[first:last] = bytes(last - first)
    path.write_bytes(data)
    return path
