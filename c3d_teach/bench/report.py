"""A measurement as text for a terminal."""

from collections.abc import Sequence
from typing import Any

_RATIOS = {
    "ratio_to_plain": "the kit by default against plain",
    "ratio_to_openvino": "the kit by default against OpenVINO called directly",
    "ratio_of_torch_to_openvino": "the kit's torch engine against OpenVINO called directly",
    "ratio_to_plain_float32": "bfloat16 off: the kit against plain",
    "ratio_to_openvino_float32": "bfloat16 off: the kit against OpenVINO",
    "ratio_of_torch_to_openvino_float32": "bfloat16 off: the torch engine against OpenVINO",
}

_PRODUCT = (
    '"of product": the arithmetic of the layers, counted naively, against the matrix product in '
    "the same precision. It can pass 100 %: zeros in the padding are skipped, and along time a "
    "third of the multiplications is saved."
)


def text(document: dict[str, Any]) -> str:
    """The rows as a table, then ratios, agreement, and what could not be measured."""
    settings = document["settings"]
    lines = [
        on_what(document["machine"]),
        how(settings) + ".",
        "",
        *_table(document["rows"]),
    ]
    if any("share_of_ceiling" in row for row in document["rows"]):
        lines += ["", _PRODUCT]
    found = [(label, key) for key, label in _RATIOS.items() if document.get(key + "_spread")]
    if found:
        lines.append("")
    for label, key in found:
        lines.append(f"{label}: {with_spread(document[key], document[key + '_spread'])}")
    if any(r["key"] == "default" and r.get("engine") == "eager" for r in document["rows"]):
        lines.append("By default this net answers itself (eager), for it is small: see --engine.")
    if "agreement" in document:
        lines += ["", *_agreement(document["agreement"])]
    if document["empty"]:
        lines += ["", "Not measured:"]
        lines += [f"  {key}: {why}" for key, why in document["empty"].items()]
    return "\n".join(lines)


def on_what(machine: dict[str, Any]) -> str:
    """The machine in one line."""
    device = machine.get("device", machine["processor"])
    gpu = f"{device}, " if device != machine["processor"] else ""
    vino = f", OpenVINO {machine['openvino'].split('-')[0]}" if machine.get("openvino") else ""
    return (
        f"{gpu}{processor_of(machine)}, {machine['cores']} cores, {machine['system']}, "
        f"torch {machine['torch']}{vino}"
    )


def processor_of(machine: dict[str, Any]) -> str:
    """What the processor calls itself, and what it computes bfloat16 with, where that was noted."""
    low = machine.get("bfloat16")
    return f"{machine['processor']}{f' (bfloat16 by {low})' if low else ''}"


def how(settings: dict[str, Any]) -> str:
    """How often and how long was measured."""
    rounds = settings["rounds"]
    turns = f"{rounds} rounds" if rounds > 1 else "one round"
    return f"median of {turns} of {settings['seconds']:g} s (smallest to largest)"


def rate(value: float) -> str:
    """A rate with three digits or, from 100 on, without a point: ``6.28``, ``41.7``, ``9,885``."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_spread(middle: float, spread: Sequence[float]) -> str:
    """A ratio with the smallest and largest of the rounds: ``2.41× (2.39 to 2.44)``."""
    low, high = spread
    return f"{middle:.2f}× ({low:.2f} to {high:.2f})"


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    cells = [("what", "rate", "spread", "peak MB", "against plain", "of product")]
    for row in rows:
        rates = f"{rate(row['median'])} {row['unit']}"
        spread = f"{rate(row['smallest'])} to {rate(row['largest'])}"
        against = f"{row['ratio_to_plain']:.2f}×" if "ratio_to_plain" in row else ""
        share = f"{row['share_of_ceiling']:.0%}" if "share_of_ceiling" in row else ""
        label = row["label"]
        if row["key"].startswith("default") and "engine" in row:
            label += f" ({row['engine']}, {row['precision']})"
        memory = row.get("device_megabytes", row["peak_megabytes"])
        cells.append((label, rates, spread, f"{memory:,}", against, share))
    wide = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, wide, strict=True))
        ).rstrip()
        for line in cells
    ]


def _agreement(found: dict[str, Any]) -> list[str]:
    lines = [f"Answers of {found['net']} against the net itself in float32 ({found['data']}):"]
    for row in found["rows"]:
        name = f"  {row['engine']} in {row['precision']}: "
        if "problem" in row:
            lines.append(name + row["problem"])
            continue
        lines.append(
            f"{name}logits off by at most {row['logit_difference']:.2g}, probabilities by "
            f"{row['probability_difference']:.2g}; {row['same_top1']} of {found['clips']} clips "
            "get the same class"
        )
    return lines
