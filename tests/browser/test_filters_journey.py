"""The page "Filters" in a real browser: from the compass to a unit, its clips, and the pixels."""

from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from chromium import PATIENCE
from dashboard import Dashboard
from playwright.sync_api import expect

from c3d_teach import load, save
from c3d_teach.experiments import unit_answers

pytestmark = pytest.mark.browser


def address(window: Dashboard) -> dict[str, str]:
    found = parse_qs(urlparse(window.page.url).query)
    return {name.removeprefix("filters."): values[-1] for name, values in found.items()}


def test_a_unit_is_found_on_the_compass_and_followed(wide: Dashboard, dashboard: str) -> None:
    page = wide.page
    page.goto(f"{dashboard}filters?filters.layer=conv2")
    wide.drawn(3)
    found = unit_answers.kept_tuning("motion-d3", "conv2")
    assert found is not None
    dots = [k for k in range(32) if found.selectivity[k] >= 0]
    number = page.get_by_role("spinbutton", name="Unit (0 to 31)")
    # a dot in the inner half of the compass, where none lies on another
    alone = min(dots, key=lambda k: found.selectivity[k])
    dot = page.locator(".st-key-filters-compass .scatterlayer .trace").first.locator(".point")
    dot.nth(dots.index(alone)).click(force=True)
    expect(number).to_have_value(str(alone), timeout=PATIENCE)
    expect(page.get_by_role("heading", name=f"What conv2 unit {alone} answers to")).to_be_visible()
    wide.settled()

    page.get_by_role("radio", name="best clips").click()
    expect(
        page.get_by_role("heading", name=f"The clips that excite conv2 unit {alone} most")
    ).to_be_visible(timeout=PATIENCE)
    wide.settled()
    page.get_by_role("radio", name="back to the pixels").click()
    expect(page.get_by_text("Control:")).to_be_visible(timeout=PATIENCE)
    wide.settled()
    page.get_by_role("radio", name="gradient").click()
    expect(page.get_by_text("Gradient of the net as it is")).to_be_visible(timeout=PATIENCE)
    wide.settled()
    settings = {"layer": "conv2", "unit": str(alone), "look": "back to the pixels"}
    assert settings | {"method": "gradient"} == address(wide)

    page.goto(page.url)
    expect(page.get_by_text("Gradient of the net as it is")).to_be_visible(timeout=PATIENCE)
    expect(number).to_have_value(str(alone))
    page.get_by_role("radio", name="depths compared").click()
    wide.drawn(5)
    wide.settled()
    assert not wide.sticks_out()


def test_a_net_is_handed_in_and_a_broken_one_refused(
    wide: Dashboard, dashboard: str, tmp_path: Path
) -> None:
    save(load("motion-d1"), tmp_path / "mine.safetensors", half=True)
    (tmp_path / "broken.safetensors").write_bytes(b"no net" * 500)
    page = wide.page
    page.goto(f"{dashboard}filters?filters.net=your+own+file&filters.look=kernel")
    given = page.locator('input[type="file"]')
    given.set_input_files(tmp_path / "broken.safetensors")
    expect(page.get_by_role("alert").filter(has_text="broken.safetensors")).to_contain_text(
        "not a whole safetensors file", timeout=PATIENCE
    )
    given.set_input_files(tmp_path / "mine.safetensors")
    expect(page.get_by_role("heading", name="is one frame deep")).to_be_visible(timeout=PATIENCE)
    wide.drawn(4)
