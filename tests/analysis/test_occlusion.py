"""Occlusion against plain loops, and whether it finds when something moves."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from c3d_teach import MotionDigits, load
from c3d_teach.analysis.attribution.attribute import attribute
from c3d_teach.analysis.attribution.heat import mass
from c3d_teach.analysis.attribution.maps import grad_cam_curves
from c3d_teach.analysis.attribution.occlusion import (
    box_occlusion,
    occlusion_curves,
    temporal_occlusion,
)
from c3d_teach.analysis.units import Unit
from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.weights import build

FIRST, END = 6, 12  # the frames in which the digits of MOVING move


@pytest.fixture(scope="module")
def motion() -> Classifier:
    return load("motion-d3")


@pytest.fixture(scope="module")
def moving(motion: Classifier) -> tuple[Tensor, Tensor]:
    """80 rightly answered clips whose digit moves in frames 6 to 11 alone, and their classes."""
    made = MotionDigits(96, split="test", moving=(FIRST, END)).batch(range(96))
    right = motion.predict(made["clip"]).argmax(1) == made["motion"]
    assert right.sum() >= 80
    return made["clip"][right][:80], made["motion"][right][:80]


def logits(net: Classifier, clip: np.ndarray) -> Tensor:
    with torch.no_grad():
        return net.model(net.preprocess(torch.as_tensor(clip)[None]))[0]


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (5, 5), (1, 1), (4, 1)])
def test_frozen_windows_are_those_of_a_loop(
    motion: Classifier, moving: tuple[Tensor, Tensor], window: int, stride: int
) -> None:
    clip, k = moving[0][7].numpy(), int(moving[1][7])
    starts = list(range(0, 16 - window + 1, stride))
    if starts[-1] != 16 - window:
        starts.append(16 - window)
    drops = np.zeros(16)
    count = np.zeros(16)
    for first in starts:
        altered = clip.copy()
        altered[first : first + window] = clip[first - 1 if first else window]
        drops[first : first + window] += float(logits(motion, clip)[k] - logits(motion, altered)[k])
        count[first : first + window] += 1
    found = temporal_occlusion(motion, clip, target=k, window=window, stride=stride)
    assert np.allclose(found.curve, drops / count, atol=1e-3)
    assert found.steps == len(starts)
    assert np.allclose(found.heat.sum((1, 2)), found.curve, rtol=1e-3, atol=1e-3)
    again = attribute(motion, clip, "temporal occlusion", target=k, window=window, stride=stride)
    assert np.array_equal(again.curve, found.curve)


def test_grey_windows_are_zero_in_the_nets_input(
    motion: Classifier, moving: tuple[Tensor, Tensor]
) -> None:
    clip, k = moving[0][3], int(moving[1][3])
    x = motion.preprocess(clip[None])
    found = temporal_occlusion(motion, clip, target=k, hide="grey")
    for first in range(0, 16, 2):
        altered = x.clone()
        altered[:, :, first : first + 2] = 0
        with torch.no_grad():
            drop = float(motion.model(x)[0, k] - motion.model(altered)[0, k])
        assert np.allclose(found.curve[first : first + 2], drop, atol=1e-3)


def test_many_clips_at_once_are_each_of_them(
    motion: Classifier, moving: tuple[Tensor, Tensor]
) -> None:
    clips, classes = moving[0][:20], moving[1][:20]
    for hide in ("frozen", "grey"):
        curves = occlusion_curves(motion, clips, classes, hide=hide)
        assert curves.shape == (20, 16)
        one = temporal_occlusion(motion, clips[13], target=int(classes[13]), hide=hide)
        assert np.allclose(curves[13], one.curve, atol=1e-3)


def test_a_unit_can_be_the_target(motion: Classifier, moving: tuple[Tensor, Tensor]) -> None:
    clip = moving[0][0]
    with torch.no_grad():
        maps = motion.model.activations(motion.preprocess(clip[None]), "conv3")[0]
        best = int(maps.amax((1, 2, 3)).argmax())
        found = temporal_occlusion(motion, clip, target=Unit("conv3", best))
        still = clip.clone()
        still[4:6] = clip[3]
        place = np.unravel_index(int(maps[best].argmax()), maps[best].shape)
        after = motion.model.activations(motion.preprocess(still[None]), "conv3")[0, best][place]
    assert found.curve[4] == pytest.approx(float(maps[best].max() - after), abs=1e-4)
    assert f"conv3 unit {best}" in found.target


def test_it_finds_the_frames_that_move(motion: Classifier, moving: tuple[Tensor, Tensor]) -> None:
    share = mass(occlusion_curves(motion, *moving), FIRST, END)
    assert np.nanmean(share) >= 0.80, "uniform would be 0.375"
    assert np.isnan(share).mean() < 0.05


def test_an_untrained_net_does_not_and_deep_maps_are_too_coarse(
    motion: Classifier, moving: tuple[Tensor, Tensor]
) -> None:
    torch.manual_seed(0)
    new = Classifier(build(motion.model.config).eval(), motion.preprocess, motion.classes)
    assert np.nanmean(mass(occlusion_curves(new, *moving), FIRST, END)) < 0.6
    by_layer = [
        np.nanmean(mass(grad_cam_curves(motion, *moving, layer), FIRST, END))
        for layer in ("conv3", "conv5")
    ]
    # the two steps of conv5 share the moving frames half and half: it cannot do better than 1/2
    assert by_layer[0] > 0.5 and by_layer[1] < 0.5


def test_a_hidden_box_is_that_of_a_loop(motion: Classifier, moving: tuple[Tensor, Tensor]) -> None:
    clip, k = moving[0][5], int(moving[1][5])
    found = box_occlusion(motion, clip, target=k, box=(8, 16, 16), step=(8, 16, 16))
    x = motion.preprocess(clip[None])
    assert found.steps == 2
    for t, y, x_ in np.ndindex(2, 2, 2):
        altered = x.clone()
        box = tuple(slice(n * i, n * i + n) for n, i in ((8, t), (16, y), (16, x_)))
        altered[(slice(None), slice(None), *box)] = 0
        with torch.no_grad():
            drop = float(motion.model(x)[0, k] - motion.model(altered)[0, k])
        assert np.allclose(found.heat[box], drop, atol=1e-3)


def test_the_clip_shown_is_the_one_the_net_saw() -> None:
    net = load("camera-c3d")
    clip = np.random.default_rng(0).integers(0, 256, (16, 72, 96, 3), np.uint8)
    found = temporal_occlusion(net, clip)
    assert found.clip.shape == (16, 64, 64, 3) and found.heat.shape == (16, 64, 64)
    assert found.score == pytest.approx(float(logits(net, clip).max()), abs=1e-3)
    assert isinstance(net.preprocess, Preprocess)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"window": 0}, "window is 0"),
        ({"window": 2, "stride": 3}, "no frame is left out"),
        ({"window": 2.0}, "window is 2.0"),
        ({"hide": "noise"}, "hide is 'noise'.*frozen, grey"),
    ],
)
def test_windows_that_make_no_sense_are_refused(
    motion: Classifier, moving: tuple[Tensor, Tensor], how: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        temporal_occlusion(motion, moving[0][0], **how)


def test_other_bad_input_is_refused(motion: Classifier, moving: tuple[Tensor, Tensor]) -> None:
    clips, classes = moving
    with pytest.raises(UsageError, match="79 targets for 80 clips"):
        occlusion_curves(motion, clips, classes[1:])
    with pytest.raises(UsageError, match="a class for each"):
        occlusion_curves(motion, clips, "left")
    with pytest.raises(UsageError, match="step ≤ box"):
        box_occlusion(motion, clips[0], box=(17, 4, 4), step=(1, 1, 1))
    with pytest.raises(UsageError, match=r"\(N, L\)"):
        mass(np.zeros(16), 0, 3)
    with pytest.raises(UsageError, match="Frames 6 to 17"):
        mass(np.zeros((1, 16)), 6, 17)


def test_small_drops_are_called_small() -> None:
    from dataclasses import replace

    found = temporal_occlusion(load("motion-d3"), MotionDigits(1, split="test")[0]["clip"])
    assert not found.weak and "Hiding frames changes it by" in found.sentence
    small = replace(found, curve=found.curve * 0.01)
    assert small.weak and "No frame matters much" in small.sentence
