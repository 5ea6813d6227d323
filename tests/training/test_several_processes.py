"""Training by several processes: the same gradients, the same net, one set of files."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torchrun import finished, torchrun

from c3d_teach import History, load
from c3d_teach.device import pick_device
from c3d_teach.errors import UsageError
from c3d_teach.processes import ALONE, Place, all_of, gathered, place, summed

SCRIPT = Path(__file__).with_name("joint_gradients.py")
TRAIN = ["train", "--clips", 100, "--val-clips", 33, "--epochs", 2, "--width", 0.05]


@pytest.fixture(scope="module")
def gradients(tmp_path_factory):
    """Those of one process, of two, and of three."""
    folder = tmp_path_factory.mktemp("gradients")
    subprocess.run([sys.executable, SCRIPT, folder / "1"], check=True)
    for processes in (2, 3):
        finished(torchrun(processes, SCRIPT, folder / f"{processes}"))
    return [load_file(folder / f"{processes}") for processes in (1, 2, 3)]


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("count", [12, 13, 1])
@pytest.mark.parametrize(("kind", "most"), [("single", 1e-5), ("double", 1e-12)])
def test_gradients_are_those_of_one_process_with_the_joint_batch(
    gradients, processes, count, kind, most
):
    """12 clips are shared evenly, 13 unevenly, and of one clip most get nothing."""
    one, several = gradients[0], gradients[processes - 1]
    weights = [key for key in one if key.startswith(f"{kind} {count} ") and "sums" not in key]
    assert len(weights) == 16
    for key in weights:
        error = float((several[key] - one[key]).norm() / one[key].norm())
        assert error <= most, f"{key}: {error}"


def test_recomputing_activations_changes_no_gradient(gradients):
    one, two, _ = gradients
    for name in (key.removeprefix("recomputed 12 ") for key in one if key.startswith("recom")):
        right = one[f"double 12 {name}"]
        for given in (one[f"recomputed 12 {name}"], two[f"recomputed 12 {name}"]):
            if "sums" not in name:
                assert float((given - right).norm() / right.norm()) < 1e-12


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One command, by one process and by two."""
    folder = tmp_path_factory.mktemp("runs")
    alone = [sys.executable, "-m", "c3d_teach", *map(str, TRAIN), "--out", folder / "one"]
    subprocess.run(alone, check=True, capture_output=True)
    said = finished(torchrun(2, "-m", "c3d_teach", *TRAIN, "--out", folder / "two"))
    return folder, said


def test_the_net_of_two_processes_is_that_of_one_but_for_dropout(runs):
    folder, _ = runs
    one, two = (History.load(folder / name / "history.json") for name in ("one", "two"))
    assert [e.step for e in two.epochs] == [e.step for e in one.epochs]
    # each process draws its own dropout, one clip in ten
    assert two.final.train_loss == pytest.approx(one.final.train_loss, rel=0.05)
    assert two.final.val_loss == pytest.approx(one.final.val_loss, rel=0.05)
    assert load(folder / "two").card["processes"] == 2
    assert "processes" not in load(folder / "one").card


def test_only_the_first_process_writes_and_talks(runs):
    folder, said = runs
    names = sorted(file.name for file in (folder / "two").iterdir())
    assert names == sorted(file.name for file in (folder / "one").iterdir())
    assert said.count("of unseen test clips right") == 1


def test_two_processes_evaluate_as_one_does(runs):
    folder, _ = runs
    command = ["evaluate", "--net", folder / "two", "--clips", 101, "--json"]
    one = subprocess.run(
        [sys.executable, "-m", "c3d_teach", *map(str, command)], check=True, capture_output=True
    )
    two = finished(torchrun(2, "-m", "c3d_teach", *command))
    assert one.stdout.decode().strip() in two


def test_a_checkpoint_that_not_all_processes_see_is_refused(runs, tmp_path):
    folder, _ = runs
    shutil.copytree(folder / "two", tmp_path / "run-0")  # and none for the other process
    script = tmp_path / "apart.py"
    script.write_text(
        "import os, sys\nfrom c3d_teach.cli import run\nsys.argv[-1] += os.environ['RANK']\nrun()\n"
    )
    job = torchrun(2, script, *TRAIN, "--out", tmp_path / "run-")
    said, _ = job.communicate(timeout=100)
    assert job.returncode != 0
    assert "do not see the same checkpoint" in said and "that all machines share" in said


def test_a_process_knows_its_place(monkeypatch):
    assert place() == ALONE == Place(0, 1, 0)
    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert place() == Place(5, 8, 1) and not place().first
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(UsageError, match="RANK=5, WORLD_SIZE=4.*below WORLD_SIZE"):
        place()
    monkeypatch.setenv("WORLD_SIZE", "many")
    with pytest.raises(UsageError, match="torchrun"):
        place()


def test_each_process_takes_a_gpu_of_its_own(monkeypatch):
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(torch, "empty", lambda *a, **how: None)  # there is none to put it on
    assert pick_device() == pick_device("cuda") == torch.device("cuda") and taken == []
    for local, own in enumerate((0, 1, 2, 3, 0)):
        for name, value in {"RANK": 8 + local, "WORLD_SIZE": 16, "LOCAL_RANK": local}.items():
            monkeypatch.setenv(name, str(value))
        assert pick_device() == torch.device(f"cuda:{own}")
        assert pick_device("cuda:1") == torch.device("cuda:1")  # named is named
    assert taken == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("world", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 6, 100])
def test_shares_are_even_and_leave_nothing_out(count, world):
    shares = [Place(rank, world).share(count) for rank in range(world)]
    assert [k for share in shares for k in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_alone_nothing_is_asked_of_others():
    assert all_of({"a", "b"}, ("a", "b", "c")) == {"a", "b"}
    assert summed([1.5, 2]) == [1.5, 2]
    rows = torch.randn(3, 2)
    assert gathered(rows) is rows
