"""How time and memory grow: with the batch, the clip, the width of the net, and with more videos.

A point is a process of its own, so that its peak memory is its own. At each point the kit and
what it is compared with take turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from c3d_teach.bench.nets import short_name
from c3d_teach.bench.rows import Entry, rows_of
from c3d_teach.bench.worker import Say, Spec, take_turns

KIT, PLAIN = "the kit", "plain"


@dataclass(frozen=True)
class Series:
    """One thing that grows.

    Attributes:
        title: what is measured; ``{net}`` stands for the net's name.
        xlabel: what grows.
        points: its values.
        unit: of the rates.
        specs: the work of each variant at a point, given the point, net and device.
    """

    title: str
    xlabel: str
    points: tuple[float, ...]
    unit: str
    specs: Callable[[float, str, str], dict[str, Spec]]


def _both(net: str, device: str, batch: int, **changes: Any) -> dict[str, Spec]:
    common = {"net": net, "batch": batch, "device": device, **changes}
    return {KIT: {"work": "inference", **common}, PLAIN: {"work": "plain inference", **common}}


def _training(x: float, net: str, device: str) -> dict[str, Spec]:
    common = {"net": "classroom", "batch": int(x), "device": device}
    return {KIT: {"work": "training", **common}, PLAIN: {"work": "plain training", **common}}


SERIES: dict[str, Series] = {
    "batch": Series(
        "Answers of {net}, by the batch",
        "clips at once",
        (1, 2, 4, 8, 16),
        "clips/s",
        lambda x, net, device: _both(net, device, int(x)),
    ),
    "length": Series(
        "Answers of {net}, by the length of a clip",
        "frames in a clip",
        (8, 16, 32, 64),
        "clips/s",
        lambda x, net, device: _both(net, device, 1, length=int(x)),
    ),
    "width": Series(
        "Answers of {net}, by its width",
        "width of the net",
        (1 / 8, 1 / 4, 1 / 2, 1),
        "clips/s",
        lambda x, net, device: _both(net, device, 4, width=x),
    ),
    "training": Series(
        "Training the classroom net, by the batch",
        "clips in a mini-batch",
        (1, 2, 4, 8, 16, 32, 64),
        "clips/s",
        _training,
    ),
    "features": Series(
        "Features of small videos, by their number",
        "videos",
        (1, 2, 4, 8, 16, 32, 64),
        "videos/s",
        lambda x, net, device: {KIT: {"work": "descriptors", "videos": int(x)}},
    ),
}


def measure(
    net: str, device: str, rounds: int, seconds: float, say: Say | None = None
) -> dict[str, Any]:
    """``rows``, what the ``series`` are, and ``empty``.

    Rows also have ``series``, ``x``, ``variant`` and, as median, smallest and largest,
    ``seconds_per_item``.
    """
    rows: list[dict[str, Any]] = []
    empty: dict[str, str] = {}
    titles = {name: one.title.format(net=short_name(net)) for name, one in SERIES.items()}
    for name, series in SERIES.items():
        for x in series.points:
            keys = {f"{name} {x:g} {variant}": variant for variant in series.specs(x, net, device)}
            specs = series.specs(x, net, device)
            turns = take_turns({k: specs[v] for k, v in keys.items()}, rounds, seconds)
            empty |= turns.empty
            entries = {
                key: Entry(
                    f"{titles[name]}: {x:g} {series.xlabel}, {variant}",
                    series.unit,
                    specs[variant],
                    plain=f"{name} {x:g} {PLAIN}" if variant == KIT else "",
                )
                for key, variant in keys.items()
            }
            for row in rows_of(entries, turns, device):
                per_item = [1 / row[part] for part in ("median", "largest", "smallest")]
                place = {"series": name, "x": x, "variant": keys[row["key"]]}
                rows.append(row | place | {"seconds_per_item": per_item})
            if say:
                say(f"{titles[name]}: {x:g} {series.xlabel}")
    return {
        "rows": rows,
        "series": {
            name: {"title": titles[name], "xlabel": one.xlabel, "unit": one.unit}
            for name, one in SERIES.items()
        },
        "empty": empty,
    }
