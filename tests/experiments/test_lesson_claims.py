"""What lessons 0 and 2 say is held to the shipped nets, to the clips, and to three seeds."""

import pytest
import torch
from torch.nn import functional as F

from c3d_teach import MotionDigits, StackedFramesNet, alter, load
from c3d_teach.data.motion import MOTIONS, SIZE, paths
from c3d_teach.experiments import pace
from c3d_teach.experiments.pace import CHANNELS, DEEP, NETS, SPEEDS, WIDE, WINDOWS, accuracy


@pytest.mark.claim("frozen-still-answered")
def test_a_clip_in_which_nothing_moves_is_answered_all_the_same() -> None:
    clips = MotionDigits(64, split="test").batch(range(64))["clip"]
    frozen = alter(clips, "frozen")
    assert torch.equal(frozen[:, :1].expand_as(frozen), frozen)
    found = load("motion-d3").predict(frozen)
    assert found.max(1).values.mean() > 0.55


@pytest.mark.claim("frames-alike")
@pytest.mark.parametrize("frame", [0, 7, 15])
def test_single_frames_have_the_same_distribution_under_every_motion(frame: int) -> None:
    """Place, angle and log size are uniform on their circles, whatever moves."""
    count = 40_000
    drawn = torch.rand(count, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    steps = torch.arange(16, dtype=torch.float64)
    low, high = (torch.tensor(s, dtype=torch.float64).log() for s in SIZE)
    for motion in range(len(MOTIONS)):
        x, y, angle, log_size = paths(torch.full((count,), motion), drawn, steps, 32, 32, 1.0)
        shares = (
            x[:, frame] / 32 % 1,
            y[:, frame] / 32 % 1,
            angle[:, frame] / (2 * torch.pi) % 1,
            (log_size[:, frame] - low) / (high - low),
        )
        for share in shares:
            counts = torch.histc(share, bins=10, min=0, max=1) / count
            assert (counts - 0.1).abs().max() < 0.008  # five standard deviations
        for one in range(4):  # and none knows of another
            for other in range(one):
                together = torch.corrcoef(torch.stack([shares[one], shares[other]]))[0, 1]
                assert together.abs() < 0.025


@pytest.mark.claim("channels-are-3d")
@pytest.mark.parametrize("name", ["motion-stacked", "drawn for colour"])
def test_frames_as_channels_are_a_kernel_as_deep_as_the_clip(name: str) -> None:
    shape = (3, 16, 32, 32)
    net = StackedFramesNet(8, clip_shape=shape, width=1 / 8)
    if name == "motion-stacked":
        net, shape = load(name).model, (1, 16, 32, 32)  # type: ignore[assignment]
    weight = net.state_dict()["conv1.weight"]
    out, slices, _, k, _ = weight.shape
    assert slices == shape[0] * shape[1]
    clips = torch.rand(2, *shape)
    flat = F.conv2d(clips.flatten(1, 2), weight[:, :, 0], padding=1)
    deep = F.conv3d(clips, weight.view(out, *shape[:2], k, k), padding=(0, 1, 1))
    assert deep.shape[2] == 1
    assert torch.allclose(deep[:, :, 0], flat, atol=1e-4)


def runs(net: str) -> list[dict]:
    return [run for run in pace.result()["runs"] if run["net"] == net]


def test_the_result_holds_three_seeds_of_each_net() -> None:
    for net in NETS:
        assert sorted(run["seed"] for run in runs(net)) == [0, 1, 2]
        assert set(runs(net)[0]["speeds"]) == {f"{speed:g}" for speed in SPEEDS}
    assert abs(pace.work(WIDE) / pace.work(DEEP) - 1) < 0.02
    assert pace.work(DEEP) > 15 * pace.work(CHANNELS)


@pytest.mark.claim("faster-than-trained")
def test_3d_keeps_more_at_three_times_the_speed() -> None:
    assert all(accuracy(net, "speeds", "1").mean > 0.95 for net in NETS)
    for net in (CHANNELS, WIDE):
        for speed in set(SPEEDS) - {0.5, 1.0}:
            worst = min(accuracy(DEEP, "speeds", f"{speed:g}").values)
            assert worst > max(accuracy(net, "speeds", f"{speed:g}").values)
        assert accuracy(net, "speeds", "3").mean < 0.65


@pytest.mark.claim("moves-for-a-while")
def test_3d_keeps_more_where_the_digit_moves_for_a_while() -> None:
    parts = [f"{a} to {b - 1}" for a, b in WINDOWS if b - a == 8]
    assert len(parts) == 3

    def means(net: str) -> list[float]:
        return [sum(run["windows"][part] for part in parts) / 3 for run in runs(net)]

    for net in (CHANNELS, WIDE):
        for part in parts:
            worst = min(accuracy(DEEP, "windows", part).values)
            assert worst > max(accuracy(net, "windows", part).values)
    assert min(means(DEEP)) > 0.8 > max(means(CHANNELS))


def test_the_shipped_nets_behave_like_those_of_the_study() -> None:
    fast = MotionDigits(256, split="test", speed=3).batch(range(256))
    right = {
        name: (load(name).predict(fast["clip"]).argmax(1) == fast["motion"]).float().mean()
        for name in ("motion-stacked", "motion-d3")
    }
    assert right["motion-d3"] > right["motion-stacked"] + 0.15
