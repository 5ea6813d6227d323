"""The page "Experiments": every control, and numbers that are the stored trainings'."""

from typing import Any

import numpy as np
import opening
import pytest
from opening import charts, fine, texts
from scipy import stats
from streamlit.testing.v1 import AppTest

from c3d_teach import claim
from c3d_teach.experiments.claims import CLAIMS
from c3d_teach.experiments.outcome import MEASURE, Outcome, is_shipped
from c3d_teach.experiments.studies import STUDIES, study_named

P = "experiments."
SHIPPED = [name for name in STUDIES if is_shipped(name)]
VIEWS = [
    (name, setting, task, head)
    for name in SHIPPED
    for found in [Outcome.shipped(name)]
    for setting in found.settings
    for task in found.tasks
    for head in found.heads(task)
]


def opened(**settings: object) -> AppTest:
    return opening.opened("experiments", **{P + k: str(v) for k, v in settings.items()})


def drawn(page: AppTest) -> tuple[dict[str, list[float]], dict[str, tuple[float, float, float]]]:
    """Of the chart of seeds: each net's trainings, and its mean with the interval."""
    values: dict[str, list[float]] = {}
    means = {}
    for trace in charts(page)["seeds"]["data"]:
        for k, (net, _) in enumerate(trace.get("customdata", ())):
            x, error = trace["x"][k], trace.get("error_x")
            if error:
                means[net] = (x, x - error["arrayminus"][k], x + error["array"][k])
            else:
                values.setdefault(net, []).append(x)
    return values, means


@pytest.mark.parametrize(("name", "setting", "task", "head"), VIEWS)
def test_every_mark_is_a_stored_training(name: str, setting: str, task: str, head: str) -> None:
    page = opened(study=name, setting=setting, task=task, question=head)
    found = Outcome.shipped(name)
    values, means = drawn(page)
    assert set(values) == set(means) == set(found.nets)
    for net in found.nets:
        stored = [run[MEASURE[head]][head] for run in found.runs(net, setting, task)]
        assert values[net] == stored
        half = stats.t.ppf(0.975, len(stored) - 1) * np.std(stored, ddof=1) / len(stored) ** 0.5
        mean = np.mean(stored)
        ends = (max(mean - half, 0), min(mean + half, 1))  # no accuracy lies outside 0 to 100 %
        assert means[net] == pytest.approx((mean, *ends), abs=1e-9)


def test_one_training_down_to_its_confusion() -> None:
    page = opened()
    page.selectbox(key=P + "net").set_value("depth-7").run()
    page.slider(key=P + "seed").set_value(4).run()
    run = Outcome.shipped("kernel-depth").runs("depth-7", "plain", "both")[4]
    assert "One training: depth-7, seed 4" in texts(page)
    assert charts(page)["curve"]["data"][0]["y"] == run["curve"]
    counts = np.array(run["confusion"]["how"])
    shares = counts / counts.sum(1, keepdims=True)
    np.testing.assert_allclose(charts(page)["confusion"]["data"][0]["z"], shares, atol=1e-4)
    page.segmented_control(key=P + "question").set_value("what").run()
    assert len(charts(page)["confusion"]["data"][0]["z"]) == 3


@pytest.mark.parametrize("name", SHIPPED)
def test_every_training_can_be_made_again(name: str, app_folder: None) -> None:
    """The code on the page builds the trial whose result is stored."""
    import experiment_views as views

    study = study_named(name)
    for run in Outcome.shipped(name).data["runs"]:
        code = views.run_again(name, run)
        assert f"lr={run['recipe']['lr']}" in code and f"seed={run['seed']}" in code
        setting = next(s for s in study.settings if s.name == run["setting"])
        trial = study.trial(
            run["net"], setting, run["task"], seed=run["seed"], lr=run["recipe"]["lr"]
        )
        assert trial.fingerprint == run["fingerprint"]


def test_pairs_in_words() -> None:
    page = opened(setting="slow and noisy")
    found = Outcome.shipped("kernel-depth")
    pairs = [(net, "depth-3") for net in found.nets if net != "depth-3"]
    for pair in found.compare(pairs, "slow and noisy", "how"):
        said = next(line for line in texts(page).splitlines() if line.startswith(f"- **{pair.a}**"))
        assert f"{abs(pair.difference.mean) * 100:.1f} points" in said
        assert ("which may be chance" in said) == (pair.p_holm >= 0.05)


def test_the_paper_and_what_came_out_stand_side_by_side() -> None:
    said = texts(opened())
    assert "**Differs**" in said and claim("depth3-not-best").statement in said


def test_the_ledger_is_searched_and_opened() -> None:
    page = opened(show="Claims")
    assert f"{len(CLAIMS)} claims" in texts(page)
    page.text_input(key=P + "words").set_value("u-net skip").run()
    shown = list(page.table[0].value["claim"])
    assert shown == ["unet-skips"]
    page.text_input(key=P + "words").set_value("no such words at all").run()
    assert "No claim holds all these words" in page.info[0].value and page.code
    fine(page)


def test_a_link_to_a_claim_opens_it() -> None:
    page = fine(opened(claim="unet-skips"))
    assert page.segmented_control(key=P + "show").value == "Claims"
    assert f"**{claim('unet-skips').statement}**" in texts(page)
    numbers: dict[str, Any] = dict(claim("unet-skips").numbers())
    assert list(page.table[-1].value["value"]) == list(numbers.values())


def test_links_and_nonsense() -> None:
    page = opened(study="pooling", net="depth-1, stride", seed=3)
    assert page.selectbox(key=P + "study").value == "pooling"
    assert page.selectbox(key=P + "net").value == "depth-1, stride"
    page.selectbox(key=P + "study").set_value("two-vs-three").run()
    assert page.selectbox(key=P + "net").value == "depth-3"
    nonsense = opened(study="x", setting="", task="", question="", net="../etc", seed=99)
    assert drawn(nonsense) == drawn(opened())
