"""Resize, crop, flip and normalise, each against a plain computation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from c3d_teach import MotionDigits, Preprocess
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.mirror import mirror_table
from c3d_teach.data.transforms import cropped, horizontal_flip, resized
from c3d_teach.errors import UsageError


def noise(*shape, seed=0):
    return torch.randint(
        0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


def test_centre_crop_and_normalisation_of_the_papers_frames():
    clips = noise(2, 16, 128, 171, 3)
    preprocess = Preprocess((112, 112), 128, (90.0, 98.0, 102.0), (50.0, 60.0, 70.0))
    x = preprocess(clips)
    expected = clips.numpy()[:, :, 8:120, 29:141].astype(np.float32)
    expected = (expected - [90, 98, 102]) / [50, 60, 70]
    assert x.shape == (2, 3, 16, 112, 112)
    np.testing.assert_allclose(x.numpy(), expected.transpose(0, 4, 1, 2, 3), rtol=1e-5)


def test_clips_of_the_nets_size_are_left_alone():
    clips = noise(2, 16, 32, 32, 1)
    x = Preprocess((32, 32), 32, (0.0,), (1.0,))(clips)
    assert torch.equal(x[:, 0], clips[..., 0].float())


def test_resizing_keeps_the_aspect_and_smooths():
    clips = noise(1, 2, 128, 171, 3)
    small = resized(clips, (64, 86))
    assert small.shape == (1, 2, 64, 86, 3)
    assert small.float().std() < 0.7 * clips.float().std()  # averaged, not picked
    flat = torch.full((1, 2, 100, 80, 3), 77, dtype=torch.uint8)
    assert (resized(flat, (64, 51)) == 77).all()


def test_grey_for_colour_nets_and_colour_for_grey_nets():
    grey = noise(1, 16, 32, 32, 1)
    colour = Preprocess((32, 32), 32, (0.0,) * 3, (1.0,) * 3)(grey)
    assert colour.shape == (1, 3, 16, 32, 32) and torch.equal(colour[:, 0], colour[:, 2])
    back = Preprocess((32, 32), 32, (0.0,), (1.0,))(grey.expand(1, 16, 32, 32, 3))
    assert torch.equal(back[:, 0], grey[..., 0].float())


def test_random_crops_are_whole_windows_at_every_place():
    ramp = (torch.arange(20)[:, None] * 10 + torch.arange(24)).to(torch.uint8)
    clips = ramp[None, None, :, :, None].expand(400, 3, 20, 24, 1)
    preprocess = Preprocess((16, 16), 20, (0.0,), (1.0,), 3)
    out = preprocess.augmented(clips, torch.Generator().manual_seed(0))
    assert out.shape == (400, 1, 3, 16, 16)
    out = out.movedim(1, -1).to(torch.uint8)
    corners = out[:, 0, 0, 0, 0]
    tops, lefts = corners // 10, corners % 10
    assert set(tops.tolist()) == set(range(5)) and set(lefts.tolist()) == set(range(9))
    assert torch.equal(out[:, 0], out[:, 2])  # one place a clip, not a frame
    expected = torch.stack([ramp[t : t + 16, f : f + 16] for t, f in zip(tops, lefts, strict=True)])
    assert torch.equal(out[:, 0, :, :, 0], expected)
    with pytest.raises(UsageError, match="does not fit"):
        cropped(clips, torch.zeros(400, 2), (32, 32))


def test_flipped_clips_change_their_label_where_the_motion_has_a_side():
    data = MotionDigits(64)
    batch = data.batch(range(64))
    everything = torch.Generator().manual_seed(0)
    x = batch["clip"].movedim(-1, 1).float()
    clips, labels = horizontal_flip(x, batch["motion"], data.mirrored, 1.0, everything)
    assert torch.equal(clips[:, 0], batch["clip"][..., 0].flip(3).float())
    names = [data.motions[k] for k in labels[:8]]
    assert names == [
        "right",
        "left",
        "up",
        "down",
        "rotate counter-clockwise",
        "rotate clockwise",
        "zoom in",
        "zoom out",
    ]
    half, _ = horizontal_flip(x, batch["motion"], data.mirrored, 0.5, everything)
    flipped = (half == x.flip(-1)).flatten(1).all(1)
    kept = (half == x).flatten(1).all(1)
    assert (flipped | kept).all() and 15 < int(flipped.sum()) < 49


def test_mirror_tables():
    assert MotionDigits(1, label="digit").mirrored is None  # a flipped digit is no digit
    assert CameraMotion(1).mirrored == (1, 0, 2, 3, 5, 4, 6, 7, 8)
    assert mirror_table(["archery", "zoom-in"]) == (0, 1)
    assert mirror_table(["turn_left", "turn_right", "stop"]) == (1, 0, 2)
    assert mirror_table(["Rotate-Clockwise", "rotate counterclockwise"]) == (1, 0)
    assert mirror_table(["↻", "↺"]) == (1, 0)
    assert mirror_table(["turn left", "stop"]) is None  # its mirror image has no name here


def test_fit_takes_mean_and_deviation_of_what_the_net_will_see():
    clips = CameraMotion(64).batch(range(64))["clip"]
    fitted = Preprocess.fit(clips, (3, 16, 64, 64), standardise=True)
    x = fitted(clips)
    torch.testing.assert_close(x.mean((0, 2, 3, 4)), torch.zeros(3), atol=1e-2, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3, 4)), torch.ones(3), atol=1e-2, rtol=0)
    assert Preprocess.fit(clips, (3, 16, 64, 64), standardise=False).std == (1.0, 1.0, 1.0)
    frames = noise(2, 16, 128, 171, 3)
    assert Preprocess.fit(frames, (3, 16, 112, 112), standardise=True).short_side == 128
    assert Preprocess.from_dict(fitted.to_dict()) == fitted


def released(**changes):
    """The input of the released nets, with a mean cube that differs at every place."""
    cube = torch.rand(3, 16, 128, 171, generator=torch.Generator().manual_seed(3)) * 200
    settings = {"channel_order": "bgr", "frame_size": (128, 171), "offset": (8, 29)} | changes
    return Preprocess((112, 112), 128, (0.0,) * 3, (1.0,) * 3, mean_volume=cube, **settings), cube


def test_bgr_offset_and_mean_cube_against_numpy():
    clips = noise(2, 16, 128, 171, 3)
    preprocess, cube = released()
    bgr = clips.numpy()[..., ::-1].astype(np.float32).transpose(0, 4, 1, 2, 3)
    expected = (bgr - cube.numpy())[..., 8:120, 29:141]
    np.testing.assert_array_equal(preprocess(clips).numpy(), expected)
    # a port that rounds 29.5 up looks one column further right
    shifted, _ = released(offset=(8, 30))
    np.testing.assert_array_equal(shifted(clips).numpy(), (bgr - cube.numpy())[..., 8:120, 30:142])
    already = clips[:, :, 8:120, 29:141]
    np.testing.assert_array_equal(preprocess(already).numpy(), expected)


def test_a_random_crop_takes_the_mean_cube_from_the_same_place():
    preprocess, cube = released()
    clips = cube.round().to(torch.uint8).movedim(0, -1).flip(-1).expand(20, 16, 128, 171, 3)
    x = preprocess.augmented(clips, torch.Generator().manual_seed(1))
    assert x.abs().max() <= 0.5  # rounding is all that is left of a clip that is the mean


def test_frames_of_another_aspect_are_brought_to_the_papers_size():
    clips = noise(1, 16, 60, 200, 3)
    frames = Preprocess((112, 112), 128, (0.0,) * 3, (1.0,) * 3, frame_size=(128, 171))
    assert frames.fitted(clips).shape == (1, 16, 128, 171, 3)
    assert frames(clips).shape == (1, 3, 16, 112, 112)


def test_preprocessing_survives_being_written_down():
    preprocess, cube = released()
    again = Preprocess.from_dict(preprocess.to_dict(), cube)
    assert again == preprocess
    assert again != Preprocess.from_dict(preprocess.to_dict(), cube + 1)
    old = {"crop": [32, 32], "short_side": 32, "mean": [1], "std": [2], "length": 16}
    assert Preprocess.from_dict(old) == Preprocess((32, 32), 32, (1.0,), (2.0,))


def test_impossible_preprocessing_is_refused():
    with pytest.raises(UsageError, match="channel_order is 'grb'"):
        Preprocess((8, 8), 8, (0.0,), (1.0,), channel_order="grb")
    with pytest.raises(UsageError, match="mean volume has the shape 3×16×112×112.*3×16×128×171"):
        Preprocess(
            (112, 112),
            128,
            (0.0,) * 3,
            (1.0,) * 3,
            frame_size=(128, 171),
            mean_volume=torch.zeros(3, 16, 112, 112),
        )


@pytest.mark.parametrize("offset", [None, (8, 29)])
def test_what_a_net_sees_normalised_is_what_it_is_given(offset):
    clips = torch.randint(0, 256, (2, 16, 60, 90, 3), dtype=torch.uint8)
    whole = Preprocess((56, 56), 56, (90.0, 100.0, 110.0), (2.0, 3.0, 4.0), frame_size=(64, 86))
    preprocess = replace(whole, offset=offset)
    seen = preprocess.seen(clips)
    assert seen.shape == (2, 16, 56, 56, 3) and seen.dtype == torch.uint8
    assert torch.equal(preprocess(seen), preprocess(clips))
    back = seen.float().sub(torch.tensor(whole.mean)).div(torch.tensor(whole.std)).movedim(-1, 1)
    assert torch.equal(preprocess(clips), back)
