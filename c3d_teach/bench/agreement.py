"""Whether engines and precisions give the answers of the net itself, on clips that are classified.

The full-size net that is timed has random weights, so that how far its outputs are off says
little about right and wrong answers. The shipped ``camera-c3d`` is a C3D that has learnt
something: here its logits, probabilities and verdicts are compared.
"""

import warnings
from itertools import product
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.camera import CameraMotion
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.weights import load

NET, CLIPS = "camera-c3d", 512
_PRECISIONS = ("float32", "bfloat16")
_AT_ONCE = 32


@torch.inference_mode()
def agreement(device: str = "cpu", clips: int = CLIPS) -> dict[str, Any]:
    """Each engine and precision against the net itself in eager float32.

    Returns:
        ``net``, ``data``, ``clips`` and ``rows``: ``engine``, ``precision``,
        ``logit_difference`` and ``probability_difference`` (the largest there is), and
        ``same_top1``, the number of clips that get the same class. A row that could not be had
        says why in ``problem`` instead.
    """
    classifier = load(NET).to(device)
    seen = CameraMotion(clips, split="test", seed=0).batch(range(clips))["clip"]
    right = _logits(classifier, seen, "eager", "float32")
    assert right is not None  # the net itself can always be had
    rows = []
    engines = ("torch", "openvino") if device == "cpu" else ("torch",)  # it is for the CPU alone
    for engine, precision in product(engines, _PRECISIONS):
        row: dict[str, Any] = {"engine": engine, "precision": precision}
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            logits = _logits(classifier, seen, engine, precision)
        if logits is None:
            row["problem"] = str(said[-1].message) if said else "another engine answers instead"
        else:
            row |= differences(right, logits)
        rows.append(row)
    data = f"CameraMotion, test, seed 0, {clips} clips"
    return {"net": NET, "data": data, "clips": clips, "rows": rows}


def differences(right: Tensor, logits: Tensor) -> dict[str, Any]:
    """How far logits ``(N, K)`` are from the right ones."""
    return {
        "logit_difference": float((logits - right).abs().max()),
        "probability_difference": float((logits.softmax(1) - right.softmax(1)).abs().max()),
        "same_top1": int((logits.argmax(1) == right.argmax(1)).sum()),
    }


def _logits(classifier: Classifier, clips: Tensor, engine: str, precision: str) -> Tensor | None:
    """Logits ``(N, K)``, or None where this engine cannot be had."""
    made = classifier.prepared(engine=engine, precision=precision)
    if (made.name, made.precision) != (engine, precision):
        return None
    device = next(classifier.model.parameters()).device
    parts = [classifier.preprocess(part.to(device)) for part in clips.split(_AT_ONCE)]
    return torch.cat([made.compute(part).float().cpu() for part in parts])
