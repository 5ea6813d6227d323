"""What a video file's outermost structure says: how long it should be, and what is in it.

Files that were not copied whole are the commonest damage. Decoders read a cut-off MKV or AVI
as a shorter video without a word, so the sizes that the container itself states are compared
with the file's.
"""

import struct
from pathlib import Path

_MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"moof", b"mfra", b"wide", b"skip", b"uuid"}
_MKV_SEGMENT = b"\x18\x53\x80\x67"


def promised_size(path: Path) -> int:
    """Bytes that the file's own header promises, or 0 where it promises nothing.

    Read from the boxes of MP4 and MOV, the segment of MKV and WebM, and the RIFF chunk of AVI.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
        if head[:4] == b"RIFF" and head[8:11] == b"AVI":
            return 8 + struct.unpack("<I", head[4:8])[0]
        if head[:4] == b"\x1a\x45\xdf\xa3":
            return _mkv_size(head)
        if head[4:8] not in _MP4_BOXES:
            return 0
        place = 0
        while place + 8 <= size:
            file.seek(place)
            box = file.read(16)
            length, kind = struct.unpack(">I4s", box[:8])
            if length == 1 and len(box) == 16:
                length = struct.unpack(">Q", box[8:])[0]
            # what lies behind the last box is no concern of ours; 0 means "to the end"
            if kind not in _MP4_BOXES or length < 8:
                return size
            place += length
    return place


def promised_frames(path: Path) -> int:
    """Frames that an AVI's header promises, or 0: other headers do not state them so plainly."""
    with path.open("rb") as file:
        head = file.read(52)
    if head[:4] == b"RIFF" and head[24:28] == b"avih" and len(head) == 52:
        return int(struct.unpack("<I", head[48:52])[0])
    return 0


def hidden_frames(path: Path) -> int:
    """Frames in an MP4 or MOV that its edit list hides: cut away, but still in the file.

    decord 0.6 counts them, cannot give them, and repeats the last frame in their stead.
    """
    with path.open("rb") as file:
        if file.read(8)[4:] not in _MP4_BOXES:
            return 0
    import av

    try:
        with av.open(str(path)) as container:
            packets = container.demux(container.streams.video[0])
            return sum(packet.is_discard for packet in packets)
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return 0  # what is wrong with the file, the decoder will say


def cut_off(path: Path, frames: int) -> str:
    """Why a file that gives ``frames`` frames is not whole, or ``""``."""
    promised, size = promised_size(path), path.stat().st_size
    if promised <= size + 8:  # the odd byte of padding is no loss
        return ""
    # writers of AVI that never came back to fill in the size are forgiven
    if (stated := promised_frames(path)) and stated <= frames:
        return ""
    return f"it has {size:,} of the {promised:,} bytes that its header promises"


def why_unreadable(path: Path) -> str:
    """The likeliest reason why a decoder refuses a file, as half a sentence."""
    if reason := cut_off(path, 0):
        return f"{reason}, so it was not copied whole"
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                sound = bool(container.streams.audio)
                return "it holds no pictures, only sound" if sound else "it holds no pictures"
            if not any(packet.size for packet in container.demux(container.streams.video[0])):
                return "its video stream has no frames"
            if container.duration is None:
                return (
                    "it does not say how long it is, as live recordings do not; 'ffmpeg -i "
                    f"{path.name} -c copy NEW{path.suffix}' makes a copy that does"
                )
    except av.EOFError:
        return "it ends before its first frame"
    except (av.FFmpegError, OSError, ValueError, MemoryError):
        pass
    return "it is damaged, cut off, or something else. Does it play in a video player?"


def _mkv_size(head: bytes) -> int:
    place = head.find(_MKV_SEGMENT)
    if place < 0 or place + 12 > len(head):
        return 0
    place += 4
    # a number's first byte says by its leading zeros how many bytes it takes; all ones: unknown
    width = 9 - head[place].bit_length()
    if not 1 <= width <= 8:
        return 0
    bits = 7 * width
    value = int.from_bytes(head[place : place + width], "big") & ((1 << bits) - 1)
    return 0 if value == (1 << bits) - 1 else place + width + value
