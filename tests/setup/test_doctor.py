"""The doctor finds this machine fit, and says of a broken one what is broken."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from c3d_teach import cli, doctor
from c3d_teach.data import export, photos, video
from c3d_teach.errors import VideoError
from c3d_teach.findings import Finding, Report


def run_doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "c3d_teach", "doctor", *arguments],
        env=os.environ | variables,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=240,  # seconds; a machine under load has taken a minute
        check=False,
    )


def problems(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.state == "problem"]


def test_this_machine_is_fine() -> None:
    done = run_doctor("--json")
    report = json.loads(done.stdout)
    assert [f for f in report["findings"] if f["state"] == "problem"] == []
    assert report["fine"] is True
    assert done.returncode == 0, done.stderr
    assert {f["about"] for f in report["findings"]} >= {
        "Python", "machine", "packages", "torch", "video", "photographs", "digits", "nets",
        "chromium",
    }  # fmt: skip


def test_wrong_version_is_reported_with_its_mend_and_exit_code_1(tmp_path: Path) -> None:
    info = tmp_path / "numpy-1.20.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.20.0\n")
    done = run_doctor("--json", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["fine"] is False
    (wrong,) = [f for f in report["findings"] if f["state"] == "problem" and "numpy" in f["fact"]]
    assert "1.20.0" in wrong["fact"] and ">=2.0" in wrong["fact"]
    assert "pip install" in wrong["advice"] and "'numpy>=2.0'" in wrong["advice"]


def test_command_line_prints_problems_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Finding]:
        raise OSError("DLL load failed\nsecond line")

    checks = (("torch", broken, "Install torch again."), ("Python", doctor.check_python, ""))
    monkeypatch.setattr(doctor, "CHECKS", checks)
    as_text = CliRunner().invoke(cli.app, ["doctor"])
    assert as_text.exit_code == 1
    assert "✗ torch   This check broke with OSError: DLL load failed" in as_text.output
    assert "Install torch again." in as_text.output
    assert "second line" not in as_text.output
    assert "✓ Python" in as_text.output, "one broken check must not hide the others"
    assert as_text.output.rstrip().endswith("1 problem.")
    as_json = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert as_json.exit_code == 1
    assert json.loads(as_json.output)["fine"] is False


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    true_version = metadata.version

    def version(name: str) -> str:
        if name in ("plotly", "ruff"):
            raise metadata.PackageNotFoundError(name)
        return true_version(name)

    monkeypatch.setattr(metadata, "version", version)
    found = doctor.check_packages()
    (missing,) = problems(found)
    assert missing.fact == "plotly is missing."
    assert "plotly>=6.0" in missing.advice
    (note,) = [f for f in found if f.state == "note"]
    assert "ruff is missing." in note.fact


def test_kit_that_is_not_installed_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    (problem,) = problems(doctor.check_packages())
    assert "-e ." in problem.advice


def test_missing_module_is_blamed_not_its_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr(doctor, "CHECKS", [("video", doctor.check_video, "Wrong advice.")])
    (finding,) = doctor.examine().findings
    assert finding.state == "problem"
    assert finding.advice == "Install av first; see packages above."


def test_decoder_that_fails_or_gives_noise_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Iterator[torch.Tensor]:
        raise VideoError("the decoder was brought down")

    def noise(*_: Any, **__: Any) -> Iterator[torch.Tensor]:
        yield torch.randint(0, 256, (16, 32, 32, 3), dtype=torch.uint8)

    def nothing(*_: Any, **__: Any) -> Iterator[torch.Tensor]:
        return iter(())

    monkeypatch.setattr(doctor, "CHECKS", [("video", doctor.check_video, "Install again.")])
    for broken in (fails, noise, nothing):
        monkeypatch.setattr(video, "read_clips", broken)
        assert not doctor.examine().fine, broken


def test_encoder_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("no encoder libx264")

    monkeypatch.setattr(export, "write_video", fails)
    monkeypatch.setattr(doctor, "CHECKS", [("video", doctor.check_video, "Install again.")])
    (finding,) = doctor.examine().findings
    assert "libx264" in finding.fact and finding.advice == "Install again."


def test_missing_photograph_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(photos._FILES, "rocket", ("skimage", "data/no-rocket.jpg"))
    photos.pyramid.cache_clear()
    (problem,) = problems(doctor.check_data())
    assert problem.fact == "No rocket."
    assert "scikit-image" in problem.advice
    photos.pyramid.cache_clear()


def test_missing_and_damaged_nets_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from c3d_teach.models import weights

    (tmp_path / "motion-d3.safetensors").write_bytes(b"not a net")
    monkeypatch.setattr(weights, "_ASSETS", tmp_path)
    (problem,) = problems(doctor.check_nets())
    assert "motion-d1 is missing." in problem.fact
    assert "motion-d3.safetensors is not a whole safetensors file" in problem.fact


def test_no_browser_is_a_note_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    (finding,) = doctor.check_browser()
    assert finding.state == "note" and finding.advice


@pytest.mark.parametrize(
    ("torch_version", "cudnn", "torchvision", "expected"),
    [
        ("2.13.0+cpu", None, None, []),
        ("2.9.1+cpu", None, None, []),  # a matter of GPUs
        ("2.13.0+cu130", 92000, "0.28.0+cu130", []),
        ("2.9.0+cu128", 91002, None, ["torch"]),
        ("2.9.0+cu128", 91501, None, ["torch"]),
        ("2.9.1+cu128", 91002, None, ["torch"]),
        ("2.9.1+cu128", 91501, None, []),
        ("2.8.0+cu128", 91002, None, ["cuDNN"]),
        ("2.8.0+cu128", 90701, None, []),
        ("2.13.0+cpu", None, "0.28.0", ["torchvision"]),
        ("2.13.0+cpu", None, "0.28.0+cpu", []),
        ("2.13.0", None, "0.28.0", []),  # macOS and Windows have no local part
    ],
)
def test_traps(
    torch_version: str, cudnn: int | None, torchvision: str | None, expected: list[str]
) -> None:
    found = doctor.traps(torch_version, cudnn, torchvision)
    assert [finding.about for finding in found] == expected
    assert all(finding.state == "note" and finding.advice for finding in found)


REPORT = Report((Finding("video", "fine", "works"), Finding("nets", "problem", "gone", "do it")))


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" not in str(REPORT)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "\x1b[31m✗\x1b[0m nets" in str(REPORT)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in str(REPORT)


def test_terminal_without_the_marks_gets_letters() -> None:
    """The Windows console in its old code page can print neither mark."""
    done = run_doctor(PYTHONIOENCODING="cp1252")
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    assert "+ Python" in done.stdout
