"""Thirty clips by heart: a full-shape C3D under the paper's recipe for the search nets.

The task is which photograph a clip shows. ``python benchmarks/overfit.py --width 1.0`` wants
a GPU, or (estimated, not run) 20 GB of memory and an hour on two cores. It writes
``benchmarks/results/overfit-WIDTH.json``: accuracy on the thirty clips after every epoch.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from c3d_teach import C3D, CameraMotion, Recipe, Repeated, train

CLIPS = 30  # one mini-batch of the paper
SHAPE = (3, 16, 112, 112)


def overfit(width: float, times: int, out: Path, *, progress: bool = False) -> dict[str, Any]:
    """Train on 30 clips, ``times`` mini-batches an epoch, for the recipe's first 4 epochs."""
    torch.manual_seed(0)
    source = CameraMotion(CLIPS, clip_shape=SHAPE, label="photo", clutter=False)
    net = C3D(len(source.classes), clip_shape=SHAPE, width=width)
    history = train(
        net,
        Repeated(source, times),
        Repeated(source, 1),
        # the recipe's first learning rate alone: its later ones are for what 30 clips lack
        replace(Recipe.search(), stop=4),
        out=out,
        progress=progress,
    )
    return {
        "width": width,
        "parameters": sum(p.numel() for p in net.parameters()),
        "steps": history.final.step,
        "lr": history.column("lr"),
        "loss": history.column("train_loss"),
        "accuracy on the clips": history.column("val_accuracy"),
        "seconds": round(history.seconds, 1),
        "torch": torch.__version__.split("+")[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--times", type=int, default=40, help="mini-batches an epoch")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = overfit(given.width, given.times, Path(folder), progress=True)
    path = Path(__file__).parent / "results" / f"overfit-{given.width:g}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
