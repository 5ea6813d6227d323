"""How fast a net answers: by default, by each engine, plain, and by OpenVINO alone."""

from typing import Any

from c3d_teach.bench.agreement import agreement
from c3d_teach.bench.nets import gflop
from c3d_teach.bench.rows import Entry, ceilings, fastest, ratios, rows_of
from c3d_teach.bench.worker import Say, take_turns

BATCH = 8  # clips at once; what suits C3D on a CPU, see Classifier.fitting
_PRECISIONS = ("bfloat16", "float32")


def entries(net: str, batch: int, device: str) -> dict[str, Entry]:
    """All variants by key; OpenVINO is compared with on the CPU alone."""
    work = gflop(net)
    common = {"net": net, "batch": batch}
    here = common | {"device": device}

    def of(label: str, **spec: Any) -> Entry:
        return Entry(label, "clips/s", spec, plain="plain", gflop=work)

    found = {
        "plain": Entry(
            "plain: eager float32, channels first",
            "clips/s",
            {"work": "plain inference", **here},
            gflop=work,
        ),
        "default": of("the kit, by default", work="inference", **here),
        "default-float32": of(
            "the kit, bfloat16 switched off", work="inference", precision="float32", **here
        ),
    }
    on_cpu = device == "cpu"
    for engine in ("torch", "openvino") if on_cpu else ("torch",):
        for kind in _PRECISIONS:
            found[f"{engine}-{kind}"] = of(
                f"the kit, engine {engine}, {kind}",
                work="inference",
                engine=engine,
                precision=kind,
                **here,
            )
    for kind in _PRECISIONS if on_cpu else ():
        found[f"direct-{kind}"] = of(
            f"OpenVINO called directly, {kind}", work="openvino direct", precision=kind, **common
        )
    return ceilings(device) | found


def measure(
    net: str, batch: int, device: str, rounds: int, seconds: float, say: Say | None = None
) -> dict[str, Any]:
    """``rows``, ``empty``, the ratios, ``ceilings`` (medians) and ``agreement``.

    ``ratio_to_openvino`` sets the default against OpenVINO called directly in the precision
    that is faster here; ``ratio_of_torch_to_openvino`` does so with the kit's torch engine, which
    is what there is without OpenVINO. Those that end in ``_float32`` leave out bfloat16.
    """
    all_entries = entries(net, batch, device)
    turns = take_turns({k: e.spec for k, e in all_entries.items()}, rounds, seconds, say)
    rates, empty = turns.rates, dict(turns.empty)
    direct, torch = (fastest(rates, [f"{e}-{p}" for p in _PRECISIONS]) for e in ("direct", "torch"))
    pairs = {
        "ratio_to_plain": ("default", "plain"),
        "ratio_to_openvino": ("default", direct),
        "ratio_of_torch_to_openvino": (torch, direct),
        "ratio_to_plain_float32": ("default-float32", "plain"),
        "ratio_to_openvino_float32": ("default-float32", "direct-float32"),
        "ratio_of_torch_to_openvino_float32": ("torch-float32", "direct-float32"),
    }
    if say:
        say("answers of the engines are compared")
    compared = agreement(device)
    rows = rows_of(all_entries, turns, device)
    if device == "cpu":
        empty |= no_gpu()
    return {
        "gflop_per_item": gflop(net),
        "rows": rows,
        **ratios(rates, pairs),
        "ceilings": {row["key"]: row["median"] for row in rows if row["key"] in ceilings(device)},
        "empty": empty,
        "agreement": compared,
    }


def no_gpu() -> dict[str, str]:
    """What is empty where figures are the CPU's: why there are none of a GPU."""
    import torch

    if torch.cuda.is_available():
        return {"gpu": "not asked for; --device cuda measures it"}
    return {"gpu": "there is no CUDA device here"}
