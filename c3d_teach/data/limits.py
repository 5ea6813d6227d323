"""What a video from elsewhere may ask for, and what is refused before a decoder sees it.

FFmpeg opens far more than films: playlists that name other files or addresses, subtitles, text
drawn as a terminal. Of a file that a stranger hands in, only the usual containers are opened,
by what their first bytes say and not by their names.
"""

from dataclasses import dataclass
from pathlib import Path

from c3d_teach.errors import VideoError

_KINDS = "MP4, MOV, MKV, WebM or AVI"
# first bytes of what people hand in instead
_OTHERS = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"#!": "a script",
    b"#EXTM3U": "a playlist, which names videos and holds none",
    b"ffconcat": "a playlist, which names videos and holds none",
    b"ID3": "sound",
    b"OggS": "an Ogg file",
    b"RIFF": "a RIFF file without a film",
}
# the first box of an MP4 or MOV, at byte 4
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof")


@dataclass(frozen=True)
class Limits:
    """Limits for one file.

    Attributes:
        bytes: of the file.
        pixels: of a frame, height times width.
        seconds: that decoding may take altogether.
        patience: seconds that one clip may take.
        memory: bytes of address space for the decoder's process (on Linux; elsewhere the other
            limits have to do).
    """

    bytes: int = 50 * 2**20
    pixels: int = 4096 * 2304
    seconds: float = 60.0
    patience: float = 20.0
    memory: int = 2 * 2**30


def check_kind(path: Path) -> None:
    """Stop at a file that does not begin like a film.

    Raises:
        VideoError: saying what it looks like.
    """
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise VideoError(f"{path} is empty (0 bytes).")
    film = (
        head[:4] == b"\x1a\x45\xdf\xa3"
        or (head[:4] == b"RIFF" and head[8:11] == b"AVI")
        or head[4:8] in _BOXES
    )
    if film:
        return
    looks = next((said for first, said in _OTHERS.items() if head.startswith(first)), "")
    what = f"it is {looks}" if looks else "it does not begin like one"
    raise VideoError(
        f"{path} cannot be read as a video: {what}. This reads {_KINDS}, by what is in a file and "
        "not by its name."
    )


def check_size(path: Path, limits: Limits) -> None:
    """Stop at too many bytes, or frames with too many pixels. Reads the container's head only.

    Raises:
        VideoError: saying how large it is and what is read.
    """
    if (size := path.stat().st_size) > limits.bytes:
        raise VideoError(
            f"{path} has {size / 2**20:.0f} MB; read are {limits.bytes / 2**20:.0f} MB at most. "
            "Cut a piece from it."
        )
    import av

    try:
        with av.open(str(path)) as container:
            sizes = [(s.width, s.height) for s in container.streams.video]
    except (av.FFmpegError, OSError, ValueError, MemoryError):
        return  # what is wrong with it, the decoder will say
    for width, height in sizes:
        if width * height > limits.pixels:
            raise VideoError(
                f"{path} has frames of {width} × {height} pixels; read are "
                f"{limits.pixels / 1e6:.1f} million pixels at most. Make it smaller first."
            )
