"""Frozen features on tasks the net was not trained for, against those of random weights."""

import pytest

from c3d_teach import load
from c3d_teach.experiments.like_vgg import (
    DIGIT_MOTIONS,
    DIGIT_SPEEDS,
    PHOTOGRAPHS,
    compare,
    photo_net,
    verdict_of,
)


def compared(net, task, each):
    row = compare(net, task, each, range(3))
    print(f"{task.name}, {each} a class: trained {row['trained']:.1%} {row['interval']}, "
          f"random {row['random']}")  # fmt: skip
    return row


@pytest.mark.timeout(900)
def test_a_net_that_learnt_photographs_serves_photographs_it_never_saw():
    # half as many clips as in the study, which is enough to come out ahead
    assert verdict_of(compared(photo_net(clips=1200), PHOTOGRAPHS, 40)) == "trained"


@pytest.mark.timeout(600)
def test_a_net_that_learnt_camera_motion_serves_motions_it_never_saw():
    assert verdict_of(compared(load("camera-c3d"), DIGIT_MOTIONS, 10)) == "trained"


@pytest.mark.timeout(600)
def test_a_net_that_learnt_digit_motion_serves_other_speeds():
    assert verdict_of(compared(load("motion-d3"), DIGIT_SPEEDS, 100)) == "trained"


@pytest.mark.timeout(600)
def test_a_net_that_learnt_motion_alone_knows_photographs_less_well_than_random_weights():
    assert verdict_of(compared(load("camera-c3d"), PHOTOGRAPHS, 10)) == "random"
