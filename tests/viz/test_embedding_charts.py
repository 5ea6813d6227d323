"""Two panels, the same places; labels told apart without colour; numbers said.

The same in a browser: points that tell which clip they are.
"""

import numpy as np
import pytest

from c3d_teach.analysis.descriptors.clip_embedding import ClipEmbedding, LabelKept
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.clip_map_plot import clip_map_plot
from c3d_teach.viz.embedding_charts import clip_embedding_chart
from c3d_teach.viz.notebook import png

MOTIONS = ("pan left", "pan right", "tilt up", "tilt down", "roll", "unroll", "in", "out", "still")


def made_up(*, digits: bool = True, what: float = 0.12, how: float = 0.97) -> ClipEmbedding:
    rng = np.random.default_rng(0)
    names = tuple(f"digit {k}" for k in range(9)) if digits else tuple(f"photo {c}" for c in "abc")
    numbers = rng.permutation(np.arange(90) % len(names))
    motions = np.arange(90) % 9
    return ClipEmbedding(
        rng.normal(size=(90, 2)).astype(np.float32),
        LabelKept("digit" if digits else "photo", names, numbers, what, 0.11, 0.1),
        LabelKept("motion", MOTIONS, motions, how, 0.8, 0.1),
        layer="fc6",
        method="pca",
        explained=0.4,
        net="net",
        seed=0,
    )


@pytest.mark.parametrize("digits", [True, False])
def test_both_panels_show_every_clip_at_its_place(digits: bool) -> None:
    found = made_up(digits=digits)
    figure = clip_embedding_chart(found)
    assert png(figure).startswith(b"\x89PNG")
    for axis, label in zip(figure.axes, (found.what, found.how), strict=True):
        marks = axis.collections
        assert len(marks) == len(set(label.numbers.tolist()))
        for number, mark in enumerate(marks):
            places = found.coordinates[label.numbers == number]
            assert np.allclose(mark.get_offsets(), places)
        shapes = {mark.get_paths()[0].vertices.round(2).tobytes() for mark in marks}
        assert len(shapes) == len(marks), "told apart without colour"
        assert f"{label.descriptor:.0%} of the 10 nearest" in axis.get_xlabel()
        assert "chance 10%" in axis.get_xlabel()
    sizes = [t.get_fontsize() for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize"))]
    assert min(sizes) >= static.TICK


def test_nothing_is_cut_off_at_the_edges() -> None:
    figure = clip_embedding_chart(made_up())
    figure.draw_without_rendering()
    whole = figure.bbox
    for axis in figure.axes:
        for text in (axis.xaxis.label, axis.title, *axis.get_legend().get_texts()):
            box = text.get_window_extent()
            assert box.x0 >= whole.x0 and box.x1 <= whole.x1 and box.y0 >= whole.y0


@pytest.mark.parametrize(
    ("what", "how", "said"),
    [
        (0.12, 0.97, "share the motion, not the digit"),
        (0.9, 0.12, "share the digit, not the motion"),
        (0.5, 0.9, "share the motion and the digit"),
        (0.11, 0.3, "sometimes share the motion, not the digit"),
        (0.1, 0.1, "share neither"),
    ],
)
def test_the_title_says_which_label_is_kept(what: float, how: float, said: str) -> None:
    found = made_up(what=what, how=how)
    assert f"neighbours {said}" in found.headline
    assert clip_embedding_chart(found).get_suptitle() == found.headline


@pytest.mark.parametrize("by", ["what", "how"])
@pytest.mark.parametrize("digits", [True, False])
def test_every_point_tells_its_clip(digits: bool, by: str) -> None:
    found = made_up(digits=digits)
    label = found.what if by == "what" else found.how
    figure = clip_map_plot(found, by)
    assert len(figure.data) == len(set(label.numbers.tolist()))
    seen = []
    for number, trace in enumerate(figure.data):
        for clip, x, y, said in zip(
            trace.customdata, trace.x, trace.y, trace.hovertext, strict=True
        ):
            assert (x, y) == tuple(found.coordinates[clip].tolist())
            assert label.numbers[clip] == number
            thing = found.what.names[found.what.numbers[clip]]
            assert said == f"clip {clip}: {MOTIONS[found.how.numbers[clip]]}, {thing}"
            seen.append(clip)
    assert sorted(seen) == list(range(90))
    looks = {
        trace.text[0] if trace.mode == "text" else trace.marker.symbol for trace in figure.data
    }
    assert len(looks) == len(figure.data), "told apart without colour"


def test_the_chosen_clip_has_a_square_and_its_neighbours_circles() -> None:
    found = made_up()
    *_, circles, square = clip_map_plot(found, "how", chosen=7, near=[3, 60]).data
    assert circles.marker.symbol == "circle-open" and square.marker.symbol == "square-open"
    assert list(circles.x) == found.coordinates[[3, 60], 0].tolist()
    assert (square.x[0], square.y[0]) == tuple(found.coordinates[7].tolist())
    with pytest.raises(UsageError, match="'what' or 'how'"):
        clip_map_plot(found, "where")
