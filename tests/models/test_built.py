"""A net on paper: what is said of it is what the net itself is."""

import pytest
import torch

from c3d_teach import C3D, SearchNet, arrow_of_time, dead_slices, describe
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Conv, short
from c3d_teach.models.built import KERNELS, POOLS, build_net

SMALL = {"clip_shape": (1, 16, 32, 32), "width": 1 / 8, "num_classes": 8}


@pytest.mark.parametrize("pools", POOLS)
@pytest.mark.parametrize("kernels", KERNELS)
def test_it_agrees_with_the_net(kernels: str, pools: str) -> None:
    built = build_net(kernels=KERNELS[kernels], pools=POOLS[pools], **SMALL)
    arguments = {"kernel_depth": KERNELS[kernels], "pool_depth": POOLS[pools]}
    if pools == "a fifth halving":
        with pytest.raises(UsageError) as refused:
            SearchNet(8, **arguments, clip_shape=SMALL["clip_shape"])
        assert built.ends_at == "pool5" and built.says == (str(refused.value),)
        assert built.rows[-1].name == "conv5" and not built.parameters
        return
    net = SearchNet(8, **arguments, clip_shape=SMALL["clip_shape"], width=1 / 8)
    rows = describe(net)
    assert built.parameters == rows.parameters == sum(p.numel() for p in net.parameters())
    assert built.macs == rows.macs and built.ends_at is None
    assert built.layers == net.layers and built.rows == tuple(rows)
    assert list(built.dead) == dead_slices(net) and built.arrow == arrow_of_time(net)
    arrow = built.arrow
    assert arrow.reason in built.says[-1]
    assert built.says[-1].startswith("Whatever it learns") == arrow.blind


def test_c3d_at_full_size_takes_no_memory_and_has_its_parameters() -> None:
    built = build_net("C3D", num_classes=487)
    assert built.parameters == 79_991_015
    with torch.device("meta"):
        net = C3D()
    assert built.layers == net.layers and built.rows == tuple(describe(net)) and not built.dead


def test_a_group_of_c3d_has_one_depth() -> None:
    built = build_net("C3D", kernels=(3, 3, 5, 5, 7), num_classes=487)
    kernels = {layer.name: layer.kernel for layer in built.layers if isinstance(layer, Conv)}
    assert kernels["conv3a"] == kernels["conv3b"] == (5, 3, 3) and kernels["conv5b"] == (7, 3, 3)
    assert [one.layer for one in built.dead] == ["conv5a", "conv5b"]


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        (POOLS["the paper's pooling"], "16–16–8–4–2–1 frames. The last step to one frame is pool5"),
        (POOLS["pooled early"], "It ends at pool4 already: conv5 can only look"),
        ((16, 1, 1, 1, 1), "It ends at pool1 already: conv2 and conv3 and conv4 and conv5"),
        (POOLS["no pooling in time"], "16 are left, and fc6 has a weight for each"),
    ],
)
def test_it_says_where_time_ends(pools: tuple[int, ...], said: str) -> None:
    assert said in " ".join(build_net(pools=pools, **SMALL).says)


@pytest.mark.parametrize(
    ("pools", "layer"),
    [((1, 2, 2, 2, 2), "pool5"), ((2, 2, 2, 2, 1), "pool4"), ((1, 1, 1, 1, 1), None)],
)
def test_the_layer_with_one_frame_left(pools: tuple[int, ...], layer: str | None) -> None:
    assert build_net(pools=pools, **SMALL).one_frame_at == layer


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"net": "VGG"}, "one of search net, C3D"),
        ({"pools": (1, 2)}, "five of each"),
        ({"kernels": (2, 3, 3, 3, 3)}, "kernels are odd"),
        ({"pools": (0, 2, 2, 2, 2)}, "1 or more"),
        ({"width": 0}, "positive factor"),
        ({"num_classes": 0}, "at least 1 class"),
    ],
)
def test_nets_that_make_no_sense_are_refused(arguments, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        build_net(**SMALL | arguments)


@pytest.mark.parametrize(
    ("count", "text"),
    [(999, "999"), (3100, "3.1 k"), (512_000_000, "512 M"), (19_263_000_000, "19.3 G")],
)
def test_large_counts_are_short(count: int, text: str) -> None:
    assert short(count) == text
