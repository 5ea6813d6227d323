"""Plots of a net: what is drawn is what the net is."""

from typing import Any

import pytest

from c3d_teach.analysis.fields.receptive_fields import field_in
from c3d_teach.errors import UsageError
from c3d_teach.models.built import POOLS, Built, build_net
from c3d_teach.viz.film_strip import film_strip_plot
from c3d_teach.viz.net_bars import percent, sizes_plot, weights_and_work_plot
from c3d_teach.viz.net_plots import net_plot


def traces(figure: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def plotted(built: Built, **more: Any) -> dict[str, Any]:
    dead = [one.layer for one in built.dead]
    return traces(net_plot(built.rows, built.clip_shape, ends_at=built.ends_at, dead=dead, **more))


def test_time_goes_down_the_steps() -> None:
    line = plotted(build_net("C3D"))["frames left"]
    assert line.y == (16, 16, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1)
    assert line.customdata[:3] == ("clip", "conv1a", "pool1") and line.line.shape == "hv"


def test_blocks_are_as_wide_as_they_have_frames() -> None:
    found = plotted(build_net())
    xs, ys = found["conv, front"].x, found["conv, front"].y
    boxes = [(xs[i : i + 4], ys[i : i + 4]) for i in range(0, len(xs), 6)]
    wide = [max(x) - min(x) for x, _ in boxes]
    assert [w / wide[0] for w in wide] == pytest.approx([1, 1, 1 / 2, 1 / 4, 1 / 8])
    tall = [max(y) for _, y in boxes]
    assert [(h / 112) ** 2 for h in tall] == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16])
    stripes = found["conv, frames"].x
    assert stripes.count(None) == 15 + 15 + 7 + 3 + 1  # between the frames of each block


def test_channels_are_written_where_they_change() -> None:
    found = plotted(build_net("C3D", num_classes=487))["channels"]
    written = {n: t for n, t in zip(found.customdata, found.text, strict=True) if t}
    assert written == {
        **{"clip": "3", "conv1a": "64", "conv2a": "128", "conv3a": "256", "conv4a": "512"},
        **{"fc6": "4096", "fc8": "487"},
    }
    assert found.hovertext[1] == "conv1a: 64×16×112×112"


def test_dead_slices_are_marked_where_they_are() -> None:
    found = plotted(build_net(kernels=(7, 7, 7, 7, 7)))
    assert found["dead slices"].x == (found["frames left"].customdata.index("conv5"),)
    assert "dead slices" not in plotted(build_net())


def test_a_cross_where_time_runs_out_and_shade_where_one_frame_is_left() -> None:
    broken = build_net(pools=POOLS["a fifth halving"])
    figure = net_plot(broken.rows, broken.clip_shape, ends_at=broken.ends_at)
    cross = traces(figure)["time runs out"]
    assert cross.x == (len(broken.rows) + 1,)
    assert figure.layout.xaxis.ticktext[-1] == "pool5" and not figure.layout.shapes
    early = build_net(pools=POOLS["pooled early"])
    figure = net_plot(early.rows, early.clip_shape)
    (shade,) = figure.layout.shapes
    names = figure.layout.xaxis.ticktext
    assert names.index("pool4") == shade.x0 + 0.5 and names.index("pool5") == shade.x1 - 0.5
    assert "time is gone" in figure.layout.annotations[0].text
    never = build_net(pools=POOLS["no pooling in time"])
    assert not net_plot(never.rows, never.clip_shape).layout.shapes


def test_the_chosen_layer_is_framed() -> None:
    figure = net_plot(build_net().rows, (3, 16, 112, 112), current="conv2")
    assert "<b>conv2</b>" in figure.layout.xaxis.ticktext
    assert sum(trace.line.dash == "dot" for trace in figure.data) == 1


def test_many_frames_are_drawn_without_stripes() -> None:
    found = plotted(build_net(clip_shape=(3, 64, 32, 32)))
    assert found["frames left"].y[0] == 64
    assert "clip, frames" not in found and found["conv, frames"].x


def test_shares_add_up_and_pools_have_none() -> None:
    built = build_net("C3D", num_classes=487)
    found = traces(weights_and_work_plot(built.rows))
    for name, total in (("parameters", 79_991_015), ("work (MACs)", built.macs)):
        assert sum(found[name].customdata) == total and sum(found[name].x) == pytest.approx(1)
    at = found["parameters"].y.index("fc6")
    assert "pool1" not in found["parameters"].y
    assert found["parameters"].text[at] == "42%" and found["work (MACs)"].text[at] == "0.087%"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.4217, "42%"),
        (0.0884, "8.8%"),
        (0.00087, "0.087%"),
        (1e-6, "<0.01%"),
        (0, "0%"),
        (1, "100%"),
    ],
)
def test_shares_in_two_figures(share: float, text: str) -> None:
    assert percent(share) == text


def test_sizes_side_by_side() -> None:
    nets = {"mine": (2_500_000, 10**9), "theirs": (17_444_965, 19_263_000_000)}
    figure = sizes_plot(nets, current="mine")
    parameters, work = figure.data
    assert parameters.x == (2.5, 17.444965) and parameters.text == ("2.5", "17.4")
    assert work.text == ("1.0", "19.3") and parameters.y == ("<b>mine</b>", "theirs")
    assert parameters.marker.color[0] != parameters.marker.color[1]
    assert sizes_plot(nets).data[0].y == ("mine", "theirs")


@pytest.mark.parametrize(
    ("layer", "frames"), [("conv1", 3), ("pool2", 6), ("conv3", 10), ("fc6", 16)]
)
def test_a_film_strip_shows_the_frames_that_are_seen(layer: str, frames: int) -> None:
    built = build_net()
    field = field_in(built.layers, built.clip_shape, layer)
    found = traces(film_strip_plot(field))
    assert found["frames of the clip"].x.count(None) == 16
    assert found["what it sees"].x.count(None) == frames
    wide = max(x for x in found["what it sees"].x[:4]) - min(found["what it sees"].x[:4])
    assert wide == field.seen_stop[2] - field.seen_start[2]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(UsageError, match="asked to mark"):
        net_plot((), (3, 16, 112, 112))
    with pytest.raises(UsageError, match="'conv9' among"):
        net_plot(build_net().rows, (3, 16, 112, 112), current="conv9")
    with pytest.raises(UsageError, match="no layer"):
        weights_and_work_plot([row for row in build_net().rows if not row.parameters])
    with pytest.raises(UsageError, match="'c' among"):
        sizes_plot({"a": (1, 1)}, current="c")
