"""What C3D is made of: sizes, counts, receptive fields."""

from collections.abc import Mapping
from functools import cache

import torch

from c3d_teach.experiments.evidence import Claim
from c3d_teach.models.arithmetic import Conv, Description, Full, Pool, describe, trace
from c3d_teach.models.builder import ConvNet, MaxPool
from c3d_teach.models.c3d import C3D, SearchNet

_NET = "c3d_teach/models/c3d.py"
_COUNTS = "c3d_teach/models/arithmetic.py"
_POOL = "c3d_teach/models/builder.py"


@cache
def _described(net: type[ConvNet], classes: int) -> Description:
    with torch.device("meta"):  # sizes only: no weights are made
        return describe(net(num_classes=classes))  # type: ignore[call-arg]


def size_numbers() -> Mapping[str, str]:
    """Parameters of C3D with both numbers of classes."""
    return {
        "sports": f"{_described(C3D, 487).parameters:,}",
        "ucf": f"{_described(C3D, 101).parameters:,}",
    }


def layer_numbers() -> Mapping[str, str]:
    """Layers of each kind in C3D and in the search net."""
    with torch.device("meta"):
        nets = {"c3d": C3D(), "search": SearchNet()}
    found = {}
    for name, net in nets.items():
        for kind, short in ((Conv, "conv"), (Pool, "pool"), (Full, "fc")):
            found[f"{name}_{short}"] = str(sum(isinstance(one, kind) for one in net.layers))
    return found


def work_numbers() -> Mapping[str, str]:
    """What a clip costs C3D."""
    macs = _described(C3D, 487).macs
    return {"macs": f"{macs / 1e9:.2f}", "flops": f"{2 * macs / 1e9:.0f}"}


def where_numbers() -> Mapping[str, str]:
    """Shares of parameters and work."""
    rows = _described(C3D, 487)
    by = {row.name: row for row in rows}
    two = [by["conv2a"], by["conv3b"]]
    return {
        "fc6": f"{by['fc6'].parameters / rows.parameters:.0%}".replace("%", " %"),
        "fc6_work": f"{1000 * by['fc6'].macs / rows.macs:.1f}",
        "two": f"{sum(row.parameters for row in two) / rows.parameters:.1%}".replace("%", " %"),
        "two_work": f"{sum(row.macs for row in two) / rows.macs:.0%}".replace("%", " %"),
        "each": f"{two[0].macs / 1e9:.1f}",
    }


def field_numbers() -> Mapping[str, str]:
    """Receptive fields of C3D's layers."""
    by = {row.name: row for row in _described(C3D, 487)}
    return {
        name: "×".join(map(str, by[name].receptive_field))
        for name in ("conv1a", "conv3b", "conv4a", "conv5b")
    }


@cache
def rounding_numbers() -> Mapping[str, str]:
    """How many outputs of pool5 differ between the two roundings, on random maps."""
    random = torch.Generator().manual_seed(0)
    maps = torch.rand(64, 64, 2, 7, 7, generator=random)
    up, around = (MaxPool(Pool("pool5", (2, 2, 2), way)) for way in ("ceil", "symmetric"))
    different = float((up(maps) != around(maps)).double().mean())
    return {"different": f"{100 * different:.0f}"}


def floor_numbers() -> Mapping[str, str]:
    """Parameters of the search net with its pools rounded up and down."""
    rows = _described(SearchNet, 101)
    with torch.device("meta"):
        net = SearchNet()
    (channels, length, *_) = next(row for row in rows if row.name == "pool5").shape
    side = net.clip_shape[2]
    for _ in range(5):
        side //= 2
    full = [one for one in net.layers if isinstance(one, Full)]
    small = sum(row.parameters for row in trace(full, (channels, length, side, side)))
    convs = sum(row.parameters for row in rows if row.name.startswith("conv"))
    return {
        "up": f"{rows.parameters / 1e6:.2f}",
        "down": f"{(convs + small) / 1e6:.2f}",
    }


BUILDING: tuple[Claim, ...] = (
    Claim(
        "c3d-layers",
        "C3D has {c3d_conv} convolutions, {c3d_pool} poolings and {c3d_fc} fully connected layers, "
        "the last of which gives the classes; the net of the kernel-depth study has "
        "{search_conv}, {search_pool} and {search_fc}.",
        (_NET,),
        None,
        layer_numbers,
    ),
    Claim(
        "c3d-parameters",
        "C3D has {sports} parameters with the 487 classes of Sports-1M and {ucf} with the 101 of "
        "UCF101.",
        (_NET, _COUNTS),
        None,
        size_numbers,
    ),
    Claim(
        "c3d-work",
        "One clip costs C3D {macs} billion multiply-accumulates, which is {flops} GFLOPs: the "
        "38.5 GFLOPs in print count a multiplication and its addition as one.",
        (_NET, _COUNTS),
        None,
        work_numbers,
    ),
    Claim(
        "weights-here-work-there",
        "The layer fc6 holds {fc6} of C3D's parameters and does less than one thousandth of its "
        "work ({fc6_work} of a thousand parts); conv2a and conv3b hold {two} of the parameters and "
        "do {two_work} of the work, {each} billion multiply-accumulates each.",
        (_NET, _COUNTS),
        None,
        where_numbers,
    ),
    Claim(
        "field-outgrows-clip",
        "One output of C3D's conv1a sees {conv1a} (frames × rows × columns), of conv3b {conv3b}, "
        "of conv4a {conv4a} and of conv5b {conv5b}: from conv4a on the field is longer than the "
        "clip of 16 frames.",
        (_NET, "c3d_teach/analysis/fields/measured_fields.py"),
        None,
        field_numbers,
    ),
    Claim(
        "pool5-rounding",
        "Rounding pool5 up, as Caffe does, and padding it all around, as several ports do, give "
        "maps of one size, and on random maps {different} % of their values differ.",
        (_POOL,),
        None,
        rounding_numbers,
    ),
    Claim(
        "ceil-gives-the-total",
        "The net of the kernel-depth study has {up} million parameters when its pools are rounded "
        "up in space, and {down} million when they are rounded down.",
        (_NET, _COUNTS),
        None,
        floor_numbers,
    ),
)
