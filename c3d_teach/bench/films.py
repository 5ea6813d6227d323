"""Films to measure with, in folders that are there as long as the process is."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from c3d_teach.bench.worker import forget_peak
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.export import write_video

_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def write_films(paths: Sequence[Path], frames: int) -> None:
    """Write films of UCF101's size, 320×240 at 25 fps; the memory that takes is not counted."""
    made = CameraMotion(len(paths), clip_shape=(3, frames, 240, 320))
    for k, path in enumerate(paths):
        write_video(path, made[k]["clip"], fps=25, crf=23)
    forget_peak()


def folder() -> Path:
    """A new folder."""
    _KEPT.append(tempfile.TemporaryDirectory())
    return Path(_KEPT[-1].name)
