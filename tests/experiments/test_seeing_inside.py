"""The studies behind the page about seeing inside: what it says is what was measured."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from c3d_teach import kernel_statistics, load
from c3d_teach.analysis.filters.tuning import tuning
from c3d_teach.experiments import map_sanity, selectivity, when_it_moves

PAGE = Path(__file__).parents[2] / "docs" / "seeing-inside.md"


def result(study):
    return json.loads(study.RESULT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("study", [selectivity, when_it_moves, map_sanity])
def test_the_page_shows_what_was_measured(study):
    text = PAGE.read_text(encoding="utf-8")
    assert study.with_table(text) == text


def test_every_picture_of_the_page_is_there():
    named = re.findall(r"!\[[^\]]{20,}\]\(([^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(named) >= 9
    assert all((PAGE.parent / name).is_file() for name in named)
    unused = {f.name for f in (PAGE.parent / "inside").iterdir()} - {Path(n).name for n in named}
    assert not unused


def test_depth_1_has_no_direction_and_training_has_put_some_into_depth_3():
    rows = result(selectivity)
    for nets in rows.values():
        flat = [v for values in nets["depth 1"].values() for v in values if v is not None]
        assert flat and set(flat) == {0.0}
    nets = rows["motion-d3"]
    for layer, values in selectivity.arrays(nets["trained"]).items():
        for seed in range(selectivity.SEEDS):
            random = selectivity.arrays(nets[f"random {seed}"])[layer]
            assert selectivity.median(values) > selectivity.median(random)


def test_the_selectivity_of_a_layer_is_found_again():
    shipped = selectivity.arrays(result(selectivity)["motion-d3"]["trained"])["conv1"]
    assert np.allclose(tuning(load("motion-d3"), "conv1").selectivity, shipped, atol=0.01)


def test_hiding_frames_finds_the_moment_of_the_motion():
    found = result(when_it_moves)
    assert found["clips"] == 200 and found["uniform"] == 0.375
    assert found["occlusion"]["trained"]["share"] >= 0.8
    low = found["occlusion"]["trained"]["interval"][0]
    for seed in range(when_it_moves.SEEDS):
        assert found["occlusion"][f"random {seed}"]["interval"][1] < low
    steps = [one["steps"] for one in found["grad-cam"].values()]
    assert steps == [16, 16, 8, 4, 2]


def test_the_share_of_the_motion_is_found_again_on_fewer_clips():
    net = load("motion-d3")
    clips, motions, right = when_it_moves.right_clips(net, 40)
    assert len(clips) == len(motions) == 40 and right > 0.8
    again = when_it_moves.summary(when_it_moves.occlusion_curves(net, clips, motions))
    low, high = result(when_it_moves)["occlusion"]["trained"]["interval"]
    assert again["interval"][0] < high and again["interval"][1] > low


def test_guided_backpropagation_and_deconvolution_fail_and_the_others_do_not():
    for methods in result(map_sanity).values():
        stays = {m for m, one in methods.items() if one["unlearnt"] >= map_sanity.KEPT}
        assert stays == {"guided backpropagation", "deconvolution"}


def test_two_numbers_hardly_tell_a_trained_kernel_from_a_random_one():
    found = kernel_statistics(load("motion-d3"), "conv1")
    trained, random = np.median(found.separability), found.chance_separability
    said = f"in the median {trained:.0%} fits into one product, of random kernels {random:.0%}"
    assert said.replace("%", " %") in PAGE.read_text(encoding="utf-8").replace("\n", " ")


def test_the_code_on_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 9
    names = {}
    for block in blocks:  # each goes on from those above it
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(list(tmp_path.iterdir())) >= 12, "every figure is written"
