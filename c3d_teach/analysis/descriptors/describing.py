"""The net's side of an extraction: clips in, each video's descriptor put down."""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from c3d_teach.analysis.descriptors.descriptor import VideoDescriptor
from c3d_teach.analysis.descriptors.feature_work import Known, Work
from c3d_teach.analysis.descriptors.shares import Team
from c3d_teach.data.decoder import VideoInfo
from c3d_teach.data.decoding import Decoder, ahead
from c3d_teach.data.listing import ListedVideo
from c3d_teach.errors import VideoError
from c3d_teach.files import printable
from c3d_teach.models.classifier import Classifier

_AHEAD = 64 << 20  # bytes of decoded clips that may wait for the net
_Event = tuple[ListedVideo, tuple[int, int], VideoInfo | Tensor | VideoError | None]


class Describing:
    """Videos of this process, one after the other.

    Args:
        classifier: the net.
        layer: the layer that describes, or ``"prob"``.
        batch_size: clips the net sees at once.
        work: takes what is finished.
        team: is told of it.
        bar: shows it.

    Attributes:
        clips: clips described by this process.
        skipped: ``(name, reason)`` of its videos that could not be used.
    """

    def __init__(
        self,
        classifier: Classifier,
        layer: str,
        batch_size: int,
        work: Work,
        team: Team,
        bar: tqdm,
    ) -> None:
        self.classifier, self.layer, self.batch_size = classifier, layer, batch_size
        self.work, self.team, self.bar = work, team, bar
        self._shown = 0.0
        self.clips = 0
        self.skipped: list[tuple[str, str]] = []

    def describe(
        self, videos: Sequence[ListedVideo], stride: int, size: Sequence[int]
    ) -> Generator[tuple[ListedVideo, str], None, None]:
        """Each video once it is finished, with the reason if it could not be used."""
        length = self.classifier.preprocess.length
        height, width = size
        depth = min(2 * self.batch_size, max(2, _AHEAD // (length * height * width * 3)))
        held: list[Tensor] = []
        for video, state, item in ahead(_decoded(videos, length, stride, (height, width)), depth):
            if isinstance(item, VideoInfo):
                info, whole = item, VideoDescriptor(self.work.dimension)
                held.clear()
                self.work.begin()
            elif isinstance(item, Tensor):
                held.append(item)
                if len(held) == self.batch_size:
                    self._ask(held, whole)
            elif isinstance(item, VideoError):
                yield video, self._skip(video, item)
            else:
                self._ask(held, whole)
                if not np.isfinite(descriptor := whole.value()).all():
                    yield video, self._skip(video, f"the net's {self.layer} is not finite for it")
                    continue
                fps = info.fps if np.isfinite(info.fps) else 0.0
                known = Known(video.name, *state, info.frames, fps, whole.clips)
                self.work.finish(descriptor, **asdict(known))
                self.work.begin()
                self.clips += whole.clips
                self.team.tried(whole.clips)
                yield video, ""

    def _ask(self, held: list[Tensor], whole: VideoDescriptor) -> None:
        if held:
            batch = torch.stack(held)
            held.clear()
            features = self.classifier.descriptor(batch, self.layer, batch_size=len(batch)).numpy()
            whole.add(features)
            self.work.add_clips(features)
            if time.monotonic() - self._shown > 0.5:  # a single film takes a while
                self._shown = time.monotonic()
                self.bar.set_postfix_str(f"{self.team.clips + whole.clips:,} clips")

    def _skip(self, video: ListedVideo, reason: VideoError | str) -> str:
        self.work.begin()
        text = str(reason)
        for place in map(printable, (str(video.path.absolute()), str(video.path))):
            text = text.replace(f"{place} ", "it ").replace(place, printable(video.path.name))
        self.skipped.append((printable(video.name), text))
        self.team.tried(0)
        return text


def _decoded(
    videos: Sequence[ListedVideo], length: int, stride: int, size: tuple[int, int]
) -> Generator[_Event, None, None]:
    """What the decoder gives, video after video; None when a video is complete."""
    with Decoder() as decoder:
        for video in videos:
            state = state_of(video.path)
            try:
                for item in decoder.clips(video.path, length, stride, size):
                    yield video, state, item
            except VideoError as error:
                yield video, state, error
            else:
                yield video, state, None


def state_of(path: Path) -> tuple[int, int]:
    """Size and time of the last change, by which a changed file is known."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1  # gone since it was listed; decoding will say so
    return found.st_size, found.st_mtime_ns
