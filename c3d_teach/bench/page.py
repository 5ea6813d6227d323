"""Measurements as Markdown: tables, and the block of the project's README."""

import json
from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

from c3d_teach.bench.nets import NETS, short_name
from c3d_teach.bench.report import processor_of, rate, with_spread
from c3d_teach.experiments.markdown import with_block

Document = dict[str, Any]
_ON_TWO_CORES = ("inference-two-cores", "training-two-cores")  # begins the names of their files
_COMMAND = ".venv/bin/python benchmarks/speed.py"


def table(document: Document) -> list[str]:
    """The rows of one measurement as the lines of a Markdown table, and what was not measured."""
    counted = any("share_of_ceiling" in row for row in document["rows"])
    heads = ["what", "rate", "peak MB", "against plain", *["of the matrix product"] * counted]
    lines = _lines(heads, (_cells(row, counted) for row in document["rows"]))
    if document["empty"]:
        said = (f"{key}: {why.rstrip('.')}" for key, why in document["empty"].items())
        lines += ["", f"Not measured: {'; '.join(said)}."]
    if "agreement" in document:
        lines += ["", *agreement_table(document["agreement"])]
    return lines


def agreement_table(found: dict[str, Any]) -> list[str]:
    """Differences from the net itself, engine by engine, as a Markdown table."""
    rows = []
    for row in found["rows"]:
        name = f"{row['engine']}, {row['precision']}"
        if "problem" in row:
            rows.append([name, row["problem"], "", ""])
            continue
        rows.append(
            [
                name,
                f"{row['logit_difference']:.2g}",
                f"{row['probability_difference']:.2g}",
                f"{row['same_top1']} of {found['clips']}",
            ]
        )
    heads = [f"{found['net']} against eager float32", "logits", "probabilities", "same class"]
    return _lines(heads, rows)


def speed_block(results: Path) -> str:
    """What README says of speed, from the files in the folder ``results``."""
    found = _documents(results)
    measured = [one for one in found if one.startswith(_ON_TWO_CORES)]
    if measured:
        parts = [
            _on_two_cores(found, name) for name in sorted({n.split("-", 1)[1] for n in measured})
        ]
        parts.append(_WHAT_IT_IS)
    else:
        parts = [f"Speed on two cores has not been measured yet: `{_COMMAND}`."]
    compared = [found[one]["agreement"] for one in measured if one.startswith("inference")]
    if compared:
        parts.append(agreement_sentence(compared))
    parts.append(_on_gpus([one for one in found.values() if _is_gpu(one)]))
    parts.append("All figures are in [benchmarks/README.md](benchmarks/README.md).")
    return "\n\n".join(parts)


def with_speed(readme: str, results: Path) -> str:
    """The text of the project's README with what it says of speed brought up to date."""
    return with_block(readme, "speed", speed_block(results))


def agreement_sentence(found: Sequence[dict[str, Any]]) -> str:
    """How far engines are from the net itself, in words; the worst of all that were measured."""
    parts = []
    net, clips = found[0]["net"], found[0]["clips"]
    for precision in ("float32", "bfloat16"):
        rows = [
            row
            for one in found
            for row in one["rows"]
            if row["precision"] == precision and "problem" not in row
        ]
        if not rows:
            continue
        same = min(row["same_top1"] for row in rows)
        logit, probability = (
            _rounded_up(max(row[f"{what}_difference"] for row in rows))
            for what in ("logit", "probability")
        )
        parts.append(
            f"in {precision} {same} of {clips} clips get the same class, no logit is off "
            f"by more than {logit} and no probability by more than {probability}"
        )
    if not parts:
        return f"No engine but the net itself could be tried on `{net}`."
    return (
        f"Engines against the net itself, `{net}` on test clips of CameraMotion, the "
        f"worst of them: {'; '.join(parts)}."
    )


def _on_two_cores(found: dict[str, Document], name: str) -> str:
    """What was measured on one machine; ``name`` is the end of its files' names."""
    inference, training = found.get(f"inference-{name}"), found.get(f"training-{name}")
    rows = _inference_rows(inference) if inference else []
    rows += _training_rows(training) if training else []
    heads = ["on two cores", "clips/s", "against plain", "against OpenVINO", "bfloat16 off"]
    one = inference or training
    assert one
    on = one["machine"]
    said = f"{processor_of(on)}, {on['date']}, {one['settings']['rounds']} rounds."
    return "\n".join([*_lines(heads, rows), "", said])


_WHAT_IT_IS = (
    "Medians with the smallest and largest of all rounds, ratios those of each round. "
    '"Plain" is how ports of C3D compute, eager and in float32; OpenVINO is called directly, in '
    "the precision that is faster there; the last column is the kit against plain, with bfloat16 "
    "switched off."
)


def _inference_rows(document: Document) -> list[list[str]]:
    by_key = {row["key"]: row for row in document["rows"]}
    settings = document["settings"]
    what = f"answers of {short_name(settings['net'])}, {settings['batch']} clips at once"
    rows = []
    direct = max(
        (by_key[key] for key in ("direct-bfloat16", "direct-float32") if key in by_key),
        key=lambda row: row["median"],
        default={"key": ""},
    )["key"]
    for key, label in (
        ("default", what),
        (direct, "… OpenVINO called directly"),
        ("plain", "… plain"),
    ):
        if key not in by_key:
            continue
        row, kit = by_key[key], key == "default"
        rows.append(
            [
                label,
                _rate(row),
                _ratio(row, "ratio_to_plain"),
                _ratio(document, "ratio_to_openvino") if kit else "",
                _ratio(document, "ratio_to_plain_float32") if kit else "",
            ]
        )
    return rows


def _training_rows(document: Document) -> list[list[str]]:
    rows = []
    by_key = {row["key"]: row for row in document["rows"]}
    for net in document["settings"]["nets"]:
        if net not in by_key:
            continue
        row, batch = by_key[net], document["settings"]["batch"] or NETS[net][1]
        off = _ratio(by_key.get(f"{net}-float32", {}), "ratio_to_plain")
        what = f"training {short_name(net)}, mini-batch of {batch}"
        rows.append([what, _rate(row), _ratio(row, "ratio_to_plain"), "", off])
    return rows


def _on_gpus(documents: Sequence[Document]) -> str:
    if not documents:
        return (
            "On a GPU it has not been measured yet; where there is one, "
            f"`{_COMMAND} inference training --device cuda` does it."
        )
    rows = []
    for one in documents:
        rows += _inference_rows(one) if one["what"] == "inference" else _training_rows(one)
    last = max(documents, key=lambda one: one["machine"]["date"])["machine"]
    heads = [f"on one {last['device']}", "clips/s", "against plain", "bfloat16 off"]
    table = _lines(heads, ([row[0], row[1], row[2], row[4]] for row in rows))
    return "\n".join([*table, "", f"Last measured {last['date']}, torch {last['torch']}."])


def _documents(results: Path) -> dict[str, Document]:
    """Measurements by the name of their file, in order of it; other results are left out."""
    found = {}
    for path in sorted(results.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "what" in document:
            found[path.stem] = document
    return found


def _is_gpu(document: Document) -> bool:
    on_gpu: bool = document["settings"]["device"].startswith("cuda")
    return on_gpu and document["what"] in ("inference", "training")


def _cells(row: dict[str, Any], counted: bool) -> list[str]:
    memory = row.get("device_megabytes", row["peak_megabytes"])
    share = f"{row['share_of_ceiling']:.0%}" if "share_of_ceiling" in row else ""
    engine = f" ({row['engine']}, {row['precision']})" if row["key"].startswith("default") else ""
    return [
        row["label"] + engine,
        f"{rate(row['median'])} {row['unit']} ({rate(row['smallest'])} to {rate(row['largest'])})",
        f"{memory:,}",
        _ratio(row, "ratio_to_plain"),
        *[share] * counted,
    ]


def _rounded_up(value: float) -> str:
    """Two digits that are not below ``value``: ``0.017`` for 0.0163."""
    if value == 0:
        return "0"
    step = 10.0 ** (floor(log10(value)) - 1)
    return f"{ceil(value / step - 1e-9) * step:.2g}"


def _rate(row: dict[str, Any]) -> str:
    return f"{rate(row['median'])} ({rate(row['smallest'])} to {rate(row['largest'])})"


def _ratio(holder: dict[str, Any], name: str) -> str:
    if holder.get(name) is None:
        return ""
    return with_spread(holder[name], holder[f"{name}_spread"])


def _lines(heads: Sequence[str], rows: Any) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
