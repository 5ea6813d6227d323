"""Training as a user runs it: time, memory, kills, and the paper's own recipe."""

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import peak_memory

from c3d_teach import (
    C3D,
    CameraMotion,
    MotionDigits,
    Recipe,
    Repeated,
    SearchNet,
    evaluate,
    load,
    train,
)
from c3d_teach.experiments.shipped_nets import SETTINGS
from c3d_teach.training.history import Epoch


def start(*arguments, **how):
    return subprocess.Popen(
        [sys.executable, "-m", "c3d_teach", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **how,
    )


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_classroom_training_takes_about_a_minute_and_less_than_2_gb(tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "c3d_teach", "train", "--data", "motion-digits"]
    command += ["--recipe", "classroom", "--out", out]
    started = time.monotonic()
    gigabytes = peak_memory(command, tmp_path / "peak", stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    result = evaluate(load(out), MotionDigits(2048, split="test", seed=11))
    kept = "kept" if seconds <= 60 else "EXCEEDED"
    print(f"{result}, {seconds:.0f} s with start-up and test, {gigabytes:.2f} GB resident")
    print(f"limit of 60 s {kept}")
    assert result.accuracy >= 0.95
    assert gigabytes < 2
    assert seconds <= 2 * 60  # the same kind of machine has taken 49 and 69 s


@pytest.mark.timeout(600)
def test_kill_9_anywhere_and_the_same_command_again_gives_the_same_weights(tmp_path):
    settings = ["--clips", 512, "--val-clips", 64, "--epochs", 4, "--width", 0.1]
    assert start("train", *settings, "--out", tmp_path / "whole").wait() == 0
    chance = random.Random(0)
    kills = 0
    while kills < 4:
        child = start("train", *settings, "--out", tmp_path / "killed")
        checkpoint = tmp_path / "killed" / "last.ckpt"
        wanted = time.monotonic() + 60
        before = checkpoint.stat().st_mtime if checkpoint.exists() else 0
        # wait for some progress of this sitting, then a random moment more
        while time.monotonic() < wanted and child.poll() is None:
            if checkpoint.exists() and checkpoint.stat().st_mtime > before:
                break
            time.sleep(0.02)
        time.sleep(chance.random() * 0.6)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stderr.close()
        kills += 1
    last = start("train", *settings, "--out", tmp_path / "killed")
    assert last.wait() == 0
    last.stderr.close()
    whole, killed = (load(tmp_path / name).model.state_dict() for name in ("whole", "killed"))
    assert all(torch.equal(whole[k], killed[k]) for k in whole)
    assert not list((tmp_path / "killed").glob(".*.part"))


@pytest.mark.timeout(900)
def test_the_papers_recipe_trains_the_classroom_net(tmp_path):
    torch.manual_seed(0)
    net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=0.25)
    sets = MotionDigits(1024), MotionDigits(256, split="val")
    history = train(net, *sets, Recipe.search(), out=tmp_path, progress=False)
    rates = sorted({round(r, 7) for r in history.column("lr")}, reverse=True)
    assert rates == [0.003, 0.0003, 0.00003, 0.000003] and len(history.epochs) == 16
    result = evaluate(load(tmp_path), MotionDigits(1024, split="test", seed=11))
    print(f"search recipe, depth 3: {result} after {history.seconds:.0f} s")
    assert result.interval[0] > 2 / 8  # far above chance, which is 1 in 8


@pytest.mark.timeout(1500)
def test_a_full_shape_c3d_learns_30_clips_by_heart(tmp_path):
    """With the recipe's first learning rate; wider nets are in benchmarks/overfit.py."""
    shape = (3, 16, 112, 112)
    torch.manual_seed(0)
    source = CameraMotion(30, clip_shape=shape, label="photo", clutter=False)
    net = C3D(len(source.classes), clip_shape=shape, width=0.125)
    sets = Repeated(source, OVERFIT_STEPS), Repeated(source, 1)
    recipe = replace(Recipe.search(), every=MOST_EPOCHS, stop=MOST_EPOCHS)
    accuracy: list[float] = []

    class ByHeart(Exception):  # noqa: N818 (not an error)
        """How many steps it takes differs from processor to processor."""

    def check(epoch: Epoch) -> None:
        accuracy.append(epoch.val_accuracy)
        if epoch.val_accuracy == 1:
            raise ByHeart

    start = time.perf_counter()
    with suppress(ByHeart):
        train(net, *sets, recipe, out=tmp_path, progress=False, on_epoch=check)
    seconds = time.perf_counter() - start
    print(f"30 clips: {[round(a, 2) for a in accuracy]} in {seconds:.0f} s")
    assert accuracy[0] < 1 and accuracy[-1] == 1


OVERFIT_STEPS = 20  # mini-batches of 30 in an epoch
MOST_EPOCHS = 16


@pytest.mark.timeout(400)
def test_the_command_on_a_card_makes_the_net_again(tmp_path):
    card = load("motion-d1").card
    arguments = card["command"].split()[1:]
    assert " ".join(arguments[1:-4]) == SETTINGS["motion-d1"]
    out = Path(arguments[-1])
    done = subprocess.run(
        [sys.executable, "-m", "c3d_teach", *arguments], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 0
    again = load(tmp_path / out).card
    assert replace(Recipe.classroom(), stop=4).to_dict() == again["recipe"] == card["recipe"]
    # other processors round differently: the figure is near, the bits need not be
    assert again["test"]["accuracy"] == pytest.approx(card["test"]["accuracy"], abs=0.06)
