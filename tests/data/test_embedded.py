"""MotionDigits and CameraMotion: what holds by construction."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from c3d_teach import BothWays, CameraMotion, MotionDigits
from c3d_teach.data.counter import bell, key_of, uniform
from c3d_teach.data.embedded import reversed_motion
from c3d_teach.data.motion import split_digits
from c3d_teach.data.photos import PHOTOS, SPLIT_PHOTOS, pyramid
from c3d_teach.errors import UsageError
from c3d_teach.training.evaluate import collate

SETS = [MotionDigits, CameraMotion]


@pytest.mark.parametrize("kind", SETS)
def test_clip_i_is_the_same_whatever_the_batch_the_worker_or_the_size(kind):
    data = kind(300, split="test", seed=5)
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0)).tolist()[:70]
    together = data.batch(order)
    for place in (0, 33, 69):
        alone = kind(order[place] + 1, split="test", seed=5)[order[place]]
        assert torch.equal(alone["clip"], together["clip"][place])
        assert alone["motion"] == int(together["motion"][place])
    loader = DataLoader(data, batch_size=32, num_workers=2, collate_fn=collate)
    by_workers = torch.cat([b["clip"] for b in loader])
    assert torch.equal(by_workers[order], together["clip"])


@pytest.mark.parametrize("kind", SETS)
def test_shapes_labels_and_classes(kind):
    data = kind(40)
    batch = data.batch(range(40))
    channels, length, height, width = data.clip_shape
    assert batch["clip"].shape == (40, length, height, width, channels)
    assert batch["clip"].dtype == torch.uint8
    assert torch.equal(batch["label"], batch["motion"])
    assert batch["motion"].bincount().max() - batch["motion"].bincount().min() <= 1
    what = kind(40, label=kind.thing)
    again = what.batch(range(40))
    assert torch.equal(again["clip"], batch["clip"])
    assert torch.equal(again["label"], again[kind.thing])
    assert what.classes == kind.things and what.mirrored is None
    assert int(again["label"].max()) < len(what.classes)
    assert isinstance(data[3]["label"], int)


@pytest.mark.parametrize("kind", SETS)
def test_seeds_and_splits_give_other_clips(kind):
    clips = [
        kind(4, seed=s, split=p).batch(range(4))["clip"] for s in (0, 1) for p in ("train", "val")
    ]
    for i in range(4):
        for j in range(i):
            assert not torch.equal(clips[i], clips[j])


@pytest.mark.parametrize("kind", SETS)
def test_other_shapes(kind):
    shape = (kind.channels, 48, 48, 64)
    clip = kind(2, clip_shape=shape)[1]["clip"]
    assert clip.shape == (48, 48, 64, kind.channels)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MotionDigits(8, split="exam"), "train, val, test"),
        (lambda: MotionDigits(8, label="photo"), "'motion' or 'digit'"),
        (lambda: MotionDigits(8, clip_shape=(3, 16, 32, 32)), r"\(1, L, H, W\)"),
        (lambda: CameraMotion(8, clip_shape=(16, 64, 64)), r"\(3, L, H, W\)"),
        (lambda: MotionDigits(0), "at least 1 clip"),
        (lambda: MotionDigits(8).batch([8]), "0 to 7"),
        (lambda: MotionDigits(8).batch([]), "non-empty"),
        (lambda: MotionDigits(8).batch([0.5]), "whole numbers"),
    ],
)
def test_bad_arguments_get_one_sentence(make, said):
    with pytest.raises(UsageError, match=said):
        make()


def test_iterating_ends():
    assert len(list(MotionDigits(3))) == 3
    assert torch.equal(MotionDigits(3)[-1]["clip"], MotionDigits(3)[2]["clip"])


# MotionDigits


def test_no_digit_image_is_in_two_splits():
    seen = {}
    for split in ("train", "val", "test"):
        images, digits = split_digits(split)
        assert set(digits.tolist()) == set(range(9))
        seen[split] = {image.numpy().tobytes() for image in images}
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["val"]
    assert not seen["val"] & seen["test"]


def centre_of(frames):
    """Centre of mass on the torus, (y, x) in pixels, of grey frames (N, L, H, W)."""
    mass = (frames - 60).clamp(0)
    n = frames.shape[-1]
    wave = torch.exp(2j * torch.pi * torch.arange(n) / n)
    x = (mass.sum(-2) * wave).sum(-1).angle() * n / (2 * torch.pi)
    y = (mass.sum(-1) * wave).sum(-1).angle() * n / (2 * torch.pi)
    return y, x


def travelled(path, period=32):
    step = (path[:, 1:] - path[:, :-1] + period / 2) % period - period / 2
    return step.mean(1)


def test_digits_go_where_their_motion_says():
    data = MotionDigits(400, noise=0.0)
    batch = data.batch(range(400))
    clips, motion = batch["clip"][..., 0].float(), batch["motion"]
    y, x = centre_of(clips)
    right, down = travelled(x), travelled(y)
    name = {m: k for k, m in enumerate(data.motions)}
    assert (right[motion == name["left"]] < -0.3).float().mean() > 0.95
    assert (right[motion == name["right"]] > 0.3).float().mean() > 0.95
    assert (down[motion == name["up"]] < -0.3).float().mean() > 0.95
    assert (down[motion == name["down"]] > 0.3).float().mean() > 0.95
    for k in (4, 5):
        assert right[motion == k].abs().median() < 0.15
    mass = (clips > 80).flatten(2).sum(-1).float()
    growing = (mass[:, 1:] > mass[:, :-1]).float().mean(1)
    shrinking = (mass[:, 1:] < mass[:, :-1]).float().mean(1)
    assert (growing > shrinking)[motion == name["zoom in"]].float().mean() > 0.95
    assert (shrinking > growing)[motion == name["zoom out"]].float().mean() > 0.95


def test_clockwise_is_clockwise():
    from c3d_teach.data.motion import paths

    u = torch.full((2, 5), 0.5, dtype=torch.float64)
    angle = paths(torch.tensor([4, 5]), u, torch.arange(16.0), 32, 32, 1.0)[2]
    assert (angle[0].diff() > 0).all() and (angle[1].diff() < 0).all()
    # a rising angle carries a mark at the right of the digit downwards: clockwise on a screen
    data = MotionDigits(2000, noise=0.0, split="train")
    ones = [i for i in range(4, 2000, 8)][:60]
    clips = data.batch(ones)["clip"][..., 0].float()
    y, x = centre_of(clips)
    cy, cx = (v.mean(1)[:, None, None, None] for v in (y, x))
    rows = (torch.arange(32.0)[:, None] - cy + 16) % 32 - 16
    cols = (torch.arange(32.0) - cx + 16) % 32 - 16
    mass = (clips - 60).clamp(0)
    twist = torch.atan2(
        2 * (mass * rows * cols).sum((-1, -2)), (mass * (cols**2 - rows**2)).sum((-1, -2))
    )
    turn = travelled(twist, 2 * torch.pi)  # the axis of a digit, doubled, rows running down
    assert turn.median() > 0.1


def test_every_frame_has_the_same_distribution_under_every_motion():
    """Exact for the parameters; here seen in the frames: equal mean images and brightness."""
    data = MotionDigits(8000)
    brightness = torch.zeros(8, 1000)
    for start in range(0, 8000, 2000):
        batch = data.batch(range(start, start + 2000))
        frame = batch["clip"][:, 5, :, :, 0].float().mean((1, 2))
        for k in range(8):
            brightness[k, start // 8 : start // 8 + 250] = frame[batch["motion"] == k]
    means = brightness.mean(1)
    error = brightness.std() / 1000**0.5
    assert ((means - means.mean()).abs() < 4 * error).all()


def test_both_ways_is_closed_under_reversal():
    source = MotionDigits(16)
    both = BothWays(source)
    assert len(both) == 32
    made = both.__getitems__(list(range(32)))
    assert torch.equal(made["clip"][16:], made["clip"][:16].flip(1))
    assert (made["label"][:16] ^ 1).tolist() == made["label"][16:].tolist()
    assert both[17]["label"] == source[1]["label"] ^ 1
    motions = CameraMotion.motions
    assert reversed_motion(torch.arange(9), motions).tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 8]


def test_noise_and_speed():
    still = MotionDigits(8, noise=0.0, speed=0.0).batch(range(8))["clip"]
    assert torch.equal(still[:, 0], still[:, 15])
    assert MotionDigits(8, noise=0.2).describe() != MotionDigits(8).describe()


# CameraMotion


def test_photographs_of_the_splits_are_disjoint():
    train, val, test = (set(SPLIT_PHOTOS[s]) for s in ("train", "val", "test"))
    assert not train & test and not train & val and not val & test
    assert train | val | test == set(PHOTOS)
    for photo in PHOTOS:
        assert pyramid(photo)[0].shape[0] == 3
    for split in ("train", "val", "test"):
        seen = CameraMotion(48, split=split).batch(range(48))["photo"].unique().tolist()
        assert {PHOTOS[i] for i in seen} == set(SPLIT_PHOTOS[split])


def shift_between(a, b):
    """Whole-pixel shift (down, right) of picture ``b`` against ``a`` by phase correlation."""
    fa, fb = torch.fft.fft2(a - a.mean()), torch.fft.fft2(b - b.mean())
    cross = fb * fa.conj()
    peak = torch.fft.ifft2(cross / (cross.abs() + 1e-6)).real
    height, width = a.shape
    index = int(peak.argmax())
    down, right = divmod(index, width)
    return (down + height // 2) % height - height // 2, (right + width // 2) % width - width // 2


def test_panning_left_moves_the_picture_right():
    data = CameraMotion(180, clutter=False)
    batch = data.batch(range(180))
    clips = batch["clip"].float().mean(-1)
    votes = {k: [] for k in range(9)}
    for clip, k in zip(clips, batch["motion"].tolist(), strict=True):
        votes[k].append(shift_between(clip[6], clip[10]))
    down, right = (np.array([[v[i] for v in votes[k]] for k in range(9)]) for i in (0, 1))
    share = lambda condition: float(np.mean(condition))  # noqa: E731
    names = data.motions
    assert share(right[names.index("pan left")] > 0) > 0.8
    assert share(right[names.index("pan right")] < 0) > 0.8
    assert share(down[names.index("tilt up")] > 0) > 0.8
    assert share(down[names.index("tilt down")] < 0) > 0.8
    still = names.index("still")
    assert share((down[still] == 0) & (right[still] == 0)) > 0.9


# The counter generator


def test_counter_numbers_are_uniform_and_independent_of_their_company():
    u = uniform(key_of("x"), torch.arange(200_000), 2)
    assert abs(float(u.mean()) - 0.5) < 0.002
    assert abs(float(u.var()) - 1 / 12) < 0.001
    counts = torch.histc(u[:, 0].float(), 100, 0, 1)
    assert float(((counts - 2000) ** 2 / 2000).sum()) < 160  # chi-squared, 99 degrees
    assert abs(float(torch.corrcoef(u.T)[0, 1])) < 0.01
    assert torch.equal(uniform(key_of("x"), torch.tensor([77]), 2), u[77:78])


def test_bell_is_nearly_normal():
    z = bell(3, 1 << 18)
    assert abs(float(z.mean())) < 0.01 and abs(float(z.std()) - 1) < 0.01
    assert abs(float((z.abs() < 1).float().mean()) - 0.683) < 0.01


def test_a_digit_moves_in_the_frames_asked_for_alone():
    whole = MotionDigits(16, seed=3, noise=0)
    part = MotionDigits(16, seed=3, noise=0, moving=(6, 12))
    clip, full = (data.batch(range(16))["clip"].flatten(2).int() for data in (part, whole))
    moved = clip.diff(dim=1).abs().sum((0, 2)) > 0
    assert moved.nonzero().flatten().tolist() == [5, 6, 7, 8, 9, 10]  # into frames 6 to 11
    assert torch.equal(clip[:, 5:12], full[:, :7])  # the same motion, begun later
    assert torch.equal(
        MotionDigits(16, seed=3, noise=0, moving=(0, 9))
        .batch(range(16))["clip"]
        .flatten(2)
        .int()[:, :9],
        full[:, :9],
    )
    noisy = MotionDigits(16, seed=3, moving=(6, 12)).batch(range(16))["clip"].int()
    assert (noisy.diff(dim=1).abs().flatten(2).sum((0, 2)) > 0).all()  # noise never rests
    assert part.describe() != whole.describe()
    assert whole.describe() == MotionDigits(16, seed=3, noise=0, moving=(0, 16)).describe()
    for wrong in [(6, 6), (-1, 4), (0, 17)]:
        with pytest.raises(UsageError, match="frames of a clip"):
            MotionDigits(1, moving=wrong)
