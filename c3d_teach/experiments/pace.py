"""Frames as channels or 3D, on clips unlike those of training: faster, slower, or for a while.

Three nets, three seeds each, trained as the shipped nets are: all frames as channels, the same
widened to the work of 3D, and 3D. Tested on digits at other speeds, and on digits that move in some
frames only.

``python -m c3d_teach.experiments.pace`` makes ``results/pace.json`` anew, about 20 minutes of one
core; killed, it goes on with the trainings that are missing.
"""

import json
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import torch

from c3d_teach.data.counter import key_of
from c3d_teach.data.motion import MotionDigits
from c3d_teach.experiments.outcome import Estimate, estimate
from c3d_teach.experiments.trial_run import versions
from c3d_teach.files import write_json
from c3d_teach.models.arithmetic import describe
from c3d_teach.models.baselines import StackedFramesNet
from c3d_teach.models.builder import ConvNet, initialise
from c3d_teach.models.c3d import SearchNet
from c3d_teach.models.weights import load
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.trainer import train

RESULT = Path(__file__).parent / "results" / "pace.json"
RUNS = Path("runs") / "pace"
CHANNELS, WIDE, DEEP = "frames as channels", "frames as channels, work of 3D", "3D"
NETS = (CHANNELS, WIDE, DEEP)
SEEDS = (0, 1, 2)
SPEEDS = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)  # times that of training
WINDOWS = ((0, 16), (0, 8), (4, 12), (8, 16))  # the digit moves in frames first to end - 1
CLIPS, TESTS = 4096, 1024
_SHAPE = (1, 16, 32, 32)


def net_of(name: str) -> ConvNet:
    """The net of that name, its weights not drawn yet."""
    sizes: dict[str, Any] = {"clip_shape": _SHAPE, "dropout": 0.1}
    if name == DEEP:
        return SearchNet(8, kernel_depth=3, width=1 / 4, **sizes)
    return StackedFramesNet(8, width=1 / 4 if name == CHANNELS else 1.27, **sizes)


def measure(name: str, seed: int) -> dict[str, Any]:
    """Train and test one net; plain values."""
    torch.set_num_threads(1)
    torch.manual_seed(key_of("weights", seed) & (2**63 - 1))
    model, recipe = net_of(name), replace(Recipe.classroom(), stop=4)
    initialise(model, recipe.init)
    out = RUNS / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
    train(
        model,
        MotionDigits(CLIPS, seed=seed),
        MotionDigits(512, split="val", seed=seed),
        recipe,
        out=out,
        seed=seed,
        device="cpu",
        progress=False,
    )
    net = load(out)
    rows = describe(net.model)

    def right(**how: Any) -> float:
        made = MotionDigits(TESTS, split="test", seed=seed, **how).batch(range(TESTS))
        return float((net.predict(made["clip"]).argmax(1) == made["motion"]).float().mean())

    return {
        "net": name,
        "seed": seed,
        "parameters": rows.parameters,
        "macs": rows.macs,
        "speeds": {f"{speed:g}": right(speed=speed) for speed in SPEEDS},
        "windows": {f"{a} to {b - 1}": right(moving=(a, b)) for a, b in WINDOWS},
        "versions": versions("cpu"),
    }


def main() -> None:
    """The trainings that are missing, then the result."""
    runs = []
    for name, seed in product(NETS, SEEDS):
        file = RUNS / f"{name.replace(' ', '-').replace(',', '')}-{seed}.json"
        if not file.is_file():
            write_json(file, measure(name, seed))
            print(file.stem, flush=True)
        runs.append(json.loads(file.read_text(encoding="utf-8")))
    found = {
        "clips": CLIPS,
        "tests": TESTS,
        "recipe": replace(Recipe.classroom(), stop=4).to_dict(),
    }
    write_json(RESULT, found | {"runs": runs})


@cache
def result() -> dict[str, Any]:
    """The shipped result."""
    return dict(json.loads(RESULT.read_text(encoding="utf-8")))


def accuracy(net: str, group: str, key: str) -> Estimate:
    """Over seeds: ``accuracy("3D", "speeds", "2")`` or ``("3D", "windows", "0 to 7")``."""
    runs = [run for run in result()["runs"] if run["net"] == net]
    return estimate([run[group][key] for run in runs])


def work(net: str) -> int:
    """Multiply-accumulates of the net for one clip."""
    return int(next(run["macs"] for run in result()["runs"] if run["net"] == net))


if __name__ == "__main__":
    main()
