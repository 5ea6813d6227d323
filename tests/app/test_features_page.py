"""The page "Features": every control, and maps, neighbours and curves that are the library's."""

from typing import Any

import opening
import pytest
from opening import charts, fine, texts
from streamlit.testing.v1 import AppTest

from c3d_teach import load
from c3d_teach.analysis.descriptors.clip_embedding import (
    ClipDescriptors,
    clip_descriptors,
    nearest,
)
from c3d_teach.experiments import clip_maps, squeezed
from c3d_teach.models.verdict import verdict

P = "features."


def opened(**settings: object) -> AppTest:
    return opening.opened("features", **{P + k: str(v) for k, v in settings.items()})


def points(page: AppTest, by: str = "what", net: str = "") -> dict[int, tuple[float, float]]:
    """Clip → place, of the map marked by a label (of the net whose name is in its key)."""
    (name,) = [key for key in charts(page) if key.startswith(f"map-{by}-{net}")]
    traces = [t for t in charts(page)[name]["data"] if t.get("customdata")]
    return {
        clip: (x, y)
        for t in traces
        for clip, x, y in zip(t["customdata"], t["x"], t["y"], strict=True)
    }


def marked(page: AppTest, net: str) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """Where the circles stand and where the square."""
    (name,) = [key for key in charts(page) if key.startswith(f"map-how-{net}-")]
    *_, circles, square = charts(page)[name]["data"]
    assert circles["marker"]["symbol"] == "circle-open"
    assert square["marker"]["symbol"] == "square-open"
    (chosen,) = zip(square["x"], square["y"], strict=True)
    return list(zip(circles["x"], circles["y"], strict=True)), chosen


@pytest.mark.parametrize("way", ["PCA", "t-SNE"])
@pytest.mark.parametrize("layer", clip_maps.LAYERS)
def test_the_map_is_the_shipped_one(layer: str, way: str) -> None:
    page = opened(net="motion-d1", layer=layer, map=way)
    method = {"PCA": "pca", "t-SNE": "tsne"}[way]
    found = clip_maps.shipped("motion-d1", layer, method).embedding
    for by in ("what", "how"):
        placed = points(page, by)
        assert len(placed) == clip_maps.COUNT
        for clip, place in placed.items():
            assert place == pytest.approx(tuple(found.coordinates[clip].tolist()), abs=1e-5)
    assert found.headline in texts(page)
    for label in (found.what, found.how):
        assert f"**{label.kind}**: {label.descriptor:.0%} of the 10 nearest" in texts(page)


@pytest.fixture(scope="module")
def measured() -> ClipDescriptors:
    return clip_descriptors(
        load("motion-d5"), clip_maps.clips_of("motion-d5"), count=clip_maps.COUNT
    )


def test_neighbours_are_the_librarys(measured: ClipDescriptors) -> None:
    near, _ = nearest(measured, 77, 6)
    page = opened(net="motion-d5", clip=77, neighbours=6)
    same_how = sum(int(measured.how[k] == measured.how[77]) for k in near)
    same_what = sum(int(measured.what[k] == measured.what[77]) for k in near)
    assert f"**{same_how}** move the same way" in texts(page)
    assert f"**{same_what}** show the same digit" in texts(page)
    placed = points(page)
    circles, square = marked(page, "motion-d5")
    assert circles == [placed[k] for k in near] and square == placed[77]
    net = load("motion-d5")
    clip = clip_maps.clips_of("motion-d5").batch([77])["clip"]
    assert f"answers *{verdict(net.classes, net.predict(clip)[0])}*" in texts(page)


def test_the_cell_gives_the_numbers_of_the_page() -> None:
    page = opened(net="motion-frame", layer="last convolution", clip=31, neighbours=7)
    names: dict[str, Any] = {}
    *lines, last = page.code[0].value.splitlines()
    exec("\n".join(lines), names)
    near, same = eval(last, names)
    placed = points(page)
    assert marked(page, "motion-frame")[0] == [placed[k] for k in near]
    assert f"**{same}** move the same way" in texts(page)


def test_each_control_is_another_view() -> None:
    page = opened()
    first, film = points(page), page.image[0].proto.imgs[0].url
    page.selectbox(key=P + "net").set_value("camera-d1").run()
    assert points(page) != first
    page.segmented_control(key=P + "layer").set_value("last convolution").run()
    second = points(page)
    page.segmented_control(key=P + "map").set_value("t-SNE").run()
    assert points(page) != second
    page.number_input(key=P + "clip").set_value(100).run()
    chosen = page.image[0].proto.imgs[0].url
    page.slider(key=P + "neighbours").set_value(9).run()
    assert len(marked(page, "camera-d1")[0]) == 9
    assert len({film, chosen, page.image[0].proto.imgs[0].url}) == 3


def test_two_nets_are_compared_on_the_same_clips() -> None:
    page = opened(clip=40)
    page.selectbox(key=P + "other").set_value("motion-d1").run()
    for net in ("motion-d3", "motion-d1"):
        found = clip_maps.shipped(net)
        placed = points(page, "how", net)
        assert placed == points(page, "what", net)
        assert placed[40] == pytest.approx(tuple(found.embedding.coordinates[40].tolist()))
        circles, square = marked(page, net)
        assert square == placed[40]
        assert circles == [placed[k] for k in found.neighbours[40][:5].tolist()]
        assert found.embedding.headline in texts(page)
        assert f"**{net}** was trained to name how a digit moves" in texts(page)
    assert len(page.image) == 2
    options = page.selectbox(key=P + "other").options
    assert "motion-d3" not in options and not [one for one in options if "camera" in one]
    page.selectbox(key=P + "net").set_value("camera-c3d").run()
    assert page.selectbox(key=P + "other").value == "no other net"
    assert page.selectbox(key=P + "other").options[1:] == ["camera-d1"]
    assert len(fine(page).image) == 1


@pytest.mark.parametrize("net", clip_maps.NETS)
def test_what_a_net_learnt_follows_from_its_map(net: str) -> None:
    found = clip_maps.shipped(net).embedding.how
    words = {True: "share the motion nearly always", False: "share the motion now and then"}
    said = texts(opened(net=net))
    if (found.descriptor - found.chance) / (1 - found.chance) < 0.1:
        assert "share the motion hardly more often than by chance" in said
    else:
        assert words[found.descriptor > 0.8] in said


def test_the_curve_is_the_measured_one() -> None:
    drawn = charts(opened())["compactness"]["data"][0]
    measured = squeezed.shipped()["points"]
    assert drawn["x"] == [p["dimension"] for p in measured]
    assert drawn["y"] == [p["accuracy"] for p in measured]
    assert drawn["error_y"]["array"] == pytest.approx(
        [p["interval"][1] - p["accuracy"] for p in measured]
    )


def test_links() -> None:
    page = opened(net="motion-frame", clip=5, neighbours=2, map="t-SNE")
    assert page.selectbox(key=P + "net").value == "motion-frame"
    assert page.number_input(key=P + "clip").value == 5
    assert (
        charts(opened(net="../etc", layer="x", map="y", clip="-3")).keys()
        == charts(opened()).keys()
    )
    fine(opened(layer="", map="", other=""))
    page = opened(net="motion-d5", other="motion-frame")
    assert page.selectbox(key=P + "other").value == "motion-frame"
    for nonsense in ("camera-d1", "motion-d5", "../etc"):  # of other clips, itself, nothing
        page = opened(net="motion-d5", other=nonsense)
        assert page.selectbox(key=P + "other").value == "no other net"
