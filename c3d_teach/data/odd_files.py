"""Video files that are whole and odd: what decoders disagree on, made small for lessons."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from torch import Tensor

from c3d_teach.errors import UsageError

_RATE = 8  # frames a second that the file states
_BETWEEN = 2  # frames between two reference frames that lean on both of them


def write_shown_at(path: str | Path, clip: Tensor, milliseconds: Sequence[int]) -> Path:
    """A file in which each frame begins to be shown at a moment of its own (ours).

    Written as H.264 that states 8 frames a second, whatever the moments are: a variable frame
    rate, as telephones write.

    Args:
        path: where to; the ending says the container: ``.mkv``, ``.mp4``.
        clip: uint8 ``(L, H, W, 3)``, H and W even.
        milliseconds: a rising number for each frame.

    Raises:
        UsageError: for another number of moments than frames, or moments that do not rise.
    """
    rising = all(a < b for a, b in pairwise(milliseconds))
    if len(milliseconds) != len(clip) or not rising:
        raise UsageError(
            f"The clip has {len(clip)} frames and needs as many moments, each later than the one "
            f"before; {len(milliseconds)} were given."
        )
    _write(Path(path), clip, "libx264", milliseconds)
    return Path(path)


def write_with_leaning_frames(path: str | Path, clip: Tensor) -> Path:
    """An MPEG-4 file whose frames partly lean on later ones (B-frames), 8 a second (ours).

    In AVI, which has no place for the order of showing, decoders that jump lose count.

    Args:
        path: where to, ``.avi``.
        clip: uint8 ``(L, H, W, 3)``, H and W even.
    """
    _write(Path(path), clip, "mpeg4", None)
    return Path(path)


def _write(path: Path, clip: Tensor, codec: str, milliseconds: Sequence[int] | None) -> None:
    import av

    frames = clip.numpy()
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=_RATE)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        if codec == "mpeg4":
            stream.codec_context.max_b_frames = _BETWEEN
        if milliseconds:
            stream.codec_context.time_base = Fraction(1, 1000)
        container.start_encoding()
        for k, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if milliseconds:
                frame.pts, frame.time_base = milliseconds[k], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
