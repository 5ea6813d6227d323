"""Clips from random moments of videos: how the paper tests on whole videos."""

from typing import Any

from torch.utils.data import Dataset

from c3d_teach.data.counter import key_of
from c3d_teach.data.labelled import LabelledVideos
from c3d_teach.errors import UsageError


class RandomClips(Dataset[dict[str, Any]]):
    """``each`` clips of every video, from random moments, the same ones for the same seed.

    The paper averages a video's prediction over 10 random clips, each seen through one centre
    crop (section 3.3). Where a clip starts depends on the seed, the video's name and the
    clip's number alone, and clips may overlap.

    Args:
        source: ``VideoFolder``, ``UCF101`` or ``HMDB51``.
        each: clips a video; 10 in the paper.
        seed: any integer.

    Raises:
        UsageError: for fewer than one clip, or data that does not come from videos.
    """

    def __init__(self, source: LabelledVideos, each: int = 10, *, seed: int = 0) -> None:
        if not isinstance(source, LabelledVideos):
            raise UsageError(
                f"RandomClips takes a folder of videos, UCF101 or HMDB51; given was a "
                f"{type(source).__name__}."
            )
        if each < 1:
            raise UsageError(f"{each} clips a video were asked for; it is at least 1.")
        self.source, self.each, self.seed = source, int(each), int(seed)
        self.classes, self.mirrored = source.classes, source.mirrored
        self.official, self.video_units = source.official, source.video_units
        self._items: list[tuple[int, int]] = []
        for video, (name, frames) in enumerate(
            zip(source.videos, source.video_frames, strict=True)
        ):
            places = frames - source.length + 1
            starts = (key_of("moment", seed, name, k) % places for k in range(each))
            # in order, for a reader that goes on is many times faster than one that goes back
            self._items += [(video, start) for start in sorted(starts)]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        video, start = self._items[index]
        return {
            "clip": self.source.read(video, start),
            "label": self.source.video_labels[video],
            "start": start,
            "video": video,
        }

    def describe(self) -> dict[str, Any]:
        """What decides the clips, for telling two sets apart."""
        return self.source.describe() | {"random clips": self.each, "seed": self.seed}
