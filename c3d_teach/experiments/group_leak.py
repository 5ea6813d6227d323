"""How much does a split flatter that deals the clips of one film to both sides?

Ninety films of moving digits, ten of each digit, each from a handwritten image of its own; each is
cut into five clips that share no frame. A frozen net describes the clips, a linear SVM answers
three questions about them, and each is tested twice: clips dealt at random, and whole films kept
together (UCF101's official splits do that with its groups). The third question has no answer:
its labels were dealt to the films at random.

``python -m c3d_teach.experiments.group_leak`` measures it anew: a minute and a half on one core.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.descriptors.descriptor import video_descriptor
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.linear_probe import ProbeResult, linear_probe
from c3d_teach.data.motion import MotionDigits
from c3d_teach.files import write_json
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "group_leak.json"
NET, EACH, CLIPS, LENGTH, SEEDS = "motion-d3", 10, 5, 16, 5
PARTS, PENALTY = 5, 10.0  # of the cross-validation; C of the SVM, the same everywhere
_LOOKED = 1000  # films to choose from; enough for ten images of every digit
QUESTIONS = ("motion", "digit", "dealt")  # how it moves, what it is, labels dealt at random
SPLITS = ("clips", "films")  # what is dealt to the parts


@dataclass(frozen=True)
class Films:
    """Clips cut from longer films, in the order of the films.

    Attributes:
        clips: uint8 ``(F·K, L, H, W, 1)``.
        film: ``(F·K,)`` int64, the film of each clip.
        labels: question → ``(F·K,)`` int64; all clips of a film share it.
    """

    clips: Tensor
    film: NDArray[np.int64]
    labels: Mapping[str, NDArray[np.int64]]


def films(seed: int, *, each: int = EACH, count: int = CLIPS) -> Films:
    """``each`` films of every digit, every one of another handwritten image, in ``count`` clips.

    Args:
        seed: of the films and of the dealt labels.
        each: films of a digit, up to 10.
        count: clips of a film, each of 16 frames, without overlap.
    """
    shape = (1, LENGTH * count, 32, 32)
    data = MotionDigits(_LOOKED, split="test", seed=seed, clip_shape=shape)
    images = data.images(range(_LOOKED)).numpy()
    first = np.sort(np.unique(images, return_index=True)[1])  # one film an image
    digit = data.batch(first.tolist())["digit"].numpy()
    chosen = np.concatenate([first[digit == d][:each] for d in range(len(data.things))])
    made = data.batch(chosen.tolist())
    dealt = np.random.default_rng(seed).permutation(made["digit"].numpy())
    answers = {"motion": made["motion"].numpy(), "digit": made["digit"].numpy(), "dealt": dealt}
    return Films(
        made["clip"].unflatten(1, (count, LENGTH)).flatten(0, 1),
        np.repeat(np.arange(len(chosen)), count),
        {name: np.repeat(one, count) for name, one in answers.items()},
    )


def described(net: Classifier, clips: Tensor, layer: str = "fc6") -> NDArray[np.float32]:
    """Descriptor ``(N, D)`` of each clip by itself: after the ReLU, of length 1."""
    return np.stack([video_descriptor(row[None]) for row in net.descriptor(clips, layer).numpy()])


def probed(descriptors: NDArray[np.float32], made: Films, question: str, split: str) -> ProbeResult:
    """Cross-validation in five parts, with clips or whole films dealt to the parts (ours)."""
    numbers = range(len(descriptors))
    whole = split == "films"
    table = FeatureTable(
        descriptors,
        tuple(f"clip {k:04d}" for k in numbers),
        tuple(f"{label:02d}" for label in made.labels[question]),
        tuple(f"film {k:03d}" for k in made.film) if whole else ("",) * len(descriptors),
        (),
        {},
    )
    return linear_probe(table, folds=PARTS, c=PENALTY)


def measure(seeds: int = SEEDS) -> dict[str, Any]:
    """Accuracy of every question with both splits, a list over the seeds."""
    net = load(NET)
    found: dict[str, dict[str, list[float]]] = {q: {s: [] for s in SPLITS} for q in QUESTIONS}
    count = 0
    for seed in range(seeds):
        made = films(seed)
        rows = described(net, made.clips)
        count = len(rows)
        for question in QUESTIONS:
            for split in SPLITS:
                accuracy = probed(rows, made, question, split).accuracy
                found[question][split].append(round(accuracy, 4))
    classes = {"motion": 8, "digit": 9, "dealt": 9}
    return {
        "net": NET,
        "clips": count,
        "films": count // CLIPS,
        "chance": {q: round(1 / classes[q], 4) for q in QUESTIONS},
        "accuracy": found,
    }


def shipped() -> dict[str, Any]:
    """The result that comes with the kit."""
    result: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return result


def table(result: dict[str, Any]) -> str:
    """The study as a Markdown table."""
    lines = [
        "| question | chance | clips dealt at random: mean (range over seeds) | whole films |",
        "|---|---|---|---|",
    ]
    for question, splits in result["accuracy"].items():
        cells = [f"{np.mean(v):.0%} ({min(v):.0%} to {max(v):.0%})" for v in splits.values()]
        lines.append(f"| {question} | {result['chance'][question]:.1%} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def main() -> None:
    torch.set_num_threads(1)  # the same sums on every machine
    result = measure()
    write_json(RESULT, result)
    print(table(result))


if __name__ == "__main__":
    main()
