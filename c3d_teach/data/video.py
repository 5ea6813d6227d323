"""Real videos as a stream of clips."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from c3d_teach.data.decoder import VideoInfo, clips_of, info_of
from c3d_teach.data.decoding import PATIENCE, Decoder
from c3d_teach.data.limits import Limits
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.errors import UsageError


def probe(path: str | Path) -> VideoInfo:
    """Frames, frames a second, height and width of a video.

    Frames are those a player shows: what an edit list hides does not count, though it is
    still in the file and other readers count it. :func:`read_clips` keeps to this number.

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
    ``length`` frames is dropped, as in the paper (section 3.1). Frames come as a player shows
    them: turned upright where the file says that the camera was turned. With a variable frame
    rate every frame that the file holds comes once, however long it is shown.

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
    limits: Limits | None = None,
) -> tuple[VideoInfo, Iterator[Tensor]]:
    """What the file says of itself, and its clips as :func:`read_clips` gives them.

    Args:
        limits: for a file from elsewhere, which is then always decoded in a child process.
    """
    for name, value in {"length": length, "stride": stride, "size": min(size)}.items():
        if value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    what = Path(path), length, stride, size
    stream = _isolated(*what, limits) if isolated or limits else clips_of(*what)
    info = next(stream)
    assert isinstance(info, VideoInfo)
    return info, (torch.as_tensor(item) for item in stream if not isinstance(item, VideoInfo))


def _isolated(
    path: Path, length: int, stride: int, size: tuple[int, int], limits: Limits | None
) -> Iterator[VideoInfo | Tensor]:
    with Decoder(patience=PATIENCE, limits=limits) as decoder:
        yield from decoder.clips(path, length, stride, size)
