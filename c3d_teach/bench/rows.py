"""From items a second in each round to rows: medians, spreads, ratios and shares of the ceiling."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from c3d_teach.bench.worker import Spec, Turns

Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One variant that is measured.

    Attributes:
        label: what it is, for people.
        unit: of its rate, such as ``"clips/s"``.
        spec: its work, see :func:`c3d_teach.bench.registry.workload`.
        plain: key of the variant that it is compared with, or ``""``.
        gflop: G floating-point operations that an item takes; 0 where nobody counts them.
    """

    label: str
    unit: str
    spec: Spec
    plain: str = ""
    gflop: float = 0.0


def ceilings(device: str) -> dict[str, Entry]:
    """What the hardware can do at most: matrix products, and a copy of memory."""
    kinds = ["float32", "bfloat16"] + ["tf32"] * device.startswith("cuda")
    products = {
        f"matmul-{kind}": Entry(
            f"matrix product, {kind}",
            "GFLOP/s",
            {"work": "matmul", "precision": kind, "device": device},
        )
        for kind in kinds
    }
    return products | {"copy": Entry("copy of memory", "GB/s", {"work": "copy", "device": device})}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Median, smallest and largest of the ratios of each round: what disturbs one, disturbs both.

    Args:
        ours, theirs: rates of the same rounds.
    """
    found = [a / b for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(found), min(found), max(found)


def rows_of(entries: Mapping[str, Entry], turns: Turns, device: str) -> list[Row]:
    """A row for each entry that was measured.

    ``share_of_ceiling`` sets what a net's arithmetic runs at (``gflops``) against the matrix
    product in the same precision in the same round. On a GPU torch computes the convolutions of
    float32 tensors in TF32, so that is their ceiling; what is partly in bfloat16 has that of
    bfloat16. A share can pass 1 where an algorithm such as Winograd's multiplies less than is
    counted.
    """
    rows = []
    for key, entry in entries.items():
        if key not in turns.rates:
            continue
        rates = turns.rates[key]
        row: Row = {
            "key": key,
            "label": entry.label,
            "unit": entry.unit,
            "rates": rates,
            "median": statistics.median(rates),
            "smallest": min(rates),
            "largest": max(rates),
            **turns.facts[key],
        }
        if entry.plain in turns.rates:
            row |= _named("ratio_to_plain", ratio(rates, turns.rates[entry.plain]))
        if entry.gflop:
            row["gflops"] = entry.gflop * row["median"]
            ceiling = _ceiling(row.get("precision", "float32"), device)
            if ceiling in turns.rates:
                work = [entry.gflop * one for one in rates]
                row |= _named("share_of_ceiling", ratio(work, turns.rates[ceiling]))
        rows.append(row)
    return rows


def ratios(rates: Mapping[str, Sequence[float]], pairs: Mapping[str, tuple[str, str]]) -> Row:
    """Ratios by name, each with its spread; None where one of the two could not be measured.

    Args:
        rates: items a second in each round, by key.
        pairs: name of the ratio to the keys of the two.
    """
    found: Row = {}
    for name, (ours, theirs) in pairs.items():
        if ours in rates and theirs in rates:
            found |= _named(name, ratio(rates[ours], rates[theirs]))
        else:
            found |= {name: None, f"{name}_spread": None}
    return found


def fastest(rates: Mapping[str, Sequence[float]], keys: Sequence[str]) -> str:
    """That of ``keys`` which has the largest median; the first where none was measured."""
    there = [key for key in keys if key in rates]
    return max(there, key=lambda key: statistics.median(rates[key])) if there else keys[0]


def _named(name: str, found: tuple[float, float, float]) -> Row:
    return {name: found[0], f"{name}_spread": list(found[1:])}


def _ceiling(precision: str, device: str) -> str:
    if precision != "float32":
        return "matmul-bfloat16"
    return "matmul-tf32" if device.startswith("cuda") else "matmul-float32"
