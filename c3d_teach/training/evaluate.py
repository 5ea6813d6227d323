"""How often a net is right, and what it takes for what."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from c3d_teach.data.catalog import embedded
from c3d_teach.data.embedded import BothWays
from c3d_teach.device import keep_freed_memory
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier
from c3d_teach.processes import ALONE, Place, gathered, summed
from c3d_teach.training.intervals import grouped_interval, wilson


@dataclass(frozen=True)
class VideoResult:
    """How often whole videos are right, each judged by the mean over its clips.

    This is the paper's video accuracy (section 3.3): probabilities are averaged over the
    clips, each seen through one centre crop.

    Attributes:
        accuracy: share of videos whose likeliest class is the right one.
        interval: 95 % interval of the accuracy, over groups of near-duplicate videos where
            there are such (see :func:`~c3d_teach.training.intervals.grouped_interval`).
        top5: share of videos with the right class among the five likeliest.
        videos: how many there were.
        confusion: counts ``(K, K)``, rows are the truth, columns the answer.
    """

    accuracy: float
    interval: tuple[float, float]
    top5: float
    videos: int
    confusion: Tensor

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": round(self.accuracy, 4),
            "interval": [round(v, 4) for v in self.interval],
            "top5": round(self.top5, 4),
            "videos": self.videos,
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True)
class Evaluation:
    """Result of :func:`evaluate`.

    Attributes:
        accuracy: share of clips whose likeliest class is the right one.
        interval: 95 % interval of the accuracy (not over trainings): Wilson's over clips, or
            over groups of videos, for the clips of one video are near-duplicates.
        top5: share of clips with the right class among the five likeliest.
        clips: how many there were.
        loss: mean cross-entropy in nats.
        confusion: counts ``(K, K)``, rows are the truth, columns the answer.
        classes: names of the rows and columns.
        video: the same for whole videos; None for data that does not come from videos.
    """

    accuracy: float
    interval: tuple[float, float]
    top5: float
    clips: int
    loss: float
    confusion: Tensor
    classes: tuple[str, ...]
    video: VideoResult | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": round(self.accuracy, 4),
            "interval": [round(v, 4) for v in self.interval],
            "top5": round(self.top5, 4),
            "clips": self.clips,
            "loss": round(self.loss, 4),
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
        } | ({"video": self.video.to_dict()} if self.video else {})

    def __str__(self) -> str:
        said = self._share(self.accuracy, self.interval, self.top5, self.clips, "clips")
        if self.video is None:
            return said
        v = self.video
        return f"{said}\n{self._share(v.accuracy, v.interval, v.top5, v.videos, 'videos')}"

    def _share(
        self, accuracy: float, interval: tuple[float, float], top5: float, count: int, what: str
    ) -> str:
        low, high = interval
        # with five classes or fewer the right one is always among five
        five = f", {top5:.1%} among the first five" * (len(self.classes) > 5)
        return (
            f"{accuracy:.1%} of {count} {what} right (95 % interval {low:.1%} to {high:.1%}){five}"
        )


def collate(samples: Any) -> dict[str, Tensor]:
    """A batch from a list of samples, or as it is when the dataset made it in one go."""
    if isinstance(samples, dict):
        return samples
    batch = {
        "clip": torch.stack([s["clip"] for s in samples]),
        "label": torch.tensor([s["label"] for s in samples]),
    }
    if "video" in samples[0]:
        batch["video"] = torch.tensor([s["video"] for s in samples])
    return batch


def evaluate(
    classifier: Classifier,
    dataset: Any,
    *,
    batch_size: int | None = None,
    workers: int = 0,
    place: Place = ALONE,
) -> Evaluation:
    """Ask ``classifier`` about every clip of ``dataset``, and so about every video.

    Args:
        dataset: ``MotionDigits``, ``CameraMotion``, ``VideoFolder``, ``UCF101``,
            ``RandomClips`` or another dataset with ``classes`` whose items hold ``clip``
            (uint8) and ``label``, and ``video`` (a number) if clips belong to videos.
        place: which of several processes this is; each asks about its share of the clips, and all
            get the answer.

    Raises:
        UsageError: when the classes of the two differ. Order, case and hyphens do not matter.
    """
    known = {_plain(name): index for index, name in enumerate(classifier.classes)}
    if {_plain(name) for name in dataset.classes} != known.keys():
        raise UsageError(
            f"The net knows {len(classifier.classes)} classes ({_some(classifier.classes)}) and "
            f"the data has {len(dataset.classes)} ({_some(dataset.classes)}); they must be the "
            "same."
        )
    # folders are sorted by name and have hyphens for spaces; the net has its own order
    as_known = torch.tensor([known[_plain(name)] for name in dataset.classes])
    keep_freed_memory()
    size = batch_size or classifier.fitting()
    mine = dataset if place.world == 1 else Subset(dataset, list(place.share(len(dataset))))
    loader = DataLoader(mine, size, num_workers=workers, collate_fn=collate)
    probabilities, labels, videos = [torch.empty(0, len(classifier.classes))], [], []
    for batch in loader:
        probabilities.append(classifier.predict(batch["clip"], batch_size=size))
        labels.append(as_known[batch["label"]])
        if "video" in batch:
            videos.append(batch["video"])
    probability = gathered(torch.cat(probabilities))
    label = gathered(torch.cat([torch.empty(0, dtype=torch.long), *labels]))
    accuracy, top5, confusion = _judged(probability, label)
    interval, whole = wilson(accuracy, len(label)), None
    of_videos = summed([len(videos)])[0] > 0 if place.world > 1 else bool(videos)
    if of_videos:
        video = gathered(torch.cat([torch.empty(0, dtype=torch.long), *videos]))
        # clips and videos cut from one film are near-duplicates
        units = torch.tensor(getattr(dataset, "video_units", range(int(video.max()) + 1)))
        interval = _interval(probability.argmax(1) == label, units[video])
        whole = _whole_videos(probability, label, video, units)
    right = probability.gather(1, label[:, None]).clamp_min(1e-12)
    return Evaluation(
        accuracy=accuracy,
        interval=interval,
        top5=top5,
        clips=len(label),
        loss=-float(right.log().mean()),
        confusion=confusion,
        classes=classifier.classes,
        video=whole,
    )


def _whole_videos(probability: Tensor, label: Tensor, video: Tensor, units: Tensor) -> VideoResult:
    names, number = video.unique(return_inverse=True)
    k = probability.shape[1]
    total = torch.zeros(len(names), k, dtype=torch.float64)
    total.index_add_(0, number, probability.double())
    counts = torch.bincount(number)[:, None]
    truth = torch.empty(len(names), dtype=torch.long)
    truth[number] = label
    mean = total / counts
    accuracy, top5, confusion = _judged(mean, truth)
    interval = _interval(mean.argmax(1) == truth, units[names])
    return VideoResult(accuracy, interval, top5, len(names), confusion)


def _interval(right: Tensor, unit: Tensor) -> tuple[float, float]:
    one_fold = np.zeros(len(right), np.intp)
    return grouped_interval(right.numpy(), one_fold, unit.numpy())[0]


def _judged(probability: Tensor, label: Tensor) -> tuple[float, float, Tensor]:
    """Top-1 and top-5 accuracy, and the confusion."""
    k = probability.shape[1]
    confusion = torch.bincount(label * k + probability.argmax(1), minlength=k * k).view(k, k)
    best = probability.topk(min(5, k), dim=1).indices
    top5 = float((best == label[:, None]).any(1).double().mean())
    return float(confusion.diagonal().sum()) / len(label), top5, confusion


def test_figures(classifier: Classifier, data: str, label: str, seed: int) -> dict[str, Any]:
    """How good a net is on 2,048 test clips of an embedded set, and on those both ways.

    Returns:
        For the net's card: ``"test"`` and, for motions, ``"test both ways"``, each with
        accuracy, interval and number of clips.
    """
    test = embedded(data, 2048, split="test", seed=seed, label=label)
    sets: dict[str, Any] = {"test": test}
    if label == "motion":
        sets["test both ways"] = BothWays(test)
    results = {name: evaluate(classifier, dataset).to_dict() for name, dataset in sets.items()}
    shown = ("accuracy", "interval", "clips")
    return {name: {k: result[k] for k in shown} for name, result in results.items()}


def _plain(name: str) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)  # PanLeft, as in UCF101's folders
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _some(names: Any) -> str:
    names = [str(n) for n in names]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
