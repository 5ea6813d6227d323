"""What a visitor of the playground sees in the first half minute, and what it takes.

``python benchmarks/playground.py`` takes about three minutes on two cores and writes
``benchmarks/results/playground-NAME.json``. Two nets, kernels one and three frames deep, are
trained at once by the dashboard's own means, each in its process, once for each seed.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
from tables import RESULTS

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))
from trainings import Training, Trainings

from c3d_teach.bench.machine import machine
from c3d_teach.experiments.playground import Configuration

NETS = {"depth-1": (1, 1, 1, 1, 1), "depth-3": (3, 3, 3, 3, 3)}
LOOKS = (10.0, 20.0, 30.0)  # seconds after Train is pressed
_TICK = 0.05


def one_round(seed: int) -> dict[str, Any]:
    """Both nets of a seed: seconds, steps, right answers and memory."""
    everyone = Trainings(len(NETS), lambda _: True)
    started = time.perf_counter()
    running = {
        name: everyone.start("benchmark", replace(Configuration(), depths=depths, seed=seed))
        for name, depths in NETS.items()
    }
    found: dict[str, Any] = {
        name: {"first snapshot": None, "finished": None, "memory": 0.0, "looks": []}
        for name in running
    }
    due = list(LOOKS)
    while due:
        time.sleep(_TICK)
        now = time.perf_counter() - started
        for name, training in running.items():
            watched(found[name], training, now)
            if now >= due[0]:
                found[name]["looks"].append(look(training, now))
        if now >= due[0]:
            due.pop(0)
    for training in running.values():
        everyone.stop(training)
    return found


def watched(found: dict[str, Any], training: Training, now: float) -> None:
    if training.snapshot and found["first snapshot"] is None:
        found["first snapshot"] = now
    if training.over and found["finished"] is None:
        found["finished"] = now
    process = training.process
    if process:
        try:
            used = psutil.Process(process.pid).memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            return
        found["memory"] = max(found["memory"], used)


def look(training: Training, now: float) -> dict[str, Any]:
    snapshot = training.snapshot
    if not snapshot:
        return {"seconds": now, "step": None, "validation": None}
    return {
        "seconds": now,
        "step": snapshot["step"],
        "validation": snapshot["validation"][-1],
        "loss": snapshot["losses"][-1] if snapshot["losses"] else None,
        "kernels changed": snapshot["kernels"] != snapshot["first"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--name", default="two-cores", help="name of the result file")
    given = parser.parse_args()
    rounds = {}
    for seed in range(given.seeds):
        rounds[seed] = one_round(seed)
        last = {name: net["looks"][-1] for name, net in rounds[seed].items()}
        print(seed, {name: (seen["step"], seen["validation"]) for name, seen in last.items()})
    found = {
        "machine": machine(),
        "load": psutil.getloadavg()[0],
        "configuration": asdict(Configuration()),
        "rounds": rounds,
    }
    path = RESULTS / f"playground-{given.name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(path.name)


if __name__ == "__main__":
    main()
