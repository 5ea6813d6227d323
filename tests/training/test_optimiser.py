"""The optimiser of a recipe: what decays, what has a rate of its own, what stays."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from c3d_teach import Recipe, SearchNet
from c3d_teach.training.optimiser import optimiser_of, set_rate

SGD = replace(Recipe.search(), lr=0.1, momentum=0.9, weight_decay=0.01, bias_lr=2.0)
ADAM = replace(Recipe.classroom(), lr=0.1, momentum=0.9, weight_decay=0.01, bias_lr=2.0)


@pytest.fixture
def unit():
    """y = 3x + 5."""
    unit = nn.Linear(1, 1).double()
    with torch.no_grad():
        unit.weight.fill_(3.0)
        unit.bias.fill_(5.0)
    return unit


def step(unit, optimiser, gradient):
    for p in unit.parameters():
        p.grad = torch.full_like(p, gradient)
    optimiser.step()


def test_sgd_moves_as_done_by_hand(unit):
    optimiser = optimiser_of(unit, SGD)
    step(unit, optimiser, 0.5)
    # weight: 0.5 + 0.01 × 3; bias: no decay. The bias's rate has its factor only once it is set
    assert unit.weight.item() == pytest.approx(3 - 0.1 * 0.53)
    set_rate(optimiser, 0.01)
    weight, bias = unit.weight.item(), unit.bias.item()
    step(unit, optimiser, 0.5)
    assert unit.weight.item() == pytest.approx(weight - 0.01 * (0.9 * 0.53 + 0.5 + 0.01 * weight))
    assert unit.bias.item() == pytest.approx(bias - 2 * 0.01 * (0.9 * 0.5 + 0.5))


def test_adamw_decays_weights_apart_from_the_gradient_and_biases_never(unit):
    optimiser = optimiser_of(unit, ADAM)
    assert isinstance(optimiser, torch.optim.AdamW)
    set_rate(optimiser, 0.05)
    step(unit, optimiser, 0.0)
    assert unit.weight.item() == pytest.approx(3 * (1 - 0.05 * 0.01))
    assert unit.bias.item() == 5.0
    step(unit, optimiser, 0.25)
    # second step of Adam by hand: both moments start at the second gradient
    m, v = 0.1 * 0.25 / (1 - 0.9**2), 0.001 * 0.25**2 / (1 - 0.999**2)
    assert unit.bias.item() == pytest.approx(5 - 2 * 0.05 * m / (v**0.5 + 1e-8))


def test_set_rate_keeps_the_factor_of_biases(unit):
    optimiser = optimiser_of(unit, SGD)
    for lr in (0.3, 0.004):
        set_rate(optimiser, lr)
        assert [group["lr"] for group in optimiser.param_groups] == [lr, 2 * lr]


def test_every_parameter_of_a_net_is_in_one_group():
    net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=1 / 32)
    weights, biases = optimiser_of(net, SGD).param_groups
    assert (weights["weight_decay"], biases["weight_decay"]) == (0.01, 0.0)
    assert all(p.ndim > 1 for p in weights["params"]) and all(p.ndim == 1 for p in biases["params"])
    found = [id(p) for group in (weights, biases) for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in net.parameters())


def test_frozen_layers_are_left_out():
    net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=1 / 32)
    net.conv1.requires_grad_(False)
    found = [id(p) for group in optimiser_of(net, SGD).param_groups for p in group["params"]]
    assert len(found) == 14 and not {id(p) for p in net.conv1.parameters()} & set(found)
