"""Work done in this process, and measurements that nobody took."""

import time
from typing import Any

from c3d_teach.bench.registry import workload
from c3d_teach.bench.rows import Entry, rows_of
from c3d_teach.bench.worker import Turns
from c3d_teach.bench.workloads import NotHereError

MACHINE = {
    "processor": "An Abacus",
    "bfloat16": None,
    "cores": 2,
    "system": "Linux",
    "python": "3.11.7",
    "torch": "2.13.0",
    "openvino": "2026.4.1-1",
    "device": "An Abacus",
    "date": "2026-01-02",
}


def in_this_process(specs: Any, rounds: int, seconds: float, say: Any = None) -> Turns:
    """``take_turns`` without the seconds that each process needs to start."""
    turns = Turns({}, {}, {})
    for name, spec in specs.items():
        try:
            work, facts = workload(spec)
        except NotHereError as reason:
            turns.empty[name] = str(reason)
            continue
        turns.rates[name] = []
        for _ in range(rounds):
            started = time.perf_counter()
            items = work()
            turns.rates[name].append(items / (time.perf_counter() - started))
        turns.facts[name] = {**facts, "peak_megabytes": 100}
    return turns


def made_up(
    rates: dict[str, list[float]], plain: str = "plain", gflop: float = 0.0
) -> list[dict[str, Any]]:
    """Rows with these rates; keys that end in ``bfloat16`` have that precision."""
    entries = {
        key: Entry(f"label of {key}", "clips/s", {}, plain * (key != plain), gflop) for key in rates
    }
    facts = {
        key: {
            "engine": key.split("-")[0],
            "precision": "bfloat16" if key in ("default", "torch-bfloat16") else "float32",
            "peak_megabytes": 1234,
        }
        for key in rates
    }
    return rows_of(entries, Turns(rates, facts, {}), "cpu")


def inference_document(device: str = "cpu") -> dict[str, Any]:
    """C3D answers three times as fast as plain, and half as fast without bfloat16."""
    rates = {
        "plain": [2.0, 4.0],
        "default": [6.0, 12.0],
        "default-float32": [3.0, 6.0],
        "torch-bfloat16": [5.0, 10.0],
        "torch-float32": [2.5, 5.0],
    }
    if device == "cpu":
        rates["direct-bfloat16"] = [5.4, 10.8]
    return {
        "what": "inference",
        "machine": MACHINE | ({"device": "A Large GPU"} if device == "cuda" else {}),
        "settings": {"net": "c3d", "batch": 8, "rounds": 2, "seconds": 2.0, "device": device},
        "rows": made_up(rates),
        "ratio_to_plain": 3.0,
        "ratio_to_plain_spread": [3.0, 3.0],
        "ratio_to_openvino": 1.11,
        "ratio_to_openvino_spread": [1.1, 1.12],
        "ratio_of_torch_to_openvino": 0.91,
        "ratio_of_torch_to_openvino_spread": [0.9, 0.92],
        "ratio_to_plain_float32": 1.5,
        "ratio_to_plain_float32_spread": [1.4, 1.6],
        "empty": {"gpu": "there is no CUDA device here"},
        "agreement": {
            "net": "camera-c3d",
            "data": "CameraMotion, test, seed 0, 512 clips",
            "clips": 512,
            "rows": [
                _agreeing("torch", "float32", 512, 4.2e-7),
                _agreeing("torch", "bfloat16", 511, 0.0161),
                {"engine": "openvino", "precision": "float32", "problem": "openvino is missing"},
            ],
        },
    }


def training_document(device: str = "cpu") -> dict[str, Any]:
    """The classroom net learns twice as fast as plain, without bfloat16 one and a half times."""
    rates: dict[str, list[float]] = {
        "classroom-plain": [100, 120],
        "classroom": [200, 240],
        "classroom-float32": [150, 180],
    }
    return {
        "what": "training",
        "machine": MACHINE | ({"device": "A Large GPU"} if device == "cuda" else {}),
        "settings": {
            "nets": ["classroom"],
            "batch": None,
            "rounds": 2,
            "seconds": 2.0,
            "device": device,
        },
        "rows": made_up(rates, "classroom-plain"),
        "empty": {},
    }


def growth_document() -> dict[str, Any]:
    """Time doubles with the frames; the memory of features stays."""
    rows = []
    for series, points in {"length": (8, 16, 32), "features": (1, 8, 64)}.items():
        for x in points:
            for variant in ("the kit", "plain") if series == "length" else ("the kit",):
                second = 0.01 * x if series == "length" else 0.05
                rows.append(
                    {
                        "key": f"{series} {x} {variant}",
                        "label": f"{series} {x}, {variant}",
                        "unit": "clips/s" if series == "length" else "videos/s",
                        "median": 1 / second,
                        "smallest": 0.9 / second,
                        "largest": 1.1 / second,
                        "peak_megabytes": 100 * x if series == "length" else 300,
                        "series": series,
                        "x": x,
                        "variant": variant,
                        "seconds_per_item": [second, 0.9 * second, 1.1 * second],
                    }
                )
    return {
        "what": "growth",
        "machine": MACHINE,
        "settings": {"net": "c3d", "rounds": 2, "seconds": 2.0, "device": "cpu"},
        "rows": rows,
        "series": {
            "length": {"title": "By the clip", "xlabel": "frames in a clip", "unit": "clips/s"},
            "features": {"title": "By their number", "xlabel": "videos", "unit": "videos/s"},
        },
        "empty": {},
    }


def _agreeing(engine: str, precision: str, same: int, off: float) -> dict[str, Any]:
    return {
        "engine": engine,
        "precision": precision,
        "logit_difference": 5 * off,
        "probability_difference": off,
        "same_top1": same,
    }
