"""The study of one's own features: what it writes, and which folds are fair."""

import json

import numpy as np
import pytest

from c3d_teach import FeatureTable
from c3d_teach.experiments.probing import study


@pytest.fixture
def table():
    """4 classes, 6 groups each of 3 videos, two official splits by group."""
    rng = np.random.default_rng(0)
    rows, labels, groups = [], [], []
    for k in range(4):
        for group in range(6):
            for _ in range(3):
                rows.append(rng.normal(size=12) + 4 * np.eye(12)[k])
                labels.append("abcd"[k])
                groups.append(f"g{group:02d}")
    x = np.asarray(rows, np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    sides = tuple(
        tuple("test" if group in held else "train" for group in groups)
        for held in (("g00", "g01"), ("g02", "g03"))
    )
    names = tuple(f"{label}/{k:03d}" for k, label in enumerate(labels))
    return FeatureTable(x, names, tuple(labels), tuple(groups), sides, {"net": {"name": "x"}})


def test_numbers_and_figures_are_written(table, tmp_path):
    found = study(table, tmp_path, dimensions=(2, 5), map_by="pca")
    assert found.probe.accuracy > 0.9 and found.probe.folds == "2 official splits"
    assert len(found.controls) == 10 and np.mean(found.controls) < 0.5
    assert [p.dimension for p in found.curve.points] == [2, 5, 12]
    written = json.loads((tmp_path / "probe.json").read_text())
    assert written["probe"]["confusion"] == found.probe.confusion.tolist()
    assert written["features"] == {"net": {"name": "x"}} and written["note"] == ""
    assert {path.name for path in found.written} == {
        "probe.json",
        "confusion.png",
        "compactness.png",
        "embedding.png",
        "embedding.csv",
    }
    assert "shuffled (10 times:" in str(found)


def test_a_lone_point_is_no_curve_and_few_videos_no_map(table, tmp_path):
    found = study(table, tmp_path, dimensions=(500,), map_by=None)
    assert not (tmp_path / "compactness.png").exists() and found.map is None


def test_a_net_trained_on_a_split_is_probed_on_that_split(table, tmp_path):
    table.settings["net"]["trained on split"] = 2
    found = study(table, tmp_path, dimensions=(), map_by=None)
    assert found.probe.folds == "official split 2" and "only split 2" in str(found)
    found = study(table, tmp_path, folds="official", dimensions=(), map_by=None)
    assert found.probe.folds == "2 official splits" and "was itself trained" in found.note
    assert study(table, tmp_path, folds="split2", dimensions=(), map_by=None).note == ""
