"""What is chosen on the playground: the configurations of its two nets, from its controls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from c3d_teach import KitError
from c3d_teach.experiments.playground import (
    BATCHES,
    CLIPS,
    LAYERS,
    NOISES,
    POOLS,
    RATES,
    SEEDS,
    STEPS,
    Configuration,
)
from c3d_teach.experiments.trials import TASKS
from c3d_teach.models import built
from c3d_teach.models.built import Built, build_net

OWN = "layer by layer"
KERNELS = built.KERNELS
POOLING = {name: pools for name, pools in built.POOLS.items() if set(pools) <= set(POOLS)}
SIDES = ("A", "B")
SHARED: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "task": ("Task", TASKS),
    "noise": ("Noise", NOISES),
    "clips": ("Training clips", CLIPS),
    "rate": ("Learning rate", RATES),
    "batch": ("Mini-batch", BATCHES),
    "steps": ("Mini-batches in all", STEPS),
    "seed": ("Seed", SEEDS),
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "2D against 3D": {"a.depth": "depth-1", "b.depth": "depth-3"},
    "What it is, not how it moves": {"task": "what", "a.depth": "depth-1", "b.depth": "depth-3"},
    "Pooled early": {
        **{"a.depth": "depth-3", "a.pooling": "pooled early"},
        **{"b.depth": "depth-3", "b.pooling": "the paper's pooling"},
    },
    "Deeper still": {"a.depth": "depth-3", "b.depth": "depth-7"},
    "Through noise": {"noise": 0.2, "a.depth": "depth-1", "b.depth": "depth-3"},
    "Few clips": {"clips": 64, "a.depth": "depth-3", "b.depth": "depth-7"},
}
_FIRST = {"task": "how", "a.depth": "depth-1", "b.depth": "depth-3"}


def key(name: str) -> str:
    """The name of a control, in the page and in its address."""
    return f"playground.{name}"


def first(name: str) -> Any:
    """Where a control stands at the beginning."""
    if name in _FIRST:
        return _FIRST[name]
    if name in SHARED:
        return getattr(Configuration(), name)
    kind = name.split(".")[1].rstrip("12345")
    return {
        **{"depth": "depth-3", "pooling": next(iter(POOLING)), "width": Configuration().width},
        **{"kernel": 3, "pool": 2},
    }[kind]


def take(preset: str) -> None:
    """Put all controls where a preset has them."""
    for name in [*SHARED, *(f"{s}.{what}" for s in "ab" for what in ("depth", "pooling", "width"))]:
        st.session_state[key(name)] = PRESETS[preset].get(name, first(name))
    st.session_state[key("two")] = True


@dataclass(frozen=True)
class Net:
    """One side of the page.

    Attributes:
        name: as charts call it.
        configuration: what would be trained; None where it cannot be built.
        built: what is known of its shape.
    """

    name: str
    configuration: Configuration | None
    built: Built


def net_of(side: str) -> Net:
    """The net that the controls of a side describe."""
    own = side.lower()

    def value(name: str) -> Any:
        chosen = st.session_state.get(key(name))
        return first(name) if chosen is None else chosen  # an address may leave a choice empty

    depths = KERNELS.get(value(f"{own}.depth")) or tuple(
        value(f"{own}.kernel{n}") for n in range(1, LAYERS + 1)
    )
    pools = POOLING.get(value(f"{own}.pooling")) or tuple(
        value(f"{own}.pool{n}") for n in range(1, LAYERS + 1)
    )
    shape = build_net(
        "search net", depths, pools, clip_shape=(1, 16, 24, 24), width=value(f"{own}.width")
    )
    name = f"{side}: {value(f'{own}.depth')}"
    if value(f"{own}.depth") == OWN:
        name = f"{side}: kernels {'-'.join(map(str, depths))}"
    if pools != POOLING["the paper's pooling"]:
        given = value(f"{own}.pooling")
        name += f", {given}" if given != OWN else f", pools {'-'.join(map(str, pools))}"
    if shape.ends_at:
        return Net(name, None, shape)
    try:
        shared = {what: value(what) for what in SHARED}
        chosen = Configuration(depths=depths, pools=pools, width=value(f"{own}.width"), **shared)
    except KitError:
        return Net(name, None, shape)
    return Net(name, chosen, shape)


def frames_left(nets: list[Net]) -> dict[str, dict[str, int]]:
    """Frames behind each layer, by net; nets that are alike in it share a line."""
    lines = {net.name: frames(net) for net in nets}
    if len(nets) == 2 and len({tuple(line.items()) for line in lines.values()}) == 1:
        return {f"{nets[0].name}, and {nets[1].name}": frames(nets[0])}
    return lines


def frames(net: Net) -> dict[str, int]:
    """Frames left behind each layer, as far as there are any."""
    return {"clip": 16} | {row.name: row.shape[1] for row in net.built.rows if len(row.shape) > 1}
