"""docs/studies.md says what the shipped results say, and shows pictures that are there."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from c3d_teach.experiments.outcome import RESULTS, Outcome
from c3d_teach.experiments.studies import STUDIES
from c3d_teach.experiments.study_page import PAGE, blocks, renewed

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
SHIPPED = [name for name, study in STUDIES.items() if study.device == "cpu"]
THREE = ("kernel-depth", "two-vs-three", "pooling")


def test_the_page_is_up_to_date() -> None:
    assert renewed(TEXT) == TEXT, "run python -m c3d_teach.experiments.study_page"


def test_every_block_on_the_page_is_a_known_one() -> None:
    named = set(re.findall(r"<!-- ([^>]+?) -->", TEXT))
    assert {n for n in named if not n.startswith("end of ")} <= blocks().keys()


def test_pictures_of_the_page_are_there_and_have_words() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", TEXT)
    assert len(pictures) >= 4
    for words, path in pictures:
        assert len(words.split()) > 5
        assert (ROOT / "docs" / path).stat().st_size < 400_000


@pytest.mark.parametrize("name", SHIPPED)
def test_every_study_ships_all_seeds_of_every_net(name: str) -> None:
    assert STUDIES[name].seeds >= (6 if name in THREE else 3)
    outcome, study = Outcome.shipped(name), STUDIES[name]
    for setting in study.settings:
        for task in study.tasks:
            for net in (*study.nets, *study.shuffled):
                runs = outcome.runs(net, setting.name, task)
                assert [run["seed"] for run in runs] == list(range(len(runs)))
                assert len(runs) >= study.seeds


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_runs_are_those_of_this_version_of_the_study(name: str) -> None:
    outcome, study = Outcome.shipped(name), STUDIES[name]
    expected = {t.id: t.fingerprint for t in study.trials(outcome.data["rate"], study.seeds)}
    if study.rate_of is None:
        expected |= {t.id: t.fingerprint for t in study.search()}
    found = {run["fingerprint"] for run in [*outcome.data["runs"], *outcome.data["search"]]}
    assert set(expected.values()) == found
    assert json.loads(json.dumps(study.facts)) == outcome.data["nets"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_run_says_how_it_was_made(name: str) -> None:
    for run in Outcome.shipped(name).data["runs"]:
        assert run["recipe"]["optimiser"] and len(run["curve"]) >= 16
        assert run["seconds"] > 0 and "torch" in run["versions"]
        for head, confusion in run["confusion"].items():
            share = np.trace(confusion) / np.sum(confusion)
            assert share == pytest.approx(run["both ways"][head], abs=1e-4)


def test_a_table_of_the_page_is_what_scipy_makes_of_the_file() -> None:
    data = json.loads((RESULTS / "kernel_depth.json").read_text(encoding="utf-8"))
    values = {
        net: [
            run["both ways"]["how"]
            for run in data["runs"]
            if run["net"] == net and run["setting"] == "plain"
        ]
        for net in ("depth-7", "depth-3")
    }
    low, high = stats.t.interval(
        0.95, len(values["depth-7"]) - 1, np.mean(values["depth-7"]), stats.sem(values["depth-7"])
    )
    table = TEXT.split("<!-- kernel-depth: plain, both -->")[1].split("<!-- end")[0]
    (row,) = [line for line in table.splitlines() if line.startswith("| depth-7 |")]
    shown = f"{np.mean(values['depth-7']):.1%} [{low:.1%}, {min(1, high):.1%}]"
    assert shown in row
    points = 100 * (np.mean(values["depth-7"]) - np.mean(values["depth-3"]))
    assert f"{points:+.1f} points".replace("-", "−") in row


def test_the_code_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.S):
        exec(compile(block, PAGE, "exec"), names)
    said = capsys.readouterr().out
    assert "Time runs out at pool5" in said and "False True" in said
    found = re.search(r"tensor\(\[(.+?),(.+?),(.+?)\]\)", said)
    assert found, said
    outer, middle, last = found.groups()
    assert float(outer) == float(last) == 0.0 < float(middle)
