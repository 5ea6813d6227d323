"""Variants take turns in processes of their own; one that cannot work holds nobody up."""

from typing import Any

import pytest
import torch

from c3d_teach.bench.worker import Turns, Worker, _rotated, take_turns

SMALL = {"work": "copy", "megabytes": 1}
SAID: list[str] = []


@pytest.fixture(scope="module")
def turns() -> Turns:
    specs: dict[str, dict[str, Any]] = {
        "small": SMALL,
        "crashes": {"work": "matmul", "precision": "float99", "size": 8},
        "product": {"work": "matmul", "precision": "float32", "size": 64},
        "gpu": {"work": "matmul", "precision": "float32", "device": "cuda", "size": 8},
    }
    if torch.cuda.is_available():
        del specs["gpu"]
    return take_turns(specs, rounds=2, seconds=0.01, say=SAID.append)


def test_those_that_can_work_have_a_rate_for_each_round(turns: Turns) -> None:
    assert list(turns.rates) == ["small", "product"]
    assert all(len(rates) == 2 and min(rates) > 0 for rates in turns.rates.values())
    assert all(facts["peak_megabytes"] > 10 for facts in turns.facts.values())


def test_one_that_crashes_is_empty_and_says_why(turns: Turns) -> None:
    assert "float99" in turns.empty["crashes"]
    assert "crashes" not in turns.rates and "crashes" not in turns.facts


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_one_that_lacks_its_device_is_empty(turns: Turns) -> None:
    assert turns.empty["gpu"] == "there is no CUDA device here"


def test_each_round_is_announced(turns: Turns) -> None:
    assert SAID[-2:] == ["round 1 of 2", "round 2 of 2"]
    assert SAID[0].startswith("2 of ")


def test_a_process_that_is_killed_between_turns_is_a_problem_not_an_error() -> None:
    worker = Worker(SMALL)
    try:
        assert worker.work(0.0)["items"] > 0
        worker._process.kill()
        worker._process.wait()
        assert worker.work(0.0) == {}
        assert "signal 9" in worker.problem
    finally:
        worker.close()


def test_who_comes_first_changes_from_round_to_round() -> None:
    orders = [_rotated("ABC", turn) for turn in range(4)]
    assert ["".join(order) for order in orders] == ["ABC", "BCA", "CAB", "ABC"]
    assert _rotated([], 3) == []
