"""Figures of made clips: the frames, the cuts through time, the way there and the control."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from c3d_teach.analysis.excitation.excite import Excitation
from c3d_teach.analysis.units import Unit
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.excitation_charts import (
    excitation_animation,
    excitation_chart,
    excitation_plot,
)
from c3d_teach.viz.notebook import png


def made_up(channels: int = 1, length: int = 16) -> Excitation:
    rng = np.random.default_rng(0)
    return Excitation(
        unit=Unit("conv2", 7),
        clip=rng.integers(0, 256, (length, 12, 20, channels), dtype=np.uint8),
        activation=6.0,
        peak=9.0,
        curve=np.linspace(0, 6.1, 21),
        noise=2.0,
        noise_peak=4.0,
        noise_clips=40,
        fired=True,
        contrast=1.0,
        settings={},
        seed=0,
    )


@pytest.mark.parametrize(("channels", "length"), [(1, 16), (3, 4), (1, 1)])
def test_a_chart_shows_frames_cuts_and_the_way(channels: int, length: int) -> None:
    made = made_up(channels, length)
    made.clip[:, np.arange(12) != 6] = 0
    made.clip[:, :, np.arange(20) < 10] //= 2
    made.clip[::2, 6, 10], made.clip[1::2, 6, 10] = 0, 255
    figure = excitation_chart(made)
    assert png(figure).startswith(b"\x89PNG")
    clip = made.clip if channels == 3 else made.clip[..., 0]
    *frames, row, column = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(frames) == min(8, length)
    assert np.array_equal(frames[0], clip[0]) and np.array_equal(frames[-1], clip[-1])
    # row 6 is the only one that changes, and column 10 changes most
    y, x = (0, 0) if length == 1 else (6, 10)
    assert np.array_equal(row, clip[:, y])
    assert np.array_equal(column, clip[:, :, x].swapaxes(0, 1))
    curve = figure.axes[-1]
    way, control, end = curve.lines
    assert np.array_equal(way.get_ydata(), made.curve)
    assert set(control.get_ydata()) == {2.0} and control.get_linestyle() == "--"
    assert end.get_marker() == "o" and list(end.get_ydata()) == [6.0]
    assert "best of 40 random clips" in [t.get_text() for t in curve.get_legend().get_texts()]
    sizes = [t.get_fontsize() for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize"))]
    assert min(sizes) >= static.TICK


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({}, "A clip made to excite conv2 unit 7: 3 times as much as the best noise"),
        ({"noise": 0.0}, "A clip made to excite conv2 unit 7, which noise leaves cold"),
        ({"noise": 7.0}, "No clip was found that excites conv2 unit 7 more than noise does"),
        (
            {"name": "left", "noise": -1.0},
            "A clip made to excite conv2 unit 7 (“left”), which noise leaves cold",
        ),
    ],
)
def test_the_title_says_what_came_of_it(change: dict, title: str) -> None:
    made = replace(made_up(), **change)
    assert excitation_chart(made).get_suptitle() == title
    assert excitation_plot(made).layout.title.text == f"<b>{title}</b>"
    assert excitation_chart(made, title="see").get_suptitle() == "see"


def test_the_slider_steps_through_the_frames_only() -> None:
    figure = excitation_plot(made_up(3))
    assert len(figure.frames) == len(figure.layout.sliders[0].steps) == 16
    assert all(list(frame.traces) == [0] for frame in figure.frames)
    assert len({frame.data[0].source for frame in figure.frames}) == 16
    names = [trace.name for trace in figure.data[2:]]
    assert names == ["this clip", "rounded to 0–255", "best of 40 random clips"]
    assert list(figure.data[2].y) == made_up().curve.tolist()
    assert list(figure.data[4].y) == [2.0, 2.0] and figure.data[4].line.dash == "dash"


def test_the_film_is_the_clip() -> None:
    film = Image.open(BytesIO(excitation_animation(made_up(), scale=2)))
    assert film.size == (40, 24) and film.n_frames == 16  # type: ignore[attr-defined]


def test_a_unit_that_never_fired_has_no_figure() -> None:
    for draw in (excitation_chart, excitation_plot, excitation_animation):
        with pytest.raises(UsageError, match="never excited"):
            draw(replace(made_up(), fired=False))
