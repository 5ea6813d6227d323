"""c3d-teach experiment: what it refuses, in one sentence."""

import sys

import pytest
import torch

from c3d_teach.cli import run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["kernel-dept"], "Did you mean kernel-depth?"),
        (["nothing"], "there are kernel-depth, kernel-depth-other-rate, two"),
        (["pooling", "--seeds", "0"], "at least 1"),
        (["pooling", "--device", "tpu"], "There is no device 'tpu' here"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, says, tmp_path, monkeypatch, capsys):
    command = ["c3d-teach", "experiment", *arguments, "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as exit:
        run()
    assert exit.value.code == 2
    said = capsys.readouterr().err
    assert says in said and len(said.splitlines()) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="here the full-size study can run")
def test_the_full_size_study_asks_for_a_gpu(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "argv", ["c3d-teach", "experiment", "kernel-depth-full-size", "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as exit:
        run()
    assert exit.value.code == 2
    assert "There is no device 'cuda' here; there is cpu" in capsys.readouterr().err
