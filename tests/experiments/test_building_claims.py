"""What lesson 05 says of C3D is held to the nets themselves."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from c3d_teach import C3D, SearchNet, claim, describe, measured_field
from c3d_teach.experiments.ledger.building import floor_numbers
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import MaxPool


@pytest.fixture(scope="module")
def net() -> C3D:
    with torch.device("meta"):
        return C3D()


@pytest.mark.claim("c3d-layers")
def test_the_nets_have_as_many_layers_as_the_paper_says(net: C3D) -> None:
    with torch.device("meta"):
        search = SearchNet()
    for one, counts in ((net, (8, 5, 3)), (search, (5, 5, 3))):
        modules = list(one.modules())
        kinds = (nn.Conv3d, MaxPool, nn.Linear)
        assert tuple(sum(isinstance(m, kind) for m in modules) for kind in kinds) == counts
    assert "8 convolutions, 5 poolings and 3 fully" in claim("c3d-layers").statement
    assert "5, 5 and 3" in claim("c3d-layers").statement


@pytest.mark.claim("c3d-parameters")
def test_c3d_has_the_parameters_that_its_tensors_hold(net: C3D) -> None:
    with torch.device("meta"):
        small = C3D(101)
    counts = [sum(p.numel() for p in one.parameters()) for one in (net, small)]
    assert counts == [79_991_015, 78_409_573]
    assert all(f"{count:,}" in claim("c3d-parameters").statement for count in counts)


def macs_by_hooks(net: nn.Module) -> dict[str, int]:
    """Outputs times fan-in of each layer, while shapes flow through the net."""
    found: dict[str, int] = {}
    hooks = [
        module.register_forward_hook(
            lambda m, _, out, name=name: found.update({name: out[0].numel() * m.weight[0].numel()})
        )
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv3d | nn.Linear)
    ]
    net.eval()(torch.empty(1, 3, 16, 112, 112, device="meta"))
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.claim("c3d-work")
def test_the_work_of_a_clip_is_38_5_g_macs_and_twice_that_in_flops(net: C3D) -> None:
    macs = sum(macs_by_hooks(net).values())
    assert round(macs / 1e9, 2) == 38.55 and round(2 * macs / 1e9) == 77
    said = claim("c3d-work").statement
    assert "38.55 billion" in said and "77 GFLOPs" in said


@pytest.mark.claim("weights-here-work-there")
def test_weights_and_work_are_in_different_layers(net: C3D) -> None:
    macs = macs_by_hooks(net)
    weights = {name: sum(p.numel() for p in getattr(net, name).parameters()) for name in macs}
    assert max(weights, key=weights.__getitem__) == "fc6"
    assert weights["fc6"] / sum(weights.values()) == pytest.approx(0.42, abs=0.005)
    assert macs["fc6"] / sum(macs.values()) < 0.001
    assert macs["conv2a"] == macs["conv3b"] == max(macs.values())
    two = ("conv2a", "conv3b")
    assert sum(macs[n] for n in two) / sum(macs.values()) == pytest.approx(0.58, abs=0.005)
    said = claim("weights-here-work-there").statement
    assert "42 %" in said and "58 %" in said and "11.1 billion" in said and "2.5 %" in said


@pytest.mark.claim("field-outgrows-clip")
def test_fields_are_those_that_gradients_reach(net: C3D) -> None:
    said = claim("field-outgrows-clip").statement
    sizes = {}
    for name in ("conv1a", "conv3b", "conv4a", "conv5b"):
        found = measured_field(net, name)
        assert found.agrees
        sizes[name] = found.size
        assert "×".join(map(str, found.size)) in said
    assert sizes["conv3b"][0] < 16 < sizes["conv4a"][0]
    before = [row for row in describe(net) if row.name in ("conv3b", "pool3")]
    assert all(row.receptive_field[0] <= 16 for row in before)


@pytest.mark.claim("pool5-rounding")
def test_the_two_roundings_of_pool5_differ_nearly_everywhere() -> None:
    torch.manual_seed(5)
    maps = torch.rand(32, 64, 2, 7, 7)
    up = F.max_pool3d(maps, 2, ceil_mode=True)
    around = F.max_pool3d(maps, 2, padding=(0, 1, 1))
    assert up.shape == around.shape
    share = float((up != around).float().mean())
    assert share == pytest.approx(0.79, abs=0.01)
    assert "79 %" in claim("pool5-rounding").statement
    assert torch.equal(MaxPool(Pool("p", (2, 2, 2)))(maps), up)
    assert torch.equal(MaxPool(Pool("p", (2, 2, 2), "symmetric"))(maps), around)


@pytest.mark.claim("ceil-gives-the-total")
def test_only_rounding_up_gives_the_parameters_in_print() -> None:
    filters, before, counts = (64, 128, 256, 256, 256), 3, {}
    convs = 0
    for count in filters:
        convs, before = convs + count * (before * 27 + 1), count
    for way, side in (("up", 4), ("down", 3)):
        fc = (256 * side * side + 1) * 2048 + 2049 * 2048 + 2049 * 101
        counts[way] = f"{(convs + fc) / 1e6:.2f}"
    assert counts == floor_numbers() == {"up": "17.44", "down": "13.77"}
    assert f"{17_444_965 / 1e6:.2f} million" in claim("ceil-gives-the-total").statement
