"""Training a U-Net, and the overlap of masks."""

from dataclasses import replace

import pytest
import torch

from c3d_teach import Recipe
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.errors import KitError, UsageError
from c3d_teach.models.unet import UNet3D
from c3d_teach.training.segmentation import (
    best_threshold,
    evaluate_masks,
    intersection_over_union,
    mask_loss,
    train_segmenter,
)

SHAPE = (1, 8, 16, 16)


def test_overlap_by_hand():
    a = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]])
    b = torch.tensor([[0, 1, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]])
    found = intersection_over_union(a, b)
    torch.testing.assert_close(found, torch.tensor([1 / 3, 1.0, 0.0, 1.0]))
    torch.testing.assert_close(found, intersection_over_union(b, a))
    volume = intersection_over_union(a.view(1, 2, 2, 4), b.view(1, 2, 2, 4))
    torch.testing.assert_close(volume, torch.tensor([5 / 9]))


def test_masks_of_different_shapes_are_refused():
    with pytest.raises(UsageError, match="have to be the same"):
        intersection_over_union(torch.zeros(2, 3), torch.zeros(2, 1, 3))


def test_the_loss_is_small_for_the_right_mask_and_large_for_its_opposite():
    truth = (torch.rand(3, 4, 8, 8, generator=torch.Generator().manual_seed(0)) > 0.8).float()
    right, wrong = (mask_loss(20 * sign * (2 * truth - 1), truth) for sign in (1, -1))
    assert float(right) < 1e-3 < 10 < float(wrong)
    unsure = mask_loss(torch.zeros_like(truth), truth)
    assert right < unsure < wrong


def recipe(**changes: object) -> Recipe:
    return replace(Recipe.classroom(), batch=4, stop=1, **changes)  # type: ignore[arg-type]


def trained(seed: int = 0, **changes: object):
    torch.manual_seed(0)
    sets = (
        MotionSegmentation(n, split=s, clip_shape=SHAPE) for n, s in ((48, "train"), (8, "val"))
    )
    return train_segmenter(UNet3D(width=1 / 32), *sets, recipe(**changes), seed=seed, device="cpu")


@pytest.mark.timeout(120)
def test_a_training_learns_can_be_repeated_and_leaves_a_card():
    first, again = trained(), trained()
    for a, b in zip(first.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert {"net", "data", "validation", "recipe", "seed", "seconds", "made with"} <= set(
        first.card
    )
    data = MotionSegmentation(16, split="test", clip_shape=SHAPE)
    torch.manual_seed(0)
    untrained = replace(first, model=UNet3D(width=1 / 32).channels_last())
    made = data.batch(range(16))

    def loss(net):
        with torch.no_grad():
            logits = net.model(net.prepared(made["clip"]))[:, 0]
        return float(mask_loss(logits, made["mask"].float()))

    assert loss(first) < loss(untrained)
    found = evaluate_masks(first, data)
    assert found.clips == 16 and found.interval[0] <= found.mean <= found.interval[1]
    assert found.mean == pytest.approx(float(found.each.mean()))


def test_the_threshold_is_the_best_of_those_there_are():
    net = trained()
    data = MotionSegmentation(8, split="val", clip_shape=SHAPE)
    chosen = best_threshold(net, data)
    assert chosen == net.threshold
    best = evaluate_masks(net, data).mean
    assert all(
        evaluate_masks(net, data, threshold=one).mean <= best + 1e-6 for one in (0.1, 0.3, 0.5, 0.9)
    )


def test_a_training_that_diverges_says_so():
    with pytest.raises(KitError, match="diverged"):
        trained(lr=1e9)
