"""Short journeys: what a visitor does on a page, and what becomes of it."""

import re
from pathlib import Path

import numpy as np
import pytest
from chromium import PATIENCE
from dashboard import Dashboard
from playwright.sync_api import Locator, expect

from c3d_teach import CameraMotion
from c3d_teach.data.export import write_video
from c3d_teach.experiments.clip_maps import shipped

pytestmark = pytest.mark.browser


def slider(window: Dashboard, name: str) -> Locator:
    return window.page.get_by_role("slider", name=name)


def test_a_kernel_is_moved_with_the_arrow_keys_and_walks(wide: Dashboard, dashboard: str) -> None:
    wide.page.goto(f"{dashboard}convolution")
    wide.drawn(3)
    at = slider(wide, "x of the output")
    before = int(at.input_value())
    at.press("ArrowRight")
    expect(at).to_have_value(str(before + 1))
    expect(wide.page).to_have_url(re.compile(f"convolution.x={before + 1}"), timeout=PATIENCE)
    wide.page.get_by_text("Let it walk by itself").click()
    expect(at).not_to_have_value(str(before + 1), timeout=PATIENCE)
    wide.page.get_by_text("Let it walk by itself").click()
    wide.settled()


def test_from_the_net_to_one_of_its_filters(wide: Dashboard, dashboard: str) -> None:
    wide.page.goto(f"{dashboard}convolution?convolution.zoom=a+net")
    wide.drawn()
    with wide.context.expect_page() as opened:
        wide.page.get_by_role("link", name="Walk with filter").click()
    beside = opened.value
    expect(beside.get_by_text("What goes in")).to_be_visible(timeout=PATIENCE)
    expect(beside).to_have_url(re.compile("convolution.kernel=learned"))


def test_a_point_opens_its_clip(wide: Dashboard, dashboard: str) -> None:
    placed = shipped("motion-d3").embedding
    gaps = np.linalg.norm(placed.coordinates[:, None] - placed.coordinates, axis=2)
    target = int((gaps + 1e9 * np.eye(len(gaps))).min(1).argmax())  # no other point covers it
    motion = int(placed.how.numbers[target])
    among = (placed.how.numbers == motion).nonzero()[0].tolist().index(target)
    wide.page.goto(f"{dashboard}features")
    wide.drawn(3)
    clip = wide.page.get_by_label("Clip", exact=True)
    expect(clip).to_have_value("8")
    point = wide.page.locator("[class*='st-key-map-how'] .scatterlayer .trace").nth(motion)
    box = point.locator(".point").nth(among).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    wide.page.mouse.move(x, y)  # plotly asks what is hovered before it takes a click
    expect(wide.page.locator(".hoverlayer .hovertext")).to_contain_text(f"clip {target}")
    wide.page.mouse.click(x, y)
    expect(clip).to_have_value(str(target), timeout=PATIENCE)
    expect(wide.page).to_have_url(re.compile(f"features.clip={target}"), timeout=PATIENCE)
    clip.press("ArrowUp")
    expect(clip).to_have_value(str(target + 1), timeout=PATIENCE)
    wide.settled()
    expect(clip).to_have_value(str(target + 1))  # the old click does not come back


def test_two_nets_stand_side_by_side_until_another_task_is_chosen(
    wide: Dashboard, dashboard: str
) -> None:
    wide.page.goto(f"{dashboard}features?features.other=motion-d1")
    wide.drawn(5)
    net = wide.page.get_by_role("combobox", name="Net")
    net.click()
    wide.page.get_by_role("option", name="camera-c3d").click()
    expect(wide.page.get_by_text("camera-c3d, fc6: neighbours")).to_be_visible(timeout=PATIENCE)
    expect(wide.page.locator(".js-plotly-plot")).to_have_count(3, timeout=PATIENCE)
    wide.settled()
    wide.page.reload()  # the address brings the same view back
    wide.drawn(3)
    expect(wide.page.get_by_text("camera-c3d, fc6: neighbours")).to_be_visible()


def test_a_study_is_opened_down_to_a_training(wide: Dashboard, dashboard: str) -> None:
    wide.page.goto(f"{dashboard}experiments?experiments.study=pooling")
    wide.drawn(3)
    slider(wide, "Seed").press("ArrowRight")
    expect(wide.page.get_by_text("seed 1", exact=False).first).to_be_visible(timeout=PATIENCE)
    wide.page.get_by_role("radio", name="Claims").click()
    wide.page.get_by_role("textbox", name="Find").fill("U-Net")
    wide.page.get_by_role("textbox", name="Find").press("Enter")
    expect(wide.page.get_by_role("cell", name="unet-skips")).to_be_visible(timeout=PATIENCE)


def test_a_mask_follows_the_mover_and_loses_it_when_frozen(wide: Dashboard, dashboard: str) -> None:
    wide.page.goto(f"{dashboard}segmentation")
    wide.drawn(2)
    seen = wide.page.locator(".st-key-seen")
    before = seen.inner_text()
    wide.page.get_by_role("radio", name="frozen").click()
    expect(seen).to_contain_text("Nothing moves any more", timeout=PATIENCE)
    assert seen.inner_text() != before and "segmentation.play=frozen" in wide.page.url


def test_after_a_hostile_file_a_good_one_is_read(
    wide: Dashboard, dashboard: str, tmp_path: Path
) -> None:
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/film.ts\n")
    pan = tmp_path / "pan.mp4"
    write_video(pan, CameraMotion(9, split="test", clip_shape=(3, 16, 96, 128))[0]["clip"])
    wide.page.goto(f"{dashboard}predictions?source=your+video")
    wide.page.locator('input[type="file"]').set_input_files(tmp_path / "list.mp4")
    expect(wide.page.get_by_role("alert")).to_contain_text("playlist", timeout=PATIENCE)
    wide.page.locator('input[type="file"]').set_input_files(pan)
    wide.drawn(2)
    assert not wide.page.get_by_role("alert").count()
    wide.page.get_by_role("button", name="Forget this film").click()
    expect(wide.page.locator(".js-plotly-plot")).to_have_count(0, timeout=PATIENCE)
