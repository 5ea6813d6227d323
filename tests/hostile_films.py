"""Films made to do harm, and files that are no films, written byte by byte where need be."""

import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import odd_videos as odd
from PIL import Image


def chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def avi(
    codec: bytes,
    width: int,
    height: int,
    payload: bytes,
    count: int = 20,
    rate: tuple[int, int] = (1, 8),
) -> bytes:
    """An AVI of ``count`` times the same payload, that says what it is told to say.

    Args:
        rate: scale and rate; frames a second are the second over the first.
    """
    largest = len(payload)
    head = struct.pack("<14I", 125000, 0, 0, 16, count, 0, 1, largest, width, height, 0, 0, 0, 0)
    stream = b"vids" + codec + struct.pack("<IHHI", 0, 0, 0, 0)
    stream += struct.pack("<7I4H", *rate, 0, count, largest, 0, 0, 0, 0, 0, 0)
    size = min(3 * width * height, 1 << 31)
    picture = struct.pack("<IiiHH4s5I", 40, width, height, 1, 24, codec, size, 0, 0, 0, 0)
    streams = b"strl" + chunk(b"strh", stream) + chunk(b"strf", picture)
    body = chunk(b"LIST", b"hdrl" + chunk(b"avih", head) + chunk(b"LIST", streams))
    body += chunk(b"LIST", b"movi" + chunk(b"00dc", payload) * count)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"AVI " + body


def png(side: int) -> bytes:
    """A black picture, ``side`` × ``side`` pixels, of a few hundred kilobytes."""

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side // 8 + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


def jpeg(side: int = 64) -> bytes:
    """A small picture that says it is ``side`` × ``side`` pixels large."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "jpeg")
    data = bytearray(file.getvalue())
    place = data.find(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def promising(whole: bytes, count: int) -> bytes:
    """The MP4 ``whole``, with tables that promise ``count`` frames of a byte each."""
    data = bytearray(whole)
    for table, values in {
        b"stsz": (1, count),
        b"stts": (1, count, 1),
        b"stsc": (1, 1, count, 1),
    }.items():
        place = data.find(table) + 8
        data[place : place + 4 * len(values)] = struct.pack(f">{len(values)}I", *values)
    return bytes(data)


def elsewhere(whole: bytes) -> bytes:
    """The MP4 ``whole``, said to keep its pictures in another file."""
    data = bytearray(whole)
    data[data.find(b"url ") + 7] = 0
    return bytes(data)


def lying(whole: bytes, width: int, height: int) -> bytes:
    """The MP4 ``whole``, whose header states another size than its frames have."""
    data = bytearray(whole)
    place = data.find(b"avc1") + 28
    data[place : place + 4] = struct.pack(">HH", width, height)
    return bytes(data)


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("film.mp4", bytes(200 << 20))
    return file.getvalue()


def all_kinds(folder: Path, address: str) -> dict[str, tuple[str, bytes]]:
    """What it is → the file's name and content.

    Args:
        address: of a server that must never be asked.
    """
    noise = np.random.default_rng(0).bytes(200_000)
    whole = odd.write(folder / "whole.mp4", 40).read_bytes()
    small, bomb = jpeg(), png(20_000)
    play_list = f"#EXTM3U\n#EXTINF:1,\n{address}\n".encode()
    return {
        "nothing": ("empty.mp4", b""),
        "one byte": ("byte.mp4", b"\0"),
        "noise": ("noise.mp4", noise),
        "a header, then noise": ("half.mp4", whole[:32] + noise),
        "an AVI's header, then noise": ("half.avi", b"RIFF\xff\xff\xff\x7fAVI " + noise),
        "an MKV's header, then noise": ("half.mkv", b"\x1a\x45\xdf\xa3" + noise),
        "cut off": ("cut.mp4", whole[: len(whole) * 7 // 10]),
        "cut in its header": ("cut.mp4", whole[:100]),
        "a bomb of 20,000² pixels": ("bomb.avi", avi(b"MPNG", 20_000, 20_000, bomb)),
        "the same, said to be small": ("bomb.avi", avi(b"MPNG", 64, 64, bomb)),
        "15,000² pixels": ("large.avi", avi(b"MJPG", 15_000, 15_000, jpeg(15_000))),
        "the same as PNG, said to be small": ("large.avi", avi(b"MPNG", 64, 64, png(15_000))),
        "a billion frames": ("long.mp4", promising(whole, 10**9)),
        "ten million frames": ("long.mp4", promising(whole, 10**7)),
        "a program": ("film.mp4", Path(sys.executable).resolve().read_bytes()[:100_000]),
        "a ZIP bomb": ("film.mp4", zip_bomb()),
        "a picture": ("film.mp4", png(100)),
        "a GIF of one frame": ("film.mp4", b"GIF89a\1\0\1\0\0\0\0;"),
        "a play list of the network": ("film.mp4", play_list),
        "a play list of this machine": ("film.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        "a list of files": ("film.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        "a play list in an AVI": ("film.avi", avi(b"GAB2", 64, 64, b"GAB2\0\2\0" + play_list)),
        "pictures in another file": ("film.mp4", elsewhere(whole)),
        "subtitles": ("film.mp4", b"1\n00:00:00,000 --> 00:00:09,000\nhello\n"),
        "sound only": ("sound.mp4", odd.sound(folder / "sound.mp4").read_bytes()),
        "no size": ("film.avi", avi(b"MJPG", 0, 0, small)),
        "another size than it says": ("film.mp4", lying(whole, 65_535, 65_535)),
        "0/0 frames a second": ("film.avi", avi(b"MJPG", 64, 64, small, rate=(0, 0))),
        "a frame in a hundred years": (
            "slow.avi",
            avi(b"MJPG", 64, 64, small, rate=(2**32 - 1, 1)),
        ),
        "billions of frames a second": (
            "fast.avi",
            avi(b"MJPG", 64, 64, small, rate=(1, 2**32 - 1)),
        ),
        "a path in its name": ("../../../etc/passwd.mp4", noise),
        "markdown in its name": ("[evil](http://x) **b** $x$.mp4", noise),
        "lines and writing directions in its name": ("a\n\n# b\u202e\u2066.mp4", noise),
        "a name of 500 letters": ("q" * 500 + ".mp4", noise),
        "the ending of a program": ("film.exe", b"MZ" + noise),
    }
