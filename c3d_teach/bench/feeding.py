"""How fast clips come to a net: made, decoded, or read from a cache; and videos described."""

from collections.abc import Callable
from typing import Any

import torch

from c3d_teach.analysis.descriptors.features import extract
from c3d_teach.bench import end_to_end
from c3d_teach.bench.films import folder as folder_for_films
from c3d_teach.bench.films import write_films
from c3d_teach.bench.rows import Entry, rows_of
from c3d_teach.bench.worker import Say, take_turns
from c3d_teach.bench.workloads import Work
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.decoding import Decoder
from c3d_teach.data.export import export
from c3d_teach.data.folder import VideoFolder
from c3d_teach.data.motion import MotionDigits
from c3d_teach.data.video import read_clips
from c3d_teach.models.weights import load

_WAITING = {"work": "waiting", "net": "camera", "batch": 30, "device": "cpu", "frames": 180}
ENTRIES: dict[str, Entry] = {
    "motion-digits": Entry(
        "MotionDigits made, 16×32×32", "clips/s", {"work": "motion digits", "clips": 2048}
    ),
    "camera-motion": Entry(
        "CameraMotion made, 16×64×64", "clips/s", {"work": "camera motion", "clips": 256}
    ),
    "decode": Entry(
        "320×240 H.264 read to 128×171",
        "frames/s",
        {"work": "decode", "isolated": False, "frames": 320},
    ),
    "decode-isolated": Entry(
        "the same in a child process",
        "frames/s",
        {"work": "decode", "isolated": True, "frames": 320},
    ),
    "folder-plain": Entry(
        "clips of H.264 videos in random order, decoded each time",
        "clips/s",
        {"work": "folder", "cached": False, "frames": 180},
    ),
    "folder": Entry(
        "the same from a frame cache",
        "clips/s",
        {"work": "folder", "cached": True, "frames": 180},
        plain="folder-plain",
    ),
    "small-videos-plain": Entry(
        "40-frame videos decoded, a child process for each",
        "videos/s",
        {"work": "small videos", "shared": False, "videos": 24},
    ),
    "small-videos": Entry(
        "the same, one child process for all",
        "videos/s",
        {"work": "small videos", "shared": True, "videos": 24},
        plain="small-videos-plain",
    ),
    "descriptors": Entry(
        "40-frame videos described by motion-d3", "videos/s", {"work": "descriptors", "videos": 96}
    ),
    # a share of time is a rate too: seconds waited in a second
    "waiting-decoded": Entry(
        "training the camera net from H.264: the net waits, decoded each time",
        "of the time",
        _WAITING | {"cached": False},
    ),
    "waiting": Entry(
        "the same from a frame cache, as from the second epoch on",
        "of the time",
        _WAITING | {"cached": True},
    ),
}


def motion_digits(clips: int) -> Work:
    """Clips of ``MotionDigits``, made ``clips`` at a time."""
    data = MotionDigits(1 << 20)
    return lambda: len(data.batch(range(clips))["clip"])


def camera_motion(clips: int) -> Work:
    """Clips of ``CameraMotion``, made ``clips`` at a time."""
    data = CameraMotion(1 << 20)
    return lambda: len(data.batch(range(clips))["clip"])


def decode(isolated: bool, frames: int) -> Work:
    """Frames of a film of UCF101's size, decoded here or in a child process."""
    path = folder_for_films() / "film.mp4"
    write_films([path], frames)

    def work() -> float:
        return sum(len(one) for one in read_clips(path, isolated=isolated))

    return work


def folder(cached: bool, frames: int) -> Work:
    """Training clips in random order: 8 videos of UCF101's size, of its length with 180 frames."""
    root = folder_for_films()
    write_films([root / "videos" / "ab"[k % 2] / f"{k}.mp4" for k in range(8)], frames)
    data = VideoFolder(root / "videos", cache=root / "cache" if cached else None)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0)).tolist()

    def work() -> float:
        return len([data[k] for k in order])

    return work


def small_videos(shared: bool, videos: int) -> Work:
    """Videos of 40 frames decoded apart from this process: one child for all, or one each."""
    paths = export(MotionDigits(videos, clip_shape=(1, 40, 32, 32)), folder_for_films() / "videos")

    def together() -> float:
        with Decoder() as decoder:
            return len([list(decoder.clips(path, 16, 8, (128, 171))) for path in paths])

    def apart() -> float:
        return len([list(read_clips(path, stride=8, isolated=True)) for path in paths])

    return together if shared else apart


def descriptors(videos: int) -> Work:
    """Videos of 40 frames described by a small net, from the files to the feature folder."""
    net = load("motion-d3")
    root = folder_for_films()
    export(MotionDigits(videos, clip_shape=(1, 40, 32, 32)), root / "videos")
    runs = 0

    def work() -> float:
        nonlocal runs
        runs += 1
        return extract(net, root / "videos", root / f"run {runs}", progress=False).done

    return work


WORKS: dict[str, Callable[..., Any]] = {
    "motion digits": motion_digits,
    "camera motion": camera_motion,
    "decode": decode,
    "folder": folder,
    "small videos": small_videos,
    "descriptors": descriptors,
    "waiting": end_to_end.waiting,
    "training from videos": end_to_end.from_videos,
}


def measure(rounds: int, seconds: float, say: Say | None = None) -> dict[str, Any]:
    """``rows`` and ``empty``."""
    turns = take_turns({key: entry.spec for key, entry in ENTRIES.items()}, rounds, seconds, say)
    return {"rows": rows_of(ENTRIES, turns, "cpu"), "empty": turns.empty}
