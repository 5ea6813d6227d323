"""What the filters learnt, and which pictures of it can be trusted."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from c3d_teach.experiments.evidence import Claim

_RESULTS = Path(__file__).parents[1] / "results"
_FILES = "c3d_teach/experiments/results/"
_FLAT = "c3d_teach/assets/motion-d1.safetensors"
_DEEP = "c3d_teach/assets/motion-d3.safetensors"
LATER = ("conv2", "conv3", "conv4", "conv5")


def result(name: str) -> Any:
    """A shipped result file of this subject."""
    return json.loads((_RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def medians(kind: str) -> dict[str, float]:
    """Layer -> median index of the units of motion-d3 that answer, such as ``"trained"``."""
    layers = result("selectivity")["motion-d3"][kind]
    return {layer: median(v for v in values if v is not None) for layer, values in layers.items()}


def selectivity_numbers() -> dict[str, str]:
    """Medians of the later layers, trained, and with random weights over three draws."""
    trained, drawn = medians("trained"), [medians(f"random {seed}") for seed in range(3)]
    return {
        "first": f"{trained['conv1']:.2f}",
        "later": f"{min(trained[layer] for layer in LATER):.2f}",
        "least": f"{min(min(one.values()) for one in drawn):.2f}",
        "most": f"{max(max(one.values()) for one in drawn):.2f}",
    }


def moment_numbers() -> dict[str, str]:
    """Shares of the heat in the frames that move."""
    found = result("when_it_moves")
    cam = [one["share"] for one in found["grad-cam"].values()]
    drawn = [found["occlusion"][f"random {seed}"]["share"] for seed in range(3)]
    return {
        "clips": str(found["clips"]),
        "hidden": f"{100 * found['occlusion']['trained']['share']:.0f} %",
        "low": f"{100 * min(cam):.0f} %",
        "high": f"{100 * max(cam):.0f} %",
        "uniform": f"{100 * found['uniform']:.1f} %",
        "drawn": f"{100 * min(drawn):.0f} to {100 * max(drawn):.0f} %",
    }


def sanity_numbers() -> dict[str, str]:
    """What guided backpropagation and deconvolution keep, in both nets."""
    found = result("map_sanity")
    guided = [found[net]["guided backpropagation"]["unlearnt"] for net in found]
    back = [found[net]["deconvolution"]["unlearnt"] for net in found]
    kept = ("guided backpropagation", "deconvolution")
    rest = max(
        abs(o["unlearnt"]) for net in found.values() for m, o in net.items() if m not in kept
    )
    return {
        "guided": f"{min(guided):.2f} and {max(guided):.2f}",
        "back": f"{min(back):.2f} and {max(back):.2f}",
        "rest": f"{rest:.2f}",
    }


INSIDE: tuple[Claim, ...] = (
    Claim(
        "kernels-look-random",
        "By how much of it fits into one picture times one time course, the median kernel of conv1 "
        "of motion-d3 differs from that of the same net with random weights by less than 10 points "
        "of 100.",
        (_DEEP,),
    ),
    Claim(
        "gratings-selectivity",
        "Shown drifting gratings, the units of motion-d3 have a median direction selectivity of "
        "{first} in conv1 and of {later} in every later layer; the same net with random weights, "
        "drawn three times, has medians from {least} to {most}.",
        (_FILES + "selectivity.json",),
        None,
        selectivity_numbers,
    ),
    Claim(
        "flat-selectivity-zero",
        "Every unit of motion-d1, one frame deep, that answers to drifting gratings has a "
        "direction selectivity of exactly 0.",
        (_FILES + "selectivity.json", _FLAT),
    ),
    Claim(
        "hiding-finds-it",
        "In {clips} clips that move in frames 6 to 11 alone, hiding frames puts {hidden} of its "
        "heat into these frames; Grad-CAM puts {low} to {high} there, depending on the layer, and "
        "a map without any preference {uniform}. With random weights, hiding frames puts {drawn} "
        "there.",
        (_FILES + "when_it_moves.json",),
        None,
        moment_numbers,
    ),
    Claim(
        "guided-keeps",
        "When all fully connected layers are random, guided backpropagation keeps a rank "
        "correlation of {guided} with the trained net's map, for motion-d3 and camera-c3d, and "
        "deconvolution {back}; no other map keeps more than {rest}.",
        (_FILES + "map_sanity.json",),
        None,
        sanity_numbers,
    ),
)
