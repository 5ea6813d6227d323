"""The U-Net: C3D's way down, every size it takes, and one file that carries it."""

import pytest
import safetensors.torch
import torch
from torch.nn import functional as F

from c3d_teach import C3D, SearchNet, load, save, shipped
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError, WeightsError
from c3d_teach.models.segmenter import (
    Segmenter,
    load_segmenter,
    save_segmenter,
    shipped_segmenters,
)
from c3d_teach.models.unet import UNet2D, UNet3D, join

DOWN = ("conv1a", "conv2a", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b")
SMALL = 1 / 32


@pytest.fixture(scope="module")
def net() -> UNet3D:
    torch.manual_seed(0)
    return UNet3D(width=SMALL).eval()


def test_the_way_down_is_c3ds_to_the_name_and_shape():
    c3d = C3D(7, clip_shape=(3, 16, 112, 112), width=SMALL)
    unet = UNet3D(channels=3, width=SMALL)
    own = unet.state_dict()
    for name in DOWN:
        for part in ("weight", "bias"):
            assert own[f"{name}.{part}"].shape == c3d.state_dict()[f"{name}.{part}"].shape
    assert [n for group in unet.groups for n in group] == list(DOWN)


@pytest.mark.parametrize("backbone", ["camera-c3d", "camera-d1"])
def test_a_backbone_gives_its_weights_and_keeps_its_own(backbone: str):
    c3d = load(backbone).model
    before = {k: v.clone() for k, v in c3d.state_dict().items()}
    unet = UNet3D.from_backbone(c3d, 2)
    for name in DOWN:
        assert torch.equal(getattr(unet, name).weight, getattr(c3d, name).weight)
    with torch.no_grad():
        for p in unet.parameters():
            p.zero_()
    assert all(torch.equal(v, before[k]) for k, v in c3d.state_dict().items())
    assert unet.config["channels"] == 3 and unet.config["width"] == 0.125
    assert unet.config["kernel_depth"] == c3d.config["kernel_depth"]


def test_the_deepest_map_is_what_c3d_has_at_conv5b():
    c3d = load("camera-c3d").model
    unet = UNet3D.from_backbone(c3d).eval()
    x = torch.randn(1, 3, 16, 64, 64)
    found = {}
    unet.relu5b.register_forward_hook(lambda *a: found.update(deep=a[2]))
    with torch.no_grad():
        unet(x)
        torch.testing.assert_close(found["deep"], c3d.activations(x, "conv5b"))


def test_only_a_c3d_can_be_the_backbone():
    with pytest.raises(UsageError, match="SearchNet.*camera-c3d"):
        UNet3D.from_backbone(SearchNet(8, clip_shape=(1, 16, 32, 32), width=SMALL))


@pytest.mark.parametrize("size", [(8, 16, 16), (16, 32, 32), (24, 48, 80), (16, 112, 112)])
def test_any_suitable_size_comes_back_at_its_size(net: UNet3D, size: tuple[int, ...]):
    with torch.no_grad():
        assert net(torch.randn(1, 1, *size)).shape == (1, 1, *size)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 1, 12, 32, 32), "length L of this clip is 12.*multiple of 8.*8 and 16"),
        ((1, 1, 16, 40, 32), "height H of this clip is 40.*multiple of 16.*32 and 48"),
        ((1, 1, 16, 32, 171), "width W of this clip is 171.*160 and 176"),
        ((1, 1, 4, 32, 32), "length L of this clip is 4.*fit: 8"),
        ((1, 3, 16, 32, 32), "C = 1 and was given 1×3×16×32×32"),
        ((1, 16, 32, 32), r"x\[None\]"),
    ],
)
def test_other_sizes_are_refused_by_axis_with_the_nearest(net: UNet3D, shape, said: str):
    with pytest.raises(UsageError, match=said):
        net(torch.zeros(shape))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kernel_depth": 2}, "odd number"),
        ({"pool_depth": (1, 2, 2)}, "four whole numbers"),
        ({"num_classes": 0}, "num_classes"),
        ({"channels": 0}, "channels"),
        ({"width": 0}, "width"),
    ],
)
def test_impossible_nets_are_refused(arguments, said: str):
    with pytest.raises(UsageError, match=said):
        UNet3D(**arguments)


def test_sizes_count_what_is_there(net: UNet3D):
    rows = {row.name: row for row in net.sizes(16, 32, 32)}
    assert sum(row.parameters for row in rows.values()) == sum(p.numel() for p in net.parameters())
    assert rows["conv5b"].shape[1:] == (2, 2, 2) and rows["conv1a"].shape[1:] == (16, 32, 32)
    assert rows["head"].shape == (1, 16, 32, 32)
    up4 = net.up4
    assert rows["up4"].macs == up4.weight.numel() * 4 * 4 * 4
    assert all(p.device.type == "cpu" for p in net.parameters())


def test_join_repeats_each_number_and_keeps_the_skip():
    deep = torch.arange(8.0).view(1, 1, 2, 2, 2)
    skip = torch.randn(1, 3, 4, 4, 8)
    both = join(deep, skip)
    assert both.shape == (1, 4, 4, 4, 8) and torch.equal(both[:, 1:], skip)
    assert both[0, 0, 0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert torch.equal(F.max_pool3d(both[:, :1], (2, 2, 4)), deep)


def test_the_flat_net_sees_every_frame_alone():
    torch.manual_seed(0)
    flat = UNet2D(width=SMALL).eval()
    x = torch.randn(1, 1, 16, 32, 32)
    order = torch.randperm(16)
    with torch.no_grad():
        torch.testing.assert_close(flat(x)[:, :, order], flat(x[:, :, order]))
        torch.testing.assert_close(flat(x)[:, :, 3:4], flat(x[:, :, 3:4]))


def test_every_weight_learns(net: UNet3D):
    net.zero_grad()
    net(torch.randn(2, 1, 16, 32, 32)).square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in net.parameters())


def test_a_skip_that_is_switched_off_changes_the_answer(net: UNet3D):
    x = torch.randn(1, 1, 16, 32, 32)
    with torch.no_grad():
        whole = net(x)
        for level in range(4):
            skips = [one != level for one in range(4)]
            assert not torch.equal(net(x, skips=skips), whole)
        assert torch.equal(net(x, skips=[True] * 4), whole)


@pytest.fixture
def segmenter(net: UNet3D) -> Segmenter:
    preprocess = Preprocess((32, 32), 32, (20.0,), (50.0,))
    return Segmenter(net, preprocess, ("the moving digit",), 0.4, {"command": "none"}, "small")


def test_one_file_carries_net_threshold_and_card(segmenter: Segmenter, tmp_path):
    path = tmp_path / "net.safetensors"
    save_segmenter(segmenter, path)
    again = load_segmenter(path)
    clips = MotionSegmentation(40, split="test").batch(range(40))["clip"]
    assert torch.equal(again.predict(clips), segmenter.predict(clips))
    assert (again.threshold, again.classes, again.card) == (
        0.4,
        ("the moving digit",),
        {"command": "none"},
    )
    assert again.masks(clips).dtype == torch.bool and again.masks(clips).shape == (
        40,
        1,
        16,
        32,
        32,
    )
    assert again.predict(clips.numpy()[:2, :8]).shape == (2, 1, 8, 32, 32)


def test_files_of_nets_and_of_u_nets_are_told_apart(segmenter: Segmenter, tmp_path):
    path = tmp_path / "net.safetensors"
    save_segmenter(segmenter, path)
    with pytest.raises(WeightsError, match="load_segmenter"):
        load(path)
    save(load("motion-frame"), path)
    with pytest.raises(WeightsError, match="holds no U-Net"):
        load_segmenter(path)
    with pytest.raises(WeightsError, match="motion-unet2d, motion-unet3d"):
        load_segmenter("no-such-net")
    assert not set(shipped()) & set(shipped_segmenters())


def test_damaged_and_foreign_files_are_refused(segmenter: Segmenter, tmp_path):
    path = tmp_path / "net.safetensors"
    save_segmenter(segmenter, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError):
        load_segmenter(path)
    safetensors.torch.save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match="holds no U-Net"):
        load_segmenter(path)
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match="pickle"):
        load_segmenter(path)


def test_clips_that_do_not_suit_are_refused(segmenter: Segmenter):
    with pytest.raises(UsageError, match="height H"):
        segmenter.predict(torch.zeros(1, 16, 33, 32, 1, dtype=torch.uint8))
    with pytest.raises(UsageError, match="uint8"):
        segmenter.predict(torch.zeros(1, 16, 32, 32, 1))
    with pytest.raises(UsageError, match="N×L×H×W×C"):
        segmenter.predict(torch.zeros(16, 32, 32, 1, dtype=torch.uint8))
