"""A study: many trainings that come to the same result however often it is stopped."""

import contextlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import psutil
import pytest
import torch
from tiny_study import STUDY

from c3d_teach.errors import KitError, UsageError
from c3d_teach.experiments import study as module
from c3d_teach.experiments.outcome import Outcome
from c3d_teach.experiments.study import conduct
from c3d_teach.experiments.trial_run import run_trial

SEARCHED, RUNS = 2 * 2 * 2, 3  # nets × rates × seeds, and nets with the control
CLOCKS = ("seconds", "training seconds", "minutes", "trainings at a time")
CHILD = """
import pickle, sys, time
from pathlib import Path
from c3d_teach.experiments.study import conduct
study = pickle.loads(Path(sys.argv[1]).read_bytes())
# slow enough to be killed in the middle
conduct(study, sys.argv[2], seeds=1, workers=1, progress=False, on_trial=lambda run: time.sleep(1))
"""


def without_clocks(value):
    if isinstance(value, dict):
        return {k: without_clocks(v) for k, v in value.items() if k not in CLOCKS}
    return [without_clocks(v) for v in value] if isinstance(value, list) else value


def files(folder):
    """Every trial's file and when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "runs").glob("*.json")}


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def in_threads(monkeypatch):
    """The same without processes of its own, which take seconds to start."""
    pool = lambda workers: ThreadPoolExecutor(workers, initializer=module._one_thread)  # noqa: E731
    before = torch.get_num_threads()
    monkeypatch.setattr(module, "_pool", pool)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The study in one go, two trainings at a time: its outcome and its folder."""
    folder = tmp_path_factory.mktemp("unbroken")
    return conduct(STUDY, folder, seeds=1, workers=2, progress=False), folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a study killed after its first trial, and the processes it had started."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "study").write_bytes(pickle.dumps(STUDY))
    command = [sys.executable, "-c", CHILD, folder / "study", folder]
    child, workers = subprocess.Popen(command), []
    try:
        assert wait_for(lambda: files(folder), 120)
        workers = psutil.Process(child.pid).children(recursive=True)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        yield folder, workers
    finally:
        child.kill()
        for process in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()  # psutil never takes another process of the same number


@pytest.fixture
def copied(unbroken, tmp_path):
    """A folder that holds the finished study."""
    return shutil.copytree(unbroken[1], tmp_path / "copy")


def test_a_result_holds_every_trial_in_order(unbroken):
    outcome, folder = unbroken
    assert len(outcome.data["search"]) == SEARCHED and len(outcome.data["runs"]) == RUNS
    assert len(files(folder)) == SEARCHED + RUNS
    assert [run["net"] for run in outcome.data["runs"]] == [*STUDY.nets, *STUDY.shuffled]
    assert Outcome.read(folder / "result.json").data == json.loads(json.dumps(outcome.data))
    for run in outcome.data["runs"]:
        assert run in [json.loads(p.read_text()) for p in (folder / "runs").glob("study_*.json")]
    assert not [p for p in folder.rglob("*") if p.name.endswith(".part")]
    facts = outcome.data["nets"]
    assert facts["depth-1"]["blind to the arrow of time"]
    assert facts["shuffled frames"]["trained on shuffled frames"]
    assert facts["shuffled frames"]["parameters"] == facts["depth-3"]["parameters"]


def test_a_trial_gives_the_same_in_a_process_of_its_own(unbroken):
    outcome, _ = unbroken
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        here = [run_trial(trial) for trial in STUDY.trials(outcome.data["rate"], 1)]
    finally:
        torch.set_num_threads(before)
    assert without_clocks(here) == without_clocks(outcome.data["runs"])


def test_the_best_mean_rate_of_the_search_is_used_for_all_nets(unbroken):
    outcome, _ = unbroken
    means = {}
    for lr in STUDY.rates:
        found = [
            (run["validation"]["how"] + run["validation"]["what"]) / 2
            for run in outcome.data["search"]
            if run["recipe"]["lr"] == lr
        ]
        assert len(found) == 2 * len(STUDY.nets)
        means[lr] = sum(found)
    best = min(lr for lr in means if means[lr] == max(means.values()))
    assert outcome.data["rate"] == best
    assert {run["recipe"]["lr"] for run in outcome.data["runs"]} == {best}


def test_a_killed_study_goes_on_and_ends_as_if_it_had_not_been(killed, unbroken, in_threads):
    folder, _ = killed
    done, again = files(folder), []
    assert 0 < len(done) < SEARCHED + RUNS and not (folder / "result.json").exists()
    outcome = conduct(STUDY, folder, seeds=1, workers=1, progress=False, on_trial=again.append)
    assert without_clocks(outcome.data) == without_clocks(unbroken[0].data)
    assert len(again) == SEARCHED + RUNS - len(done)
    after = files(folder)
    assert {name: after[name] for name in done} == done
    assert len(after) == SEARCHED + RUNS


def test_a_killed_study_leaves_no_process_behind(killed):
    _, workers = killed
    assert workers

    def gone():
        left = [one for one in workers if one.is_running()]
        return all(one.status() == psutil.STATUS_ZOMBIE for one in left)

    assert wait_for(gone, 10)


def test_a_process_that_dies_is_said_and_what_is_done_is_kept(in_threads, tmp_path, monkeypatch):
    def short_of_memory(trial, device):
        if files(tmp_path):
            raise BrokenProcessPool("a child process terminated abruptly")
        return run_trial(trial, device)

    monkeypatch.setattr(module, "run_trial", short_of_memory)
    with pytest.raises(KitError, match="ended without a word.*goes on from what is done"):
        conduct(STUDY, tmp_path, seeds=1, workers=1, progress=False)
    assert 0 < len(files(tmp_path)) < SEARCHED


def test_more_seeds_are_added_to_those_that_are_there(in_threads, copied, unbroken):
    done, new = files(copied), []
    outcome = conduct(STUDY, copied, seeds=2, workers=1, progress=False, on_trial=new.append)
    assert Counter(run["seed"] for run in new) == {1: RUNS}
    assert outcome.data["runs"][:RUNS] == unbroken[0].data["runs"]
    assert outcome.data["search"] == unbroken[0].data["search"]
    assert [run["seed"] for run in outcome.data["runs"]] == [0] * RUNS + [1] * RUNS
    assert {name: files(copied)[name] for name in done} == done
    fewer = conduct(STUDY, copied, seeds=1, progress=False, on_trial=new.append)
    assert fewer.data["runs"] == unbroken[0].data["runs"] and len(new) == RUNS


def test_a_given_rate_is_used_without_a_search(in_threads, tmp_path):
    outcome = conduct(STUDY, tmp_path, seeds=1, rate=0.002, workers=1, progress=False)
    assert outcome.data["search"] == [] and outcome.data["rate"] == 0.002
    assert [run["recipe"]["lr"] for run in outcome.data["runs"]] == [0.002] * RUNS


def test_a_rate_at_which_nets_diverge_counts_as_never_right(in_threads, tmp_path):
    wild = replace(STUDY, rates=(0.001, 1e6))
    outcome = conduct(wild, tmp_path, seeds=1, workers=1, progress=False)
    assert outcome.data["rate"] == 0.001
    lost = [run for run in outcome.data["search"] if run["recipe"]["lr"] == 1e6]
    assert lost and all(set(run["validation"].values()) == {0.0} for run in lost)


def test_a_trial_that_fails_ends_the_study_and_the_others_are_kept(
    in_threads, tmp_path, monkeypatch
):
    def failing(trial, device):
        if trial.net == "depth-3":
            raise KitError(f"{trial.id} diverged")
        return run_trial(trial, device)

    monkeypatch.setattr(module, "run_trial", failing)
    with pytest.raises(KitError, match="depth-3_lr0.001_seed0 diverged"):
        conduct(STUDY, tmp_path, seeds=1, rate=0.001, workers=1, progress=False)
    kept = {name.split("_")[3] for name in files(tmp_path)}
    # what was under way when it failed is finished and kept as well
    assert {"depth-1"} <= kept <= {"depth-1", "shuffled-frames"}
    assert not (tmp_path / "result.json").exists()


def test_an_interrupted_study_says_how_far_it_is(in_threads, tmp_path):
    def interrupt(run):
        raise KeyboardInterrupt

    with pytest.raises(KitError, match="Stopped with 1 of 8 trainings done. The same command"):
        conduct(STUDY, tmp_path, seeds=1, workers=1, progress=False, on_trial=interrupt)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("text", ["", '{"fingerprint": "00', "null", "[]", "{}"])
@pytest.mark.parametrize("phase", ["search", "study"])
def test_a_damaged_file_is_refused_by_name(copied, phase, text):
    path = sorted((copied / "runs").glob(f"{phase}_*.json"))[0]
    path.write_text(text)
    with pytest.raises(UsageError, match=f"{path.name} is damaged or not a result.*delete it"):
        conduct(STUDY, copied, seeds=1, progress=False)


def test_a_file_of_another_study_or_version_is_refused(copied, tmp_path):
    with pytest.raises(UsageError, match="was made differently .*--quick"):
        conduct(STUDY.small(), copied, seeds=1, progress=False)
    other = replace(STUDY, recipe=replace(STUDY.recipe, weight_decay=0.5))
    with pytest.raises(UsageError, match="was made differently"):
        conduct(other, copied, seeds=1, progress=False)
    path = next((copied / "runs").glob("study_*.json"))
    run = json.loads(path.read_text())
    path.write_text(json.dumps(run | {"fingerprint": "0" * 16}))
    with pytest.raises(UsageError, match=f"{path.name} was made differently"):
        conduct(STUDY, copied, seeds=1, progress=False)


@pytest.mark.parametrize("seeds", [0, -1])
def test_a_study_needs_a_seed(tmp_path, seeds):
    with pytest.raises(UsageError, match=f"seeds is {seeds}; a study needs at least 1"):
        conduct(STUDY, tmp_path / "new", seeds=seeds)
    assert not (tmp_path / "new").exists()


def test_a_folder_holds_one_study(in_threads, tmp_path):
    conduct(STUDY, tmp_path, seeds=1, rate=0.001, workers=1, progress=False)
    other = replace(STUDY, name="another")
    with pytest.raises(UsageError, match="holds the study tiny; take another folder"):
        conduct(other, tmp_path, seeds=1, rate=0.001, workers=1, progress=False)
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        conduct(STUDY, tmp_path, seeds=1, rate=0.001, workers=1, progress=False)


def test_a_study_needs_a_worker(tmp_path):
    with pytest.raises(UsageError, match="workers is 0; at least 1 training"):
        conduct(STUDY, tmp_path, seeds=1, rate=0.001, workers=0, progress=False)
