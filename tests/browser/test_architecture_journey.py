"""The page "Architecture" in a real browser: a net is put together, looked at, and sent on."""

from urllib.parse import parse_qs, urlparse

import pytest
from chromium import PATIENCE
from dashboard import Dashboard
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser


def address(window: Dashboard) -> dict[str, str]:
    found = parse_qs(urlparse(window.page.url).query)
    return {name.removeprefix("architecture."): values[-1] for name, values in found.items()}


def metric(window: Dashboard, label: str) -> Locator:
    return window.page.locator('[data-testid="stMetric"]').filter(has_text=label)


def test_a_net_is_put_together_and_its_address_brings_it_back(
    wide: Dashboard, dashboard: str
) -> None:
    page = wide.page
    page.goto(f"{dashboard}architecture?architecture.start=depth-5")
    wide.drawn(5)
    expect(metric(wide, "Parameters")).to_contain_text("20,544,997")

    # kernels seven frames deep at the end, and pooled early
    page.get_by_role("radiogroup", name="conv5").get_by_role("radio", name="7").click()
    expect(metric(wide, "Parameters")).to_contain_text("21,724,645", timeout=PATIENCE)
    page.get_by_role("radiogroup", name="pool1").get_by_role("radio", name="2").click()
    expect(page.get_by_text("No net.", exact=False)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("radiogroup", name="pool5").get_by_role("radio", name="1").click()
    expect(page.get_by_role("heading", name="Time dies at pool4, before conv5")).to_be_visible(
        timeout=PATIENCE
    )
    wide.settled()

    # a block is clicked, and worked out below
    name = page.get_by_role("combobox", name="Layer")
    expect(name).to_have_value("conv3")
    names = ["clip", "conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "conv4", "pool4"]
    page.locator(".st-key-net .js-plotly-plot .point").nth(names.index("conv4")).click(force=True)
    expect(name).to_have_value("conv4", timeout=PATIENCE)
    expect(page.get_by_text("256 × (256 × 5×3×3) + 256", exact=False)).to_be_visible()
    wide.settled()

    settings = {"start": "your own", "net": "search net", "conv1": "5", "conv5": "7", "pool1": "2"}
    found = address(wide)
    assert settings | {"pool5": "1", "layer": "conv4"} == {
        name: found.get(name) for name in [*settings, "pool5", "layer"]
    }
    page.goto(page.url)
    wide.drawn(5)
    expect(metric(wide, "Parameters")).to_contain_text("21,724,645", timeout=PATIENCE)
    expect(name).to_have_value("conv4")


def test_frames_by_keyboard_until_time_runs_out(wide: Dashboard, dashboard: str) -> None:
    page = wide.page
    page.goto(f"{dashboard}architecture")
    wide.drawn(5)
    page.get_by_role("slider", name="Frames in a clip").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("of the clip's 15 only 1 is left", exact=False).first).to_be_visible(
        timeout=PATIENCE
    )
    assert address(wide)["frames"] == "15"
    page.keyboard.press("ArrowRight")
    expect(metric(wide, "Frames")).to_contain_text("16 → 1", timeout=PATIENCE)
    expect(page.get_by_role("combobox", name="Start from")).to_have_value("C3D, 487 classes")
    wide.settled()
    assert "frames" not in address(wide)
