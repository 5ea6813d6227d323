"""The study of frozen features: its page, its tasks, its verdict."""

import json
from pathlib import Path

import pytest
import torch

from c3d_teach.experiments.like_vgg import (
    DIGIT_IDENTITY,
    DIGIT_MOTIONS,
    DIGIT_SPEEDS,
    PHOTOGRAPHS,
    RESULT,
    verdict_of,
    with_table,
)

PAGE = Path(__file__).parents[2] / "docs" / "real-video.md"


def test_the_page_shows_what_was_measured():
    text = PAGE.read_text(encoding="utf-8")
    assert with_table(text) == text
    rows = json.loads(RESULT.read_text(encoding="utf-8"))
    assert {row["net"] for row in rows} == {"photo net", "camera-c3d", "motion-d3"}
    assert all(len(row["random"]) == 5 for row in rows)


def test_what_the_page_says_is_what_the_table_says():
    rows = json.loads(RESULT.read_text(encoding="utf-8"))
    ahead = {}
    for row in rows:
        ahead.setdefault((row["net"], row["task"]), []).append(verdict_of(row))
    assert set(ahead["photo net", PHOTOGRAPHS.name]) == {"trained"}
    assert set(ahead["camera-c3d", DIGIT_MOTIONS.name]) == {"trained"}
    assert set(ahead["camera-c3d", PHOTOGRAPHS.name]) == {"random"}


@pytest.mark.parametrize("task", [PHOTOGRAPHS, DIGIT_MOTIONS, DIGIT_SPEEDS, DIGIT_IDENTITY])
def test_tasks_have_as_many_clips_of_every_class_and_others_to_test(task):
    train, test = (task.make(side, 5) for side in ("train", "test"))
    for clips, labels in (train, test):
        assert len(clips) == len(labels) == 5 * task.classes
        assert (
            sorted(labels.tolist()) == sorted(list(range(task.classes)) * 5) or task is PHOTOGRAPHS
        )
        assert torch.bincount(labels)[labels.unique()].tolist() == [5] * task.classes
    same = {clip.numpy().tobytes() for clip in train[0]} & {c.numpy().tobytes() for c in test[0]}
    assert not same


def test_a_verdict_needs_the_whole_interval_beyond_every_seed():
    row = {"interval": [0.6, 0.7], "random": [0.4, 0.59]}
    assert verdict_of(row) == "trained"
    assert verdict_of(row | {"random": [0.4, 0.65]}) == "neither"
    assert verdict_of(row | {"random": [0.75, 0.8]}) == "random"
