"""What each measurement says, on small nets and few clips; nothing here asks how fast it was."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bench_support import in_this_process

from c3d_teach.bench import agreement, feeding, growth, inference, training, workloads
from c3d_teach.bench.keep import keep
from c3d_teach.bench.measure import measure
from c3d_teach.bench.nets import NETS, gflop, net_called
from c3d_teach.bench.page import table
from c3d_teach.bench.registry import WORKS, workload
from c3d_teach.bench.report import text
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import describe

QUICK: dict[str, Any] = {"rounds": 2, "seconds": 0.01, "device": "cpu"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without processes, and with less of everything."""
    for module in (inference, training, feeding, growth):
        monkeypatch.setattr(module, "take_turns", in_this_process)
    compared = agreement.agreement
    monkeypatch.setattr(inference, "agreement", lambda device: compared(device, clips=8))
    monkeypatch.setitem(WORKS, "matmul", partial(workloads.matmul, size=64))
    monkeypatch.setitem(WORKS, "copy", partial(workloads.copy, megabytes=1))
    few = {"clips": 4, "frames": 16, "videos": 1}
    entries = {
        key: replace(entry, spec={k: few.get(k, v) for k, v in entry.spec.items()})
        for key, entry in feeding.ENTRIES.items()
    }
    monkeypatch.setattr(feeding, "ENTRIES", entries)
    points = {"batch": (1, 2), "length": (8, 16), "width": (1 / 16, 1 / 8)}
    points |= {"training": (2, 4), "features": (1, 2)}
    series = {key: replace(growth.SERIES[key], points=few) for key, few in points.items()}
    monkeypatch.setattr(growth, "SERIES", series)


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """The document as JSON keeps it, after a look at what all of them have."""
    assert json.loads(json.dumps(document)) == document
    assert {
        "processor",
        "bfloat16",
        "cores",
        "system",
        "python",
        "torch",
        "openvino",
        "device",
        "date",
    } == set(document["machine"])
    for row in document["rows"]:
        assert len(row["rates"]) == document["settings"]["rounds"]
        assert row["smallest"] <= row["median"] <= row["largest"]
        assert row["label"] and row["unit"] and row["peak_megabytes"] > 0
    assert all(row["label"] in text(document) for row in document["rows"])
    assert all(row["label"] in "\n".join(table(document)) for row in document["rows"])
    return document


def test_inference() -> None:
    found = whole(measure("inference", net="classroom", batch=2, **QUICK))
    keys = {row["key"] for row in found["rows"]}
    assert keys | set(found["empty"]) == {*inference.entries("classroom", 2, "cpu"), "gpu"}
    assert {"matmul-float32", "matmul-bfloat16", "copy", "plain", "default"} <= keys
    assert set(found["ceilings"]) == {"matmul-float32", "matmul-bfloat16", "copy"}
    by_key = {row["key"]: row for row in found["rows"]}
    assert found["ratio_to_plain"] == by_key["default"]["ratio_to_plain"]
    assert found["ratio_to_plain_float32"] == by_key["default-float32"]["ratio_to_plain"]
    assert ("direct-float32" in keys) == (found["ratio_to_openvino_float32"] is not None)
    assert {"ratio_to_openvino", "ratio_of_torch_to_openvino"} <= set(found)
    assert by_key["default"]["engine"] == "eager", "a small net answers itself"
    assert by_key["plain"]["share_of_ceiling"] > 0


def test_agreement_names_every_engine_and_precision() -> None:
    found = agreement.agreement("cpu", clips=8)
    assert len(found["rows"]) == 4
    for row in found["rows"]:
        if "problem" not in row:
            assert 0 <= row["same_top1"] <= 8
            assert row["logit_difference"] < 1
    right = {(r["engine"], r["precision"]): r for r in found["rows"]}["torch", "float32"]
    assert right["same_top1"] == 8 and right["probability_difference"] < 1e-4


def test_training() -> None:
    found = whole(measure("training", net="classroom", batch=2, **QUICK))
    by_key = {row["key"]: row for row in found["rows"]}
    assert {"classroom", "classroom-float32", "classroom-plain", "copy"} <= set(by_key)
    assert found["ratio_to_plain"] == {"classroom": by_key["classroom"]["ratio_to_plain"]}
    assert found["gflop_per_item"]["classroom"] == pytest.approx(3 * gflop("classroom"))
    assert by_key["classroom-float32"]["precision"] == "float32"
    assert by_key["classroom-float32"]["bfloat16_in"] == []


def test_feeding() -> None:
    found = whole(measure("feeding", **QUICK))
    assert found["empty"] == {}
    by_key = {row["key"]: row for row in found["rows"]}
    assert list(by_key) == list(feeding.ENTRIES)
    assert {key for key, row in by_key.items() if "ratio_to_plain" in row} == {
        "folder",
        "small-videos",
    }


def test_growth_and_its_picture(tmp_path: Path) -> None:
    found = whole(measure("growth", net="camera", **QUICK))
    assert found["empty"] == {}
    for name, series in growth.SERIES.items():
        rows = [row for row in found["rows"] if row["series"] == name]
        assert [row["x"] for row in rows if row["variant"] == growth.KIT] == list(series.points)
        assert {row["variant"] for row in rows} == (
            {growth.KIT} if name == "features" else {growth.KIT, growth.PLAIN}
        )
        for row in rows:
            middle, fast, slow = row["seconds_per_item"]
            assert fast <= middle <= slow
    keep(found, tmp_path / "growth.json")
    assert json.loads((tmp_path / "growth.json").read_text(encoding="utf-8")) == found
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_a_clip_of_c3d_takes_77_gflop() -> None:
    assert gflop("c3d") == pytest.approx(77.1, abs=0.05)


@pytest.mark.parametrize("name", ["camera", "c3d"])
def test_c3d_takes_clips_of_eight_frames(name: str) -> None:
    """Width 1/16, for the size of the weights says nothing here."""
    short = net_called(name, length=8, width=1 / 16)
    assert short.clip_shape[1] == 8
    assert [row.shape[1] for row in describe(short) if row.name == "pool5"] == [1]


@pytest.mark.parametrize("name", NETS)
def test_every_net_of_the_list_can_be_made(name: str) -> None:
    assert net_called(name, width=1 / 16).clip_shape[1] == 16


@pytest.mark.parametrize(
    ("what", "wrong", "says"),
    [
        ("speed", {}, "there are inference, training, feeding, growth"),
        ("inference", {"net": "resnet"}, "there are c3d, depth-1"),
        ("feeding", {"net": "c3d"}, "leave out --net"),
        ("growth", {"net": "depth-3"}, "c3d or camera"),
        ("growth", {"batch": 2}, "leave out --batch"),
        ("inference", {"batch": 0}, "--batch is 0; it is at least 1"),
        ("inference", {"rounds": 0}, "--rounds is 0"),
        ("inference", {"seconds": 0.0}, "--seconds is 0.0; it is above 0"),
        ("inference", {"device": "abacus"}, "There is no device 'abacus'"),
    ],
)
def test_wrong_use_says_what_there_is(what: str, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        measure(what, **QUICK | wrong)


def test_training_from_films_goes_on_for_ever() -> None:
    """An epoch of a few films is long; what comes after it is another one."""
    spec = {"work": "training from videos", "net": "camera", "batch": 2, "device": "cpu"}
    work, facts = workload(spec | {"cached": True, "frames": 20})
    assert [work(), work()] == [2, 2] and facts == {"precision": "float32"}
