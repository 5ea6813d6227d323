"""Several processes at one training: one is killed, the job goes on, also with another number."""

import json
import os
import signal
import time

import psutil
import pytest
import torch
from torchrun import finished, torchrun

from c3d_teach import load

EPOCHS = 4
COMMAND = ["-m", "c3d_teach", "train", "--clips", 320, "--val-clips", 64]
COMMAND += ["--epochs", EPOCHS, "--width", 0.08]


def weights(folder):
    return load(folder).model.state_dict()


def history(folder):
    return json.loads((folder / "history.json").read_text())["epochs"]


def rank(job, number):
    """The process of a rank, once it is there."""
    wanted = time.monotonic() + 60
    while time.monotonic() < wanted:
        for child in psutil.Process(job.pid).children():
            if child.environ().get("RANK") == str(number):
                return child
        time.sleep(0.05)
    raise AssertionError(f"rank {number} did not start")


def first_checkpoint(folder, job):
    wanted = time.monotonic() + 90
    while not (folder / "last.ckpt").exists():
        assert time.monotonic() < wanted and job.poll() is None
        time.sleep(0.02)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    finished(torchrun(2, *COMMAND, "--out", folder))
    return folder


@pytest.mark.timeout(400)
@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_is_killed_and_the_restarted_job_ends_with_the_same_net(whole, tmp_path, victim):
    job = torchrun(2, *COMMAND, "--out", tmp_path, restarts=1)
    first_checkpoint(tmp_path, job)
    os.kill(rank(job, victim).pid, signal.SIGKILL)
    finished(job)
    a, b = weights(whole), weights(tmp_path)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert len(history(tmp_path)) == EPOCHS
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("processes", [1, 3])
def test_a_killed_job_goes_on_with_another_number_of_processes(whole, tmp_path, processes):
    job = torchrun(2, *COMMAND, "--out", tmp_path)
    first_checkpoint(tmp_path, job)
    children = psutil.Process(job.pid).children(recursive=True)
    for process in (job, *children):
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(children)
    job.communicate()
    done = len(torch.load(tmp_path / "last.ckpt", weights_only=True)["history"]["epochs"])
    assert 1 <= done < EPOCHS
    said = finished(torchrun(processes, *COMMAND, "--out", tmp_path))
    rows = history(tmp_path)
    # what was done before counts; dropout apart, the rest is the same work
    for own, other in zip(rows, history(whole), strict=True):
        same = own["epoch"] <= done
        assert own["train_loss"] == pytest.approx(other["train_loss"], rel=1e-9 if same else 0.1)
    print(f"{done} of {EPOCHS} epochs by 2 processes, the rest by {processes}: {said[-80:]}")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "SIGTERM"])
def test_a_job_that_is_asked_to_stop_saves_where_it_stands(whole, tmp_path, number):
    job = torchrun(2, *COMMAND, "--epochs", 400, "--out", tmp_path)
    first_checkpoint(tmp_path, job)
    ranks = [rank(job, k) for k in (0, 1)]
    job.send_signal(number)
    said, _ = job.communicate(timeout=60)
    psutil.wait_procs(ranks, timeout=30)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)["step"]
    assert said.count(f"Stopped at step {saved} of") == 1, said  # by one process, and true
    assert "goes on from there" in said
