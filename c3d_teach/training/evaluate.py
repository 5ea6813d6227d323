"""How often a net is right, and what it takes for what."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from c3d_teach.data.catalog import embedded
from c3d_teach.data.embedded import BothWays
from c3d_teach.errors import UsageError
from c3d_teach.models.weights import Classifier


@dataclass(frozen=True)
class Evaluation:
    """Result of :func:`evaluate`.

    Attributes:
        accuracy: share of clips whose likeliest class is the right one.
        interval: 95 % Wilson interval of the accuracy over clips (not over trainings).
        clips: how many there were.
        loss: mean cross-entropy in nats.
        confusion: counts ``(K, K)``, rows are the truth, columns the answer.
        classes: names of the rows and columns.
    """

    accuracy: float
    interval: tuple[float, float]
    clips: int
    loss: float
    confusion: Tensor
    classes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": round(self.accuracy, 4),
            "interval": [round(v, 4) for v in self.interval],
            "clips": self.clips,
            "loss": round(self.loss, 4),
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
        }

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.accuracy:.1%} of {self.clips} clips right "
            f"(95 % interval {low:.1%} to {high:.1%})"
        )


def collate(samples: Any) -> dict[str, Tensor]:
    """A batch from a list of samples, or as it is when the dataset made it in one go."""
    if isinstance(samples, dict):
        return samples
    return {
        "clip": torch.stack([s["clip"] for s in samples]),
        "label": torch.tensor([s["label"] for s in samples]),
    }


def evaluate(
    classifier: Classifier, dataset: Any, *, batch_size: int = 64, workers: int = 0
) -> Evaluation:
    """Ask ``classifier`` about every clip of ``dataset``.

    Args:
        dataset: ``MotionDigits``, ``CameraMotion``, ``VideoFolder`` or another dataset with
            ``classes`` whose items hold ``clip`` (uint8) and ``label``.

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
    k = len(classifier.classes)
    confusion = torch.zeros(k, k, dtype=torch.long)
    loss = 0.0
    loader = DataLoader(dataset, batch_size, num_workers=workers, collate_fn=collate)
    for batch in loader:
        probability = classifier.predict(batch["clip"], batch_size=batch_size)
        answer = probability.argmax(1)
        label = as_known[batch["label"]]
        confusion += torch.bincount(label * k + answer, minlength=k * k).view(k, k)
        right = probability.gather(1, label[:, None]).clamp_min(1e-12)
        loss -= float(right.log().sum())
    clips = int(confusion.sum())
    accuracy = float(confusion.diagonal().sum()) / clips
    return Evaluation(
        accuracy, wilson(accuracy, clips), clips, loss / clips, confusion, classifier.classes
    )


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


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share of ``n`` trials; z = 1.96 for 95 %, 2.576 for 99 %."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _some(names: Any) -> str:
    names = [str(n) for n in names]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
