"""Data sets by the name a user types."""

from pathlib import Path
from typing import Any

from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.folder import VideoFolder
from c3d_teach.data.motion import MotionDigits
from c3d_teach.errors import UsageError

EMBEDDED: dict[str, type[MotionDigits] | type[CameraMotion]] = {
    "motion-digits": MotionDigits,
    "camera-motion": CameraMotion,
}
CLIP_SHAPES = {"motion-digits": (1, 16, 32, 32), "camera-motion": (3, 16, 64, 64)}


def embedded(name: str, size: int, **settings: Any) -> Embedded:
    """``MotionDigits`` or ``CameraMotion`` by name.

    Raises:
        UsageError: for another name.
    """
    if name not in EMBEDDED:
        raise UsageError(f"There is no embedded data set {name!r}; there are {_names()}.")
    return EMBEDDED[name](size, **settings)


def open_data(data: str, size: int, *, split: str, seed: int = 0, **settings: Any) -> Any:
    """An embedded set by name, or a folder of videos.

    From a folder, ``split`` ``"train"`` and ``"val"`` take four fifths and one fifth of the
    videos; ``"test"`` takes all. ``size`` and ``seed`` are for embedded sets.

    Raises:
        UsageError: for what is neither.
    """
    if data in EMBEDDED:
        return embedded(data, size, split=split, seed=seed, **settings)
    if not Path(data).is_dir():
        raise UsageError(f"There is no data {data!r}: it is {_names()}, or a folder of videos.")
    return VideoFolder(data, hold_out=None if split == "test" else split)


def clip_shape_of(data: str) -> tuple[int, int, int, int]:
    """The clip shape that nets for this data take unless told otherwise."""
    return CLIP_SHAPES.get(data, (3, 16, 112, 112))


def _names() -> str:
    return " or ".join(EMBEDDED)
