"""The page "Playground" in a real browser: two nets are trained while one watches."""

import re

import pytest
from chromium import PATIENCE
from dashboard import Dashboard
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
TINY = {"clips": "64", "batch": "8", "steps": "80", "a.width": "0.0625", "b.width": "0.0625"}


def address(dashboard: str, **settings: str) -> str:
    return f"{dashboard}playground?" + "&".join(
        f"playground.{name}={value}" for name, value in (TINY | settings).items()
    )


def steps(page: Page) -> list[int]:
    """How far each net is, as the page says."""
    return [int(n) for n in re.findall(r"step (\d+) of", page.locator(".st-key-seen").inner_text())]


def test_two_nets_are_trained_paused_stepped_and_reset_by_keyboard(
    wide: Dashboard, dashboard: str
) -> None:
    page = wide.page
    page.goto(address(dashboard, steps="480", clips="256"))
    wide.drawn(1)

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled(timeout=PATIENCE)
        button.focus()
        page.keyboard.press("Enter")

    press("Train")
    expect(page.locator(".st-key-kernels-B .main-svg").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-kernels-A .main-svg").first).to_be_visible(timeout=PATIENCE)

    # what redraws itself neither moves what one reads nor takes the focus
    summary = page.get_by_text("How to read this page")
    summary.scroll_into_view_if_needed()
    page.locator("summary", has_text="How to read this page").focus()
    place = "e => e.getBoundingClientRect().top"
    top = summary.evaluate(place)
    seen = steps(page)
    page.wait_for_function(
        "before => document.querySelector('.st-key-seen').innerText !== before",
        arg=page.locator(".st-key-seen").inner_text(),
    )
    page.wait_for_timeout(1500)
    assert abs(summary.evaluate(place) - top) < 3
    assert "How to read" in page.evaluate("document.activeElement.innerText")
    assert max(now - was for now, was in zip(steps(page), seen, strict=True)) > 0

    press("Pause")
    go_on = page.get_by_role("button", name="Go on", exact=True)
    expect(go_on).to_be_enabled(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    wide.settled()
    paused = steps(page)
    press("One step")
    page.wait_for_function(
        "before => document.querySelector('.st-key-seen').innerText !== before",
        arg=page.locator(".st-key-seen").inner_text(),
    )
    page.wait_for_timeout(1500)
    assert steps(page) == [step + 1 for step in paused]

    # another page and back
    page.get_by_role("link", name="Architecture").click()
    expect(page.locator("h1")).to_contain_text("Build a net", timeout=PATIENCE)
    page.get_by_role("link", name="Playground").click()
    expect(page.locator(".st-key-seen")).to_contain_text("step", timeout=PATIENCE)
    wide.settled()
    assert steps(page) == [step + 1 for step in paused]

    press("Reset")
    expect(page.locator(".st-key-seen")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Reset", exact=True)).to_be_disabled()


def test_a_training_ends_with_what_the_net_has_learnt(wide: Dashboard, dashboard: str) -> None:
    page = wide.page
    page.goto(address(dashboard, two="false"))
    wide.drawn(1)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".st-key-seen")).to_contain_text("step 80 of 80", timeout=PATIENCE)
    expect(page.locator(".st-key-seen")).to_contain_text(re.compile("has learnt|names the pair"))
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled(timeout=PATIENCE)
    points = page.locator(".st-key-accuracy-how .js-plotly-plot .scatterlayer .point")
    expect(points).to_have_count(5)  # asked at 0, 20, 40, 60 and 80
    assert not wide.sticks_out()
