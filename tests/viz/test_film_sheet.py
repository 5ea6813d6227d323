"""Clips on one sheet, masks over a clip: pixels where they belong."""

import numpy as np
import pytest

from c3d_teach.errors import UsageError
from c3d_teach.viz.compactness_plot import compactness_plot
from c3d_teach.viz.film_sheet import film_sheet
from c3d_teach.viz.map_pyramid import map_pyramid
from c3d_teach.viz.mask_plots import mask_film, overlap_plot


def clip(value: int, length: int = 4) -> np.ndarray:
    return np.full((length, 8, 8, 1), value, np.uint8)


def test_panels_stand_side_by_side_each_under_its_name() -> None:
    sheet = film_sheet([("one", clip(10)), ("two\nlines", clip(200))], side=64)
    assert sheet.dtype == np.uint8 and sheet.shape[0] == 4 and sheet.shape[2] == 64 + 8 + 64
    below = sheet[:, -64:]
    assert (below[:, :, :64] == 10).all() and (below[:, :, -64:] == 200).all()
    head = sheet[0, :-64]
    assert head[:, :64].min() < 60 and head[:, -64:].min() < 60, "names are written there"
    two_rows = film_sheet([("a", clip(1)), ("b", clip(2)), ("c", clip(3))], side=64, columns=2)
    assert two_rows.shape[1] > 2 * 64 and (two_rows[:, -64:, :64] == 3).all()


def test_clips_of_different_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match=r"clips of one length; given were \[4, 5\]"):
        film_sheet([("a", clip(1)), ("b", clip(1, 5))])


def test_mask_is_filled_and_truth_outlined() -> None:
    mask, truth = np.zeros((2, 4, 8, 8), bool)
    mask[:, 2:4, 2:4] = True
    truth[:, 1:7, 1:7] = True
    film = mask_film(clip(100, 4), mask, truth, scale=8)
    assert film.shape == (4, 64, 64, 3)
    inside, filled, edge, around, outside = (film[0, y, y] for y in (36, 20, 8, 7, 2))
    assert (outside == 75).all() and (inside == 75).all()
    assert filled[0] > filled[2], "orange"
    assert edge[2] > edge[0] and (around == 255).all(), "blue, and white around it"
    truth[:] = True
    assert not (mask_film(clip(100, 4), mask, truth) == 255).all(3).any(), "no line at the edge"


def test_overlap_leaves_gaps_where_nothing_is() -> None:
    figure = overlap_plot({"3D": [0.5, float("nan"), 1.0], "2D": [0.1, 0.2, 0.3]}, held=1)
    assert list(figure.data[0].y) == [0.5, None, 1.0]
    assert figure.data[0].line.dash != figure.data[1].line.dash
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_the_pyramid_puts_frames_over_their_stretch_of_time() -> None:
    rows = {"clip": np.ones((4, 2, 2)), "pool": np.ones((1, 2, 2))}
    picture = map_pyramid(rows, 4)
    white = (picture == 255).all(2)
    top, bottom = (np.flatnonzero(white[y]) for y in (20, 20 + 68))
    assert len(top) > 3.5 * len(bottom) > 0
    assert abs((top.min() + top.max()) / 2 - (bottom.min() + bottom.max()) / 2) <= 4
    with pytest.raises(UsageError, match="pool: a map is"):
        map_pyramid({"pool": np.ones((5, 2, 2))}, 4)


def test_the_curve_names_its_controls_and_the_paper() -> None:
    points = [{"dimension": 2, "accuracy": 0.5, "interval": (0.4, 0.6)}]
    figure = compactness_plot(points, controls={"chance": 0.1}, paper={10: 0.528})
    assert list(figure.data[0].y) == [0.5] and list(figure.data[1].x) == [10]
    assert "chance 10.0%" in [a.text for a in figure.layout.annotations]
