"""UCF101's whole way on files: train, evaluate, features, probe, with its folders and splits."""

import json
import random
import subprocess
import sys
import time

import pytest


def cli(*arguments, code=0):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "c3d_teach", *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    print(f"{arguments[0]}: {time.monotonic() - started:.0f} s")
    return done


@pytest.fixture(scope="module")
def ucf101(tmp_path_factory):
    """900 videos of 40 frames: 8 classes, 25 groups that share no digit image, 3 splits."""
    root = tmp_path_factory.mktemp("videos") / "ucf"
    settings = ["--clips", 900, "--split", "train", "--frames", 40, "--layout", "ucf101"]
    cli("export", "motion-digits", *settings, "--out", root)
    return root


@pytest.mark.timeout(1200)
def test_train_evaluate_features_probe(ucf101, tmp_path):
    run, cache = tmp_path / "run", tmp_path / "cache"
    recipe = ["--recipe", "classroom", "--epochs", 8, "--size", 32]
    cli("train", "--data", ucf101, *recipe, "--cache", cache, "--out", run)

    ask = ["evaluate", "--net", run, "--data", ucf101, "--cache", cache, "--json"]
    every = json.loads(cli(*ask).stdout)
    ten = json.loads(cli(*ask, "--random-clips", 10).stdout)
    assert every["clips"] == 2 * every["video"]["videos"]  # 40 frames: two whole clips
    assert ten["clips"] == 10 * ten["video"]["videos"]
    for name, result in (("every clip", every), ("10 random clips", ten)):
        video = result["video"]
        print(
            f"{name}: clips {result['accuracy']:.1%} {result['interval']}, videos "
            f"{video['accuracy']:.1%} {video['interval']}, top-5 {video['top5']:.1%}"
        )
    assert every["video"]["interval"][0] > 2 / 8  # far above chance, which is 1 in 8
    assert every["video"]["accuracy"] >= every["accuracy"] - 0.02  # averaging does not hurt

    features = tmp_path / "features"
    cli("features", ucf101, "--net", run, "--out", features)
    # the net has learnt from split 1's training part, so its test part is the only fair one
    found = json.loads(cli("probe", features, "--folds", "split1", "--json").stdout)
    print(f"probe: {found['probe']['accuracy']:.1%} {found['probe']['interval']}")
    print([(p["dimension"], p["accuracy"]) for p in found["compactness"]["points"]])
    assert found["probe"]["interval"][0] > 2 / 8
    print(f"shuffled: {found['controls']}")
    assert sum(found["controls"]) / len(found["controls"]) < 2 / 8
    for name in ("probe.json", "confusion.png", "compactness.png", "embedding.png"):
        assert (features / "probe" / name).stat().st_size > 1000


def test_a_random_split_is_caught(ucf101, tmp_path):
    lists = ucf101 / "ucfTrainTestlist"
    kept = {path.name: path.read_text() for path in lists.iterdir()}
    train = kept["trainlist01.txt"].splitlines()
    names = [line.split()[0] for line in train] + kept["testlist01.txt"].split()
    random.Random(0).shuffle(names)
    labels = {line.split()[1]: line.split()[0] for line in kept["classInd.txt"].splitlines()}
    try:
        of = [f"{name} {labels[name.split('/')[0]]}" for name in names]
        (lists / "trainlist01.txt").write_text("\n".join(of[: len(train)]) + "\n")
        (lists / "testlist01.txt").write_text("\n".join(names[len(train) :]) + "\n")
        refused = cli("train", "--data", ucf101, "--out", tmp_path / "run", code=2)
    finally:
        for name, text in kept.items():
            (lists / name).write_text(text)
    print(refused.stderr)
    assert "leaks: group g" in refused.stderr and "on both sides" in refused.stderr
    assert not (tmp_path / "run").exists()
