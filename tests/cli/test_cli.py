"""The command line as a user types it: answers, JSON, and one sentence for each mistake."""

import json
import os
import pickle
import re
import subprocess
import sys

import pytest
import torch
from support import CLIPS, NO_CLIPS

from c3d_teach import CameraMotion, load
from c3d_teach.cli import run
from c3d_teach.data.export import write_video


def cli(*arguments, cwd=None, **env):
    return subprocess.run(
        [sys.executable, "-m", "c3d_teach", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | env,
        timeout=240,
    )


@pytest.fixture
def inside(monkeypatch, capsys):
    """The command without a new process, which would spend its time on importing torch."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["c3d-teach", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            run()
        except SystemExit as exit:
            code = exit.code or 0
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return call


@pytest.fixture(scope="module")
def panned(tmp_path_factory):
    """A film of a camera that pans left, then stands still."""
    data = CameraMotion(9, split="test", clip_shape=(3, 32, 64, 64), clutter=False)
    clip = torch.cat([data[0]["clip"], data[8]["clip"]])
    path = tmp_path_factory.mktemp("film") / "panned.mp4"
    write_video(path, clip)
    return path


def test_help_names_the_commands():
    out = cli("--help").stdout
    for command in ("train", "evaluate", "predict", "features", "probe", "export", "doctor"):
        assert command in out
        assert "--help" in cli(command, "--help").stdout


def test_predict_answers_for_a_video(panned):
    done = cli("predict", panned)
    assert done.returncode == 0, done.stderr
    assert "64 frames" in done.stdout and "4 clips judged by camera-c3d" in done.stdout
    done = cli("predict", panned, "--json", "--stride", 8)
    answer = json.loads(done.stdout)
    assert [c["start"] for c in answer["clips"]] == [0, 8, 16, 24, 32, 40, 48]
    assert len(answer["classes"]) == 9
    for clip in answer["clips"]:
        assert abs(sum(clip["probabilities"]) - 1) < 1e-3
    assert answer["error"] == ""


def test_predict_says_the_same_as_the_library(panned):
    from c3d_teach import judge_video

    judged = judge_video(load("camera-d1"), panned).to_dict()
    answer = json.loads(cli("predict", panned, "--json", "--net", "camera-d1").stdout)
    assert answer == json.loads(json.dumps(judged)) | {"engine": "eager in float32"}


@pytest.mark.skipif(not CLIPS.is_dir(), reason=NO_CLIPS)
def test_predict_answers_for_real_video():
    done = cli("predict", CLIPS / "sports" / "basketball.mp4", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["clips"]) == 214 // 16


def test_train_evaluate_export(tmp_path):
    out = tmp_path / "run"
    command = ["train", "--data", "motion-digits", "--clips", 64, "--val-clips", 16]
    command += ["--width", 0.05, "--epochs", 1, "--out", out]
    done = cli(*command, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs"][0]["step"] == 2
    card = load(out).card
    assert card["command"].startswith("c3d-teach train --data motion-digits")
    assert card["test"]["clips"] == 2048 and card["test both ways"]["clips"] == 4096
    done = cli("evaluate", "--net", out, "--clips", 32, "--json")
    result = json.loads(done.stdout)
    assert result["clips"] == 32 and sum(map(sum, result["confusion"])) == 32
    done = cli("evaluate", "--net", out, "--clips", 32, "--both-ways")
    assert "of 64 clips right" in done.stdout and "rotate clockwise" in done.stdout
    done = cli(*command[:-2], "--out", out, "--seed", 3)
    assert done.returncode == 1 and "seed was 0, is 3" in done.stderr

    done = cli("export", "camera-motion", "--clips", 9, "--out", tmp_path / "videos")
    assert done.returncode == 0 and "9 videos in 9 folders" in done.stdout
    assert len(list((tmp_path / "videos").glob("*/test-*.mp4"))) == 9


def bad_inputs(tmp_path, panned):
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").touch()
    data = panned.read_bytes()
    (tmp_path / "truncated.mp4").write_bytes(data[: len(data) * 2 // 3])
    write_video(tmp_path / "short.mp4", torch.zeros(9, 32, 32, 3, dtype=torch.uint8))
    (tmp_path / "folder").mkdir()
    (tmp_path / "pickle.safetensors").write_bytes(pickle.dumps({"a": 1}))
    from c3d_teach.models.weights import _ASSETS

    asset = (_ASSETS / "motion-d3.safetensors").read_bytes()
    (tmp_path / "half.safetensors").write_bytes(asset[: len(asset) // 2])
    (tmp_path / "blocked").touch()
    (tmp_path / "c3d.caffemodel").write_bytes(b"\x12" + bytes(range(200)))
    small = ["--clips", 8, "--val-clips", 8]
    return [
        (1, "There is no file", ["predict", tmp_path / "missing.mp4"]),
        (1, "cannot be read as a video", ["predict", tmp_path / "text.mp4"]),
        (1, "is empty", ["predict", tmp_path / "empty.mp4"]),
        (1, "cannot be read as a video|breaks off", ["predict", tmp_path / "truncated.mp4"]),
        (1, "is a folder", ["predict", tmp_path / "folder"]),
        (1, "has 9 frames, and a clip takes 16", ["predict", tmp_path / "short.mp4"]),
        (1, "no net 'camera-c4d'.*camera-c3d", ["predict", panned, "--net", "camera-c4d"]),
        (1, "is a pickle", ["predict", panned, "--net", tmp_path / "pickle.safetensors"]),
        (1, "cut off", ["predict", panned, "--net", tmp_path / "half.safetensors"]),
        (2, "at least 1", ["predict", panned, "--stride", 0]),
        (1, "Cannot write", ["train", "--out", tmp_path / "blocked" / "x", *small]),
        (1, "Cannot write", ["export", "motion-digits", "--out", tmp_path / "blocked" / "x"]),
        (2, "no data 'digits'", ["train", "--data", "digits", "--out", tmp_path / "r"]),
        (2, "no net 'c4d'", ["train", "--net", "c4d", "--out", tmp_path / "r", *small]),
        (2, "odd number", ["train", "--kernel-depth", 2, "--out", tmp_path / "r", *small]),
        (2, "is 'deep'", ["train", "--kernel-depth", "deep", "--out", tmp_path / "r", *small]),
        (2, "no recipe", ["train", "--recipe", "x", "--out", tmp_path / "r"]),
        (2, "no device", ["predict", panned, "--device", "cuda:99"]),
        (2, "--epochs is 0", ["train", "--epochs", 0, "--out", tmp_path / "r"]),
        (2, "Did you mean search", ["train", "--recipe", "serch", "--out", tmp_path / "r"]),
        (2, "did you mean 'motion-digits'", ["train", "--data", "motion-digit", "--out", "r"]),
        (2, "name that net with --from", ["train", "--freeze", "conv1", "--out", tmp_path / "r"]),
        (2, "brings its own net", ["train", "--from", "motion-d3", "--width", 1, "--out", "r"]),
        (
            2,
            "no layer 'conv9'",
            ["train", "--from", "motion-d3", "--freeze", "conv9", "--out", tmp_path / "r", *small],
        ),
        (
            2,
            "--random-clips is for videos",
            ["evaluate", "--net", "motion-d3", "--random-clips", 9],
        ),
        (2, "has no official splits", ["evaluate", "--net", "motion-d3", "--fold", 2]),
        (2, "layout is 'x'", ["export", "motion-digits", "--layout", "x", "--out", tmp_path / "r"]),
        (2, "no file or folder", ["features", tmp_path / "no", "--out", tmp_path / "f"]),
        (1, "no video in", ["features", tmp_path / "folder", "--out", tmp_path / "f"]),
        (2, "no layer 'fc9'", ["features", panned, "--layer", "fc9", "--out", tmp_path / "f"]),
        (2, "stride is 0", ["features", panned, "--stride", 0, "--out", tmp_path / "f"]),
        (2, "is not a feature folder", ["probe", tmp_path / "folder"]),
        (2, "There is no folder", ["probe", tmp_path / "none"]),
        (2, "--embedding is 'umap'", ["probe", tmp_path, "--embedding", "umap"]),
        (2, "where a whole number belongs", ["probe", tmp_path, "--dimensions", "10,x"]),
        (1, "c3d.caffemodel", ["convert", tmp_path / "c3d.caffemodel", tmp_path / "x.safetensors"]),
        (
            2,
            "brings its own",
            ["convert", "motion-d3", tmp_path / "x.safetensors", "--pool5", "ceil"],
        ),
        (1, "Cannot read missing", ["convert", "caffe:missing", "x.safetensors"]),
        (2, "at least 1 clip", ["export", "motion-digits", "--clips", 0, "--out", tmp_path / "r"]),
        (2, "classes", ["evaluate", "--net", "motion-d3", "--data", "camera-motion"]),
        (2, "No such option", ["predict", panned, "--nett", "x"]),
        (2, "Missing argument", ["predict"]),
    ]


def test_every_mistake_gets_one_sentence_and_an_exit_code(tmp_path, panned, inside, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for code, said, arguments in bad_inputs(tmp_path, panned):
        done = inside(*arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert re.search(said, done.stderr), (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        if code == 1:
            assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_an_unexpected_error_is_a_sentence_too(panned):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import c3d_teach.models.weights as w\n"
            "def load(name): raise ZeroDivisionError('by zero')\n"
            "w.load = load\n"
            "import sys; sys.argv[1:] = ['predict', 'x.mp4']\n"
            "from c3d_teach.cli import run; run()",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "unexpected ZeroDivisionError: by zero" in done.stderr
    assert "Traceback" not in done.stderr
