"""The page "Predictions": every control, and numbers that are the library's."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opening
import pytest
import torch
from streamlit.testing.v1 import AppTest

from c3d_teach import CameraMotion, MotionDigits, judge_video, load
from c3d_teach.analysis.alterations import ALTERATIONS, alter
from c3d_teach.data.export import write_video
from c3d_teach.errors import VideoError

DIGITS = {"source": "MotionDigits"}


@pytest.fixture
def state() -> Iterator[Any]:
    """The page's own state module, with caches that hold nothing of the test afterwards."""
    import state

    cached = (state.classifier, state.embedded_film, state._probabilities, state._movie)
    yield state
    for function in cached:
        function.clear()


def opened(**settings: str) -> AppTest:
    return opening.opened("predictions", **settings)


def uploaded(name: str, content: bytes, **settings: str) -> AppTest:
    page = opened(source="your video", **settings)
    assert not page.get("plotly_chart")
    page.file_uploader[0].upload(name, content, "video/mp4")
    return page.run()


def charts(page: AppTest) -> list[list[dict[str, Any]]]:
    return [figure["data"] for figure in opening.charts(page).values()]


def bars(page: AppTest) -> list[torch.Tensor]:
    return [torch.tensor(traces[0]["x"]) for traces in charts(page)]


def lines(page: AppTest) -> list[torch.Tensor]:
    return [torch.tensor([t["y"] for t in traces]).T for traces in charts(page)]


def said(page: AppTest) -> str:
    return next(m.value for m in page.markdown if m.value.startswith("**What to see**"))


def video(path: Path, frames: int = 16, motion: str = "pan left") -> bytes:
    names = CameraMotion.motions
    made = CameraMotion(len(names), split="test", clip_shape=(3, frames, 96, 128))
    write_video(path, made[names.index(motion)]["clip"], fps=8)
    return path.read_bytes()


def test_the_first_view_is_whole() -> None:
    page = opened()
    assert page.title[0].value == "Which way does it move?"
    assert [len(traces[0]["y"]) for traces in charts(page)] == [8, 8]
    assert page.segmented_control(key="play").value == "as it is"
    assert page.image and not page.warning


@pytest.mark.parametrize("how", ALTERATIONS)
def test_bars_are_what_the_library_answers(how: str) -> None:
    page = opened(**DIGITS, **{"MotionDigits.motion": "up", "clip": "3", "play": how})
    k = MotionDigits.motions.index("up")
    clip = MotionDigits(1600, split="test")[3 * 8 + k]["clip"][None]
    for name, traces in zip(("motion-d1", "motion-d3"), charts(page), strict=True):
        net = load(name)
        assert traces[0]["y"] == list(net.classes)
        torch.testing.assert_close(torch.tensor(traces[0]["x"]), net.predict(alter(clip, how))[0])
        if how != "as it is":
            diamonds = traces[1]
            assert diamonds["name"] == "as it is"
            torch.testing.assert_close(torch.tensor(diamonds["x"]), net.predict(clip)[0])


@pytest.mark.parametrize(("length", "clips"), [("four clips", 4), ("every motion in turn", 8)])
def test_longer_films_are_lines_along_time(length: str, clips: int) -> None:
    page = opened(**DIGITS, length=length, play="reversed", clip="0")
    if clips == 4:
        made = MotionDigits(1600, split="test", clip_shape=(1, 64, 32, 32))[0]["clip"]
    else:
        made = MotionDigits(1600, split="test").batch(range(8))["clip"]
    film = made.view(clips, 16, 32, 32, 1)
    for name, p in zip(("motion-d1", "motion-d3"), lines(page), strict=True):
        torch.testing.assert_close(p, load(name).predict(alter(film, "reversed")))
    assert charts(page)[0][0]["x"] == [2 * k + 1 for k in range(clips)]  # 16 frames at 8 a second
    assert page.selectbox(key="MotionDigits.motion").disabled == (clips == 8)


def test_reversal_is_lost_on_depth_1_and_seen_by_depth_3() -> None:
    """Claim ``depth-1-blind``: what the page says follows from the numbers it shows."""
    page = opened(**DIGITS)
    before = bars(page)
    page.segmented_control(key="play").set_value("reversed").run()
    blind, seeing = ((a - b).abs().max() for a, b in zip(before, bars(page), strict=True))
    assert blind < 1e-6 < 0.5 < seeing
    assert "largest difference 0.0 percentage points): it is blind to the arrow of time" in said(
        page
    )
    assert f"**Depth 3** changes by up to {100 * seeing:.1f} percentage points" in said(page)


def test_each_motion_and_number_is_another_film() -> None:
    page = opened(**DIGITS)
    first = bars(page)[1]
    page.selectbox(key="MotionDigits.motion").set_value("zoom out").run()
    second = bars(page)[1]
    page.number_input(key="clip").set_value(5).run()
    third = bars(page)[1]
    page.segmented_control(key="source").set_value("CameraMotion").run()
    assert not torch.equal(first, second) and not torch.equal(second, third)
    assert page.number_input(key="clip").value == 5


def test_the_film_that_plays_is_the_altered_one(
    state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = []
    monkeypatch.setattr(state, "animation", lambda clip, **_: played.append(clip) or _PIXEL)
    state._movie.clear()
    page = opened(**DIGITS, clip="0")
    clip = MotionDigits(1600, split="test")[0]["clip"][None]
    for how in ALTERATIONS:
        page.segmented_control(key="play").set_value(how).run()
        assert torch.equal(played[-1], alter(clip, how)[0])
    captions = [c.value for c in page.caption]
    assert not any("What you see" in c for c in captions)  # frozen: no motion to name
    page.segmented_control(key="play").set_value("reversed").run()
    assert "What you see now: right." in [c.value for c in page.caption]


def test_frames_side_by_side() -> None:
    page = opened(**DIGITS, length="four clips", frames="true")
    assert len(page.image) == 16
    page.slider[0].set_value(3).run()
    assert len(page.image) == 16 and len(charts(page)) == 2


def test_the_same_as_numbers() -> None:
    page = opened(**DIGITS, play="reversed")
    table = page.table[0].value
    assert list(table.columns) == [
        *("class", "Depth 1, as it is", "Depth 1, reversed"),
        *("Depth 3, as it is", "Depth 3, reversed"),
    ]
    assert list(table["Depth 3, reversed"]) == [f"{p:.1%}" for p in bars(page)[1].tolist()]
    assert len(opened(**DIGITS, length="four clips").table[0].value) == 4


def test_a_link_brings_the_view_back() -> None:
    page = opened(
        **{"source": "CameraMotion", "CameraMotion.motion": "zoom in", "clip": "12"},
        **{"length": "four clips", "play": "shuffled"},
    )
    assert page.segmented_control(key="source").value == "CameraMotion"
    assert page.selectbox(key="CameraMotion.motion").value == "zoom in"
    assert page.selectbox(key="length").value == "four clips"
    assert page.number_input(key="clip").value == 12
    assert page.segmented_control(key="play").value == "shuffled"
    assert len(lines(page)[0]) == 4


def test_a_link_with_nonsense_brings_the_first_view(state: Any) -> None:
    page = opened(source="../etc", clip="-9999999", play="sideways", length="ever", frames="maybe")
    assert len(bars(page)) == 2
    assert page.number_input(key="clip").value == state.FIRST


def test_an_uploaded_video_is_judged_as_the_library_judges_it(tmp_path: Path) -> None:
    content = video(tmp_path / "clip.mp4", 48)
    page = uploaded("holiday.mp4", content)
    for name, p in zip(("camera-d1", "camera-c3d"), lines(page), strict=True):
        expected = [c.probabilities for c in judge_video(load(name), tmp_path / "clip.mp4").clips]
        torch.testing.assert_close(p, torch.tensor(expected), atol=1e-5, rtol=1e-5)
    before = lines(page)
    page.segmented_control(key="play").set_value("reversed").run()
    blind, seeing = ((a - b.flip(0)).abs().max() for a, b in zip(before, lines(page), strict=True))
    assert blind < 1e-6 < 0.01 < seeing
    page.segmented_control(key="source").set_value("MotionDigits").run()
    assert "uploaded film" not in page.session_state


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"not a video at all" * 99, "cannot be read as a video")],
)
def test_a_broken_file_is_refused_in_a_sentence(content: bytes, reason: str) -> None:
    page = uploaded("../../[evil](x).mp4", content)
    (error,) = page.error
    assert reason in error.value and not page.exception and not page.get("plotly_chart")
    assert r"\[evil\]\(x\)" in error.value, "a file's name must not act as markdown"
    assert tempfile.gettempdir() not in error.value


def test_a_video_too_short_is_refused_in_a_sentence(tmp_path: Path) -> None:
    page = uploaded("blink.mp4", video(tmp_path / "blink.mp4", 8))
    assert "has 8 frames, and a clip takes 16" in page.error[0].value


def test_uploads_are_deleted_and_kept_out_of_their_names(
    state: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = video(tmp_path / "clip.mp4")
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    read = []
    import uploads

    real = uploads.open_clips
    monkeypatch.setattr(
        uploads, "open_clips", lambda path, **how: read.append((path, how)) or real(path, **how)
    )
    charts(uploaded("../../name.mp4", content))
    assert uploaded("../../name.mp4", content[:2000]).error
    assert [(path.name, how["limits"]) for path, how in read] == [("video", uploads.LIMITS)] * 2
    assert not list(elsewhere.iterdir())


def test_what_comes_before_the_damage_is_shown(
    state: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import uploads

    real = uploads.open_clips

    def breaks_off(path: Path, **how: Any) -> Any:
        info, clips = real(path, **how)

        def some() -> Iterator[torch.Tensor]:
            yield next(clips)
            raise VideoError(f"{path} breaks off.")

        return info, some()

    monkeypatch.setattr(uploads, "open_clips", breaks_off)
    page = uploaded("torn.mp4", video(tmp_path / "clip.mp4", 48))
    assert len(bars(page)) == 2
    assert page.info[0].value == (
        r"Only the part before the damage is shown. torn\.mp4 breaks off."
    )


def test_a_long_video_is_cut_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = video(tmp_path / "clip.mp4", 64)
    monkeypatch.setattr("uploads.CLIPS", 2)
    page = uploaded("long.mp4", content)
    assert len(lines(page)[0]) == 2
    assert "its first 4.0 seconds (2 clips)" in page.info[0].value


def test_a_missing_net_is_named_in_a_sentence(
    state: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.classifier.clear()
    monkeypatch.setattr("c3d_teach.models.weights._ASSETS", tmp_path)
    page = opened(**DIGITS)
    assert not page.exception and not page.get("plotly_chart")
    assert [w.value.split(".")[0] for w in page.warning] == [
        "The net motion-d1 cannot be asked",
        "The net motion-d3 cannot be asked",
    ]


def test_what_nobody_expected_is_a_sentence_too(
    state: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state, "embedded_film", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        page = opened()
    assert not page.exception and "did not expect" in page.error[0].value
    assert "ZeroDivisionError" in caplog.text


def test_shared_nets_are_left_as_they_were(state: Any) -> None:
    charts(opened(**DIGITS, play="shuffled"))
    shared, fresh = state.classifier("motion-d3").model, load("motion-d3").model
    assert not shared.training
    assert not any(m._forward_hooks or m._backward_hooks for m in shared.modules())
    for (name, a), b in zip(shared.state_dict().items(), fresh.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
