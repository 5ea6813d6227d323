"""Films in clips: what is drawn, what is refused, and the window at every position."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from c3d_teach import load, probe
from c3d_teach.data.odd_files import write_shown_at, write_with_leaning_frames
from c3d_teach.data.photos import PHOTOS
from c3d_teach.data.sample_film import MOVES, sample_film
from c3d_teach.errors import UsageError
from c3d_teach.viz.static import TICK
from c3d_teach.viz.video_charts import (
    clip_chart,
    clip_spans_chart,
    frame_times_chart,
    named_strip,
    verdicts_chart,
    whole_clips,
)
from c3d_teach.viz.widgets import clip_window
from c3d_teach.viz.widgets.clip_window import ClipWindow

FILM = np.arange(40 * 8 * 10 * 3, dtype=np.uint32).astype(np.uint8).reshape(40, 8, 10, 3)
WORDS = ["still life", "no clear camera motion"]
DRAWN: dict[str, Callable[[], Figure]] = {
    "spans": lambda: clip_spans_chart(40, 16, {"a": [0, 16], "b": [0, 8, 16, 24]}, title="T"),
    "verdicts": lambda: verdicts_chart(FILM, [0, 16], 16, [0.9, 0.4], WORDS, title="T", chosen=1),
    "clip": lambda: clip_chart(FILM, 24, 16, ["x", "y"], [0.2, 0.8], title="T"),
    "times": lambda: frame_times_chart({"even": [0, 1, 2], "odd": [0, 1, 4]}, title="T"),
    "strip": lambda: named_strip({"left": FILM[0], "right": FILM[1]}, title="T"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_has_its_title_and_readable_type(name: str) -> None:
    figure = DRAWN[name]()
    figure.canvas.draw()
    assert figure.get_suptitle() == "T"
    texts = [text for text in figure.findobj(lambda one: hasattr(one, "get_fontsize"))]
    assert all(one.get_fontsize() >= TICK for one in texts if one.get_text())


def test_every_clip_is_a_bar_and_what_is_left_over_is_hatched() -> None:
    axis = clip_spans_chart(40, 16, {"a": [0, 16]}, title="T").axes[0]
    bars = [p for p in axis.patches if isinstance(p, Rectangle)]
    spans = [(p.get_x(), p.get_width(), bool(p.get_hatch())) for p in bars]
    assert spans == [(0, 16, False), (16, 16, False), (32, 8, True)]


def test_no_answer_is_hatched() -> None:
    axis = verdicts_chart(FILM, [0, 16], 16, [0.9, 0.9], WORDS, title="T").axes[1]
    assert [bool(p.get_hatch()) for p in axis.patches] == [False, True]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: clip_spans_chart(40, 16, {}, title="T"),
        lambda: clip_spans_chart(40, 16, {"a": [25]}, title="T"),
        lambda: clip_spans_chart(40, 16, {"a": range(9)}, title="T"),
        lambda: verdicts_chart(FILM, [0], 16, [0.5, 0.4], WORDS, title="T"),
        lambda: verdicts_chart(FILM[..., :1], [0, 16], 16, [0.5, 0.4], WORDS, title="T"),
        lambda: clip_chart(FILM, 25, 16, ["x"], [1.0], title="T"),
        lambda: frame_times_chart({"a": []}, title="T"),
        lambda: named_strip({}, title="T"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[[], Figure]) -> None:
    with pytest.raises(UsageError):
        draw()


def test_the_window_draws_every_position_and_stays_in_the_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(clip_window, "show", lambda figure, alt: said.append(alt))
    film = sample_film([("pan right", 40)], size=(64, 80))
    window = ClipWindow(film, load("camera-c3d"))
    said.clear()
    assert window.sweep() == 7 * 3 == len(said)
    assert all("pan right" in one for one in said)
    assert "Clip 1 is the last whole one, frame 16 to 31" in " ".join(said)
    with pytest.raises(UsageError, match="10 frames"):
        ClipWindow(film[:10], load("camera-c3d"))


def test_a_film_has_the_parts_that_were_asked_for() -> None:
    film = sample_film([("still", 3), ("pan right", 2)], size=(32, 48))
    assert film.shape == (5, 32, 48, 3) and film.dtype == torch.uint8
    assert torch.equal(film[0], film[2]) and not torch.equal(film[2], film[3])
    assert torch.equal(film, sample_film([("still", 3), ("pan right", 2)], size=(32, 48)))
    assert len(sample_film(size=(16, 16))) == 135


def test_a_camera_that_pans_right_moves_the_picture_left() -> None:
    film = sample_film([("pan right", 2)], size=(64, 96)).float()
    shifts = {s: (film[1, :, 8:-8] - film[0].roll(s, 1)[:, 8:-8]).abs().mean() for s in (-2, 2)}
    assert shifts[-2] < shifts[2]


@pytest.mark.parametrize(
    "asked", [{"photo": "nothing"}, {"parts": [("fly", 3)]}, {"parts": [("still", 0)]}]
)
def test_a_film_that_cannot_be_made_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        sample_film(**asked)  # type: ignore[arg-type]
    assert PHOTOS and MOVES


def test_frames_are_shown_when_they_were_asked_to_be(tmp_path: Path) -> None:
    times = [0, 100, 500, 600, 2000]
    path = write_shown_at(tmp_path / "a.mkv", sample_film([("still", 5)], size=(32, 32)), times)
    with av.open(str(path)) as file:
        assert [round(1000 * frame.time) for frame in file.decode(video=0)] == times
    assert probe(path).frames == 5
    for wrong in ([0, 1], [0, 2, 1, 3, 4]):
        with pytest.raises(UsageError, match="moments"):
            write_shown_at(tmp_path / "b.mkv", sample_film([("still", 5)], size=(32, 32)), wrong)


def test_some_frames_lean_on_later_ones(tmp_path: Path) -> None:
    film = sample_film([("pan right", 12)], size=(32, 32))
    path = write_with_leaning_frames(tmp_path / "a.avi", film)
    with av.open(str(path)) as file:
        kinds = [int(frame.pict_type) for frame in file.decode(video=0)]
    assert len(kinds) == 12 and 3 in kinds  # I is 1, P 2, B 3


def test_whole_clips_end_within_the_video() -> None:
    assert whole_clips(135, 16, 16) == [0, 16, 32, 48, 64, 80, 96, 112]
    assert whole_clips(32, 16, 8) == [0, 8, 16]
    assert whole_clips(31, 16, 8) == [0, 8]
    assert whole_clips(15, 16, 8) == []
