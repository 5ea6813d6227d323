"""A folder of videos, one sub-folder a class."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from c3d_teach.data.counter import key_of
from c3d_teach.data.decoder import frames_of, open_video
from c3d_teach.data.mirror import mirror_table
from c3d_teach.data.video import FRAME_SIZE
from c3d_teach.errors import UsageError, VideoError

_ENDINGS = ("avi", "mp4", "mkv", "mov", "webm", "mpg", "mpeg", "m4v", "wmv", "flv")
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS)


class VideoFolder(Dataset[dict[str, Any]]):
    """Labelled clips from ``root/CLASS/VIDEO``: every ``stride`` frames a clip.

    ``dataset[i]`` gives a dict: ``clip`` uint8 ``(length, H, W, 3)``, ``label``, ``path``
    and ``start`` (the clip's first frame).

    Args:
        root: folder with one sub-folder a class; the sorted folder names are the classes.
        length: frames in a clip.
        stride: frames from one clip's start to the next; the paper's training clips do not
            overlap (16).
        size: height and width that frames are resized to, 128×171 in the paper.
        hold_out: which share of each class's videos to keep: None for all, ``"val"`` for a
            fifth (at least one) and ``"train"`` for the others. Whole videos are kept apart,
            for clips of one video are near-duplicates.

    Attributes:
        classes: names of the classes.
        mirrored: labels of clips flipped left to right, see ``mirror_table``.
        skipped: ``(path, reason)`` of files that could not be used.

    Raises:
        UsageError: when the folder does not look like that.
        VideoError: when no video in it can be used.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        length: int = 16,
        stride: int = 16,
        size: tuple[int, int] = FRAME_SIZE,
        hold_out: str | None = None,
    ) -> None:
        self.root = Path(root)
        self.length, self.stride, self.size = length, stride, size
        self.hold_out = hold_out
        if not self.root.is_dir():
            raise UsageError(f"There is no folder {self.root}.")
        folders = sorted(p for p in self.root.iterdir() if p.is_dir() and p.name[0] != ".")
        if not folders:
            raise UsageError(
                f"{self.root} has no sub-folders; videos lie in {self.root.name}/CLASS/VIDEO."
            )
        self.classes = tuple(p.name for p in folders)
        self.mirrored = mirror_table(self.classes)
        self.skipped: list[tuple[Path, str]] = []
        self._videos: list[tuple[Path, int]] = []
        self._clips: list[tuple[int, int]] = []
        for label, folder in enumerate(folders):
            files = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
            for path in _part(files, hold_out):
                self._add(path, label)
        if self.skipped:
            path, reason = self.skipped[0]
            warnings.warn(
                f"{len(self.skipped)} of the videos under {self.root} were skipped, the first: "
                f"{path.name}: {reason}",
                stacklevel=2,
            )
        if not self._clips:
            raise VideoError(
                f"No video under {self.root} gives a clip of {length} frames "
                f"({len(self.skipped)} could not be used; known endings are "
                f"{' '.join(sorted(SUFFIXES))})."
            )

    def _add(self, path: Path, label: int) -> None:
        try:
            frames = len(open_video(path))
        except VideoError as error:
            self.skipped.append((path, str(error)))
            return
        if frames < self.length:
            self.skipped.append((path, f"it has {frames} frames, a clip takes {self.length}"))
            return
        video = len(self._videos)
        self._videos.append((path, label))
        starts = range(0, frames - self.length + 1, self.stride)
        self._clips += [(video, start) for start in starts]

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> dict[str, Any]:
        video, start = self._clips[index]
        path, label = self._videos[video]
        reader = open_video(path, self.size)
        try:
            clip = frames_of(reader, start, start + self.length)
        except Exception as error:
            raise VideoError(f"{path} cannot be decoded from frame {start} on.") from error
        return {"clip": torch.from_numpy(clip), "label": label, "path": str(path), "start": start}

    def describe(self) -> dict[str, Any]:
        """What decides the clips, for telling two sets apart."""
        listing = [(str(p.relative_to(self.root)), p.stat().st_size) for p, _ in self._videos]
        return {
            "data": "folder",
            "videos": len(self._videos),
            "clips": len(self),
            "length": self.length,
            "stride": self.stride,
            "size": list(self.size),
            "hold_out": self.hold_out,
            "listing": f"{key_of(listing) & (2**64 - 1):016x}",
        }


def _part(files: list[Path], hold_out: str | None) -> Iterable[Path]:
    if hold_out is None:
        return files
    if hold_out not in ("train", "val"):
        raise UsageError(f"hold_out is {hold_out!r}; it is None, 'train' or 'val'.")
    if len(files) < 2:
        return files if hold_out == "train" else []
    # a fifth of the videos, chosen by a hash of their names rather than by their order
    order = sorted(files, key=lambda p: key_of(p.name))
    count = max(1, len(files) // 5)
    return sorted(order[:count] if hold_out == "val" else order[count:])
