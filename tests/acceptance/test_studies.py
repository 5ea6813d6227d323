"""The paper's studies as a user reruns them: small, in two minutes, and bit for bit."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from c3d_teach.experiments.outcome import Outcome
from c3d_teach.experiments.studies import STUDIES
from c3d_teach.experiments.study import conduct

SMALL = ["kernel-depth", "two-vs-three", "pooling"]


def worked() -> float:
    """Seconds of processor time, of all processes that have been waited for."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.alone
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SMALL)
def test_quick_rerun_takes_two_minutes_and_agrees_with_the_shipped_result(name, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "c3d_teach", "experiment", name, "--quick", "--json"]
    before, started = worked(), time.monotonic()
    ran = subprocess.run([*command, "--out", out], capture_output=True, text=True)
    took, work = time.monotonic() - started, worked() - before
    assert ran.stdout, ran.stderr
    found = json.loads(ran.stdout)
    print(
        f"{name}: {found['pairs']} pairs compared in {took:.0f} s, {work:.0f} s of processor time"
    )
    assert not found["disagreeing"]
    assert ran.returncode == 0 and found["pairs"] > 5
    # where others use the machine too, the clock says little: then what two cores would have taken
    assert min(took, work / 2) < 120
    assert (out / "report.md").read_text().count("|") > 50
    assert list(out.glob("*.png"))


@pytest.mark.timeout(300)
def test_a_shipped_run_comes_out_again(tmp_path):
    """To the last bit on a processor of the same kind, and near it on any other."""
    study, net, task = STUDIES["two-vs-three"], "frames as channels", "how"
    shipped = Outcome.shipped(study.name)
    one = replace(study, nets={net: study.nets[net]}, settings=study.settings[:1], tasks=(task,))
    again = conduct(one, tmp_path, seeds=1, rate=shipped.data["rate"], progress=False)
    (here,) = again.data["runs"]
    there = shipped.runs(net, one.settings[0].name, task)[0]
    assert here["fingerprint"] == there["fingerprint"]
    apart = abs(here["both ways"][task] - there["both ways"][task])
    print(
        "the same curve to the last digit:", here["curve"] == there["curve"], f"apart: {apart:.4f}"
    )
    assert apart < 0.1
