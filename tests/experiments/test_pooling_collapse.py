"""Where time is merged: slices without a gradient, a fifth halving, and a clip's twin."""

import pytest
import torch
from torch.nn import functional as F

from c3d_teach import MotionDigits, SearchNet, describe
from c3d_teach.errors import UsageError
from c3d_teach.experiments.pooling import STUDY, WAYS, ceil_pool, slice_gradients, twin

EARLY = {"clip_shape": (3, 16, 32, 32), "pool_depth": (2, 2, 2, 2, 1)}
HALVES_FIRST = ("paper's pooling", "pooled early", "pooled at the end")


def narrow(**arguments):
    torch.manual_seed(0)
    return SearchNet(8, **{"clip_shape": (1, 16, 32, 32), "width": 1 / 16} | arguments).eval()


def clips(net, n=8):
    return torch.rand(n, *net.clip_shape, generator=torch.Generator().manual_seed(1))


def twins(x, window=2):
    """``twin`` of every clip of a batch ``(N, C, L, H, W)``."""
    return twin(x.movedim(2, 0), window).movedim(0, 2)


def test_slice_gradients_are_the_largest_of_each_slice():
    net = narrow(kernel_depth=(3, 1, 5, 3, 3))
    x = clips(net, 4)
    found = slice_gradients(net, x)
    assert all(p.grad is None for p in net.parameters())
    (net(x) ** 2).sum().backward()
    assert [len(found[f"conv{i}"]) for i in range(1, 6)] == [3, 1, 5, 3, 3] and len(found) == 5
    for name, largest in found.items():
        gradient = getattr(net, name).weight.grad.numpy()
        for i in range(gradient.shape[2]):
            expected = abs(gradient[:, :, i]).max()
            assert float(largest[i]) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.claim("collapse-2d")
@pytest.mark.parametrize("seed", range(3))
def test_with_an_early_pool_conv5_sees_one_frame_and_its_outer_slices_learn_nothing(seed):
    net = narrow(**EARLY)
    assert {row.name: row.shape[1] for row in describe(net)[:10]}["pool4"] == 1
    x = torch.randn(8, *net.clip_shape, generator=torch.Generator().manual_seed(seed))
    assert net.activations(x, "pool4").shape[2] == 1
    F.cross_entropy(net(x), torch.arange(8)).backward()
    by_slice = net.conv5.weight.grad.abs().amax((0, 1, 3, 4))
    assert by_slice[0] == by_slice[2] == 0.0 and by_slice[1] > 0
    assert slice_gradients(net, x)["conv5"][[0, 2]].tolist() == [0.0, 0.0]
    for name in ("conv1", "conv2", "conv3", "conv4"):
        assert getattr(net, name).weight.grad.abs().amax((0, 1, 3, 4)).min() > 0


@pytest.mark.claim("no-fifth-halving")
def test_a_fifth_halving_is_refused_here_and_passes_silently_in_torch():
    with pytest.raises(UsageError, match="Time runs out at pool5: .* clip's 16 only 1 is left"):
        SearchNet(8, **EARLY | {"pool_depth": (2, 2, 2, 2, 2)})
    x = torch.rand(2, 4, 16, 3, 3)
    lengths = []
    for _ in range(6):
        x = ceil_pool()(x)
        lengths.append(x.shape[2])
    assert lengths == [8, 4, 2, 1, 1, 1] and x.shape == (2, 4, 1, 3, 3)
    one = torch.rand(1, 1, 1, 2, 2)
    assert torch.equal(ceil_pool()(one), one)
    with pytest.raises(RuntimeError, match="too small"):
        F.max_pool3d(one, (2, 1, 1))  # torch's own default does say so


@pytest.mark.parametrize("way", WAYS)
def test_ways_differ_in_when_time_is_merged(way):
    """Frames behind each pool, by hand."""
    frames = {
        "paper's pooling": [16, 8, 4, 2, 1],
        "pooled early": [8, 4, 2, 1, 1],
        "pooled at the end": [16, 16, 16, 16, 1],
        "no pooling in time": [16, 16, 16, 16, 16],
        "stride": [16, 8, 4, 2, 1],
    }
    rows = describe(narrow(**WAYS[way]))
    assert [row.shape[1] for row in rows if row.name.startswith("pool")] == frames[way]


def test_the_study_says_which_of_its_nets_are_blind():
    blind = {net for net, facts in STUDY.facts.items() if facts["blind to the arrow of time"]}
    assert blind == {f"depth-1, {way}" for way in HALVES_FIRST}
    dead = {net: [d["layer"] for d in f["dead slices"]] for net, f in STUDY.facts.items()}
    assert {net: layers for net, layers in dead.items() if layers} == {
        "depth-3, pooled early": ["conv5"],
        "depth-3, stride": ["conv5"],
    }


def test_a_twin_plays_every_window_backwards():
    clip = MotionDigits(1)[0]["clip"]
    assert twin(clip).shape == clip.shape and twin(clip).dtype == clip.dtype
    order = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14]
    assert torch.equal(twin(clip), clip[order])
    assert twin(torch.arange(8), 4).tolist() == [3, 2, 1, 0, 7, 6, 5, 4]
    assert torch.equal(twin(clip, 16), clip.flip(0))
    assert torch.equal(twin(twin(clip)), clip)
    assert not torch.equal(twin(clip), clip)


@pytest.mark.claim("pool-twins")
@pytest.mark.parametrize("window", [2, 4, 8])
def test_a_max_pool_over_the_window_cannot_tell_a_twin(window):
    x = MotionDigits(4).batch(range(4))["clip"].movedim(-1, 1).float()
    other = twins(x, window)
    pool = lambda clip, depth: F.max_pool3d(clip, (depth, 1, 1))  # noqa: E731
    assert torch.equal(pool(x, window), pool(other, window))
    assert not torch.equal(pool(x, window // 2), pool(other, window // 2))


@torch.inference_mode()
@pytest.mark.parametrize("way", WAYS)
def test_a_depth_1_net_cannot_tell_a_twin_where_time_is_first_merged_by_a_pool(way):
    """With the paper's pooling too: pool2 is the first to merge frames, two by two."""
    net = narrow(kernel_depth=1, **WAYS[way])
    x = clips(net)
    assert torch.equal(net(x), net(twins(x))) == (way in HALVES_FIRST)


@torch.inference_mode()
def test_a_pool_of_another_window_can_tell_a_twin():
    """Windows of 3 frames straddle the twin's windows of 2."""
    net = narrow(kernel_depth=1, clip_shape=(1, 18, 32, 32), pool_depth=(1, 3, 3, 2, 1))
    x = clips(net)
    assert not torch.equal(net(x), net(twins(x)))
    assert torch.equal(net(x), net(twins(x, 3)))


@torch.inference_mode()
@pytest.mark.parametrize("way", WAYS)
def test_a_depth_3_net_tells_a_twin_however_time_is_merged(way):
    net = narrow(kernel_depth=3, **WAYS[way])
    x = clips(net)
    assert (net(x) != net(twins(x))).any(1).all()


@pytest.mark.parametrize(("frames", "window"), [(16, 1), (16, 0), (16, -2), (16, 3), (15, 2)])
def test_twins_need_whole_windows(frames, window):
    with pytest.raises(UsageError, match=rf"window is {window} and the clip has {frames} frames"):
        twin(torch.zeros(frames, 4, 4, 1), window)
