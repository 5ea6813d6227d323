"""How fast nets learn: steps of the kit's own training loop against plain ones."""

from collections.abc import Sequence
from typing import Any

from c3d_teach.bench.inference import no_gpu
from c3d_teach.bench.nets import NETS, gflop
from c3d_teach.bench.rows import Entry, ceilings, ratios, rows_of
from c3d_teach.bench.worker import Say, take_turns

_EMBEDDED = ("classroom",)  # learns from clips that are made
USUAL = ("classroom", "camera", "c3d")
_ON_GPU = 30  # clips in a mini-batch there: the paper's
_PASSES = 3  # forward, gradients of the maps, gradients of the weights: equal work


def entries(nets: Sequence[str], batch: int | None, device: str) -> dict[str, Entry]:
    """Plain and the kit for each net, on mini-batches of ``batch`` or of the net's own size."""
    found = ceilings(device)
    for net in nets:
        label, own = NETS[net]
        own = _ON_GPU if device.startswith("cuda") else own
        work = _PASSES * gflop(net)
        spec = {"net": net, "batch": batch or own, "device": device}
        label = f"{label}, mini-batch of {batch or own}"
        found[f"{net}-plain"] = Entry(
            f"{label}: plain", "clips/s", {"work": "plain training", **spec}, gflop=work
        )
        for key, said, precision in (
            (net, "the kit", "auto"),
            (f"{net}-float32", "the kit, bfloat16 switched off", "float32"),
        ):
            found[key] = Entry(
                f"{label}: {said}",
                "clips/s",
                {"work": "training", **spec, "precision": precision},
                plain=f"{net}-plain",
                gflop=work,
            )
        if net not in _EMBEDDED:
            found[f"{net}-end-to-end"] = Entry(
                f"{label}: the kit, from cached frames of films to new weights",
                "clips/s",
                {"work": "training from videos", **spec, "cached": True, "frames": 180},
                plain=f"{net}-plain",
                gflop=work,
            )
    return found


def measure(
    nets: Sequence[str],
    batch: int | None,
    device: str,
    rounds: int,
    seconds: float,
    say: Say | None = None,
) -> dict[str, Any]:
    """``rows``, ``empty``, ``ceilings`` (medians) and three ratios by net.

    ``ratio_to_plain_float32`` leaves out bfloat16; ``ratio_end_to_end`` is training from cached
    frames against the same step on clips that are in memory.
    """
    all_entries = entries(nets, batch, device)
    turns = take_turns({k: e.spec for k, e in all_entries.items()}, rounds, seconds, say)
    rows = rows_of(all_entries, turns, device)
    by_key = {row["key"]: row for row in rows}
    return {
        "gflop_per_item": {net: _PASSES * gflop(net) for net in nets},
        "rows": rows,
        "ratio_to_plain": {net: by_key.get(net, {}).get("ratio_to_plain") for net in nets},
        "ratio_to_plain_float32": {
            net: by_key.get(f"{net}-float32", {}).get("ratio_to_plain") for net in nets
        },
        "ratio_end_to_end": {
            net: ratios(turns.rates, {net: (f"{net}-end-to-end", net)})[net]
            for net in nets
            if net not in _EMBEDDED
        },
        "ceilings": {row["key"]: row["median"] for row in rows if row["key"] in ceilings(device)},
        "empty": turns.empty | (no_gpu() if device == "cpu" else {}),
    }
