"""Figures of best clips: every clip there, the box where it belongs, the words right."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from PIL import Image

from c3d_teach.analysis.excitation.best_clips import UnitClips
from c3d_teach.analysis.units import Unit
from c3d_teach.errors import UsageError
from c3d_teach.viz import static
from c3d_teach.viz.clip_charts import best_clips_animation, best_clips_chart, best_clips_plot
from c3d_teach.viz.notebook import png


def made_up(count: int, channels: int = 1, *, video: bool = False) -> UnitClips:
    rng = np.random.default_rng(0)
    boxes = np.array([[[2, 7], [4, 12], [0, 9]]] * count).reshape(count, 3, 2)
    kinds = {
        "motion": ["left"] * (count // 2) + ["rotate counter-clockwise"] * (count - count // 2),
        "digit": ["digit 3"] * count,
    }
    return UnitClips(
        unit=Unit("conv3", 5),
        activations=np.linspace(9, 1, count).astype(np.float32),
        clips=tuple(
            rng.integers(0, 256, (8, 16, 20, channels), dtype=np.uint8) for _ in range(count)
        ),
        places=np.zeros((count, 3), np.int64),
        boxes=boxes,
        moments=np.full(count, 4),
        numbers=np.arange(count),
        videos=tuple(f"film{k}.mp4" if video else "" for k in range(count)),
        starts=np.arange(count) * 16,
        labels={} if video else {kind: tuple(names) for kind, names in kinds.items()},
        totals={}
        if video
        else {"motion": {"left": 4, "rotate counter-clockwise": 4}, "digit": {"digit 3": 8}},
    )


def moving(clip: np.ndarray, axis: int) -> np.ndarray:
    """The first frame, shifted by one pixel a frame along an axis."""
    return np.stack([np.roll(clip[0], t, axis) for t in range(len(clip))])


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (2, 3), (4, 1), (9, 3)])
@pytest.mark.parametrize("upright", [True, False])
def test_a_sheet_shows_each_clips_moment_and_a_line_through_time(
    count: int, channels: int, upright: bool
) -> None:
    best = made_up(count, channels)
    axis_of_motion = 0 if upright else 1
    best = replace(best, clips=tuple(moving(clip, axis_of_motion) for clip in best.clips))
    figure = best_clips_chart(best, title="see")
    axes = [axis for axis in figure.axes if axis.images]
    assert len(axes) == 2 * count
    for k, clip in enumerate(best.clips):
        frame, section = (axes[2 * k + j].images[0].get_array() for j in (0, 1))
        picture = clip[..., 0] if channels == 1 else clip
        change = clip[2:7, 4:12, 0:9].mean(-1).var(0) ** 0.5
        row, column = 4 + change.sum(1).argmax(), change.sum(0).argmax()
        line = picture[:, :, column].swapaxes(0, 1) if upright else picture[:, row]
        assert np.array_equal(frame, picture[4]) and np.array_equal(section, line)
        corners = [
            (p.get_x(), p.get_y(), p.get_width(), p.get_height())
            for axis in axes[2 * k : 2 * k + 2]
            for p in axis.patches
            if isinstance(p, Rectangle)
        ]
        in_time = (1.5, 3.5, 5, 8) if upright else (-0.5, 1.5, 9, 5)
        assert corners == [(-0.5, 3.5, 9, 8), in_time]
        assert axes[2 * k].get_title("left").startswith(f"{k + 1}.  activation")
        assert "digit 3" in axes[2 * k].get_title("left")
    sizes = [t.get_fontsize() for t in figure.findobj(match=lambda a: hasattr(a, "get_fontsize"))]
    assert min(sizes) >= static.TICK


def test_a_sheet_can_be_saved() -> None:
    assert png(best_clips_chart(made_up(5, 3))).startswith(b"\x89PNG")


def test_the_title_is_the_label_that_says_most() -> None:
    title = best_clips_chart(made_up(5)).get_suptitle()
    # all are digit 3, but so are all clips that were looked at
    assert title == "What excites conv3 unit 5 most: 3 of 5 are “rotate counter-clockwise” (motion)"
    assert (
        best_clips_chart(made_up(3, video=True)).get_suptitle() == "What excites conv3 unit 5 most"
    )


def test_clips_of_videos_are_named_by_video_and_frame() -> None:
    figure = best_clips_chart(made_up(3, video=True))
    assert figure.axes[4].get_title("left").endswith("film2.mp4, frame 32")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_slider_steps_through_every_frame(channels: int) -> None:
    best = made_up(9, channels)
    figure = best_clips_plot(best)
    assert len(figure.data) == 9 and [f.name for f in figure.frames] == [str(t) for t in range(8)]
    (slider,) = figure.layout.sliders
    assert len(slider.steps) == 8 and slider.active == 4
    assert figure.data[0].source == figure.frames[4].data[0].source
    assert len({frame.data[3].source for frame in figure.frames}) == 8
    box = figure.layout.shapes[0]
    assert (box.x0, box.x1, box.y0, box.y1) == (-0.5, 8.5, 3.5, 11.5)
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)" and figure.layout.dragmode is False


@pytest.mark.parametrize("count", [1, 2, 9])
def test_the_film_plays_all_clips_with_the_box_while_it_lasts(count: int) -> None:
    best = made_up(count)
    film = Image.open(BytesIO(best_clips_animation(best)))
    assert film.n_frames == 8  # type: ignore[attr-defined]
    columns, rows = min(3, count), -(-count // 3)
    assert film.size == (columns * 168 - 8, rows * 136 - 8)
    boxed = []
    for t in range(8):
        film.seek(t)
        frame = np.asarray(film.convert("RGB"))
        boxed.append(bool((frame[4 * 8, 0] == (213, 94, 0)).all()))
        assert np.array_equal(frame[2, 2], best.clips[0][t, 0, 0].repeat(3))
    assert boxed == [2 <= t < 7 for t in range(8)]


def test_a_unit_without_clips_has_no_figure() -> None:
    none = replace(made_up(1), activations=np.zeros(0, np.float32))
    for draw in (best_clips_chart, best_clips_plot, best_clips_animation):
        with pytest.raises(UsageError, match="No clip excites conv3 unit 5"):
            draw(none)
