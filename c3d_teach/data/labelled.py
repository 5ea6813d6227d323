"""Labelled clips of real videos: what a folder, UCF101 and HMDB51 have in common."""

import os
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from c3d_teach.data.counter import key_of
from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.in_order import InOrder, frames_in
from c3d_teach.data.listing import ListedVideo
from c3d_teach.data.mirror import mirror_table
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.errors import UsageError, VideoError

_LONG = 3000  # frames a video on average from which reading without a cache takes patience

_INHERITED: list[InOrder] = []


class LabelledVideos(Dataset[dict[str, Any]]):
    """Clips of given videos: every ``stride`` frames a clip of ``length``.

    ``dataset[i]`` gives a dict: ``clip`` uint8 ``(length, H, W, 3)``, ``label``, ``path``,
    ``start`` (the clip's first frame) and ``video`` (index into ``videos``). The clips of a
    video follow one another.

    Without a cache each clip is decoded when it is asked for, in order from the start of its
    video or from the clip before it: quick one after the other, slow when shuffled.

    Args:
        root: the folder that ``name`` of the videos is relative to.
        chosen: the videos; their ``label`` is one of ``classes``.
        classes: names of the classes.
        length: frames in a clip.
        stride: frames from one clip's start to the next; the paper's training clips do not
            overlap (16, section 3.1).
        size: height and width that frames are resized to, 128×171 in the paper.
        cache: folder for decoded frames, or a ``FrameCache``; None decodes every time.
        about: what else decides the clips, for ``describe``.

    Attributes:
        classes: names of the classes.
        mirrored: labels of clips flipped left to right, see ``mirror_table``.
        videos: names of the videos that give clips, relative to ``root``.
        video_labels: the label of each.
        video_units: a number for each, the same for near-duplicates: videos of one group.
        video_frames: the number of frames of each.
        skipped: ``(path, reason)`` of files that could not be used.
        official: whether the videos are one side of an official split.

    Raises:
        UsageError: for a length, stride or size below 1.
        VideoError: when no video can be used.
        KitError: when the frames do not fit into the cache.
    """

    official = False

    def __init__(
        self,
        root: Path,
        chosen: Sequence[ListedVideo],
        classes: Sequence[str],
        *,
        length: int = 16,
        stride: int = 16,
        size: tuple[int, int] = FRAME_SIZE,
        cache: str | Path | FrameCache | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        for name, value in {"length": length, "stride": stride, "size": min(size)}.items():
            if value < 1:
                raise UsageError(f"{name} is {value}; it is at least 1.")
        self.root, self.classes = root, tuple(classes)
        self.length, self.stride = int(length), int(stride)
        self.size = (int(size[0]), int(size[1]))
        self.cache = FrameCache(cache) if isinstance(cache, str | Path) else cache
        self.mirrored = mirror_table(self.classes)
        self.skipped: list[tuple[Path, str]] = []
        self._about = about or {}
        self._reading: tuple[int, InOrder] | None = None
        number = {name: k for k, name in enumerate(self.classes)}
        used = self._usable(chosen)
        self.videos = tuple(video.name for video, _ in used)
        self.video_labels = tuple(number[video.label] for video, _ in used)
        units: dict[tuple[str, str], int] = {}
        self.video_units = tuple(
            units.setdefault((video.label, video.group or video.name), len(units))
            for video, _ in used
        )
        self._paths = tuple(video.path for video, _ in used)
        self.video_frames = tuple(frames for _, frames in used)
        clips = ((n - self.length) // self.stride + 1 for n in self.video_frames)
        self._first = (0, *accumulate(clips))  # each video's first item, then their number
        self._complain(len(chosen))
        if self.cache:
            self.cache.check_room(zip(self._paths, self.video_frames, strict=True), self.size)

    def __len__(self) -> int:
        return self._first[-1]

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"clip {index} of a set of {len(self)}.")
        index %= len(self)
        video = bisect_right(self._first, index) - 1
        start = (index - self._first[video]) * self.stride
        return {
            "clip": self.read(video, start),
            "label": self.video_labels[video],
            "path": str(self._paths[video]),
            "start": start,
            "video": video,
        }

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_reading": None}

    def clips_of_video(self, video: int) -> range:
        """The items that are clips of the video with this index."""
        return range(self._first[video], self._first[video + 1])

    def read(self, video: int, start: int) -> Tensor:
        """The clip of a video that begins at any frame: uint8 ``(length, H, W, 3)``.

        Raises:
            UsageError: when the video has no such clip.
            VideoError: when it cannot be decoded.
        """
        last = self.video_frames[video] - self.length
        if not 0 <= start <= last:
            raise UsageError(
                f"{self.videos[video]} has no clip at frame {start}; the last begins at {last}."
            )
        return torch.from_numpy(self._frames(self._paths[video], start))

    def describe(self) -> dict[str, Any]:
        """What decides the clips, for telling two sets apart."""
        files = zip(self.videos, self._paths, strict=True)
        listing = [(str(Path(name)), path.stat().st_size) for name, path in files]
        return {
            "data": "folder",
            "videos": len(self.videos),
            "clips": len(self),
            "length": self.length,
            "stride": self.stride,
            "size": list(self.size),
            **self._about,
            "listing": f"{key_of(listing) & (2**64 - 1):016x}",
        }

    def _frames(self, path: Path, start: int) -> np.ndarray:
        stop = start + self.length
        if self.cache:
            frames = self.cache.frames(path, self.size)
            if len(frames) < stop:
                raise VideoError(f"{path} has become shorter: it has {len(frames)} frames.")
            return np.array(frames[start:stop])
        if self._reading and self._reading[0] != os.getpid():
            # made before a fork: its threads stayed behind, and ending it here would crash
            _INHERITED.append(self._reading[1])
            self._reading = None
        if self._reading is None or self._reading[1].path != path:
            self._reading = os.getpid(), InOrder(path, self.size)
        try:
            return self._reading[1].frames(start, stop)
        except VideoError:
            self._reading = None
            raise

    def _usable(self, chosen: Sequence[ListedVideo]) -> list[tuple[ListedVideo, int]]:
        """The videos that give a clip, each with its number of frames."""

        def count(video: ListedVideo) -> tuple[int | str, bool]:
            """Frames, or why there are none, and whether the cache knew."""
            try:
                known = self.cache.known_count(video.path) if self.cache else None
                return (frames_in(video.path), False) if known is None else (known, True)
            except VideoError as error:
                return str(error), False

        # decord lets go of Python's lock: 4 threads open videos 1.9 times as fast on 2 cores
        with ThreadPoolExecutor(min(16, 2 * (os.cpu_count() or 1))) as pool:
            counts = list(pool.map(count, chosen))
        used = []
        for video, (frames, known) in zip(chosen, counts, strict=True):
            if isinstance(frames, str):
                self.skipped.append((video.path, frames))
            elif frames < self.length:
                reason = f"it has {frames} frames, a clip takes {self.length}"
                self.skipped.append((video.path, reason))
            else:
                if self.cache and not known:
                    self.cache.count(video.path, frames)
                used.append((video, frames))
        return used

    def _complain(self, chosen: int) -> None:
        if self.skipped:
            path, reason = self.skipped[0]
            warnings.warn(
                f"{len(self.skipped)} of the videos under {self.root} were skipped, the first: "
                f"{path.name}: {reason}",
                stacklevel=4,
            )
        if not self.videos:
            raise VideoError(
                f"No video under {self.root} gives a clip of {self.length} frames "
                f"({len(self.skipped)} of {chosen} could not be used)."
            )
        if not self.cache and sum(self.video_frames) > _LONG * len(self.videos):
            warnings.warn(
                f"The videos under {self.root} have {sum(self.video_frames) // len(self.videos)} "
                "frames on average. Clips in random order are decoded from the start of their "
                "video each time; give a cache to decode only once.",
                stacklevel=4,
            )
