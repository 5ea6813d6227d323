"""``c3d-teach bench`` as a user types it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bench_support import growth_document, inference_document

from c3d_teach.bench import measure as measuring
from c3d_teach.cli import run

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["c3d-teach", "bench", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            run()
        except SystemExit as exit:
            code = int(exit.code or 0)
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return call


def test_one_json_document_on_standard_output_and_the_way_on_the_other(
    bench: Command, tmp_path: Path
) -> None:
    """The only measurement here with the processes that a user's has."""
    file = tmp_path / "kept" / "training.json"
    settings = ("--net", "classroom", "--batch", "2", "--rounds", "2", "--seconds", "0.01")
    done = bench("training", *settings, "--device", "cpu", "--json", "--out", file)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["what"] == "training"
    assert {row["key"] for row in document["rows"]} >= {"classroom", "classroom-plain"}
    assert json.loads(file.read_text(encoding="utf-8")) == document
    assert "round 2 of 2" in done.stderr


def test_without_json_it_is_a_table(bench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "measure", lambda what, **_: inference_document())
    done = bench("inference")
    assert done.returncode == 0
    assert "the kit by default against plain: 3.00× (3.00 to 3.00)" in done.stdout
    assert "bfloat16 off: the kit against plain: 1.50×" in done.stdout
    assert "511 of 512 clips get the same class" in done.stdout
    assert "gpu: there is no CUDA device here" in done.stdout


def test_growth_draws_a_picture_beside_its_file(
    bench: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(measuring, "measure", lambda what, **_: growth_document())
    assert bench("growth", "--out", tmp_path / "g.json").returncode == 0
    assert (tmp_path / "g.png").exists()
    nothing = growth_document() | {"rows": [], "empty": {"length 8": "no memory"}}
    monkeypatch.setattr(measuring, "measure", lambda what, **_: nothing)
    failed = bench("growth", "--out", tmp_path / "h.json")
    assert failed.returncode == 1
    assert "Nothing could be measured" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["speed"], "there are inference, training, feeding, growth"),
        (["inference", "--net", "vgg"], "there are c3d, depth-1"),
        (["inference", "--rounds", "0"], "--rounds is 0; it is at least 1"),
        (["inference", "--device", "abacus"], "There is no device 'abacus' here"),
        (["inference", "--out", "."], "is a folder"),
        (["growth", "--out", "x.png"], "ends in .json"),
        (["feeding", "--batch", "3"], "leave out --batch"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(
    bench: Command, arguments: list[str], says: str
) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
