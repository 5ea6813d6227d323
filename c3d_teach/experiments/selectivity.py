"""Do units prefer a direction of motion, layer by layer, and has training put that there?

Drifting gratings are shown to a trained depth-3 net, to the same net with random weights, and
to the depth-1 net, which by theorem has a direction selectivity of exactly 0.

``python -m c3d_teach.experiments.selectivity`` measures it anew: about 5 minutes on two cores.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.analysis.filters.tuning import SELECTIVE, tuning
from c3d_teach.experiments.markdown import renew, with_block
from c3d_teach.files import write_json
from c3d_teach.models.arithmetic import Conv
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.transfer import with_random_weights
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "selectivity.json"
PAIRS = (("motion-d3", "motion-d1"), ("camera-c3d", "camera-d1"))
SEEDS = 3  # of random weights

Indices = dict[str, list[float | None]]  # layer -> one index a unit; None: it never answers


def indices_of(net: Classifier) -> Indices:
    """Direction selectivity of every unit of every convolution."""
    found: Indices = {}
    for layer in net.model.layers:
        if isinstance(layer, Conv):
            values = tuning(net, layer.name).selectivity
            found[layer.name] = [None if np.isnan(v) else round(float(v), 4) for v in values]
    return found


def measure(seeds: int = SEEDS) -> dict[str, dict[str, Indices]]:
    """``{deep net: {"trained", "random 0" …, "depth 1"}: {layer: indices}}``."""
    rows: dict[str, dict[str, Indices]] = {}
    for deep, flat in PAIRS:
        trained = load(deep)
        rows[deep] = {"trained": indices_of(trained)}
        for seed in range(seeds):
            drawn = with_random_weights(trained, seed)
            rows[deep][f"random {seed}"] = indices_of(drawn)
        rows[deep]["depth 1"] = indices_of(load(flat))
    return rows


def arrays(indices: Indices) -> dict[str, NDArray[np.float64]]:
    """The same with NaN for units that never answer, as the figures take it."""
    return {
        layer: np.array([np.nan if v is None else v for v in values], float)
        for layer, values in indices.items()
    }


def pooled(nets: dict[str, Indices]) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Trained, random (all seeds together) and depth 1: what the figure compares."""
    seeds = [arrays(one) for name, one in nets.items() if name.startswith("random")]
    random = {layer: np.concatenate([one[layer] for one in seeds]) for layer in seeds[0]}
    return {
        "depth 3, trained": arrays(nets["trained"]),
        "depth 3, random weights": random,
        "depth 1, trained": arrays(nets["depth 1"]),
    }


def median(values: NDArray[np.float64]) -> float:
    """Of the units that answer; NaN where none does."""
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def table(rows: dict[str, dict[str, Indices]]) -> str:
    """The study as a Markdown table."""
    lines = [
        "| net | layer | trained: median, share above 1/3, silent "
        "| random weights: median of each seed | depth 1: largest |",
        "|---|---|---|---|---|",
    ]
    for deep, nets in rows.items():
        seeds = [arrays(one) for name, one in nets.items() if name.startswith("random")]
        flat = list(arrays(nets["depth 1"]).values())
        for place, (layer, values) in enumerate(arrays(nets["trained"]).items()):
            some = values[np.isfinite(values)]
            medians = ", ".join(f"{median(one[layer]):.2f}" for one in seeds)
            lines.append(
                f"| {deep} | {layer} | {median(values):.2f}, {np.mean(some > SELECTIVE):.0%}, "
                f"{len(values) - len(some)} of {len(values)} | {medians} "
                f"| {np.nanmax(flat[place]):.1f} |"
            )
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A page with its table of this study brought up to date."""
    return with_block(text, "selectivity", table(json.loads(RESULT.read_text(encoding="utf-8"))))


def main() -> None:
    rows: Any = measure()
    write_json(RESULT, rows)
    renew("seeing-inside.md", with_table)
    print(table(rows))


if __name__ == "__main__":
    main()
