"""The figure of growth: what is drawn is what was measured, with names and units."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from c3d_teach.errors import UsageError
from c3d_teach.viz.growth_charts import Growth, Panel, growth_chart
from c3d_teach.viz.notebook import png
from c3d_teach.viz.static import TICK

KIT = Growth([1, 2, 4], [0.4, 0.3, 0.2], [0.3, 0.2, 0.1], [0.5, 0.4, 0.3], [300, 500, 900])
PLAIN = Growth([1, 2, 4], [0.8, 0.7, 0.6], [0.7, 0.6, 0.5], [0.9, 0.8, 0.7], [200, 400, 800])
FLAT = Growth([1, 8, 64], [0.05] * 3, [0.04] * 3, [0.06] * 3, [301, 300, 302])


@pytest.fixture(scope="module")
def figure() -> Figure:
    clips = Panel("Answers, by the batch", "clips at once", "clip", {"kit": KIT, "plain": PLAIN})
    films = Panel("Features, by their number", "videos", "video", {"kit": FLAT})
    return growth_chart([clips, films], title="Four clips at once take less than four times")


def test_all_points_are_drawn_with_their_spread(figure: Figure) -> None:
    time, memory, *_ = figure.axes
    for axis, name in ((time, "seconds"), (memory, "megabytes")):
        lines = [line for line in axis.lines if len(np.asarray(line.get_xdata())) == 3]
        drawn = {tuple(np.asarray(line.get_ydata(), float)) for line in lines}
        assert {tuple(getattr(one, name)) for one in (KIT, PLAIN)} <= drawn
    ends = [segment for bars in time.collections for segment in bars.get_segments()]
    heights = {(round(float(s[0][1]), 6), round(float(s[1][1]), 6)) for s in ends}
    assert (0.3, 0.5) in heights and (0.5, 0.7) in heights


def test_axes_are_logarithmic_and_have_names_and_units(figure: Figure) -> None:
    for axis in figure.axes:
        assert axis.get_xscale() == axis.get_yscale() == "log"
    assert [axis.get_xlabel() for axis in figure.axes] == ["clips at once"] * 2 + ["videos"] * 2
    assert figure.axes[0].get_ylabel() == "seconds a clip"
    assert figure.axes[2].get_ylabel() == "seconds a video"
    assert figure.axes[1].get_ylabel() == "peak memory (MB)"
    assert list(figure.axes[3].get_xticks()) == [1, 8, 64]


def test_variants_differ_in_marker_and_line_not_in_colour_alone(figure: Figure) -> None:
    lines = [line for line in figure.axes[1].lines if len(np.asarray(line.get_xdata())) == 3]
    assert len({line.get_marker() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2
    legend = figure.axes[0].get_legend()
    assert legend and [text.get_text() for text in legend.get_texts()] == ["kit", "plain"]


def test_what_is_flat_is_seen_to_be_flat(figure: Figure) -> None:
    low, high = figure.axes[3].get_ylim()
    assert high / low >= 4
    assert any(low < tick < high for tick in figure.axes[3].get_yticks())


def test_a_long_title_stays_on_the_page() -> None:
    long = "Clips 8 times as long take 7.6 times the time, 64 times as many take no more memory"
    one = growth_chart([Panel("A", "x", "clip", {"kit": KIT})], title=f"{long}, {long}")
    png(one)
    (title,) = (text for text in one.findobj(Text) if "take" in text.get_text())
    assert title.get_window_extent().x1 < one.bbox.x1


def test_it_can_be_read(figure: Figure) -> None:
    png(figure)
    said = {text.get_text(): text.get_fontsize() for text in figure.findobj(Text)}
    assert "Four clips at once take less than four times" in said
    assert min(size for text, size in said.items() if text) >= TICK


@pytest.mark.parametrize(
    ("panels", "says"),
    [
        ([], "no panels"),
        ([Panel("A", "x", "clip", {})], "one or two"),
        ([Panel("A", "x", "clip", {n: KIT for n in "abc"})], "it draws two"),
        ([Panel("A", "x", "clip", {"a": replace(KIT, x=[1, 2])})], "one number a point"),
        ([Panel("A", "x", "clip", {"a": replace(KIT, megabytes=[0, 1, 2])})], "not above 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(panels: list[Panel], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        growth_chart(panels, title="nothing")
