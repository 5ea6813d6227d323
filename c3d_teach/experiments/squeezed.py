"""How few numbers of fc6 will do: the paper's section 4.3 with a small net of ours.

Clips of moving digits, described by camera-c3d, which has only seen moving cameras; PCA; a
linear SVM names the motion. Clips of one handwritten image stay on one side of every split.

``python -m c3d_teach.experiments.squeezed`` measures it anew: about a minute on two cores.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from c3d_teach.analysis.descriptors.compactness import compactness
from c3d_teach.analysis.descriptors.feature_files import FeatureTable
from c3d_teach.analysis.descriptors.linear_probe import linear_probe
from c3d_teach.data.motion import MOTIONS, MotionDigits
from c3d_teach.files import write_json
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "squeezed.json"
NET = "camera-c3d"
CLIPS = 800
DIMENSIONS = (2, 5, 10, 20, 50, 100, 200)


def features(clips: int = CLIPS) -> FeatureTable:
    """fc6 of each clip, of length 1; the motion as its label, the image as its group."""
    net = load(NET)
    data = MotionDigits(clips, split="test", seed=87, clip_shape=(1, 16, 64, 64))
    made = data.batch(range(clips))
    x = net.descriptor(made["clip"], "fc6").numpy()
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return FeatureTable(
        x,
        tuple(f"clip {k:04d}" for k in range(clips)),
        tuple(MOTIONS[k] for k in made["motion"]),
        tuple(f"image {k:04d}" for k in made["image"]),
        (),
        {},
    )


def measure(clips: int = CLIPS) -> dict[str, Any]:
    """The curve over dimensions, and the whole descriptor with shuffled labels as a control."""
    table = features(clips)
    curve = compactness(table, dimensions=DIMENSIONS, folds=5, c=10.0)
    control = linear_probe(table, folds=5, c=10.0, shuffled=True)
    return {
        "net": NET,
        "task": "how digits move",
        "whole": int(table.descriptors.shape[1]),
        "shuffled": round(control.accuracy, 4),
        **curve.to_dict(),
    }


def shipped() -> dict[str, Any]:
    """The result that comes with the kit."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return found


def main() -> None:
    found = measure()
    write_json(RESULT, found)
    for point in found["points"]:
        print(point["dimension"], point["accuracy"], point["interval"])


if __name__ == "__main__":
    main()
