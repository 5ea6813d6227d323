"""Does a map of heat find the moment of the motion? Digits that move in frames 6 to 11 alone.

Temporal occlusion asks which frames the answer rests on, Grad-CAM which steps of a layer. Both
are held against nets with random weights, and against 37.5 %, the share of 6 in 16 frames.

``python -m c3d_teach.experiments.when_it_moves`` measures it anew: a minute on two cores.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.attribution.heat import mass
from c3d_teach.analysis.attribution.maps import grad_cam_curves
from c3d_teach.analysis.attribution.occlusion import occlusion_curves
from c3d_teach.data.motion import MotionDigits
from c3d_teach.experiments.markdown import renew, with_block
from c3d_teach.files import write_json
from c3d_teach.models.arithmetic import Conv, describe
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import with_random_weights
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "when_it_moves.json"
NET, MOVING, CLIPS, SEEDS = "motion-d3", (6, 12), 200, 3


def right_clips(net: Classifier, count: int = CLIPS) -> tuple[Tensor, list[int], float]:
    """Clips that the net answers rightly, their motions, and the share of such clips."""
    data = MotionDigits(2 * count, split="test", seed=31, moving=MOVING)
    made = data.batch(range(len(data)))
    right = net.predict(made["clip"]).argmax(1) == made["motion"]
    chosen = right.nonzero()[:count, 0]
    return made["clip"][chosen], made["motion"][chosen].tolist(), float(right.float().mean())


def measure() -> dict[str, Any]:
    net = load(NET)
    clips, motions, right = right_clips(net)
    occlusion = {"trained": summary(occlusion_curves(net, clips, motions))}
    controls = [with_random_weights(net, seed) for seed in range(SEEDS)]
    for seed, drawn in enumerate(controls):
        occlusion[f"random {seed}"] = summary(occlusion_curves(drawn, clips, motions))
    rows = {row.name: row for row in describe(net.model)}
    layers = [layer.name for layer in net.model.layers if isinstance(layer, Conv)]
    cam = {
        layer: {"steps": rows[layer].shape[1]}
        | summary(grad_cam_curves(net, clips, motions, layer))
        | {
            "random": [
                summary(grad_cam_curves(drawn, clips, motions, layer))["share"]
                for drawn in controls
            ]
        }
        for layer in layers
    }
    return {
        "net": NET,
        "clips": len(clips),
        "right": right,
        "uniform": (MOVING[1] - MOVING[0]) / clips.shape[1],
        "occlusion": occlusion,
        "grad-cam": cam,
    }


def summary(curves: NDArray[np.floating]) -> dict[str, Any]:
    """Mean share of the curves' positive part in the moving frames, with a 95 % interval.

    Of the clips whose curve is above zero anywhere; the others are counted.
    """
    shares = mass(curves, *MOVING)
    some = shares[np.isfinite(shares)]
    # the interval of the mean, from clips drawn anew: shares pile up at 1, no normal curve
    drawn = torch.randint(
        len(some), (2000, len(some)), generator=torch.Generator().manual_seed(0)
    ).numpy()
    low, high = np.quantile(some[drawn].mean(1), [0.025, 0.975])
    return {
        "share": float(some.mean()),
        "interval": [float(low), float(high)],
        "without": int(len(shares) - len(some)),
    }


def table(result: dict[str, Any]) -> str:
    """The study as a Markdown table."""

    def said(one: dict[str, Any]) -> str:
        low, high = one["interval"]
        without = f", {one['without']} clips without any" if one["without"] else ""
        return f"{one['share']:.1%} ({low:.1%} to {high:.1%}{without})"

    hidden = result["occlusion"]
    random = [one["share"] for name, one in hidden.items() if name != "trained"]
    rows = [("temporal occlusion", 8, hidden["trained"], random)]
    for layer, one in result["grad-cam"].items():
        rows.append((f"Grad-CAM at {layer}", one["steps"], one, one["random"]))
    lines = [
        "| map | steps in time | share in frames 6 to 11 (95 % interval) "
        "| random weights, each seed |",
        "|---|---|---|---|",
    ]
    for name, steps, one, shares in rows:
        each = ", ".join(f"{share:.0%}" for share in shares)
        lines.append(f"| {name} | {steps} | {said(one)} | {each} |")
    lines.append(f"| a map without any preference | | {result['uniform']:.1%} | |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A page with its table of this study brought up to date."""
    return with_block(text, "when it moves", table(json.loads(RESULT.read_text(encoding="utf-8"))))


def main() -> None:
    result = measure()
    write_json(RESULT, result)
    renew("seeing-inside.md", with_table)
    print(table(result))


if __name__ == "__main__":
    main()
