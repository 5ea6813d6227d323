"""Figures of kernels: everything named, nothing overlaps, nothing is a number out of thin air."""

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure

from c3d_teach import load
from c3d_teach.analysis.filters.kernels import kernel_statistics, kernel_view, view_of_kernel
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.kernel_charts import kernel_chart, kernel_statistics_chart, offsets
from c3d_teach.viz.kernel_plots import kernel_plot, kernel_statistics_plot
from c3d_teach.viz.notebook import png


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]
    return [t for t in found if t]


def smallest(figure: Figure) -> float:
    return min(
        t.get_fontsize()
        for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize") and a.get_text())
    )


def plotly_texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


VIEWS = {
    "depth 1": lambda: kernel_view(load("motion-d1"), "conv2", 5),
    "depth 3": lambda: kernel_view(load("camera-c3d"), "conv3b", 5),
    "depth 5": lambda: kernel_view(load("motion-d5"), "conv1", 2),
    "depth 7": lambda: kernel_view(load("motion-d7"), "conv1", 2),
    "large": lambda: view_of_kernel(np.random.default_rng(0).normal(size=(9, 13, 11))),
    "flat": lambda: view_of_kernel(np.array([-1.0, 1, 0])[:, None, None]),
    "zeros": lambda: view_of_kernel(np.zeros((3, 3, 3))),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_kernel_is_drawn_with_all_its_numbers(name: str) -> None:
    view = VIEWS[name]()
    figure = kernel_chart(view)
    assert png(figure).startswith(b"\x89PNG")
    said = texts(figure)
    assert view.headline in said
    assert smallest(figure) >= static.TICK
    slices = [t for t in said if t.startswith("time t") and "\n" not in t]
    assert len(slices) == len(view.slices)
    if np.isfinite(view.separability):
        assert {f"{view.temporal_share:.0%}", f"{view.separability:.0%}"} <= set(said)
        assert any(t.startswith(f"{view.direction:.0f}°") for t in said)
    else:
        assert "–" in said and not any("nan" in t for t in said)


@pytest.mark.parametrize("name", ["depth 3", "depth 5", "depth 7"])
def test_numbers_in_cells_do_not_overlap(name: str) -> None:
    figure = kernel_chart(VIEWS[name]())
    png(figure)
    for axis in figure.findobj(match=lambda a: hasattr(a, "get_xlabel")):
        boxes = [t.get_window_extent() for t in axis.texts if "°" not in t.get_text()]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_the_title_can_be_given() -> None:
    assert "See the dot move" in texts(kernel_chart(VIEWS["flat"](), title="See the dot move"))


@pytest.mark.parametrize("name", VIEWS)
def test_the_interactive_kernel_shows_the_same_numbers(name: str) -> None:
    view = VIEWS[name]()
    figure = kernel_plot(view)
    heats = [trace.z for trace in figure.data if isinstance(trace, go.Heatmap)]
    shown = [*view.slices, view.xt, view.yt, view.plane]
    assert len(heats) == len(shown)
    assert all(np.array_equal(a, b) for a, b in zip(heats, shown, strict=True))
    (bars,) = (trace for trace in figure.data if isinstance(trace, go.Bar))
    assert len(bars.x) == len(bars.text) and np.isfinite(bars.x).all()
    assert not any("nan" in text for text in (*bars.text, *plotly_texts(figure)))
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)" and figure.layout.dragmode is False
    axes = [axis for axis in figure.select_xaxes()] + [axis for axis in figure.select_yaxes()]
    assert all(axis.fixedrange for axis in axes)
    assert any("orange above" in text for text in plotly_texts(figure))


def test_positions_behind_a_pool_are_several_pixels_apart() -> None:
    said = texts(kernel_chart(VIEWS["depth 3"]()))
    assert "x (positions of 4 pixels)" in said
    assert "spatial frequency\n(cycles/position)" in said
    assert "x (pixels)" in texts(kernel_chart(VIEWS["depth 5"]()))


def test_slices_are_counted_from_the_frame_of_the_output() -> None:
    assert offsets(1) == ["0"]
    assert offsets(3) == ["−1", "0", "+1"]
    assert offsets(4) == ["−2", "−1", "0", "+1"]


@pytest.mark.parametrize("name", ["motion-d3", "motion-d1", "motion-increasing"])
def test_statistics_have_a_row_a_layer_and_a_dot_a_kernel(name: str) -> None:
    net = load(name)
    rows = [kernel_statistics(net, f"conv{n}") for n in range(1, 6)]
    figure = kernel_statistics_chart(rows)
    assert png(figure).startswith(b"\x89PNG") and smallest(figure) >= static.TICK
    kernels = sum(len(row.separability) for row in rows)
    for axis in figure.axes:
        dots = sum(len(c.get_offsets()) for c in axis.collections)
        assert dots == kernels + len(rows)  # and one diamond a layer
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == [f"{r.layer}\n{r.shape[1]}×3×3" for r in rows]
    drawn = kernel_statistics_plot(rows)
    assert {trace.name for trace in drawn.data} == {"one kernel", "median", "random kernels, mean"}
    assert [len(trace.x) for trace in drawn.data] == [kernels, 5, 5] * 2


def test_layers_of_zeros_are_drawn_empty() -> None:
    net = load("motion-d3")
    net.model.conv2.weight.data[:] = 0
    rows = [kernel_statistics(net, "conv2")]
    assert "All kernels are zeros" in texts(kernel_statistics_chart(rows))
    assert kernel_statistics_plot(rows).data[1].x == (None,)


def test_no_layer_is_refused() -> None:
    for draw in (kernel_statistics_chart, kernel_statistics_plot):
        with pytest.raises(UsageError, match="no statistics to draw"):
            draw([])
