"""Figures of receptive fields: boxes where they belong, on clips of one channel and of three."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from c3d_teach import CameraMotion, MotionDigits, load
from c3d_teach.analysis.fields.clip_fields import FieldInClip, field_in_clip
from c3d_teach.analysis.fields.measured_fields import measured_field
from c3d_teach.analysis.fields.receptive_fields import receptive_field
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.field_charts import (
    field_chart,
    receptive_fields_chart,
    shown_frames,
    time_profile,
)
from c3d_teach.viz.field_plots import field_plot, receptive_fields_plot
from c3d_teach.viz.notebook import png


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    return [t for t in found if t]


def smallest(figure: Figure) -> float:
    return min(
        t.get_fontsize()
        for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize") and a.get_text())
    )


def field(name: str, layer: str, unit: int) -> FieldInClip:
    data = CameraMotion if name.startswith("camera") else MotionDigits
    return field_in_clip(load(name), data(2, split="test").batch([1])["clip"][0], layer, unit)


FIELDS: list[tuple[Any, ...]] = [
    ("motion-d3", "conv3", 1),
    ("camera-c3d", "pool4", 3),
    ("camera-c3d", "conv5b", 1),  # silent in this clip
    ("motion-frame", "conv2", 3),
    ("motion-d3", "fc8", 0),
]


@pytest.mark.parametrize("which", FIELDS, ids=str)
def test_a_field_is_drawn_on_frames_of_its_clip(which: tuple[Any, ...]) -> None:
    one = field(*which)
    figure = field_chart(one)
    assert png(figure).startswith(b"\x89PNG") and smallest(figure) >= static.TICK
    times = shown_frames(one)
    frames = [t for t in texts(figure) if t.startswith("frame ") and t[6:].isdigit()]
    assert frames == [f"frame {t}" for t in times]
    assert one.seen_start[0] == times[0] and one.seen_stop[0] - 1 == times[-1]
    drawn = {
        (box.get_x(), box.get_y(), box.get_width(), box.get_height())
        for axis in figure.axes[:12]
        for box in axis.patches
        if isinstance(box, Rectangle)
    }
    _, rows, columns = one.size
    assert (one.seen_start[2] - 0.5, one.seen_start[1] - 0.5, columns, rows) in drawn
    said = " ".join(texts(figure))
    if one.fires:
        assert "×".join(map(str, one.effective_size)) in said
        assert time_profile(one).sum() == pytest.approx(1)
    else:
        assert "no pixel of this clip has any influence" in said
        assert not time_profile(one).any()


@pytest.mark.parametrize("which", FIELDS, ids=str)
def test_the_interactive_field_shows_the_same(which: tuple[Any, ...]) -> None:
    one = field(*which)
    figure = field_plot(one)
    times = shown_frames(one)
    heats = [trace.z for trace in figure.data if isinstance(trace, go.Heatmap)]
    assert all(np.array_equal(z, one.gradient[t]) for z, t in zip(heats, times, strict=True))
    images = [np.asarray(trace.z) for trace in figure.data if isinstance(trace, go.Image)]
    assert all((z == one.clip[t]).all() for z, t in zip(images, times, strict=True))
    (bars,) = (trace for trace in figure.data if isinstance(trace, go.Bar))
    assert np.array_equal(bars.y, time_profile(one))
    shown = {(s.x0, s.y0, s.x1, s.y1) for s in figure.layout.shapes}
    (_, y0, x0), (_, y1, x1) = one.seen_start, one.seen_stop
    assert (x0 - 0.5, y0 - 0.5, x1 - 0.5, y1 - 0.5) in shown
    assert figure.layout.dragmode is False and np.isfinite(bars.y).all()


def test_fields_of_all_layers_stand_under_each_other() -> None:
    net = load("camera-c3d")
    layers = ["conv1a", "conv3b", "conv5b", "fc6"]
    fields = [receptive_field(net, layer) for layer in layers]
    measured = [measured_field(net, layer) for layer in layers]
    figure = receptive_fields_chart(fields, measured=measured)
    assert png(figure).startswith(b"\x89PNG") and smallest(figure) >= static.TICK
    said = texts(figure)
    assert {*layers, "3", "14", "26", "68", "134", "all", "ends, measured"} <= set(said)
    assert "One output of conv5b sees 68×134×134 (frames × rows × columns)" in " ".join(said)
    time = figure.axes[0]
    ends = time.collections[-1].get_offsets()
    expected = [(f.start[0], i) for i, f in enumerate(fields[:3])] + [(0, 3), (16, 3)]
    assert {tuple(map(int, end)) for end in ends} >= set(expected)
    left, right = time.get_xlim()
    assert left < fields[2].start[0] and right > fields[2].stop[0]
    drawn = receptive_fields_plot(fields, measured=measured)
    assert len(drawn.data) == 6 and len(drawn.layout.shapes) == 2
    assert list(drawn.data[0].base) == [f.start[0] for f in fields[:3]] + [0]
    plain = receptive_fields_plot(fields)
    assert len(plain.data) == 4
    assert "ends, measured" not in texts(receptive_fields_chart(fields))


def test_titles_can_be_given() -> None:
    assert "Look" in texts(field_chart(field(*FIELDS[0]), title="Look"))
    fields = [receptive_field(load("motion-d3"), "fc6")]
    assert "Look" in texts(receptive_fields_chart(fields, title="Look"))


def test_nothing_to_draw_is_refused() -> None:
    net = load("motion-d3")
    for draw in (receptive_fields_chart, receptive_fields_plot):
        with pytest.raises(UsageError, match="no receptive fields to draw"):
            draw([])
        with pytest.raises(UsageError, match="measured for conv2, but .* conv1"):
            draw([receptive_field(net, "conv1")], measured=[measured_field(net, "conv2")])
