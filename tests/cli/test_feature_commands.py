"""features, probe, convert and fine-tuning as a user types them."""

import json
import subprocess
import sys

import numpy as np
import pytest

from c3d_teach import load, read_features
from c3d_teach.cli import run


def cli(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "c3d_teach", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """96 digits that move for 40 frames, in UCF101's layout."""
    root = tmp_path_factory.mktemp("videos") / "ucf"
    command = ["export", "motion-digits", "--layout", "ucf101", "--split", "train"]
    assert cli(*command, "--frames", 40, "--clips", 96, "--out", root).returncode == 0
    return root


@pytest.fixture(scope="module")
def features(videos, tmp_path_factory):
    out = tmp_path_factory.mktemp("features") / "d3"
    done = cli("features", videos, "--net", "motion-d3", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "96 videos" in done.stdout
    return out


def test_features_are_made_once(videos, features):
    table = read_features(features)
    assert table.descriptors.shape == (96, 512) and len(table.splits) == 3
    np.testing.assert_allclose(np.linalg.norm(table.descriptors, axis=1), 1, rtol=1e-5)
    again = json.loads(
        cli("features", videos, "--net", "motion-d3", "--out", features, "--json").stdout
    )
    assert again["reused"] == 96 and again["done"] == 0
    other = cli("features", videos, "--net", "motion-d1", "--out", features)
    assert other.returncode == 1 and "net" in other.stderr


def test_a_bad_video_is_named_and_the_exit_code_says_so(tmp_path, videos):
    good = sorted((videos / "UCF-101" / "Left").iterdir())[0]
    (tmp_path / "good.mp4").write_bytes(good.read_bytes())
    (tmp_path / "bad.mp4").write_text("no video")
    done = cli("features", tmp_path, "--net", "motion-d3", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "bad.mp4" in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert read_features(tmp_path / "out").videos == ("good.mp4",)


def test_probe_prints_numbers_and_writes_figures(features, tmp_path):
    options = ["--folds", "4", "--dimensions", "2,10", "--out", tmp_path]
    done = cli("probe", features, *options)
    assert done.returncode == 0, done.stderr
    assert "right (95 % interval" in done.stdout and "control" in done.stdout
    numbers = json.loads((tmp_path / "probe.json").read_text())
    assert numbers["probe"]["accuracy"] > 0.5  # the net was trained on these motions
    assert [p["dimension"] for p in numbers["compactness"]["points"]] == [2, 10, 512]
    for name in ("confusion.png", "compactness.png", "embedding.png"):
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"
    rows = (tmp_path / "embedding.csv").read_text().splitlines()
    assert rows[0] == "video,label,x,y" and len(rows) == 97


def test_a_net_is_converted_there_and_back(tmp_path, monkeypatch, capsys):
    import torch

    from c3d_teach import C3D, Classifier, Preprocess, save

    torch.manual_seed(0)
    net = C3D(3, width=1 / 32).eval()
    preprocess = Preprocess((112, 112), 128, (1.0,) * 3, (1.0,) * 3)
    save(Classifier(net, preprocess, ("a", "b", "c")), tmp_path / "own.safetensors")
    (tmp_path / "names.txt").write_text("a\nb\nc\n")
    for command in (
        ["convert", tmp_path / "own.safetensors", f"caffe:{tmp_path / 'net.caffemodel'}"],
        ["convert", tmp_path / "net.caffemodel", tmp_path / "back.safetensors"],
    ):
        more = ["--names", tmp_path / "names.txt"] if "back" in str(command[-1]) else []
        monkeypatch.setattr(sys, "argv", ["c3d-teach", *map(str, command + more)])
        with pytest.raises(SystemExit) as end:
            run()
        assert end.value.code == 0
    assert "BGR" in capsys.readouterr().out
    back = load(tmp_path / "back.safetensors")
    assert back.classes == ("a", "b", "c") and back.preprocess.channel_order == "bgr"
    for name, value in net.state_dict().items():
        assert torch.equal(value, back.model.state_dict()[name])


def test_fine_tuning_from_a_shipped_net(videos, tmp_path):
    done = cli(
        "train", "--from", "motion-d3", "--freeze", "pool5", "--data", videos, "--recipe",
        "classroom", "--epochs", 2, "--cache", tmp_path / "cache", "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tuned = load(tmp_path / "run")
    assert tuned.card["from"] == "motion-d3" and tuned.card["frozen"][-1] == "conv5"
    assert tuned.preprocess == load("motion-d3").preprocess
    assert list((tmp_path / "cache" / "frames").iterdir())
    done = cli("evaluate", "--net", tmp_path / "run", "--data", videos, "--random-clips", 2)
    assert "clips right" in done.stdout and "videos right" in done.stdout, done.stderr
