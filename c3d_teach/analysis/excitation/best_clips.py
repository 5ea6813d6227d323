"""Which clips, and which moments in them, excite the units of a layer most."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from c3d_teach.analysis.excitation.clip_source import ClipSource
from c3d_teach.analysis.excitation.running_best import RunningBest
from c3d_teach.analysis.units import (
    Unit,
    classifier_of,
    clips_of,
    frames_of,
    layer_row,
    normalised,
    own_copy,
    unit_of,
)
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import UsageError, VideoError
from c3d_teach.files import printable
from c3d_teach.models.arithmetic import Row
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

MOST_BYTES = 2 << 30  # of kept clips; beyond it a laptop would start to swap
_PATIENCE = 3.0  # seconds without a progress bar


@dataclass(frozen=True)
class UnitClips:
    """The clips that excite one unit most, the strongest first: K of them, maybe none.

    Attributes:
        unit: which unit.
        activations: ``(K,)`` float32, the largest value in the unit's map for each clip.
        clips: K clips ``(L, H, W, C)`` uint8 as the net saw them; units share them.
        places: ``(K, 3)`` int64, where in the map ``(t, y, x)`` the largest value is; -1 for
            fully connected layers, whose units have no place.
        boxes: ``(K, 3, 2)`` int64, first and end (exclusive) of the frames, rows and columns
            of the clip that this place sees.
        moments: ``(K,)`` int64, the frame in the middle of the box.
        numbers: ``(K,)`` int64, index of the clip in the set, or its number in its video.
        videos: K names of videos; "" for a set of single clips.
        starts: ``(K,)`` int64, the frame of the video that the clip begins with.
        labels: for each kind of label ("motion", "digit", "photo", "class") K names.
        totals: for each kind of label how many of all clips looked at have which.
    """

    unit: Unit
    activations: NDArray[np.float32]
    clips: tuple[NDArray[np.uint8], ...] = field(repr=False)
    places: NDArray[np.int64]
    boxes: NDArray[np.int64]
    moments: NDArray[np.int64]
    numbers: NDArray[np.int64]
    videos: tuple[str, ...]
    starts: NDArray[np.int64]
    labels: Mapping[str, tuple[str, ...]]
    totals: Mapping[str, Mapping[str, int]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.activations)

    def counts(self, kind: str) -> dict[str, int]:
        """How many of the best clips have which label, the most frequent first.

        Raises:
            UsageError: for a kind of label that the source does not have.
        """
        if kind not in self.labels:
            known = ", ".join(self.labels) or "none"
            raise UsageError(f"The clips have no label {kind!r}; there is {known}.")
        return dict(Counter(self.labels[kind]).most_common())

    @property
    def sentence(self) -> str:
        if not len(self):
            return f"No clip excites {self.unit}."
        top, last = float(self.activations[0]), float(self.activations[-1])
        text = f"The {len(self)} clips that excite {self.unit} most, from {top:.3g} to {last:.3g}."
        for kind in self.labels:
            name, most = next(iter(self.counts(kind).items()))
            share = self.totals[kind][name] / sum(self.totals[kind].values())
            text += f" {most} of them are “{name}” ({kind}), of all clips {share:.0%} are."
        return text


@dataclass(frozen=True)
class BestClips:
    """Result of :func:`best_clips`.

    Attributes:
        layer: its name.
        units: for each unit asked for, in that order, its best clips.
        looked: how many clips the net was shown.
        silent: how many of the units no clip excites.
        broken: name and reason of each video that could not be read, or not to its end; the
            clips before a break count.
    """

    layer: str
    units: tuple[UnitClips, ...]
    looked: int
    silent: int
    broken: tuple[tuple[str, str], ...]

    def of(self, channel: int) -> UnitClips:
        """The best clips of the unit with this number.

        Raises:
            UsageError: for a unit that was not asked for.
        """
        for one in self.units:
            if one.unit.channel == channel:
                return one
        raise UsageError(f"Unit {channel} of {self.layer} was not among the units asked for.")

    @property
    def sentence(self) -> str:
        units = f"{len(self.units)} unit{'s' * (len(self.units) != 1)}"
        text = f"The best of {self.looked} clips for {units} of {self.layer}."
        if self.silent:
            text += f" No clip excites {self.silent} of them."
        if self.broken:
            videos = f"{len(self.broken)} video{'s' * (len(self.broken) != 1)}"
            text += f" {videos} could not be read to the end."
        return text


def best_clips(
    net: Classifier,
    layer: str,
    source: Any,
    *,
    units: Sequence[int] | None = None,
    count: int = 9,
    stride: int | None = None,
    per_video: int | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> BestClips:
    """The ``count`` clips that excite each unit of a layer most, in one pass.

    A unit's answer to a clip is the largest value in its map, after the ReLU; so a clip counts
    once, with its best place (Zeiler and Fergus 2014 choose image patches this way; clips and
    moments are ours). Only the best clips so far are kept, so memory does not grow with the
    source. Answers that differ by less than the rounding of float32 sums (1 in 260,000) count
    as equal; of these the earlier clip and the earlier place win, so that the batch size does
    not decide.

    Args:
        net: the trained net.
        layer: any layer.
        source: an embedded set such as ``MotionDigits``, any other set whose items are dicts
            with a ``clip``, or a video, a folder of videos or a ``Listing``.
        units: which units; all of the layer when None.
        count: clips to keep for each unit.
        stride: frames from one clip of a video to the next; None for the clip's length, so
            that no moment is shown twice. Sets have their own clips.
        per_video: at most this many clips of one video, or made from one picture in an
            embedded set; None for any number.
        batch_size: clips that the net sees at once; None for as many as suit it.
        progress: show a progress bar on standard error when it takes more than 3 s.

    Raises:
        UsageError: for an unknown layer or unit, a number below 1, a source that is none, a
            net with NaN, or so many units and clips that keeping them would take over 2 GB.
        VideoError: when no clip of the source can be read.
    """
    row = layer_row(classifier_of(net), layer)
    if isinstance(units, int):
        raise UsageError(f"units is {units}; it is a list of units: units=[{units}].")
    channels = range(row.shape[0]) if units is None else units
    asked = [unit_of(net, layer, channel) for channel in channels]
    if not asked or len(set(asked)) < len(asked):
        raise UsageError("units names at least one unit, and each one once.")
    batch_size = net.fitting() if batch_size is None else batch_size
    numbers = {"count": count, "stride": stride, "per_video": per_video, "batch_size": batch_size}
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise UsageError(f"{name} is {value}; it is at least 1.")
    stream = ClipSource(net, source, stride or net.preprocess.length)
    _check_room(net, len(asked), count, stream.total)
    least = -np.inf if layer == net.model.layers[-1].name else 0.0  # off is not excited
    best = RunningBest(len(asked), count, per_video, least)
    rows = torch.tensor([unit.channel for unit in asked])
    model = own_copy(net)  # in evaluation mode; the user's net stays in the mode it is in
    keep_freed_memory()
    bar = tqdm(
        total=stream.total, unit="clip", disable=not progress, delay=_PATIENCE, file=sys.stderr
    )
    with bar:
        for given, origins in stream.batches(batch_size):
            clips = clips_of(net, given)
            best.add(clips, origins, _answers(model, normalised(net, clips), layer)[:, rows])
            bar.update(len(clips))
    if not best.looked:
        reason = "".join(f" {name}: {why}" for name, why in stream.broken[:1])
        where = stream.listing.root if stream.listing else source
        raise VideoError(f"No clip could be read from {printable(str(where))}.{reason}")
    found = tuple(_unit_clips(best, k, unit, net, row) for k, unit in enumerate(asked))
    silent = sum(not len(one) for one in found)
    return BestClips(layer, found, best.looked, silent, tuple(stream.broken))


def _check_room(net: Classifier, units: int, count: int, total: int | None) -> None:
    channels, *size = net.model.clip_shape
    most = units * count if total is None else min(total, units * count)
    if most * prod(size) * channels > MOST_BYTES:
        fit = MOST_BYTES // (prod(size) * channels)
        raise UsageError(
            f"{count} clips for each of {units} units may be {most} clips, and {fit} of this "
            "net's fit into the 2 GB they may take. Ask for fewer units (units=range(50)) or "
            "for a smaller count."
        )


@torch.inference_mode()
def _answers(model: ConvNet, x: Tensor, layer: str) -> Tensor:
    """``(N, units, places)``."""
    maps = model.activations(x, layer).float()
    return maps.flatten(2) if maps.ndim > 2 else maps[..., None]


def _unit_clips(best: RunningBest, column: int, unit: Unit, net: Classifier, row: Row) -> UnitClips:
    mine = best.found(column)
    pairs = [best.clips[k] for k in best.order[mine, column].tolist()]
    origins = [origin for _, origin in pairs]
    places, boxes = boxes_seen(net, row, best.place[mine, column])
    return UnitClips(
        unit=unit,
        activations=best.values[mine, column].copy(),
        clips=tuple(clip for clip, _ in pairs),
        places=places,
        boxes=boxes,
        moments=boxes[:, 0].sum(1) // 2,
        numbers=np.array([origin.number for origin in origins], np.int64),
        videos=tuple(origin.video for origin in origins),
        starts=np.array([origin.start for origin in origins], np.int64),
        labels={kind: tuple(o.labels.get(kind, "") for o in origins) for kind in best.totals},
        totals={kind: dict(total) for kind, total in best.totals.items()},
    )


def boxes_seen(
    net: Classifier, row: Row, flat: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in the map ``(K, 3)``, and what they see of the clip ``(K, 3, 2)``.

    Args:
        row: of the layer.
        flat: ``(K,)`` indices into the flattened map ``L×H×W`` of one unit.
    """
    size = np.array(net.model.clip_shape[1:])
    if len(row.shape) == 1:  # a fully connected unit has no place and sees all
        whole = np.stack([np.zeros(3, np.int64), size], 1)
        return np.full((len(flat), 3), -1), np.repeat(whole[None], len(flat), 0)
    places = np.stack(np.unravel_index(flat, row.shape[1:]), 1)
    first = np.array(row.start) + places * np.array(row.step)
    boxes = np.stack([first, first + np.array(row.receptive_field)], 2)
    boxes = np.clip(boxes, 0, size[None, :, None])
    if (frames := frames_of(net.model)) is not None:
        boxes[:, 0] = frames
    return places.astype(np.int64), boxes.astype(np.int64)
