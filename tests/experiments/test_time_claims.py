"""Claims about what trained nets make of time: twins, and clips both ways."""

from itertools import combinations

import pytest
import torch

from c3d_teach import MotionDigits, load
from c3d_teach.experiments.evidence import DEPTH, outcome
from c3d_teach.experiments.ledger.time import DEEP, SHIPPED_DEEP
from c3d_teach.experiments.pooling import twin


@pytest.mark.claim("twins-two-nets")
def test_a_flat_net_answers_twins_alike_and_a_deep_one_does_not() -> None:
    clips = MotionDigits(64, split="test").batch(range(64))["clip"]
    twins = torch.stack([twin(clip) for clip in clips])
    flat, deep = load("motion-d1"), load("motion-d3")
    assert torch.equal(flat.predict(clips), flat.predict(twins))
    before, after = deep.predict(clips), deep.predict(twins)
    assert bool((before != after).any(1).all())
    assert (before.argmax(1) == after.argmax(1)).float().mean() > 0.8


@pytest.mark.claim("axis-not-sense")
def test_a_flat_net_tells_the_axis_and_not_the_sense() -> None:
    made = MotionDigits(128, split="test").batch(range(128))
    clips = torch.cat([made["clip"], made["clip"].flip(1)])
    truth = torch.cat([made["motion"], made["motion"] ^ 1])
    flat, deep = (load(name).predict(clips).argmax(1) for name in ("motion-d1", "motion-d3"))
    for pair in range(4):
        assert (flat == truth)[truth // 2 == pair].float().mean() <= 0.5
    assert (flat // 2 == truth // 2).float().mean() > 0.6
    assert (deep == truth).float().mean() > 0.9


@pytest.mark.claim("long-training-level")
def test_the_shipped_deep_nets_are_all_near_the_top() -> None:
    cards = {net: load(net).card["test both ways"] for net in SHIPPED_DEEP}
    assert min(card["interval"][0] for card in cards.values()) > 0.985
    assert all(card["clips"] == 4096 for card in cards.values())


@pytest.mark.claim("large-not-sure")
def test_a_large_lead_is_not_always_a_sure_one() -> None:
    six = ("depth-1", *DEEP)
    pairs = outcome(DEPTH).compare(list(combinations(six, 2)), "slow and noisy", "how")
    assert len(pairs) == 15
    found = {(one.a, one.b): one for one in pairs}
    five, seven = found["depth-3", "depth-5"], found["depth-3", "depth-7"]
    assert seven.difference.mean < five.difference.mean < 0  # depth-3 minus the deeper one
    assert five.p_holm < 0.05 <= seven.p_holm
    widths = [one.difference.high - one.difference.low for one in (five, seven)]
    assert widths[0] < widths[1]
    assert all(one.p_holm < 0.05 for one in pairs if one.a == "depth-1")
