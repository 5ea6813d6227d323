"""What a study found: intervals and p values against scipy, and files that come back."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from c3d_teach.errors import UsageError
from c3d_teach.experiments.outcome import Outcome, _holm, estimate, is_shipped

ACCURACIES = {
    "depth-3": [0.91, 0.93, 0.90, 0.94],
    "depth-1": [0.45, 0.44, 0.47, 0.46],
    "depth-5": [0.90, 0.94, 0.92, 0.93],
    "wide × deep": [0.70, 0.90, 0.75, 0.98],
}
PAIRS = [("depth-3", "depth-1"), ("depth-3", "depth-5"), ("wide × deep", "depth-3")]


def outcome(accuracies=ACCURACIES, task="both"):
    """A result whose "what" on shuffled frames, and so on, can be told apart."""
    runs = [
        {"setting": "plain", "net": net, "task": task, "seed": seed}
        | {
            "both ways": {"how": value, "what": value - 0.1},
            "test": {"how": value - 0.2, "what": value - 0.3},
            "shuffled": {"how": value - 0.35, "what": value - 0.4},
        }
        for net, values in accuracies.items()
        for seed, value in reversed(list(enumerate(values)))
    ]
    return Outcome(
        {
            "study": "made up",
            "nets": {net: {} for net in accuracies},
            "settings": {"plain": {}},
            "tasks": [task],
            "search": [{"net": "depth-3", "validation": {"how": 0.5}}],
            "runs": runs,
        }
    )


@pytest.mark.parametrize("n", [2, 3, 6, 30])
def test_an_estimate_is_the_mean_with_students_interval(n):
    values = np.random.default_rng(n).normal(0.7, 0.1, n)
    found = estimate(values.tolist())
    low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert found.values == tuple(values)
    assert str(found) == f"{values.mean():.1%} ± {high - values.mean():.1%}"


def test_a_single_value_has_no_interval_and_none_is_refused():
    one = estimate([0.25])
    assert (one.mean, one.values, str(one)) == (0.25, (0.25,), "25.0%")
    assert math.isnan(one.low) and math.isnan(one.high)
    with pytest.raises(UsageError, match="at least one value"):
        estimate([])


def test_accuracy_is_measured_both_ways_for_how_and_forwards_for_what():
    found = outcome()
    first = ACCURACIES["depth-3"]
    assert found.accuracy("depth-3", "plain", "how").values == tuple(first)
    what = found.accuracy("depth-3", "plain", "what").values
    assert what == pytest.approx([v - 0.3 for v in first])
    shuffled = found.accuracy("depth-3", "plain", "how", measure="shuffled")
    assert shuffled.values == pytest.approx([v - 0.35 for v in first])
    assert found.heads("both") == ("how", "what")
    assert found.heads("what") == ("what",)


def test_runs_come_by_seed_whatever_their_order():
    assert [run["seed"] for run in outcome().runs("depth-1", "plain", "both")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "which",
    [("depth-9", "plain", "both"), ("depth-1", "slow", "both"), ("depth-1", "plain", "how")],
)
def test_runs_that_are_not_there_are_refused_with_those_that_are(which):
    with pytest.raises(UsageError, match="made up has no run of .* it has depth-3, depth-1"):
        outcome().runs(*which)


def test_pairs_are_compared_by_the_paired_t_test():
    for pair in outcome().compare(PAIRS, "plain", "how"):
        a, b = ACCURACIES[pair.a], ACCURACIES[pair.b]
        found = stats.ttest_rel(a, b)
        assert pair.p == pytest.approx(found.pvalue)
        low, high = found.confidence_interval(0.95)
        assert (pair.difference.low, pair.difference.high) == pytest.approx((low, high))
        assert pair.difference.mean == pytest.approx(np.mean(a) - np.mean(b))


def test_p_values_are_corrected_for_all_pairs_together():
    pairs = outcome().compare(PAIRS, "plain", "how")
    ranked = sorted(pairs, key=lambda pair: pair.p)
    # by definition: the largest of (m - j) p_j over all that are at least as small
    for i, pair in enumerate(ranked):
        expected = max(min(1.0, (3 - j) * ranked[j].p) for j in range(i + 1))
        assert pair.p_holm == pytest.approx(expected)
    (alone,) = outcome().compare(PAIRS[:1], "plain", "how")
    assert alone.p_holm == alone.p
    assert [(pair.a, pair.b) for pair in pairs] == PAIRS


def test_holms_correction_of_numbers_done_by_hand():
    # sorted 0.005 ×4, 0.01 ×3, 0.03 ×2, 0.04 ×1, and never below the one before
    assert _holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert _holm([0.6, 0.9]) == [1.0, 1.0]
    assert _holm([]) == []


def test_equal_nets_have_p_one_and_a_constant_lead_has_p_zero():
    same = outcome({"a": [0.5, 0.75], "b": [0.5, 0.75], "c": [0.25, 0.5]})
    equal, ahead = same.compare([("a", "b"), ("a", "c")], "plain", "how")
    assert (equal.p, equal.difference.mean) == (1.0, 0.0)
    assert (ahead.p, ahead.difference.mean) == (0.0, 0.25)


def test_one_seed_says_nothing_of_chance():
    one = outcome({net: values[:1] for net, values in ACCURACIES.items()})
    for pair in one.compare(PAIRS, "plain", "how"):
        assert math.isnan(pair.p) and math.isnan(pair.difference.low)
        assert math.isnan(pair.p_holm)
    assert not list(one.disjoint("plain", "how"))


def test_disjoint_pairs_are_those_whose_intervals_do_not_touch():
    found = set(outcome().disjoint("plain", "how"))
    expected = set()
    for a in ACCURACIES:
        for b in ACCURACIES:
            va, vb = (np.array(ACCURACIES[net]) for net in (a, b))
            low = stats.t.interval(0.95, 3, va.mean(), stats.sem(va))[0]
            high = stats.t.interval(0.95, 3, vb.mean(), stats.sem(vb))[1]
            if low > high:
                expected.add((a, b))
    assert found == expected == {(net, "depth-1") for net in ACCURACIES if net != "depth-1"}


def test_a_result_comes_back_from_its_file_with_one_run_a_line(tmp_path):
    path, first = tmp_path / "deep" / "result.json", outcome()
    first.save(path)
    again = Outcome.read(path)
    assert again.data == first.data == json.loads(path.read_text(encoding="utf-8"))
    assert (again.nets, again.settings, again.tasks) == (tuple(ACCURACIES), ("plain",), ("both",))
    lines = path.read_text(encoding="utf-8").splitlines()
    runs = [line.rstrip(",") for line in lines if line.startswith('{"setting"')]
    assert [json.loads(line) for line in runs] == first.data["runs"]
    assert "wide × deep" in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["result.json"]


def test_a_study_without_a_search_is_saved_too(tmp_path):
    alone = outcome()
    alone.data["search"] = []
    alone.save(tmp_path / "result.json")
    assert Outcome.read(tmp_path / "result.json").data == alone.data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        '{"nets": null}',
        "\udcff",
        '{"nets":[],"settings":[],"tasks":[]}',
        '{"nets":[],"settings":[],"tasks":[],"runs":[{"net":"a"}]}',
    ],
)
def test_a_file_that_is_no_result_is_refused(text, tmp_path):
    path = tmp_path / "broken.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="broken.json is not the result of a study"):
        Outcome.read(path)


def test_a_missing_file_and_an_unknown_study_are_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        Outcome.read(tmp_path / "nothing.json")
    with pytest.raises(UsageError, match="no_such_study.json"):
        Outcome.shipped("no-such-study")
    assert not is_shipped("no-such-study")
