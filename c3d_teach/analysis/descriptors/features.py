"""Descriptors of many videos: 16-frame clips every 8 frames, one layer, mean, then L2."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from c3d_teach.analysis.descriptors.describing import Describing, state_of
from c3d_teach.analysis.descriptors.extraction import Extraction as Extraction
from c3d_teach.analysis.descriptors.feature_files import FORMAT
from c3d_teach.analysis.descriptors.feature_store import Store
from c3d_teach.analysis.descriptors.feature_work import Entry, Work, has_begun
from c3d_teach.analysis.descriptors.folder_lock import locked
from c3d_teach.analysis.descriptors.shares import shares, together
from c3d_teach.data.listing import ListedVideo, Listing, list_videos
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import KitError, UsageError, VideoError
from c3d_teach.files import printable, writable_folder
from c3d_teach.models.classifier import Classifier
from c3d_teach.training.checkpoint import differences


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
    shared: bool = False,
) -> Extraction:
    """Describe every video of ``source`` and write a feature folder (``feature_files``).

    A video's descriptor is the mean of ``layer`` (after its ReLU) over its clips, then
    L2-normalised (paper, section 3.4 and 4.1). The same call again goes on where a run was
    ended, however that happened, and does only videos that are new or have changed; what it
    writes is, to the last bit, what an unbroken run would have written. A file that cannot be
    used is named in ``skipped.csv`` and tried again the next time. Memory does not grow with
    the length or the number of the videos.

    With ``shared``, several processes that torchrun has started do one extraction together (ours):
    each calls this alike, with ``out`` on a disk that all of them see, and takes its part of what
    is still to be done. The files are those of one process, to the last bit, given processors of
    one kind and as many threads; a run may be taken up again by another number of processes.

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
        on_video: called after each video that this process has tried in this run, with the
            reason why it could not be used, or ``""``.
        shared: whether the processes that torchrun has started share the videos; each gets the
            answer for all of them together.

    Raises:
        UsageError: for an unknown layer, a stride below 1, or a source that does not exist.
        VideoError: when there is no video in the source.
        CheckpointError: when ``out`` holds features made with other settings or of other videos.
        KitError: when ``out`` cannot be written, another run is working there, or another process
            of a shared run has failed (``shares.FirstProcessError`` if the first has said why).
    """
    begun = time.monotonic()
    batch_size = classifier.fitting() if batch_size is None else batch_size
    for name, value in {"stride": stride, "batch_size": batch_size}.items():
        if value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    settings = _settings(classifier, layer, stride, clips)
    keep_freed_memory()
    with together(shared) as team, ExitStack() as held:
        here = team.here
        alike = {"features": settings, "batch_size": batch_size, "out": str(out)}
        heard = team.gather(alike)
        whole: list[_Whole] = []  # one in the first process, none in the others

        def plan() -> list[tuple[list[ListedVideo], tuple[int, int]]]:
            _check_alike(heard)
            listing = source if isinstance(source, Listing) else list_videos(source)
            whole.append(held.enter_context(_begun(listing, Path(out), settings)))
            counts = len(listing.videos), whole[0].reused
            return [(share, counts) for share in whole[0].dealt(here.world)]

        todo, (total, reused) = team.dealt(plan)
        work = (
            whole[0].store.work
            if whole
            else held.enter_context(_own_part(out, settings, here.rank))
        )
        bar = tqdm(
            total=total,
            initial=reused,
            unit="video",
            disable=not (progress and here.first),
            file=sys.stderr,
        )

        def show() -> None:
            bar.update(reused + team.videos - bar.n)

        run = Describing(classifier, layer, batch_size, work, team, bar)
        with bar:
            for video, reason in run.describe(todo, stride, settings["frame_size"]):
                show()
                if reason and progress:
                    bar.write(f"skipped {video.name}: {reason}", file=sys.stderr)
                if on_video:
                    on_video(video, reason)
            work.close()  # before the others are told: what is closed, other machines see
            team.wait(show)
        reports = team.gather(_Report(work.fresh, run.skipped, run.clips))
        return team.dealt(lambda: [whole[0].written(reports, begun)] * here.world)


@dataclass(frozen=True)
class _Report:
    """What one process has done."""

    finished: list[Entry]
    skipped: list[tuple[str, str]]
    clips: int


class _Whole:
    """What only the first process knows: all videos, and which of them are described already."""

    def __init__(self, listing: Listing, folder: Path, store: Store) -> None:
        self.listing, self.folder, self.store = listing, folder, store
        states = [(video, state_of(video.path)) for video in listing.videos]
        self._todo = [(v, size) for v, (size, at) in states if not store.knows(v.name, size, at)]
        self.reused = len(states) - len(self._todo)

    def dealt(self, processes: int) -> list[list[ListedVideo]]:
        """The videos to be described by each process."""
        return shares([v for v, _ in self._todo], [size for _, size in self._todo], processes)

    def written(self, reports: Sequence[_Report], begun: float) -> Extraction:
        """Write the final files once all processes have reported."""
        for rank, report in enumerate(reports):
            self.store.take(rank, report.finished)
        place = {printable(video.name): k for k, video in enumerate(self.listing.videos)}
        skipped = sorted(
            (pair for report in reports for pair in report.skipped), key=lambda pair: place[pair[0]]
        )
        self.store.write(self.listing, skipped)
        own = _within(self.folder, self.listing.root)
        others = self.listing.others
        return Extraction(
            self.folder,
            sum(len(report.finished) for report in reports),
            self.reused,
            tuple(skipped),
            tuple(pair for pair in others if not own or not pair[0].startswith(own)),
            sum(report.clips for report in reports),
            time.monotonic() - begun,
        )


@contextmanager
def _begun(listing: Listing, folder: Path, settings: dict[str, Any]) -> Iterator[_Whole]:
    """The feature folder, held for this run."""
    if not listing.videos:
        reason = "".join(f" {name}: {why}." for name, why in listing.others[:1])
        raise VideoError(f"There is no video in {listing.root}.{reason}")
    with locked(writable_folder(folder)):
        store = Store(folder, settings, {video.name for video in listing.videos})
        try:
            yield _Whole(listing, folder, store)
        finally:
            store.close()


@contextmanager
def _own_part(out: str | Path, settings: dict[str, Any], rank: int) -> Iterator[Work]:
    """Where a process beside the first puts down what it finishes."""
    if not has_begun(Path(out)):
        raise KitError(
            f"Process {rank} does not see what the first one has begun in {out}. Give a folder on "
            "a disk that all machines share."
        )
    work = Work(Path(out), settings, int(settings["dimension"]), bool(settings["clips"]), rank)
    with locked(writable_folder(work.folder)):  # a process that has outlived its run may write
        try:
            work.open()
            yield work
        finally:
            work.close()


def _check_alike(heard: Sequence[dict[str, Any]]) -> None:
    """Processes that share a run have to do the same."""
    for rank, other in enumerate(heard):
        if found := differences(heard[0], other):
            raise UsageError(
                f"Processes 0 and {rank} of this run do not do the same: from one to the other "
                f"{'; '.join(found)}. Start all with one command, on machines of one kind."
            )


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
        # another one's numbers are near, not the same
        "engine": str(classifier.prepared(None if prob else layer)),
    }
    return dict(json.loads(json.dumps(settings)))


def _within(folder: Path, root: Path) -> str:
    """The feature folder's name inside the videos' folder with a slash, if it lies there."""
    folder, root = folder.resolve(), root.resolve()
    return f"{folder.relative_to(root).as_posix()}/" if root in folder.parents else ""
