"""Whether two visitors were shown the same, and what differs."""

import base64
import math
from typing import Any

import numpy as np
from screen import Screen

CLOSE = 1e-4  # relative; what threads may change in the last digits of a float32


def differences(one: Screen, other: Screen) -> list[str]:
    """In words, nothing when the screens agree."""
    found = []
    for what in ("texts", "pictures", "charts"):
        found += _differ(getattr(one, what)(), getattr(other, what)(), what)
    return found


def values(node: Any) -> Any:
    """A piece of a figure as lists and numbers: plotly packs arrays as base64."""
    if isinstance(node, dict) and {"dtype", "bdata"} <= node.keys():
        array = np.frombuffer(base64.b64decode(node["bdata"]), np.dtype(node["dtype"]))
        shape = [int(n) for n in str(node.get("shape", array.size)).split(",")]
        return array.reshape(shape).tolist()
    if isinstance(node, dict):
        return {name: values(value) for name, value in node.items()}
    if isinstance(node, list):
        return [values(value) for value in node]
    return node


def _differ(one: Any, other: Any, where: str) -> list[str]:
    one, other = values(one), values(other)
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for name in one for d in _differ(one[name], other[name], f"{where}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [d for k, (a, b) in pairs for d in _differ(a, b, f"{where}[{k}]")][:5]
    if isinstance(one, float | int) and isinstance(other, float | int):
        same = math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-6)
        same = same or (one != one and other != other)
    else:
        same = one == other
    return [] if same else [f"{where}: {str(one)[:200]!r} is not {str(other)[:200]!r}"]
