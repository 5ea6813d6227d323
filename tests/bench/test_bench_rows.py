"""Ratios are medians over rounds of the ratios of each round, and shares are of the same round."""

import pytest
import torch
from bench_support import made_up

from c3d_teach.bench.agreement import differences
from c3d_teach.bench.report import rate, with_spread
from c3d_teach.bench.rows import Entry, ceilings, fastest, ratio, ratios, rows_of
from c3d_teach.bench.worker import Turns


def test_a_ratio_is_taken_within_each_round() -> None:
    # the second round was three times slower for both, which says nothing about either
    assert ratio([10.0, 4.0, 12.0], [5.0, 1.0, 4.0]) == (3.0, 2.0, 4.0)


def test_a_row_has_its_rates_and_their_spread() -> None:
    plain, kit = made_up({"plain": [2.0, 1.0, 4.0], "kit": [4.0, 3.0, 20.0]})
    assert (plain["median"], plain["smallest"], plain["largest"]) == (2.0, 1.0, 4.0)
    assert "ratio_to_plain" not in plain
    assert kit["ratio_to_plain"] == 3.0
    assert kit["ratio_to_plain_spread"] == [2.0, 5.0]


def test_a_ratio_to_what_could_not_be_measured_is_left_out() -> None:
    (alone,) = made_up({"kit": [4.0, 3.0]})
    assert "ratio_to_plain" not in alone
    found = ratios({"a": [2.0, 2.0]}, {"a_to_b": ("a", "b")})
    assert found == {"a_to_b": None, "a_to_b_spread": None}


@pytest.mark.parametrize(
    ("precision", "device", "share"),
    [("float32", "cpu", 0.5), ("bfloat16", "cpu", 0.25), ("float32", "cuda", 0.125)],
)
def test_the_share_of_the_ceiling_is_that_of_its_precision(
    precision: str, device: str, share: float
) -> None:
    entries = ceilings(device) | {"net": Entry("a net", "clips/s", {}, gflop=10.0)}
    rates = {
        "matmul-float32": [20.0, 200.0],
        "matmul-bfloat16": [40.0, 400.0],
        "net": [1.0, 10.0],
    }
    if device == "cuda":
        rates["matmul-tf32"] = [80.0, 800.0]
    facts = {key: {"precision": precision, "peak_megabytes": 1} for key in rates}
    row = rows_of(entries, Turns(rates, facts, {}), device)[-1]
    assert row["gflops"] == 55.0
    assert row["share_of_ceiling"] == pytest.approx(share)


def test_the_fastest_is_by_the_median_and_of_those_that_were_measured() -> None:
    rates = {"a": [1.0, 9.0, 1.0], "b": [2.0, 2.0, 2.0]}
    assert fastest(rates, ["a", "b"]) == "b"
    assert fastest(rates, ["c", "a"]) == "a"
    assert fastest({}, ["c", "a"]) == "c"


def test_differences_are_the_largest_and_top1_is_counted() -> None:
    right = torch.tensor([[2.0, 0.0], [0.0, 0.1], [1.0, 3.0]])
    found = differences(right, right + torch.tensor([[0.0, 0.0], [0.5, 0.0], [0.0, -0.25]]))
    assert found["logit_difference"] == 0.5
    assert found["same_top1"] == 2
    probabilities = torch.tensor([0.5, 0.1]).softmax(0)[0] - torch.tensor([0.0, 0.1]).softmax(0)[0]
    assert found["probability_difference"] == pytest.approx(float(probabilities), abs=1e-6)


def test_numbers_are_written_with_the_digits_that_mean_something() -> None:
    assert [rate(v) for v in (1.234, 12.34, 123.4, 12345.6)] == ["1.23", "12.3", "123", "12,346"]
    assert with_spread(2.413, [2.39, 2.44]) == "2.41× (2.39 to 2.44)"
