"""The clip controls: every position is drawn, and the nets answer to what is played."""

import re
import time

import numpy as np
import pytest
import torch
from torch import Tensor

from c3d_teach import MotionDigits, load
from c3d_teach.errors import UsageError
from c3d_teach.viz import answers as drawing
from c3d_teach.viz.answers import answers_chart, play_answers
from c3d_teach.viz.widgets import clip_controls
from c3d_teach.viz.widgets.clip_controls import WAYS, ClipControls, ask, said

CLIP = MotionDigits(8, split="test")[1]["clip"]
COLOUR = torch.arange(16 * 128 * 171 * 3, dtype=torch.int64).view(16, 128, 171, 3) % 251


def mean(clip: Tensor) -> dict[str, dict[str, float]]:
    share = float(clip[0].float().mean()) / 255
    return {"a net": {"bright": share, "dark": 1 - share}}


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML of what is shown."""
    seen: list[str] = []
    monkeypatch.setattr(drawing, "display", lambda html: seen.append(html.data))
    return seen


def test_every_position_is_drawn(pages: list[str]) -> None:
    one = ClipControls({"a": CLIP, "b": CLIP.flip(1)}, mean)
    pages.clear()
    assert one.sweep() == 2 * 4 * 4 == len(pages)


def test_each_way_asks_about_what_is_played(pages: list[str]) -> None:
    heard: list[Tensor] = []

    def listen(clip: Tensor) -> dict[str, dict[str, float]]:
        heard.append(clip)
        return mean(clip)

    one = ClipControls({"a": CLIP}, listen)
    for way in WAYS:
        one.widgets["way"].value = way
    backwards, shuffled, frozen = heard[-3:]
    assert torch.equal(backwards, CLIP.flip(0))
    assert sorted(map(bytes, shuffled.numpy())) == sorted(map(bytes, CLIP.numpy()))
    assert not torch.equal(shuffled, CLIP)
    assert torch.equal(frozen, CLIP[8:9].expand_as(CLIP))


def test_the_page_says_in_words_what_the_nets_say(pages: list[str]) -> None:
    ClipControls({"a three": CLIP}, mean)
    (page,) = pages
    assert "a three, forwards" in page and "a net: dark" in page
    for tag in re.findall(r"<img[^>]*>", page):
        assert re.search(r'alt="[^"]{20,}"', tag)


def test_without_nets_the_clip_plays_alone(pages: list[str]) -> None:
    ClipControls({"a": CLIP})
    assert "image/webp" in pages[0] and "image/png" not in pages[0]


def test_names_are_escaped(pages: list[str]) -> None:
    ClipControls({"<b>&": CLIP})
    assert "<b>&," not in pages[0] and "&lt;b&gt;&amp;" in pages[0]


def test_a_colour_clip_of_a_film_plays_within_a_second(pages: list[str]) -> None:
    one = ClipControls({"a film": COLOUR.to(torch.uint8)}, mean)
    started = time.process_time()
    one.widgets["way"].value = "backwards"
    assert time.process_time() - started < 1
    assert 'width="342" height="256"' in pages[-1] or 'width="171" height="128"' in pages[-1]


def test_arrays_are_taken_as_well_as_tensors(pages: list[str]) -> None:
    ClipControls({"a": CLIP.numpy(), "flipped": CLIP.numpy()[::-1]}, mean)
    assert pages


@pytest.mark.parametrize("clip", [CLIP.float(), CLIP[0], np.zeros((2, 3, 4, 2), np.uint8)])
def test_what_is_no_clip_is_refused(clip: object) -> None:
    with pytest.raises(UsageError, match="ClipControls plays"):
        ClipControls({"a": clip})  # type: ignore[dict-item]


def test_no_clips_are_refused() -> None:
    with pytest.raises(UsageError, match="no clips"):
        ClipControls({})


def test_trained_nets_are_asked_by_name() -> None:
    answer = ask({"flat": load("motion-d1"), "deep": load("motion-d3")})(CLIP)
    assert list(answer) == ["flat", "deep"]
    assert said(answer["deep"]).startswith("right, ")
    assert abs(sum(answer["flat"].values()) - 1) < 1e-5


def test_a_reader_without_a_kernel_is_told_what_it_is() -> None:
    assert "played" in repr(ClipControls({"a": CLIP})) and "Run the notebook" in repr(
        ClipControls({"a": CLIP})
    )


def test_the_bars_have_a_panel_a_net_and_mark_the_likeliest() -> None:
    figure = answers_chart({"x": {"l": 0.2, "r": 0.8}, "y": {"l": 1.0, "r": 0.0}}, title="See")
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["x", "y"]
    weights = {text.get_text(): text.get_fontweight() for text in figure.axes[0].texts}
    assert weights == {"20 %": "normal", "80 %": "bold"}


@pytest.mark.parametrize("bad", [{}, {"x": {"l": 2.0}}, {"x": {"l": 1.0}, "y": {"r": 1.0}}])
def test_answers_that_cannot_be_drawn_are_refused(bad: dict[str, dict[str, float]]) -> None:
    with pytest.raises(UsageError):
        answers_chart(bad)


def test_a_clip_nobody_was_asked_about_has_no_bars(pages: list[str]) -> None:
    play_answers({"a": CLIP, "b": CLIP}, {"a": mean(CLIP)}, alt="A digit that moves about")
    assert pages[0].count("image/png") == 1 and pages[0].count("image/webp") == 2


def test_the_middle_speed_is_chosen_where_eight_is_not_offered() -> None:
    one = ClipControls({"a": CLIP}, speeds=(1, 5, 10))
    assert one.widgets["speed"].value == 5 and clip_controls.SPEEDS == (2, 4, 8, 16)
