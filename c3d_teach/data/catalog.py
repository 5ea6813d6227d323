"""Data sets by the name a user types."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.folder import VideoFolder
from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.motion import MotionDigits
from c3d_teach.data.split_lists import find_lists
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.data.ucf101 import HMDB51, UCF101
from c3d_teach.errors import UsageError

EMBEDDED: dict[str, type[MotionDigits] | type[CameraMotion]] = {
    "motion-digits": MotionDigits,
    "camera-motion": CameraMotion,
}
CLIP_SHAPES = {"motion-digits": (1, 16, 32, 32), "camera-motion": (3, 16, 64, 64)}
_SPLITS = ("train", "val", "test")


def embedded(name: str, size: int, **settings: Any) -> Embedded:
    """``MotionDigits`` or ``CameraMotion`` by name.

    Raises:
        UsageError: for another name.
    """
    if name not in EMBEDDED:
        raise UsageError(
            f"There is no embedded data set {name!r}; {_meant(name)}there are {_names()}."
        )
    return EMBEDDED[name](size, **settings)


def open_data(
    data: str,
    size: int,
    *,
    split: str,
    seed: int = 0,
    fold: int = 1,
    cache: str | Path | FrameCache | None = None,
    frame_size: tuple[int, int] = FRAME_SIZE,
    **settings: Any,
) -> Any:
    """An embedded set by name, UCF101 or HMDB51 by their folder, or any folder of videos.

    From a folder with official split files, ``"train"`` and ``"val"`` part the train list of
    split ``fold`` by whole groups, about four to one, and ``"test"`` is its test list. From
    another folder ``"train"`` and ``"val"`` take four fifths and one fifth of the videos, and
    ``"test"`` takes all.

    Args:
        data: name or folder.
        size: clips of an embedded set; a folder gives all it has.
        split: ``"train"``, ``"val"`` or ``"test"``.
        seed: of an embedded set.
        fold: number of the official split.
        cache: folder for the decoded frames of videos, or a ``FrameCache``.
        frame_size: height and width that frames of videos are resized to.
        settings: for the set's class.

    Raises:
        UsageError: for what is none of these, or a fold where there are no official splits.
    """
    if split not in _SPLITS:
        raise UsageError(f"split is {split!r}; it is one of {', '.join(_SPLITS)}.")
    found = find_lists(Path(data)) if data not in EMBEDDED else None
    if fold != 1 and not found:
        raise UsageError(f"fold is {fold}, but {data} has no official splits; leave it at 1.")
    if data in EMBEDDED:
        return embedded(data, size, split=split, seed=seed, **settings)
    if not Path(data).is_dir():
        raise UsageError(
            f"There is no data {data!r}; {_meant(data)}it is {_names()}, or a folder of videos."
        )
    hold_out = None if split == "test" else split
    settings |= {"hold_out": hold_out, "cache": cache, "size": frame_size}
    if not found:
        return VideoFolder(data, **settings)
    kind = UCF101 if found[0] == "ucf101" else HMDB51
    return kind(data, fold, split != "test", **settings)


def clip_shape_of(data: str) -> tuple[int, int, int, int]:
    """The clip shape that nets for this data take unless told otherwise."""
    return CLIP_SHAPES.get(data, (3, 16, 112, 112))


def _names() -> str:
    return " or ".join(EMBEDDED)


def _meant(name: str) -> str:
    close = get_close_matches(name.lower().replace("_", "-"), EMBEDDED, n=1)
    return f"did you mean {close[0]!r}? " if close else ""
