"""What the study of U-Nets found, read from its shipped result."""

import json
from functools import cache
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "segmentation.json"
ALIKE, DIM = "still digits look like the mover", "still digits are dimmer"
COMPARE, START = "3D or 2D", "warm start"
# a warm start and the same net from random weights
PAIRS = {"motion C3D": "scratch", "camera-c3d": "scratch, three channels"}


@cache
def result() -> dict[str, Any]:
    """The shipped result as it stands in the file."""
    return json.loads(RESULT.read_text(encoding="utf-8"))


def overlap(study: str, net: str, *, setting: str = ALIKE, clips: int | None = None) -> list[float]:
    """Intersection over union on test clips of every training, in the order of the seeds."""
    runs = [
        run
        for run in result()["runs"]
        if (run["study"], run["net"], run["setting"]) == (study, net, setting)
        and clips in (None, run["clips"])
    ]
    return [run["test"]["iou"] for run in sorted(runs, key=lambda run: run["seed"])]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def compared() -> dict[str, list[float]]:
    """3D and 2D U-Nets, for a chart: what is asked and which net → one number a seed."""
    alike = {f"look-alikes: {net}": overlap(COMPARE, net) for net in ("3D", "2D")}
    dim = {f"dimmer: {net}": overlap(COMPARE, net, setting=DIM) for net in ("3D", "2D")}
    return alike | dim


def started() -> dict[str, list[float]]:
    """Warm starts and random weights, for a chart: clips and start → one number a seed."""
    names = {
        "scratch": "random weights",
        "motion C3D": "C3D of digit motions",
        "scratch, three channels": "random weights, RGB",
        "camera-c3d": "camera-c3d, RGB",
    }
    clips = sorted({run["clips"] for run in result()["runs"] if run["study"] == START})
    rows = {
        f"{count} clips: {said}": overlap(START, net, clips=count)
        for count in clips
        for net, said in names.items()
    }
    return {name: values for name, values in rows.items() if values}


def gain(warm: str, clips: int) -> list[float]:
    """By how much the warm start is ahead of random weights, seed by seed."""
    pairs = zip(
        overlap(START, warm, clips=clips), overlap(START, PAIRS[warm], clips=clips), strict=True
    )
    return [a - b for a, b in pairs]
