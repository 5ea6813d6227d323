"""Is C3D a general feature extractor, "like VGG"? Trained against random weights, both frozen.

The paper promises features that serve tasks the net was not trained for (section 4). Here a
frozen net describes clips of a task it has never seen, a linear SVM learns the task from few
of them, and the same net with random weights does the same. Whatever the trained net has
above the random ones, its training has put there.

``python -m c3d_teach.experiments.like_vgg`` measures it anew: about 10 minutes on two cores.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from c3d_teach.analysis.descriptors.descriptor import video_descriptor
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.linear_probe import ProbeResult, linear_probe
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.motion import MotionDigits
from c3d_teach.experiments.markdown import renew, with_block
from c3d_teach.files import write_json
from c3d_teach.models.c3d import C3D
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import with_random_weights
from c3d_teach.models.weights import load
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.trainer import train

RESULT = Path(__file__).parent / "results" / "like_vgg.json"
TESTS = 300  # clips that test a task
_UNSEEN = ("val", "test")  # photographs that no shipped net has seen in training

Clips = tuple[Tensor, Tensor]  # uint8 (N, L, H, W, C) and labels (N,), the classes in turn


@dataclass(frozen=True)
class Task:
    """Something to tell apart: clips to train the SVM on, and others to test it.

    Attributes:
        make: gives the clips of ``"train"`` or ``"test"``, at least so many of each class.
        classes: how many.
    """

    name: str
    make: Callable[[str, int], Clips]
    classes: int


def photographs(side: str, each: int) -> Clips:
    """Which of five photographs is seen, none of them in any training; other clips to test."""
    parts = [
        CameraMotion(6 * each + 30, split=split, seed=83 + (side == "test"), label="photo")
        for split in _UNSEEN
    ]
    return _balanced([part.batch(range(len(part))) for part in parts], "photo", each)


def digit_motions(side: str, each: int) -> Clips:
    """In which of eight ways a digit moves, for a net that has only seen moving cameras."""
    data = MotionDigits(8 * each, split=side, seed=87, clip_shape=(1, 16, 64, 64))
    return _balanced([data.batch(range(len(data)))], "motion", each)


def digit_speeds(side: str, each: int) -> Clips:
    """Whether a digit moves slowly (×0.6) or fast (×1.8), in whichever way."""
    parts = []
    for label, speed in enumerate((0.6, 1.8)):
        made = MotionDigits(each, split=side, seed=78, speed=speed).batch(range(each))
        parts.append(made | {"speed": torch.full((each,), label)})
    return _balanced(parts, "speed", each)


def digit_identity(side: str, each: int) -> Clips:
    """Which of nine digits is seen; other images to test."""
    data = MotionDigits(20 * each + 40, split=side, seed=77, label="digit")
    return _balanced([data.batch(range(len(data)))], "digit", each)


PHOTOGRAPHS = Task("which of 5 new photographs", photographs, 5)
DIGIT_MOTIONS = Task("how digits move", digit_motions, 8)
DIGIT_SPEEDS = Task("slow or fast digits", digit_speeds, 2)
DIGIT_IDENTITY = Task("which digit", digit_identity, 9)

# net, what it was trained on, task, training clips a class
ROWS = (
    ("photo net", "8 other photographs", PHOTOGRAPHS, (10, 40, 100)),
    ("camera-c3d", "camera motion", PHOTOGRAPHS, (10, 40, 100)),
    ("camera-c3d", "camera motion", DIGIT_MOTIONS, (10, 40, 100)),
    ("motion-d3", "digit motion", DIGIT_SPEEDS, (10, 40, 100)),
    ("motion-d3", "digit motion", DIGIT_IDENTITY, (10, 40, 100)),
)


def photo_net(*, seed: int = 0, clips: int = 2400, epochs: int = 5) -> Classifier:
    """A C3D at 1/8 width that has learnt to tell eight photographs apart."""
    torch.manual_seed(seed)
    data = CameraMotion(clips, seed=seed, label="photo")
    model = C3D(len(data.classes), clip_shape=data.clip_shape, width=0.125, dropout=0.1)
    validation = CameraMotion(160, seed=seed + 1, label="photo")  # the same eight photographs
    recipe = replace(Recipe.classroom(), stop=epochs, lr=0.001)
    with TemporaryDirectory() as out:
        train(model, data, validation, recipe, out=out, seed=seed, progress=False)
        return load(out)


def probed(classifier: Classifier, task: Task, each: int, *, layer: str = "fc6") -> ProbeResult:
    """A linear SVM on ``each`` clips a class, described by a frozen net, tested on 300 others.

    C is chosen on the training clips, for every net alike.
    """
    sides = ("train", "test")
    made = {side: task.make(side, n) for side, n in zip(sides, (each, _tests(task)), strict=True)}
    rows = np.concatenate([_described(classifier, clips, layer) for clips, _ in made.values()])
    labels = [f"{int(label):02d}" for _, found in made.values() for label in found]
    part = [side for side, (_, found) in made.items() for _ in found]
    names = tuple(f"clip {i:05d}" for i in range(len(rows)))
    table = FeatureTable(rows, names, tuple(labels), ("",) * len(rows), (tuple(part),), {})
    return linear_probe(table, folds="split1", c="choose")


def compare(trained: Classifier, task: Task, each: int, seeds: Iterable[int]) -> dict[str, Any]:
    """Trained against random weights on one task: accuracy, interval, and every random seed."""
    found = probed(trained, task, each)
    others = [probed(with_random_weights(trained, seed), task, each).accuracy for seed in seeds]
    return {
        "task": task.name,
        "each": each,
        "chance": round(1 / task.classes, 4),
        "trained": round(found.accuracy, 4),
        "interval": [round(v, 4) for v in found.interval],
        "random": [round(v, 4) for v in others],
        "tests": found.videos,
    }


def measure(seeds: int = 5) -> list[dict[str, Any]]:
    """All rows of the study."""
    nets: dict[str, Classifier] = {}
    rows = []
    for net, taught, task, sizes in ROWS:
        if net not in nets:
            nets[net] = photo_net() if net == "photo net" else load(net)
        for each in sizes:
            row = compare(nets[net], task, each, range(seeds))
            rows.append({"net": net, "trained on": taught, **row})
    return rows


def verdict_of(row: dict[str, Any]) -> str:
    """Who is ahead beyond the 95 % interval, of every random seed."""
    low, high = row["interval"]
    if low > max(row["random"]):
        return "trained"
    return "random" if high < min(row["random"]) else "neither"


def table(rows: list[dict[str, Any]]) -> str:
    """The study as a Markdown table."""
    lines = [
        "| net, trained on | new task (chance) | clips a class | trained, 95 % interval "
        "| random weights, mean (range) | ahead |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, high = row["interval"]
        others = row["random"]
        lines.append(
            f"| {row['net']}, {row['trained on']} | {row['task']} ({row['chance']:.0%}) "
            f"| {row['each']} | {row['trained']:.0%} ({low:.0%} to {high:.0%}) "
            f"| {np.mean(others):.0%} ({min(others):.0%} to {max(others):.0%}) "
            f"| {verdict_of(row)} |"
        )
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A page with its table of this study brought up to date."""
    return with_block(text, "like vgg", table(shipped()))


def _tests(task: Task) -> int:
    return TESTS // task.classes


def _described(classifier: Classifier, clips: Tensor, layer: str) -> np.ndarray:
    found = classifier.descriptor(clips, layer).numpy()
    return np.stack([video_descriptor(row[None]) for row in found])  # of one clip: L2 alone


def _balanced(parts: list[dict[str, Tensor]], key: str, each: int) -> Clips:
    """The first ``each`` clips of every class, the classes in turn."""
    labels = torch.cat([part[key] for part in parts])
    places = [(labels == k).nonzero()[:each, 0] for k in labels.unique()]
    index = torch.stack(places, 1).flatten()
    return torch.cat([part["clip"] for part in parts])[index], labels[index]


def shipped() -> list[dict[str, Any]]:
    """The rows that come with the kit."""
    rows: list[dict[str, Any]] = json.loads(RESULT.read_text(encoding="utf-8"))
    return rows


def main() -> None:
    rows = measure()
    write_json(RESULT, rows)
    renew("real-video.md", with_table)
    print(table(rows))


if __name__ == "__main__":
    main()
