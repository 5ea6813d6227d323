"""c3d-teach export of a net: a file, what it was tried with, and lines that use it."""

import contextlib
import io
import json
import subprocess
import sys

import pytest
import torch

from c3d_teach import C3D, Classifier, Preprocess, load, save
from c3d_teach.cli import run

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is optional")
pytest.importorskip("onnx", reason="onnx is optional")


@pytest.fixture
def cli(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["c3d-teach", "export", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            run()
        except SystemExit as exit:
            code = exit.code or 0
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    preprocess = Preprocess((112, 112), 128, (90.0, 98.0, 102.0), (1.0,) * 3, channel_order="bgr")
    return Classifier(C3D(3, width=1 / 32).eval(), preprocess, ("a", "b", "c"))


def printed_by(lines):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(lines, {})
    return out.getvalue()


def test_it_says_how_near_the_file_is_and_how_to_use_it(cli, tmp_path):
    file = tmp_path / "camera.onnx"
    done = cli("camera-c3d", "--out", file)
    assert done.returncode == 0, done.stderr
    assert f"camera-c3d is now {file}, 3.3 MB." in done.stdout
    assert "the same class comes first in all" in done.stdout
    _, lines = done.stdout.split("\n\n")
    assert len(lines.strip().splitlines()) == 3
    black = torch.zeros(1, 16, 64, 64, 3, dtype=torch.uint8)
    (right,) = load("camera-c3d").predict(black).tolist()
    numbers = printed_by(lines).replace("[", " ").replace("]", " ").split()
    assert [float(n) for n in numbers] == pytest.approx(right, abs=1e-4)


def test_a_layer_is_what_the_lines_print(cli, tmp_path):
    done = cli("motion-d3", "--out", tmp_path / "it's.onnx", "--layer", "fc6")
    assert done.returncode == 0 and "fc6 to within" in done.stdout and "grey" in done.stdout
    assert printed_by(done.stdout.split("\n\n")[1]).startswith("[[")


def test_json_for_programs(cli, tmp_path):
    file = tmp_path / "digits.ONNX"
    done = cli("motion-d3", "--out", file, "--layer", "fc6", "--json")
    said = json.loads(done.stdout)
    assert said["file"] == str(file) and said["bytes"] == file.stat().st_size
    assert said["parity"]["layer"] == "fc6" and said["parity"]["error"] < 1e-5
    assert said["parity"]["sentence"].startswith("Tried on 6 made clips")


def test_a_run_folder_and_published_weights_are_nets_too(cli, small, tmp_path):
    save(small, tmp_path / "run" / "net.safetensors")
    assert cli(tmp_path / "run", "--out", tmp_path / "run.onnx").returncode == 0
    save(small, f"caffe:{tmp_path / 'small.caffemodel'}")
    done = cli(f"caffe:{tmp_path / 'small.caffemodel'}", "--out", tmp_path / "caffe.onnx")
    assert done.returncode == 0, done.stderr
    asked = torch.full((1, 16, 112, 112, 3), 200, dtype=torch.uint8)
    outputs = []
    for name in ("run", "caffe"):
        session = onnxruntime.InferenceSession(
            str(tmp_path / f"{name}.onnx"), providers=["CPUExecutionProvider"]
        )
        outputs.append(session.run(["probabilities"], {"clips": asked.numpy()})[0])
        source = tmp_path / "run" if name == "run" else tmp_path / "small.caffemodel"
        assert torch.allclose(torch.from_numpy(outputs[-1]), load(source).predict(asked), atol=1e-5)


def test_each_mistake_gets_a_sentence(cli, small, tmp_path):
    file = tmp_path / "net.safetensors"
    save(small, file)
    out, videos = tmp_path / "x.onnx", tmp_path / "videos"
    for code, sentence, arguments in (
        (2, "--clips, --seed are for exporting data", ["--clips", 80, "--seed", 1, "--out", out]),
        (2, "--frames is for exporting data", ["--frames", 16, "--out", out]),
        (2, "no layer 'fc9'; this net has conv1a", ["--layer", "fc9", "--out", out]),
        (2, "exported to a file ending in .onnx; --out is", ["--out", videos]),
    ):
        done = cli("camera-c3d", *arguments)
        assert (done.returncode, sentence in done.stderr) == (code, True), done
        assert done.stderr.count("\n") == 1
    for code, sentence, arguments in (
        (2, "motion-digits is data", ["motion-digits", "--out", out]),
        (2, "--layer is for exporting a net", ["motion-digits", "--layer", "fc6", "--out", videos]),
        (2, "is a net, and a net", [file, "--out", videos]),
        (2, "is a net, and a net", [f"caffe:{file}", "--out", videos]),
        (2, "no embedded data set 'digits'", ["digits", "--out", videos]),
        (2, "is a net, and a net", [tmp_path, "--out", videos]),  # a run folder
        (2, "no embedded data set", [tmp_path.parent, "--out", videos]),
        (1, "no net 'camera-c4d'", ["camera-c4d", "--out", out]),
    ):
        done = cli(*arguments)
        assert (done.returncode, sentence in done.stderr) == (code, True), done
    assert sorted(tmp_path.iterdir()) == [file]


def test_without_the_packages_it_says_how_to_get_them(cli, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    done = cli("motion-d3", "--out", tmp_path / "x.onnx")
    assert done.returncode == 1 and "pip install onnx onnxruntime" in done.stderr
    assert not list(tmp_path.iterdir())


def test_embedded_clips_are_exported_as_before(cli, tmp_path):
    done = cli("motion-digits", "--clips", 8, "--out", tmp_path / "videos", "--json")
    assert len(json.loads(done.stdout)["files"]) == 8
