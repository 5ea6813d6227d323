"""What lesson 06 says of training is held to nets, to a record and to a net's card."""

from math import log

import pytest
import torch

from c3d_teach import C3D, CameraMotion, Preprocess, claim, initialise, load
from c3d_teach.experiments.bf16_gradients import DEPTHS, LENGTHS, record, recorded
from c3d_teach.training.signal import Signals, signal

SHAPE = (3, 16, 48, 48)  # of the paper's width; smaller frames change no weight of a convolution


@pytest.fixture(scope="module")
def starts() -> dict[tuple[str, bool], Signals]:
    clips = CameraMotion(2, split="val", clip_shape=SHAPE, seed=3).batch(range(2))["clip"]
    net, found = C3D(clip_shape=SHAPE), {}
    for scheme in ("kaiming", "caffe"):
        torch.manual_seed(1)
        initialise(net, scheme)  # type: ignore[arg-type]
        for standardise in (True, False):
            prepared = Preprocess.fit(clips, SHAPE, standardise=standardise)(clips)
            found[scheme, standardise] = signal(net, prepared)
    return found


@pytest.mark.claim("init-needs-its-scale")
def test_initialisation_and_input_scale_go_together(
    starts: dict[tuple[str, bool], Signals],
) -> None:
    nothing = log(487)
    assert starts["kaiming", True].first_loss < 2 * nothing
    assert starts["kaiming", False].first_loss > 10 * nothing
    fine = starts["kaiming", True].between
    assert fine > 20 * starts["caffe", False].between
    assert starts["caffe", False].between > 10 * starts["caffe", True].between
    assert "ten times nearer" in claim("init-needs-its-scale").statement


@pytest.mark.claim("bf16-gradient")
def test_the_record_is_wrong_exactly_where_the_clip_is_shorter_than_the_kernel() -> None:
    tried = recorded("bfloat16").tried
    assert {(one.length, one.depth) for one in tried} == {(n, d) for n in LENGTHS for d in DEPTHS}
    assert all(one.right != (2 <= one.length < one.depth) for one in tried)
    assert all(one.right for one in recorded("float32").tried)
    assert record()["bf16 instructions"] is True
    said = claim("bf16-gradient").statement
    assert f"torch {record()['torch']} " in said and "for 8 of 24" in said


@pytest.mark.claim("classroom-learns")
def test_the_shipped_net_learnt_with_the_classroom_recipe() -> None:
    card = load("motion-d3").card
    assert card["recipe"]["name"] == "classroom"
    assert card["test"]["accuracy"] > 0.99 and card["test"]["clips"] == 2048
    assert card["seconds"] < 120
    assert "99.6 % of 2,048" in claim("classroom-learns").statement
