"""The page "Filters": every control, its address, and numbers that are the library's."""

import contextlib
import io
from typing import Any

import numpy as np
import opening
import pytest
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach import MotionDigits, attribute, best_clips, kernel_view, load, shipped, tuning
from c3d_teach.analysis.units import Unit
from c3d_teach.experiments import unit_answers
from c3d_teach.models.transfer import with_random_weights

LOOKS = ("kernel", "the motion it likes", "best clips", "back to the pixels", "depths compared")


def opened(**settings: object) -> AppTest:
    """The page with these settings, named without the page's prefix."""
    return fine(opening.opened("filters", **{f"filters.{k}": str(v) for k, v in settings.items()}))


def look(page: AppTest, name: str) -> AppTest:
    return fine(page.segmented_control(key="filters.look").set_value(name).run())


def layer(page: AppTest, name: str) -> AppTest:
    return fine(page.segmented_control(key="filters.layer").set_value(name).run())


def unit(page: AppTest) -> int:
    return int(page.number_input(key="filters.unit").value)


def address(page: AppTest) -> dict[str, str]:
    found = {k: v[-1] if isinstance(v, list) else v for k, v in page.query_params.items()}
    return {name.removeprefix("filters."): value for name, value in found.items()}


def decoded(values: Any) -> np.ndarray:
    """Numbers of a figure, which plotly sends as text where they are arrays."""
    if isinstance(values, dict):
        import base64

        kind = np.dtype(values["dtype"])
        flat = np.frombuffer(base64.b64decode(values["bdata"]), kind)
        return flat.reshape([int(n) for n in str(values.get("shape", len(flat))).split(",")])
    return np.array(values, float)


@pytest.fixture(scope="module")
def conv1() -> Any:
    return tuning(load("motion-d3"), "conv1")


def test_what_is_shipped_is_what_the_library_computes(conv1: Any) -> None:
    kept = unit_answers.kept_tuning("motion-d3", "conv1")
    np.testing.assert_allclose(kept.responses, conv1.responses, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(kept.selectivity, conv1.selectivity, atol=2e-3)
    assert (np.abs(kept.direction - conv1.direction) < 0.5).all()
    drawn = tuning(with_random_weights(load("motion-d7"), 1), "conv1").selectivity
    np.testing.assert_allclose(
        unit_answers.random_selectivity("motion-d7", "conv1")[1], drawn, atol=1e-3
    )


@pytest.mark.parametrize(("name", "at"), [("motion-d5", "conv2"), ("camera-d1", "conv1a")])
def test_shipped_best_clips_are_those_the_library_finds(name: str, at: str) -> None:
    net = load(name)
    units = [0, 3, 7]
    found = best_clips(net, at, unit_answers.shown_set(net), units=units, progress=False)
    arrays = unit_answers.kept_best(name, at)
    for one in found.units:
        kept = unit_answers.clips_of_unit(net, at, one.unit.channel, arrays)
        np.testing.assert_allclose(kept.activations, one.activations, rtol=1e-4)
        same = kept.numbers == one.numbers  # another processor may round two equals apart
        assert same.mean() > 0.7 and kept.totals == one.totals
        for k in np.flatnonzero(same):
            assert (kept.clips[k] == one.clips[k]).all() and (kept.boxes[k] == one.boxes[k]).all()
            assert all(kept.labels[kind][k] == one.labels[kind][k] for kind in kept.labels)


def test_something_is_kept_of_every_shipped_net_and_it_is_small() -> None:
    for name in shipped():
        net = load(name)
        for at in unit_answers.layers_kept(net):
            assert unit_answers.kept_best(name, at) is not None
            assert (unit_answers.kept_tuning(name, at) is None) == (name == "motion-frame")
    assert sum(path.stat().st_size for path in unit_answers.FOLDER.iterdir()) < 1_500_000


def test_the_first_view_shows_the_pickiest_unit(conv1: Any) -> None:
    page = opened()
    assert unit(page) == conv1.most_selective(1)[0]
    shown = charts(page)
    compass, rose = shown["filters.compass"]["data"], shown["filters.rose"]["data"]
    x, y = decoded(compass[0]["x"]), decoded(compass[0]["y"])
    np.testing.assert_allclose(np.hypot(x, y), conv1.selectivity, atol=2e-3)
    towards = np.rad2deg(np.arctan2(y, x)) % 360
    some = conv1.selectivity > 0.01  # a unit in the middle lies nowhere
    np.testing.assert_allclose(towards[some], conv1.direction[some], atol=0.5)
    assert compass[1]["customdata"] == [unit(page)]
    one = conv1.unit(unit(page))
    np.testing.assert_allclose(decoded(rose[0]["r"])[:-1], one.curve, rtol=1e-3, atol=1e-3)
    assert rose[1]["theta"][0] == pytest.approx(one.direction, abs=0.5)
    largest = decoded(shown["filters.map"]["data"][0]["z"]).max()
    assert largest == pytest.approx(one.responses.max(), rel=1e-3)
    assert "is silent in the opposite direction" in texts(page)


@pytest.mark.parametrize(("name", "at"), [("motion-d7", "conv2"), ("camera-c3d", "conv3b")])
def test_a_kernel_is_the_librarys(name: str, at: str) -> None:
    page = opened(net=name, layer=at, unit=4, look="kernel")
    view = kernel_view(load(name), at, 4)
    shown = charts(page)
    slices = [decoded(trace["z"]) for trace in shown["filters.slices"]["data"]]
    np.testing.assert_allclose(slices, view.slices)
    sections = [decoded(trace["z"]) for trace in shown["filters.sections"]["data"]]
    np.testing.assert_allclose(sections[0], view.xt)
    np.testing.assert_allclose(sections[1], view.yt)
    np.testing.assert_allclose(decoded(shown["filters.spectrum"]["data"][0]["z"]), view.plane)
    shares = decoded(shown["filters.energy"]["data"][0]["x"])
    assert shares[0] == pytest.approx(view.temporal_share)
    assert shares[1] == pytest.approx(view.separability)
    assert view.sentence in texts(page) and page.subheader[0].value == view.headline
    values = list(page.table[0].value["value"])
    assert values[0] == str(len(view.slices)) and values[3] == f"{view.direction:.0f}°"


def test_depth_1_lies_in_the_middle_of_its_compass() -> None:
    page = opened(net="motion-d1", layer="conv3")
    dots = charts(page)["filters.compass"]["data"][0]
    assert not decoded(dots["x"]).any() and not decoded(dots["y"]).any()
    assert "exactly as strongly as to the opposite" in texts(page)


def test_best_clips_and_what_they_show() -> None:
    page = opened(layer="conv4", unit=9, look="best clips")
    found = best_clips(
        load("motion-d3"), "conv4", MotionDigits(512, split="test"), units=[9], progress=False
    ).of(9)
    table = page.table[0].value
    assert [int(n) for n in table["clip"]] == found.numbers.tolist()
    assert list(table["motion"]) == list(found.labels["motion"])
    assert list(table["digit"]) == list(found.labels["digit"])
    assert list(table["frames"]) == [f"{a} to {b - 1}" for a, b in found.boxes[:, 0].tolist()]
    name, count = next(iter(found.counts("motion").items()))
    assert f"{name} {count}×" in texts(page) and len(page.image) == 1


@pytest.mark.parametrize("method", ["deconvolution", "guided backpropagation", "gradient"])
def test_back_to_the_pixels_with_its_control(method: str) -> None:
    from scipy.stats import spearmanr

    page = opened(layer="conv3", unit=6, look="back to the pixels", method=method, clip=2)
    net = load("motion-d3")
    arrays = unit_answers.kept_best("motion-d3", "conv3")
    clip = unit_answers.clips_of_unit(net, "conv3", 6, arrays).clips[1]
    heats = [
        attribute(one, clip, method, target=Unit("conv3", 6))
        for one in (net, with_random_weights(net, 0))
    ]
    alike = spearmanr(*(np.abs(one.heat).ravel() for one in heats)).statistic
    said = texts(page)
    assert heats[0].sentence in said and len(page.image) == 2
    assert f"rank correlation {alike:.2f}".replace("-", "−") in said


def test_another_clip_and_another_method_give_another_film() -> None:
    page = opened(layer="conv3", look="back to the pixels")
    seen = {page.image[0].proto.imgs[0].url}
    page.number_input(key="filters.clip").set_value(3).run()
    seen.add(fine(page).image[0].proto.imgs[0].url)
    page.segmented_control(key="filters.method").set_value("gradient").run()
    seen.add(fine(page).image[0].proto.imgs[0].url)
    assert len(seen) == 3


def test_depths_are_compared_with_their_control() -> None:
    page = opened(layer="conv2", look="depths compared")
    shown = charts(page)
    for depth in (1, 3, 5, 7):
        name = f"motion-d{depth}"
        found = unit_answers.kept_tuning(name, "conv2")
        drawn, trained = shown[f"filters.depth-{name}"]["data"][1:3]
        (best,) = found.most_selective(1)
        rose, section = shown[f"filters.depth-{name}"]["data"][0::3]
        np.testing.assert_allclose(decoded(rose["r"])[:-1], found.unit(best).curve, rtol=1e-5)
        np.testing.assert_allclose(decoded(section["z"]), kernel_view(load(name), "conv2", best).xt)
        middle = np.nanmedian(found.selectivity)
        assert decoded(trained["y"])[1] == pytest.approx(middle)
        chance = np.nanmedian(unit_answers.random_selectivity(name, "conv2"), axis=1)
        assert sorted(decoded(drawn["y"])[3:6]) == pytest.approx(sorted(chance))
        if depth > 1:
            assert f"**Depth {depth}**: {middle:.2f}; with random weights" in texts(page)
    assert "**Depth 1**: 0.00 for every unit, trained or not." in texts(page)
    page = look(opened(net="camera-c3d", layer="conv3b"), "depths compared")
    assert "conv3 with kernels" in page.subheader[0].value


def test_leafing_through_units(conv1: Any) -> None:
    page = opened(unit=0)
    assert unit(page) == 0
    order = unit_answers.kept_tuning("motion-d3", "conv1").most_selective(16)
    page.button[0].click().run()
    assert unit(fine(page)) == order[0]
    page.button[1].click().run()
    assert unit(fine(page)) == order[1] == int(address(page)["unit"])
    assert f"What conv1 unit {order[1]} answers to" in page.subheader[0].value


def test_layer_and_unit_follow_the_net() -> None:
    page = layer(opened(), "conv5")
    page.number_input(key="filters.unit").set_value(63).run()
    page = layer(page, "conv1")  # has 16 units
    assert unit(page) == unit_answers.kept_tuning("motion-d3", "conv1").most_selective(1)[0]
    page = layer(page, "conv3")
    page.selectbox(key="filters.net").set_value("camera-c3d").run()
    assert page.segmented_control(key="filters.layer").value == "conv3a"
    page = layer(fine(page), "conv4b")
    page.selectbox(key="filters.net").set_value("motion-d5").run()
    assert page.segmented_control(key="filters.layer").value == "conv4"


def test_a_link_brings_the_view_back() -> None:
    settings = {"net": "motion-d5", "layer": "conv4", "unit": "41", "look": "best clips"}
    page = opened(**settings)
    assert "conv4 unit 41" in page.subheader[0].value and settings.items() <= address(page).items()


def test_a_link_to_unit_0_brings_unit_0_and_not_the_pickiest() -> None:
    page = opened(layer="fc7", look="kernel", unit=0)
    page = look(page, "the motion it likes")
    assert unit(page) == 0 and address(page)["unit"] == "0"
    assert unit(opened(**address(page))) == 0
    assert unit(opened(layer="fc7", look="the motion it likes")) != 0


@pytest.mark.parametrize(
    "settings",
    [
        {"net": "../../etc/passwd", "layer": "conv9", "unit": "-5", "look": "under the bed"},
        {"unit": "99999999999999999999", "layer": "conv3b"},
        {"unit": "16"},
        {"look": "", "layer": "", "unit": "", "net": ""},
        {"unit": "one", "clip": "0", "method": "magic"},
        {"net": "camera-c3d", "layer": "conv1", "unit": "8"},
        {"look": "back to the pixels", "clip": "10", "method": ""},
    ],
)
def test_a_link_with_nonsense_brings_what_there_is(settings: dict[str, str]) -> None:
    page = opened(**settings)
    assert charts(page) and not page.warning


def test_one_frame_has_no_motion_and_the_page_says_so() -> None:
    page = opened(net="motion-frame", layer="conv2")
    assert "In one frame nothing moves" in page.info[0].value
    for name in LOOKS:
        look(page, name)


def test_fully_connected_layers_have_no_kernel_but_favourites() -> None:
    page = opened(layer="fc6", look="kernel")
    assert "has no kernel" in page.info[0].value
    page = look(page, "the motion it likes")
    assert "192 gratings" in texts(page) and "filters.rose" in charts(page)
    page = look(page, "best clips")
    assert "Of 128 test clips" in texts(page)


@pytest.mark.parametrize("name", LOOKS[:4])
def test_each_look_has_its_cell(name: str) -> None:
    page = opened(look=name, unit=2)
    (cell,) = page.code
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(cell.value, name, "exec"), {})
    sentence = out.getvalue().strip()
    known = {
        "kernel": lambda: sentence in texts(page),
        "the motion it likes": lambda: (
            tuning(load("motion-d3"), "conv1").unit(2).sentence == sentence
        ),
        "best clips": lambda: "9 clips that excite conv1 unit 2" in sentence,
        "back to the pixels": lambda: sentence in texts(page),
    }
    assert known[name]()


def test_the_cell_of_the_depths_names_what_is_compared() -> None:
    (cell,) = opened(look="depths compared", layer="conv2").code
    compile(cell.value, "depths", "exec")
    assert '"conv2"' in cell.value and "(1, 3, 5, 7)" in cell.value


def test_shared_nets_are_left_as_they_were() -> None:
    import state

    page = opened(look="back to the pixels")
    look(page, "the motion it likes")
    shared = state.classifier("motion-d3").model
    assert not shared.training
    assert not any(m._forward_hooks or m._backward_hooks for m in shared.modules())
    for a, b in zip(shared.parameters(), load("motion-d3").model.parameters(), strict=True):
        assert (a == b).all()
