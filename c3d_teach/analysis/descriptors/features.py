"""Descriptors of many videos: 16-frame clips every 8 frames, one layer, mean, then L2."""

import json
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from c3d_teach.analysis.descriptors.descriptor import VideoDescriptor
from c3d_teach.analysis.descriptors.extraction import Extraction as Extraction
from c3d_teach.analysis.descriptors.feature_files import FORMAT
from c3d_teach.analysis.descriptors.feature_store import Store
from c3d_teach.analysis.descriptors.feature_work import Known
from c3d_teach.analysis.descriptors.folder_lock import locked
from c3d_teach.data.decoder import VideoInfo
from c3d_teach.data.decoding import Decoder, ahead
from c3d_teach.data.listing import ListedVideo, Listing, list_videos
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import UsageError, VideoError
from c3d_teach.files import printable, writable_folder
from c3d_teach.models.classifier import Classifier

_AHEAD = 64 << 20  # bytes of decoded clips that may wait for the net
_Event = tuple[ListedVideo, tuple[int, int], VideoInfo | Tensor | VideoError | None]


def extract(
    classifier: Classifier,
    source: str | Path | Listing,
    out: str | Path,
    *,
    layer: str = "fc6",
    stride: int = 8,
    clips: bool = False,
    batch_size: int | None = None,
    progress: bool = True,
    on_video: Callable[[ListedVideo, str], None] | None = None,
) -> Extraction:
    """Describe every video of ``source`` and write a feature folder (``feature_files``).

    A video's descriptor is the mean of ``layer`` (after its ReLU) over its clips, then
    L2-normalised (paper, section 3.4 and 4.1). The same call again goes on where a run was
    ended, however that happened, and does only videos that are new or have changed; what it
    writes is, to the last bit, what an unbroken run would have written. A file that cannot be
    used is named in ``skipped.csv`` and tried again the next time. Memory does not grow with
    the length or the number of the videos.

    Args:
        classifier: the net, on the device that is to do the work.
        source: a video, a folder, or what :func:`~c3d_teach.data.listing.list_videos` says of it.
        out: folder for the features.
        layer: any layer of the net, or ``"prob"`` for the probabilities.
        stride: frames from one clip's start to the next, 8 in the paper. A last clip that is
            not whole is dropped.
        clips: also keep every clip's activations (``clips.npy``), neither averaged nor
            normalised.
        batch_size: clips the net sees at once, always of one video; None for as many as
            suit the net (``Classifier.fitting``).
        progress: show a progress bar and name unusable videos at once, on standard error.
        on_video: called after each video that this run has tried, with the reason why it could
            not be used, or ``""``.

    Raises:
        UsageError: for an unknown layer, a stride below 1, or a source that does not exist.
        VideoError: when there is no video in the source.
        CheckpointError: when ``out`` holds features made with other settings or of other videos.
        KitError: when ``out`` cannot be written, or another run is working there.
    """
    begun = time.monotonic()
    batch_size = classifier.fitting() if batch_size is None else batch_size
    for name, value in {"stride": stride, "batch_size": batch_size}.items():
        if value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    settings = _settings(classifier, layer, stride, clips)
    listing = source if isinstance(source, Listing) else list_videos(source)
    if not listing.videos:
        reason = "".join(f" {name}: {why}." for name, why in listing.others[:1])
        raise VideoError(f"There is no video in {listing.root}.{reason}")
    folder = writable_folder(Path(out))
    keep_freed_memory()
    with locked(folder):
        store = Store(folder, settings, {video.name for video in listing.videos})
        reused = {v.name for v in listing.videos if store.knows(v.name, *_state(v.path))}
        todo = [video for video in listing.videos if video.name not in reused]
        bar = tqdm(
            total=len(listing.videos),
            initial=len(reused),
            unit="video",
            disable=not progress,
            file=sys.stderr,
        )
        run = _Run(classifier, layer, batch_size, store, bar)
        try:
            with bar:
                for video, reason in run.describe(todo, stride, settings["frame_size"]):
                    bar.update()
                    if reason and progress:
                        bar.write(f"skipped {video.name}: {reason}", file=sys.stderr)
                    if on_video:
                        on_video(video, reason)
            store.write(listing, run.skipped)
        finally:
            store.close()
    own = _within(folder, listing.root)
    others = tuple(pair for pair in listing.others if not own or not pair[0].startswith(own))
    done = len(todo) - len(run.skipped)
    return Extraction(
        folder, done, len(reused), tuple(run.skipped), others, run.clips, time.monotonic() - begun
    )


class _Run:
    """The net's side of an extraction."""

    def __init__(
        self, classifier: Classifier, layer: str, batch_size: int, store: Store, bar: tqdm
    ) -> None:
        self.classifier, self.layer, self.batch_size = classifier, layer, batch_size
        self.store, self.bar = store, bar
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
                info, whole = item, VideoDescriptor(self.store.dimension)
                held.clear()
                self.store.begin()
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
                self.store.finish(known, descriptor)
                self.clips += whole.clips
                yield video, ""

    def _ask(self, held: list[Tensor], whole: VideoDescriptor) -> None:
        if held:
            batch = torch.stack(held)
            held.clear()
            features = self.classifier.descriptor(batch, self.layer, batch_size=len(batch)).numpy()
            whole.add(features)
            self.store.add_clips(features)
            if time.monotonic() - self._shown > 0.5:  # a single film takes a while
                self._shown = time.monotonic()
                self.bar.set_postfix_str(f"{self.clips + whole.clips:,} clips")

    def _skip(self, video: ListedVideo, reason: VideoError | str) -> str:
        self.store.begin()
        text = str(reason)
        for place in map(printable, (str(video.path.absolute()), str(video.path))):
            text = text.replace(f"{place} ", "it ").replace(place, printable(video.path.name))
        self.skipped.append((printable(video.name), text))
        return text


def _decoded(
    videos: Sequence[ListedVideo], length: int, stride: int, size: tuple[int, int]
) -> Generator[_Event, None, None]:
    """What the decoder gives, video after video; None when a video is complete."""
    with Decoder() as decoder:
        for video in videos:
            state = _state(video.path)
            try:
                for item in decoder.clips(video.path, length, stride, size):
                    yield video, state, item
            except VideoError as error:
                yield video, state, error
            else:
                yield video, state, None


def _state(path: Path) -> tuple[int, int]:
    """Size and time of the last change, by which a changed file is known."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1  # gone since it was listed; decoding will say so
    return found.st_size, found.st_mtime_ns


def _settings(classifier: Classifier, layer: str, stride: int, clips: bool) -> dict[str, Any]:
    prob = layer == "prob"
    preprocess = classifier.preprocess
    net = {"name": classifier.name, "fingerprint": classifier.fingerprint()}
    trained = classifier.card.get("data")
    if isinstance(trained, dict) and isinstance(trained.get("split"), int):
        net["trained on split"] = trained["split"]  # other splits test on what it has learnt
    settings = {
        "format": FORMAT,
        "net": net,
        "layer": layer,
        "stride": stride,
        "length": preprocess.length,
        "frame_size": preprocess.decode_size,
        "dimension": len(classifier.classes) if prob else classifier.model.features(layer),
        "l2": True,
        "clips": clips,
        "preprocess": preprocess.to_dict(),
    }
    return dict(json.loads(json.dumps(settings)))


def _within(folder: Path, root: Path) -> str:
    """The feature folder's name inside the videos' folder with a slash, if it lies there."""
    folder, root = folder.resolve(), root.resolve()
    return f"{folder.relative_to(root).as_posix()}/" if root in folder.parents else ""
