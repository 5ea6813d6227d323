"""Where bf16 weight gradients of 3D convolutions are wrong on one processor: a shipped record.

    python -m c3d_teach.experiments.bf16_gradients

It takes some seconds, and what it finds hangs on the processor and on the version of torch.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch

from c3d_teach.device import processor_name
from c3d_teach.files import write_json
from c3d_teach.training.precision import GradientCheck, Tried, gradient_check

RESULT = Path(__file__).with_name("results") / "bf16_gradients.json"
LENGTHS, DEPTHS = (1, 2, 3, 4, 6, 8), (1, 3, 5, 7)


def measure() -> dict[str, Any]:
    """Every clip length with every kernel depth, in bf16 and, as a control, in float32."""
    shapes = [(length, depth) for depth in DEPTHS for length in LENGTHS]
    found: dict[str, Any] = {
        "torch": torch.__version__.split("+")[0],
        "processor": processor_name(),
        "bf16 instructions": getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: None)(),
    }
    for dtype in ("bfloat16", "float32"):
        check = gradient_check(dtype, device="cpu", shapes=shapes)
        found[dtype] = [[one.length, one.depth, one.right] for one in check.tried]
    return found


@cache
def record() -> dict[str, Any]:
    """The shipped record."""
    return dict(json.loads(RESULT.read_text(encoding="utf-8")))


def recorded(dtype: str = "bfloat16") -> GradientCheck:
    """The shipped record as an answer of ``gradient_check``; it keeps no sizes of errors."""
    tried = tuple(Tried(length, depth, None, right) for length, depth, right in record()[dtype])
    return GradientCheck(dtype, "CPU", tried, False)


def numbers() -> dict[str, str]:
    """For the claim: the version, and how many shapes were wrong."""
    tried = recorded().tried
    return {
        "torch": record()["torch"],
        "wrong": str(sum(not one.right for one in tried)),
        "shapes": str(len(tried)),
    }


if __name__ == "__main__":
    write_json(RESULT, measure())
