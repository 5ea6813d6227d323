"""The paper's studies as a user reruns them: small, in two minutes, and bit for bit."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from c3d_teach.experiments.outcome import Outcome
from c3d_teach.experiments.studies import STUDIES
from c3d_teach.experiments.study import conduct

SMALL = ["kernel-depth", "two-vs-three", "pooling"]


@pytest.mark.alone
@pytest.mark.timeout(500)
@pytest.mark.parametrize("name", SMALL)
def test_quick_rerun_takes_two_minutes_and_agrees_with_the_shipped_result(name, tmp_path):
    # the faster of up to two: what else the machine does can only slow a run down
    seconds = []
    while len(seconds) < 2 and min(seconds, default=121) > 120:
        out = tmp_path / f"run {len(seconds)}"
        command = [sys.executable, "-m", "c3d_teach", "experiment", name, "--quick", "--json"]
        started = time.monotonic()
        ran = subprocess.run([*command, "--out", out], capture_output=True, text=True)
        seconds.append(time.monotonic() - started)
    assert ran.stdout, ran.stderr
    found = json.loads(ran.stdout)
    took = " and ".join(f"{one:.0f}" for one in seconds)
    print(f"{name}: {found['pairs']} pairs compared, {took} s")
    assert not found["disagreeing"]
    assert ran.returncode == 0 and found["pairs"] > 5
    assert min(seconds) < 120
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
