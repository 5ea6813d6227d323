"""The page "Playground": every control, its trainings, and numbers that are the library's."""

import contextlib
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import opening
import pytest
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach.experiments.playground import (
    BATCHES,
    CLIPS,
    NOISES,
    RATES,
    SEEDS,
    STEPS,
    WIDTHS,
    Configuration,
    PlaygroundRun,
)

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = {"clips": "64", "batch": "8", "steps": "80", "a.width": "0.0625", "b.width": "0.0625"}
A = Configuration(width=1 / 16, clips=64, batch=8, steps=80, depths=(1, 1, 1, 1, 1))
B = replace(A, depths=(3, 3, 3, 3, 3))


@pytest.fixture(autouse=True)
def trainings() -> Iterator[Any]:
    """The page's own module; what a test has started ends with it."""
    import trainings

    yield trainings
    everyone = trainings.trainings()
    for training in list(everyone._all):
        everyone.stop(training)


def opened(**settings: str) -> AppTest:
    """The page with these settings, named without its prefix."""
    return fine(opening.opened("playground", **{f"playground.{k}": v for k, v in settings.items()}))


def tiny(**settings: str) -> AppTest:
    return opened(**TINY | settings)


def press(page: AppTest, name: str) -> AppTest:
    return fine(page.button(key=f"playground.{name}").click().run())


def label(page: AppTest) -> str:
    """What the first button offers."""
    keys = [button.key for button in page.button]
    return "Pause" if "playground.pause" in keys else page.button(key="playground.train").label


def held(page: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = page.session_state["playground trainings"]
    return found


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def stilled(page: AppTest) -> AppTest:
    until(lambda: all(t.still for t in held(page).values()))
    return fine(page.run())


def asked(page: AppTest) -> list[Configuration]:
    """What the page would train: it stands in its notebook cell."""
    (cell,) = page.code
    space: dict[str, Any] = {}
    lines = cell.value.split("runs =")[0]
    exec(lines, space)
    return list(space["chosen"].values())


def test_the_first_view_is_2d_against_3d() -> None:
    page = opened()
    flat, deep = asked(page)
    assert flat == Configuration(depths=(1, 1, 1, 1, 1)) and deep == Configuration()
    assert label(page) == "Train" and page.button(key="playground.reset").disabled
    assert list(charts(page)) == ["frames"]
    assert page.image[0].proto.imgs[0].alt.count("digit") >= 8
    assert "Press **Train**" in texts(page)


@pytest.mark.parametrize(
    ("kind", "name", "value", "changed"),
    [
        ("segmented_control", "task", "both", {"task": "both"}),
        ("select_slider", "noise", NOISES[3], {"noise": NOISES[3]}),
        ("select_slider", "clips", CLIPS[0], {"clips": CLIPS[0]}),
        ("select_slider", "rate", RATES[0], {"rate": RATES[0]}),
        ("select_slider", "batch", BATCHES[0], {"batch": BATCHES[0]}),
        ("select_slider", "steps", STEPS[3], {"steps": STEPS[3]}),
        ("select_slider", "seed", SEEDS[7], {"seed": SEEDS[7]}),
    ],
)
def test_what_both_nets_share(kind: str, name: str, value: Any, changed: dict[str, Any]) -> None:
    page = opened()
    before = asked(page)
    fine(getattr(page, kind)(key=f"playground.{name}").set_value(value).run())
    assert asked(page) == [replace(one, **changed) for one in before]


def test_what_each_net_has_of_its_own() -> None:
    page = opened()
    flat = asked(page)[0]
    for side in "ab":
        page.selectbox(key=f"playground.{side}.depth").set_value("depth-5")
        page.selectbox(key=f"playground.{side}.pooling").set_value("pooled early")
        page.select_slider(key=f"playground.{side}.width").set_value(WIDTHS[0])
        fine(page.run())
        new = asked(page)["ab".index(side)]
        assert new.depths == (5,) * 5 and new.width == WIDTHS[0]
        assert new.pools != flat.pools
    assert len(charts(page)["frames"]["data"]) == 1, "alike in it: one line"


def test_layer_by_layer() -> None:
    page = opened()
    page.selectbox(key="playground.a.depth").set_value("layer by layer")
    page.selectbox(key="playground.a.pooling").set_value("layer by layer")
    fine(page.run())
    for n, depth in enumerate((7, 5, 3, 1, 3), 1):
        page.select_slider(key=f"playground.a.kernel{n}").set_value(depth)
    for n, pool in enumerate((2, 1, 1, 2, 2), 1):
        page.select_slider(key=f"playground.a.pool{n}").set_value(pool)
    fine(page.run())
    own, other = asked(page)
    assert own.depths == (7, 5, 3, 1, 3) and own.pools == (2, 1, 1, 2, 2)
    assert other == Configuration()
    lines = charts(page)["frames"]["data"]
    assert lines[0]["y"][-1] == 2 and lines[1]["y"][-1] == 1


def test_an_impossible_net_is_said_and_not_trained() -> None:
    page = opened(**{"a.pooling": "layer by layer", "a.pool1": "2"})
    for n in range(2, 6):
        page.select_slider(key=f"playground.a.pool{n}").set_value(2)
    fine(page.run())
    assert "cannot be built" in page.warning[0].value
    assert page.button(key="playground.train").disabled
    assert page.button(key="playground.step").disabled
    assert len(asked(page)) == 1


def test_every_preset_is_taken() -> None:
    import playground_settings

    page = opened(**{"seed": "3", "two": "false"})
    assert len(asked(page)) == 1
    seen = []
    for name, given in playground_settings.PRESETS.items():
        press(page, f"preset.{name}")
        both = asked(page)
        assert len(both) == 2 and both[0].seed == 0, "a preset sets everything"
        for setting, value in given.items():
            if "." not in setting:
                assert {getattr(one, setting) for one in both} == {value}
        seen.append(tuple(both))
    assert len(set(seen)) == len(seen)
    assert any(one.noise == 0.2 for both in seen for one in both)


def test_a_link_brings_the_settings_back() -> None:
    page = tiny(**{"task": "what", "seed": "4", "noise": "0.1", "a.depth": "depth-7"})
    first, second = asked(page)
    assert first == replace(A, task="what", seed=4, noise=0.1, depths=(7,) * 5)
    assert second == replace(B, task="what", seed=4, noise=0.1)
    assert len(asked(opened(two="false"))) == 1


def test_a_link_with_nonsense_brings_the_first_view() -> None:
    names = [
        *("task", "noise", "clips", "rate", "batch", "steps", "seed", "two"),
        *(f"a.{what}" for what in ("depth", "pooling", "width", "kernel1", "pool1")),
    ]
    for nonsense in ("../../etc/passwd", "-1", "1e999", "999999999", "nan", "", "<b>"):
        assert asked(opened(**dict.fromkeys(names, nonsense))) == asked(opened())


def test_train_pause_step_go_on_reset(trainings: Any) -> None:
    page = press(tiny(), "train")
    assert label(page) == "Pause" and page.button(key="playground.step").disabled
    assert [t.configuration for t in held(page).values()] == [A, B]
    until(lambda: all(t.snapshot for t in held(page).values()))
    press(page, "pause")
    assert label(page) in ("Go on", "Train")
    page = stilled(page)
    going = {side: t for side, t in held(page).items() if not t.over}
    if going:  # a tiny training may be over by now
        assert label(page) == "Go on"
        before = {side: t.snapshot["step"] for side, t in going.items()}
        page = stilled(press(page, "step"))
        assert {s: t.snapshot["step"] - before[s] for s, t in going.items()} == dict.fromkeys(
            going, 1
        )
        page = press(page, "train")
    page = stilled(page)
    assert {t.state for t in held(page).values()} == {trainings.FINISHED}
    assert label(page) == "Train"

    shown = charts(page)
    for side, configuration in (("A", A), ("B", B)):
        run = PlaygroundRun(configuration)
        while not run.finished:
            run.advance()
        library, seen = run.snapshot(), held(page)[side].snapshot
        assert seen["losses"] == library.losses, "paused, stepped, and still the same training"
        k = "AB".index(side)
        assert shown["accuracy-how"]["data"][k]["y"] == [
            right["how"] for _, right in library.validation
        ]
        means = [sum(library.losses[i : i + 10]) / 10 for i in range(0, 80, 10)]
        assert shown["loss"]["data"][k]["y"] == pytest.approx(means)
        table = shown[f"confusion-{side}-how"]["data"][0]["z"]
        for row, counts in zip(table, library.confusion["how"], strict=True):
            assert row == pytest.approx([n / sum(counts) for n in counts], abs=1e-4)
        now = shown[f"kernels-{side}"]["data"][0]["z"]
        flat = [w for row in now for w in row if w is not None]
        depth = configuration.depths[0]
        assert sorted(flat[len(flat) // 2 :]) == pytest.approx(
            sorted(w for f in library.kernels for t in f for r in t for w in r), abs=1e-4
        )
        assert len(flat) == 2 * 4 * depth * 9
        share = library.validation[-1][1]["how"]
        assert f"step 80 of 80: {share:.0%} right about how it moves" in texts(page)
    assert "After 80 steps" in texts(page)

    page = press(page, "reset")
    assert list(charts(page)) == ["frames"] and not held(page)


def test_one_step_from_the_beginning_and_reset_gives_the_untrained_net() -> None:
    page = stilled(press(tiny(two="false"), "step"))
    (training,) = held(page).values()
    assert training.snapshot["step"] == 1 and label(page) == "Go on"
    first = training.snapshot["first"]
    process = training.process
    press(page, "reset")
    until(lambda: process.poll() is not None, 0.5)
    page = stilled(press(page, "step"))
    (again,) = held(page).values()
    assert again is not training and again.snapshot["first"] == first
    assert again.snapshot["losses"] == training.snapshot["losses"]


def test_go_on_leaves_alone_what_is_finished(trainings: Any) -> None:
    page = stilled(press(tiny(), "step"))
    done, paused = held(page).values()
    trainings.trainings().tell(done, "go")
    until(lambda: done.state == trainings.FINISHED)
    page.run()
    assert label(page) == "Go on"
    page = stilled(press(page, "step"))
    assert list(held(page).values()) == [done, paused]
    assert done.snapshot["step"] == 80 and paused.snapshot["step"] == 2
    page = stilled(press(page, "train"))
    assert list(held(page).values()) == [done, paused] and paused.snapshot["step"] == 80


def test_pause_with_the_other_in_line(trainings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings.trainings(), "places", 1)
    page = press(tiny(steps="480", clips="64"), "train")
    first, second = held(page).values()
    assert "number 1 in line and begins by itself" in texts(page)
    until(lambda: first.snapshot)
    page = press(page, "pause")
    page = stilled(page)
    assert label(page) == "Go on" and second.state == trainings.WAITING
    press(page, "train")
    trainings.trainings().stop(first)
    until(lambda: second.snapshot)


def test_the_third_waits_and_begins_by_itself(trainings: Any) -> None:
    page, other = press(tiny(), "train"), press(tiny(two="false"), "train")
    (third,) = held(other).values()
    assert third.state == trainings.WAITING
    assert "2 trainings are under way on this machine" in texts(other)
    press(page, "reset")
    until(lambda: third.state == trainings.FINISHED)
    assert "in line" not in texts(fine(other.run()))


def test_a_training_goes_on_while_other_pages_are_looked_at() -> None:
    page = press(tiny(two="false"), "train")
    (training,) = held(page).values()
    page.switch_page("views/architecture.py").run()
    until(lambda: training.over)
    page.switch_page("views/playground.py").run()
    assert "step 80 of 80" in texts(fine(page))


def test_changed_settings_are_said_and_train_takes_them() -> None:
    page = stilled(press(tiny(two="false"), "step"))
    (old,) = held(page).values()
    fine(page.select_slider(key="playground.seed").set_value(1).run())
    assert "The settings have changed since" in texts(page) and label(page) == "Train"
    assert "A, as it was" in texts(page)
    page = stilled(press(page, "step"))
    (new,) = held(page).values()
    assert new.configuration.seed == 1 and old.over and "as it was" not in texts(page)


def test_a_killed_training_is_a_sentence() -> None:
    page = stilled(press(tiny(two="false"), "step"))
    (training,) = held(page).values()
    training.process.kill()
    until(lambda: training.over)
    fine(page.run())
    assert "Net A: The training ended unexpectedly" in page.warning[0].value
    assert label(page) == "Train"


def test_sides_keep_their_place(trainings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While only B has something to show, it stands on the right, in its own colour."""
    page = stilled(press(tiny(), "step"))
    whole = charts(page)
    held(page)["A"].snapshot = None
    late = charts(page.run())
    assert "confusion-A-how" not in late and "confusion-B-how" in late
    assert "A: depth-1: nothing to see yet." in texts(page)
    for name in ("accuracy-how", "loss"):
        b, before = late[name]["data"][1], whole[name]["data"][1]
        assert b["line"] == before["line"] and b["name"] == before["name"]
        assert not late[name]["data"][0]["y"]


def test_both_questions_of_one_net() -> None:
    page = stilled(press(tiny(two="false", task="both"), "step"))
    assert {"accuracy-how", "accuracy-what", "confusion-A-how", "confusion-A-what"} <= set(
        charts(page)
    )


def test_the_cell_gives_the_pages_accuracy() -> None:
    page = tiny()
    (cell,) = page.code
    *body, last = cell.value.strip().splitlines()
    space: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join(body), space)
    found = eval(last, space)
    run = PlaygroundRun(B)
    for _ in range(20):
        run.advance()
    assert found["B"] == run.snapshot().validation[-1] and found["B"][0] == 20


SEEN = {"classes": {"how": ["left", "right", "up", "down"]}, "chance": {"how": 0.25}}


def snapshot(table: list[list[int]], **more: Any) -> dict[str, Any]:
    right = sum(table[k][k] for k in range(4)) / sum(map(sum, table))
    return (
        SEEN
        | {"step": 80, "total": 80, "validation": [(80, {"how": right})]}
        | ({"confusion": {"how": table}} | more)
    )


def test_what_a_net_has_learnt_is_read_off_its_confusion() -> None:
    import playground_words as words

    blind = [[9, 9, 1, 1], [9, 9, 1, 1], [1, 1, 9, 9], [1, 1, 9, 9]]
    assert words.reversal_pairs(blind) == (0.9, 0.5)
    said = words.learnt("A", snapshot(blind))
    assert "(left or right, up or down, …) rightly in 90% of the clips" in said
    assert "in 50%" in said and "it only guesses" in said
    half = [[14, 4, 1, 1], [4, 14, 1, 1], [1, 1, 14, 4], [1, 1, 4, 14]]
    said = words.learnt("A", snapshot(half))
    assert "in 78%." in said and "guesses" not in said
    best = [[20 * (i == j) for j in range(4)] for i in range(4)]
    assert "has learnt which of the 4 motions" in words.learnt("A", snapshot(best))
    none = [[0, 0, 10, 10], [0, 0, 10, 10], [10, 10, 0, 0], [10, 10, 0, 0]]
    assert words.reversal_pairs(none) == (0, 0)
    assert "has learnt little: 0%" in words.learnt("A", snapshot(none))
    assert words.learnt("A", snapshot(best, step=79)) == ""


def test_nets_are_compared_where_both_were_asked() -> None:
    import playground_words as words

    def asked_at(*points: tuple[int, float]) -> dict[str, Any]:
        return SEEN | {"validation": [(step, {"how": share}) for step, share in points]}

    slow = asked_at((0, 0.1), (20, 0.2))
    quick = asked_at((0, 0.1), (20, 0.5), (40, 0.9))
    said = words.compared(slow, quick, ("A", "B"))
    assert said.startswith("After 20 steps **B** is 30 points ahead")
    assert "less than 5 points" in words.compared(slow, slow, ("A", "B"))
    assert words.compared(asked_at((0, 0.1)), quick, ("A", "B")) == ""


def test_the_film_names_every_motion_and_misses_none_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import playground_clips
    import state

    film, alt = playground_clips.examples.__wrapped__(0.05, 0)
    motions = A.trial().setting.motions
    assert film[:4] == b"RIFF" and all(motion in alt for motion in motions)
    names: list[str] = []
    monkeypatch.setattr(
        playground_clips, "film_sheet", lambda panels, **_: names.extend(n for n, _ in panels)
    )
    monkeypatch.setattr(playground_clips, "animation", lambda *_, **__: b"")
    kind = type(A.trial().setting.clips_of("train", 0))
    real = kind.batch

    def without_left(self: Any, indices: Any) -> Any:
        assert state.COMPUTING.locked()
        found = real(self, indices)
        return found | {"motion": found["motion"].clamp(min=1)}

    monkeypatch.setattr(kind, "batch", without_left)
    playground_clips.examples.__wrapped__(0.05, 0)
    assert len(names) == len(motions) - 1 and "left" not in names
    assert not re.search(r"counter-clockwise.*counter", " ".join(names))
