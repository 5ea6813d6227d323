"""README and benchmarks/README.md say what the results say."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from bench_support import MACHINE, growth_document, inference_document, training_document

from c3d_teach.bench.page import agreement_sentence, speed_block, table, with_speed

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import speed  # noqa: E402
import tables  # noqa: E402

EMPTY_README = "# A kit\n\n<!-- speed -->\n<!-- end of speed -->\n\n## Licence\n"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results that nobody measured."""
    folder = tmp_path / "results"
    folder.mkdir()
    write(folder / "inference-two-cores.json", inference_document())
    write(folder / "training-two-cores.json", training_document())
    return folder


def write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def test_readme_says_what_the_results_say() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme == with_speed(readme, ROOT / "benchmarks" / "results"), (
        "run .venv/bin/python benchmarks/speed.py --tables"
    )


def test_a_changed_result_changes_the_block(results: Path) -> None:
    before = with_speed(EMPTY_README, results)
    assert with_speed(before, results) == before
    changed = inference_document()
    changed["ratio_to_openvino"] = 1.23
    write(results / "inference-two-cores.json", changed)
    after = with_speed(before, results)
    assert after != before
    assert "1.23×" in after
    assert after.startswith("# A kit\n") and after.endswith("\n## Licence\n")


def test_the_block_has_a_row_for_each_thing_that_was_measured(results: Path) -> None:
    lines = speed_block(results).splitlines()
    default, direct, plain, training = (
        line for line in lines if line[:2] == "| " and "on" not in line[:6]
    )
    assert default.split(" | ")[1:] == [
        "9.00 (6.00 to 12.0)",
        "3.00× (3.00 to 3.00)",
        "1.11× (1.10 to 1.12)",
        "1.50× (1.40 to 1.60) |",
    ]
    assert "C3D, 8 clips at once" in default
    assert "OpenVINO called directly" in direct and "2.70×" in direct
    assert "plain" in plain and "×" not in plain
    assert "training the classroom net, mini-batch of 32" in training
    assert "| 2.00× (2.00 to 2.00) |  | 1.50× (1.50 to 1.50) |" in training
    block = "\n".join(lines)
    assert "An Abacus, 2026-01-02" in block
    assert "benchmarks/README.md" in block


def test_without_results_the_block_says_how_to_measure(tmp_path: Path) -> None:
    block = speed_block(tmp_path)
    assert "Speed on two cores has not been measured yet" in block
    assert "benchmarks/speed.py inference training --device cuda" in block


def test_a_gpu_has_its_own_table_with_the_day_it_was_measured(results: Path) -> None:
    assert "On a GPU it has not been measured yet" in speed_block(results)
    write(results / "inference-h200.json", inference_document("cuda"))
    write(results / "training-h200.json", training_document("cuda"))
    block = speed_block(results)
    assert "not been measured" not in block
    assert "| on one A Large GPU | clips/s | against plain | bfloat16 off |" in block
    assert "Last measured 2026-01-02, torch 2.13.0." in block
    assert block.count("OpenVINO called directly") == 1, "it is for the CPU alone"


def test_agreement_in_words_takes_the_worst_and_rounds_up() -> None:
    said = agreement_sentence([inference_document()["agreement"]])
    assert "in float32 512 of 512 clips get the same class" in said
    assert "probability by more than 4.2e-07;" in said
    assert "in bfloat16 511 of 512" in said
    assert "by more than 0.017." in said, "0.0161 is more than 0.016"
    nothing = {"net": "camera-c3d", "clips": 8, "rows": []}
    assert "could be tried" in agreement_sentence([nothing])


def test_each_processor_has_its_own_table_and_the_worst_agreement_counts(results: Path) -> None:
    other = inference_document()
    other["machine"] = MACHINE | {"processor": "A Loom", "bfloat16": "AMX"}
    other["agreement"]["rows"][0]["same_top1"] = 500
    write(results / "inference-two-cores-amx.json", other)
    block = speed_block(results)
    assert block.count("| on two cores | clips/s |") == 2
    assert block.index("An Abacus, 2026-01-02") < block.index("A Loom (bfloat16 by AMX), 2026")
    assert block.count("Medians with") == 1
    assert "500 of 512 clips get the same class" in block


def test_a_table_has_the_engine_the_memory_and_what_is_missing() -> None:
    lines = "\n".join(table(inference_document()))
    assert "label of default (default, bfloat16)" in lines
    assert "| 1,234 |" in lines
    assert "Not measured: gpu: there is no CUDA device here." in lines
    assert "| torch, bfloat16 | 0.081 | 0.016 | 511 of 512 |" in lines
    assert "| openvino, float32 | openvino is missing |" in lines


def test_all_kinds_of_results_have_a_section(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(results / "growth-two-cores.json", growth_document())
    monkeypatch.setattr(tables, "PICTURES", results)
    (results / "growth-two-cores.png").touch()
    old = {"machine": MACHINE, "rounds": 1}
    write(results / "inside-x.json", old | {"rounds": 3, "looks": {"tuning": [1.0, 3.0, 2.0]}})
    lesson = {"seconds": 9.0, "cells": [1.0, 5.0], "slowest": "net = load()"}
    write(results / "lessons-x.json", old | {"lessons": {"00_start_here": lesson}})
    write(results / "dashboard-x.json", old | {"dashboard": {"one visitor": {"megabytes": 1363}}})
    write(results / "overfit-1.json", {"width": 1.0, "steps": 160})
    page = tables.page(results)
    heads = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert heads == [
        "dashboard-x",
        "growth-two-cores",
        "inference-two-cores",
        "inside-x",
        "lessons-x",
        "training-two-cores",
    ]
    assert "| tuning | 2.00 (1.00 to 3.00) |" in page
    assert "| 00_start_here | 9.0 | `net = load()` | 5.0 |" in page
    assert "| one visitor | megabytes | 1,363 |" in page
    assert "](../docs/speed/growth-two-cores.png)" in page
    assert "c3d, 8 clips at once; measured on 2026-01-02, median of 2 rounds of 2 s" in page


def test_the_script_keeps_what_it_measures_and_writes_both_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"inference": inference_document, "growth": growth_document}
    asked: list[dict[str, Any]] = []

    def measure(what: str, **settings: Any) -> dict[str, Any]:
        asked.append(settings)
        return made[what]()

    here = tmp_path / "benchmarks"
    here.mkdir()
    (tmp_path / "README.md").write_text(EMPTY_README, encoding="utf-8")
    for module, name, value in (
        (speed, "measure", measure),
        (speed, "RESULTS", here / "results"),
        (tables, "RESULTS", here / "results"),
        (speed, "PICTURES", tmp_path / "pictures"),
        (tables, "PICTURES", tmp_path / "pictures"),
        (tables, "HERE", here),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(sys, "argv", ["speed.py", "inference", "growth", "--rounds", "2"])
    assert speed.main() == 0
    assert [one["rounds"] for one in asked] == [2, 2]
    assert {path.name for path in (here / "results").iterdir()} == {
        "inference-two-cores.json",
        "growth-two-cores.json",
    }
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["growth-two-cores.png"]
    assert "## inference-two-cores" in (here / "README.md").read_text(encoding="utf-8")
    assert "answers of C3D" in (tmp_path / "README.md").read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["speed.py", "everything"])
    with pytest.raises(SystemExit, match="2"):
        speed.main()
