"""Figures of a training as it goes on: what they hold, and that nets can be told apart."""

import numpy as np
import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz import playground_plots as plots


def test_accuracy_holds_its_numbers_and_levels() -> None:
    lines = {"A": ([0, 20], [0.1, 0.4]), "B": ([0, 20], [0.2, 0.9])}
    figure = plots.accuracy_plot(lines, total=80, chance=0.125, ceiling=0.5)
    assert [(list(t.x), list(t.y)) for t in figure.data] == list(lines.values())
    assert [a.text for a in figure.layout.annotations] == [
        "guessing 12.5%",
        "blind to time's arrow: at most 50%",
    ]
    assert {s.y0 for s in figure.layout.shapes} == {0.125, 0.5}
    assert len(plots.accuracy_plot(lines, total=80, chance=0.125).layout.shapes) == 1


def test_a_net_keeps_its_looks_while_the_other_has_nothing_to_show() -> None:
    both = plots.loss_plot({"A": [2.0], "B": [1.0]}, total=80)
    late = plots.loss_plot({"A": [], "B": [1.0]}, total=80)
    assert late.data[1].line == both.data[1].line
    assert not len(late.data[0].y)
    for what in ("color", "dash"):
        assert both.data[0].line[what] != both.data[1].line[what]
    assert both.data[0].marker.symbol != both.data[1].marker.symbol


def test_loss_is_the_mean_of_ten() -> None:
    loss = np.arange(25.0)
    (line,) = plots.loss_plot({"A": loss}, total=80).data
    assert list(line.x) == [10, 20, 25]
    assert list(line.y) == [4.5, 14.5, 22.0]


def test_confusion_is_shares_of_rows() -> None:
    figure = plots.confusion_plot([[3, 1], [0, 0]], ["left", "zoom out"])
    (heat,) = figure.data
    assert [list(row) for row in heat.z] == [[0.75, 0.25], [0, 0]]
    assert [list(row) for row in heat.text] == [["75", "25"], ["", ""]]
    assert list(heat.x) == ["left", "out"]
    with pytest.raises(UsageError, match="do not fit 3 classes"):
        plots.confusion_plot([[1, 2], [3, 4]], ["a", "b", "c"])


@pytest.mark.parametrize("depth", [1, 3, 7])
def test_kernels_stand_where_their_labels_say(depth: int) -> None:
    draw = np.random.default_rng(0)
    first, now = draw.normal(size=(2, 4, depth, 3, 3))
    figure = plots.kernels_plot(now, first)
    (heat,) = figure.data
    z = np.array(heat.z, dtype=float)
    labels = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    centres = figure.layout.xaxis.tickvals
    for name, kernels in (("start", first), ("now", now)):
        for t in range(depth):
            offset = t - depth // 2
            row = labels[f"{name} {offset:+d}" if offset else f"{name} 0"]
            for f, column in enumerate(centres):
                cells = z[row - 1 : row + 2, column - 1 : column + 2]
                assert np.allclose(cells, kernels[f, t], atol=1e-4)
    assert heat.zmax == -heat.zmin >= np.nanmax(np.abs(z)) - 1e-4
    assert figure.layout.yaxis.scaleanchor == "x", "weights are squares"
    assert figure.layout.height <= 620


def test_frames_left() -> None:
    frames = {"clip": 16, "conv1": 16, "pool1": 8}
    one = plots.frames_plot({"A": frames})
    assert list(one.data[0].y) == [16, 16, 8] and list(one.data[0].text) == ["16", "16", "8"]
    assert len(plots.frames_plot({"A": frames, "B": frames}).data) == 2
