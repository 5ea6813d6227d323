"""MotionSegmentation: what holds by construction."""

import numpy as np
import pytest
import torch

from c3d_teach.data.motion import split_digits
from c3d_teach.data.segmentation import INK, MotionSegmentation
from c3d_teach.errors import UsageError
from c3d_teach.training.segmentation import intersection_over_union


def test_clip_i_is_the_same_whatever_the_batch_or_the_size():
    data = MotionSegmentation(300, split="test", seed=5)
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0)).tolist()[:70]
    together = data.batch(order)
    for place in (0, 33, 69):
        alone = MotionSegmentation(order[place] + 1, split="test", seed=5)[order[place]]
        assert torch.equal(alone["clip"], together["clip"][place])
        assert torch.equal(alone["mask"], together["mask"][place])
        assert alone["motion"] == int(together["motion"][place])


def test_shapes_and_types():
    made = MotionSegmentation(9, clip_shape=(1, 8, 48, 32)).batch(range(9))
    assert made["clip"].shape == (9, 8, 48, 32, 1) and made["clip"].dtype == torch.uint8
    assert made["mask"].shape == (9, 8, 48, 32) and made["mask"].dtype == torch.uint8
    assert set(made["mask"].unique().tolist()) == {0, 1}
    assert made["motion"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]


def test_seeds_and_splits_give_other_clips():
    clips = [
        MotionSegmentation(4, seed=s, split=p).batch(range(4))["clip"]
        for s in (0, 1)
        for p in ("train", "val", "test")
    ]
    assert all(not torch.equal(a, b) for i, a in enumerate(clips) for b in clips[:i])


def test_no_handwritten_digit_is_in_two_splits():
    seen = [
        {tuple(one.flatten().tolist()) for one in split_digits(split)[0]}
        for split in ("train", "val", "test")
    ]
    data = [MotionSegmentation(8, split=split) for split in ("train", "val", "test")]
    assert [len(one._textures) for one in data] == [
        len(split_digits(split)[0]) for split in ("train", "val", "test")
    ]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


def test_only_the_mover_changes_and_the_mask_lies_on_it():
    made = MotionSegmentation(64, noise=0.0).batch(range(64))
    alone = MotionSegmentation(64, noise=0.0, distractors=0).batch(range(64))
    clip, mask = made["clip"][..., 0], made["mask"].bool()
    mover, whole = alone["clip"][..., 0], alone["mask"].bool()
    # clips are rounded, masks are made before: at 64 itself they may differ
    assert (mover[whole] >= INK).all() and (mover[~whole] <= INK).all()
    assert (clip[mask] == mover[mask]).all() and not (mask & ~whole).any()
    assert (clip[whole & ~mask] >= mover[whole & ~mask]).all()  # covered by something brighter
    # what is left without the mover stands still
    rest = torch.where(alone["clip"][..., 0] == 0, clip, 0)
    for t in range(1, 16):
        both = (alone["clip"][:, 0, ..., 0] == 0) & (alone["clip"][:, t, ..., 0] == 0)
        assert torch.equal(rest[:, 0][both], rest[:, t][both])


def test_the_mask_moves():
    mask = MotionSegmentation(64).batch(range(64))["mask"]
    assert (intersection_over_union(mask[:, 0], mask[:, 8]) < 0.75).all()


@pytest.mark.parametrize("frame", [0, 7, 15])
def test_in_one_frame_mover_and_still_digits_are_alike(frame: int):
    """Brightness and area, seen at any moment, have the same distribution for both."""
    size = 2000
    movers = MotionSegmentation(size, noise=0.0, distractors=0)
    index = torch.arange(size)
    mover = movers.batch(range(size))["clip"][:, frame, ..., 0].float()
    still = torch.cat(
        [
            movers._ink(movers._drawn(part, "still 0"), part % 8, torch.zeros(1))[:, 0]
            for part in index.split(64)
        ]
    )
    for measured in (lambda x: x.flatten(1).amax(1), lambda x: (x >= INK).flatten(1).sum(1)):
        a, b = (np.sort(measured(x).double().numpy()) for x in (mover, still))
        grid = np.union1d(a, b)
        gap = np.abs(
            np.searchsorted(a, grid, side="right") - np.searchsorted(b, grid, side="right")
        ).max()
        assert gap / size < 1.63 * (2 / size) ** 0.5  # Kolmogorov and Smirnov, 1 %
    # and the mover is anywhere: no place of the frame is likelier than another
    where = (mover >= INK).double().mean(0)
    assert float((where - where.mean()).abs().max()) < 5 * float(
        (where.mean() * (1 - where.mean()) / size).sqrt()
    )


def test_dim_still_digits_can_be_told_in_one_frame():
    made = MotionSegmentation(200, alike=False, noise=0.0).batch(range(200))
    bright = made["clip"][..., 0] > 0.35 * 255 + 1
    assert bright.any()
    assert (made["mask"].bool() | ~bright).all()  # what is bright is the mover


def test_what_it_is_described_by_decides_the_clips():
    a, b = MotionSegmentation(8), MotionSegmentation(8, distractors=3)
    assert a.describe() != b.describe() and "label" not in a.describe()
    assert torch.equal(
        a.batch(range(8))["clip"], MotionSegmentation(8, seed=0).batch(range(8))["clip"]
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MotionSegmentation(8, split="exam"), "train, val, test"),
        (lambda: MotionSegmentation(8, clip_shape=(3, 16, 32, 32)), r"\(1, L, H, W\)"),
        (lambda: MotionSegmentation(8, distractors=9), "0 to 8"),
        (lambda: MotionSegmentation(8, digits=(9,)), "0 to 8"),
        (lambda: MotionSegmentation(0), "at least 1 clip"),
        (lambda: MotionSegmentation(8).batch([8]), "0 to 7"),
    ],
)
def test_impossible_sets_are_refused(make, said: str):
    with pytest.raises(UsageError, match=said):
        make()


def test_an_index_beyond_the_set_ends_a_loop():
    assert len(list(MotionSegmentation(3))) == 3
