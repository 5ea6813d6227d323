"""Clips of a set, a video or a folder of videos, each with where it came from."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.decoder import VideoInfo
from c3d_teach.data.decoding import Decoder, ahead
from c3d_teach.data.embedded import BothWays, Embedded
from c3d_teach.data.listing import Listing, list_videos
from c3d_teach.errors import UsageError, VideoError
from c3d_teach.files import printable
from c3d_teach.models.classifier import Classifier

_AHEAD = 64 << 20  # bytes of decoded clips that may wait for the net


@dataclass(frozen=True)
class Origin:
    """Where a clip came from.

    Attributes:
        number: its index in the set, or its number in its video.
        near: a number that near-duplicates share: of the video, or of the picture it is made
            from.
        labels: kind of label → its name.
        video: name of its video; "" for a set of single clips.
        start: the frame of the video that it begins with.
    """

    number: int
    near: int
    labels: Mapping[str, str]
    video: str = ""
    start: int = 0


class ClipSource:
    """The clips of ``source``, batch after batch, with memory flat in their number.

    Args:
        net: whose clip length and frame size videos are cut to.
        source: a set whose items are dicts with a ``clip``, or a video, a folder or a listing.
        stride: frames from one clip of a video to the next.

    Attributes:
        total: number of clips; None for videos, which are not opened to find out.
        broken: name and reason of each video that could not be read, or not to its end.

    Raises:
        UsageError: for a source that is neither.
    """

    def __init__(self, net: Classifier, source: Any, stride: int) -> None:
        self.net, self.stride = net, stride
        self.broken: list[tuple[str, str]] = []
        self.listing: Listing | None = None
        self.total: int | None = None
        if isinstance(source, str | Path | Listing):
            self.listing = source if isinstance(source, Listing) else list_videos(source)
        elif hasattr(source, "__len__") and hasattr(source, "__getitem__"):
            if isinstance(source, Tensor) or not len(source):
                raise UsageError(_WANTED.format(f"{type(source).__name__} of {len(source)}"))
            self.set, self.total = source, len(source)
        else:
            raise UsageError(_WANTED.format(type(source).__name__))

    def batches(self, size: int) -> Iterator[tuple[Tensor, list[Origin]]]:
        """uint8 clips ``(N, L, H, W, C)`` with their origins, N at most ``size``."""
        return self._of_set(size) if self.listing is None else self._of_videos(size)

    def _of_set(self, size: int) -> Iterator[tuple[Tensor, list[Origin]]]:
        assert self.total is not None
        names = _names(self.set)
        for first in range(0, self.total, size):
            numbers = range(first, min(first + size, self.total))
            made = self._items(numbers)
            near = made.get("image", made.get("video", torch.tensor(numbers))).tolist()
            labels = {kind: made[key].tolist() for kind, (key, _) in names.items()}
            videos, starts = made.get("path"), made.get("start", torch.zeros(len(numbers)).long())
            yield (
                made["clip"],
                [
                    Origin(
                        number,
                        near[k],
                        {kind: names[kind][1][which[k]] for kind, which in labels.items()},
                        "" if videos is None else printable(Path(videos[k]).name),
                        int(starts[k]),
                    )
                    for k, number in enumerate(numbers)
                ],
            )

    def _items(self, numbers: range) -> dict[str, Any]:
        if hasattr(self.set, "__getitems__"):  # makes many at once
            return dict(self.set.__getitems__(list(numbers)))
        items = [self.set[number] for number in numbers]
        if not isinstance(items[0], dict) or "clip" not in items[0]:
            raise UsageError(_WANTED.format(f"a set of {type(items[0]).__name__}"))
        made: dict[str, Any] = {"clip": torch.stack([item["clip"] for item in items])}
        for key in items[0].keys() - {"clip"}:
            values = [item[key] for item in items]
            made[key] = values if isinstance(values[0], str) else torch.tensor(values)
        return made

    def _of_videos(self, size: int) -> Iterator[tuple[Tensor, list[Origin]]]:
        height, width = self.net.preprocess.decode_size
        bytes_of_clip = self.net.preprocess.length * height * width * 3
        depth = min(2 * size, max(2, _AHEAD // bytes_of_clip))
        held: list[tuple[Tensor, Origin]] = []
        for clip, origin in ahead(self._decoded(), depth):
            held.append((clip, origin))
            if len(held) == size:
                yield torch.stack([clip for clip, _ in held]), [origin for _, origin in held]
                held.clear()
        if held:
            yield torch.stack([clip for clip, _ in held]), [origin for _, origin in held]

    def _decoded(self) -> Generator[tuple[Tensor, Origin], None, None]:
        assert self.listing
        preprocess, named = self.net.preprocess, any(v.label for v in self.listing.videos)
        with Decoder() as decoder:
            for near, video in enumerate(self.listing.videos):
                name, number = printable(video.name), 0
                labels = {"class": video.label or "no class"} if named else {}
                settings = preprocess.length, self.stride, preprocess.decode_size
                try:
                    for item in decoder.clips(video.path, *settings):
                        if not isinstance(item, VideoInfo):
                            start = number * self.stride
                            yield item, Origin(number, near, labels, name, start)
                            number += 1
                except VideoError as error:
                    self.broken.append((name, printable(str(error))))


def _names(source: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Kind of label → its key in the items, and the names behind its numbers."""
    if isinstance(source, Embedded):
        return {
            "motion": ("motion", source.motions),
            source.thing: (source.thing, source.things),
        }
    if isinstance(source, BothWays):
        return {"motion": ("motion", source.classes)}
    return {"class": ("label", tuple(source.classes))} if hasattr(source, "classes") else {}


_WANTED = (
    "Clips cannot be taken from {}. Give a set such as MotionDigits(512), or the path of a video "
    "or of a folder of videos."
)
