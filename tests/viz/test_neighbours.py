"""Nearest neighbours of a clip: the right ones, every position drawn, bad input refused."""

import numpy as np
import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz.neighbour_charts import neighbour_strips
from c3d_teach.viz.widgets.neighbours import Neighbours

RANDOM = np.random.default_rng(0)
CLIPS = RANDOM.integers(0, 256, (30, 6, 8, 8, 1)).astype(np.uint8)
NAMES = [f"clip {k}" for k in range(30)]


def made(descriptors: np.ndarray, **settings: object) -> Neighbours:
    return Neighbours(CLIPS, descriptors, NAMES, **settings)  # type: ignore[arg-type]


def test_the_nearest_are_those_of_the_largest_cosine() -> None:
    angle = np.linspace(0, 1.5, 30)
    length = RANDOM.uniform(0.5, 9, 30)  # the length of a descriptor has no say
    x = length[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    found, cosines = made(x, dimensions=()).nearest(0)
    assert found == [1, 2, 3]
    assert cosines == pytest.approx(np.cos(angle[1:4]))


def test_a_clip_is_never_its_own_neighbour() -> None:
    widget = made(RANDOM.normal(size=(30, 12)))
    for query in range(30):
        for space in ("all of fc6", "2 components", "10 components"):
            assert query not in widget.nearest(query, space)[0]


def test_components_that_there_are_too_few_of_are_left_out() -> None:
    widget = made(RANDOM.normal(size=(30, 12)), dimensions=(2, 10, 50))
    assert widget.controls["space"].values == ["all of fc6", "2 components", "10 components"]


def test_every_position_is_drawn() -> None:
    assert made(RANDOM.normal(size=(30, 12)), queries=range(5)).sweep() == 5 * 3


def test_its_text_says_what_one_can_do() -> None:
    assert "choose a clip" in repr(made(RANDOM.normal(size=(30, 12)), queries=[0]))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="29 descriptors"):
        made(np.ones((29, 4)))
    with pytest.raises(UsageError, match="at least two clips"):
        neighbour_strips(CLIPS[:1], NAMES[:1], title="one", similar=[])


def test_rows_are_named_and_cosines_drawn() -> None:
    figure = neighbour_strips(CLIPS[:3], NAMES[:3], title="Three", similar=[0.9, 0.4])
    texts = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert texts == NAMES[:3]
    widths = [bar.get_width() for axis in figure.axes for bar in axis.patches]
    assert widths == [0.9, 0.4]
