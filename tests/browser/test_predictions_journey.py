"""The page "Predictions" in a real browser: an uploaded video, played backwards, offline."""

from pathlib import Path

import pytest
import torch
from chromium import PATIENCE
from dashboard import Dashboard
from playwright.sync_api import Locator, expect

from c3d_teach import CameraMotion, load, read_clips, verdict
from c3d_teach.data.export import write_video

pytestmark = pytest.mark.browser


def numbers(window: Dashboard, net: str) -> Locator:
    """The percentages on a net's chart, from the first class to the last."""
    found = window.page.locator(f".st-key-net-{net} .js-plotly-plot .textpoint")
    expect(found).to_have_count(9, timeout=PATIENCE)
    return found


def test_a_video_is_uploaded_judged_and_played_backwards(
    wide: Dashboard, dashboard: str, tmp_path: Path
) -> None:
    zoom = tmp_path / "zoom.mp4"
    made = CameraMotion(9, split="test", clip_shape=(3, 16, 96, 128))
    write_video(zoom, made[made.motions.index("zoom in")]["clip"])
    net, clip = load("camera-c3d"), next(read_clips(zoom))
    inwards, outwards = (
        verdict(net.classes, p) for p in net.predict(torch.stack([clip, clip.flip(0)]))
    )
    assert inwards != outwards

    page = wide.page
    page.goto(f"{dashboard}predictions?source=your+video")
    page.locator('input[type="file"]').set_input_files(zoom)

    blind, seeing = (numbers(wide, n).all_text_contents() for n in ("camera-d1", "camera-c3d"))
    assert all(number.endswith("%") for number in blind + seeing)
    answer = page.locator(".st-key-net-camera-c3d").get_by_text("Answer:")
    assert answer.inner_text() == f"Answer: {inwards}"
    picture = page.locator('[data-testid="stImage"] img')
    forwards = picture.get_attribute("src")

    page.get_by_role("radio", name="reversed").click()
    expect(answer).to_contain_text(f"Answer: {outwards}", timeout=PATIENCE)
    wide.settled()
    expect(numbers(wide, "camera-c3d")).not_to_have_text(seeing)
    expect(numbers(wide, "camera-d1")).to_have_text(blind)
    expect(page.get_by_text("it is blind to the arrow of time")).to_be_visible()
    assert picture.get_attribute("src") != forwards
    assert "play=reversed" in page.url
    page.screenshot(path=tmp_path / "reversed.png", full_page=True)
    assert (tmp_path / "reversed.png").stat().st_size > 20_000


def test_a_broken_upload_is_a_sentence(wide: Dashboard, dashboard: str, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 500)
    wide.page.goto(f"{dashboard}predictions?source=your+video")
    wide.page.locator('input[type="file"]').set_input_files(tmp_path / "broken.mp4")
    alert = wide.page.get_by_role("alert")
    expect(alert).to_contain_text("broken.mp4 cannot be read as a video", timeout=PATIENCE)
    assert "Traceback" not in wide.page.content()
