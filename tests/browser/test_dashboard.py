"""The dashboard in a real browser: an uploaded video, played backwards, offline."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from c3d_teach import CameraMotion, load, read_clips, verdict
from c3d_teach.data.export import write_video

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
NO_BROWSER = (
    "The browser tests need Chromium: `apt install chromium` (Debian, Ubuntu), `brew install "
    "--cask chromium` (macOS), or name the program of a Chrome or Chromium in CHROMIUM."
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 120_000  # milliseconds, for a page on a busy machine
LOCAL = re.compile(r"^(data:|blob:|about:|(http|ws)://(127\.0\.0\.1|localhost)(:\d+)?(/|$))")


def browser_program() -> str:
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(NO_BROWSER, pytrace=False)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = browser_program()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("dashboard") / "log.txt"
    with log.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}/"
        assert "Traceback" not in log.read_text()
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The dashboard did not start:\n{log.read_text()}", pytrace=False)


class Watched:
    """A page, and what it asked for and complained about."""

    def __init__(self, browser: Browser, width: int, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type == "error" else 0,
        )

    def close(self) -> None:
        self.context.close()
        assert self.asked and not [url for url in self.asked if not LOCAL.match(url)]
        assert not self.complaints

    def numbers(self, net: str) -> Locator:
        """The percentages on a net's chart, from the first class to the last."""
        found = self.page.locator(f".st-key-net-{net} .js-plotly-plot .textpoint")
        expect(found).to_have_count(9, timeout=PATIENCE)
        return found

    def settled(self) -> None:
        """Wait until Streamlit has run the page to its end."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


@pytest.fixture
def wide(browser: Browser) -> Iterator[Watched]:
    watched = Watched(browser, 1280)
    yield watched
    watched.close()


def test_a_video_is_uploaded_judged_and_played_backwards(
    wide: Watched, dashboard: str, tmp_path: Path
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
    page.goto(f"{dashboard}?source=your+video")
    page.locator('input[type="file"]').set_input_files(zoom)

    blind, seeing = (wide.numbers(n).all_text_contents() for n in ("camera-d1", "camera-c3d"))
    assert all(number.endswith("%") for number in blind + seeing)
    answer = page.locator(".st-key-net-camera-c3d").get_by_text("Answer:")
    assert answer.inner_text() == f"Answer: {inwards}"
    picture = page.locator('[data-testid="stImage"] img')
    forwards = picture.get_attribute("src")

    page.get_by_role("radio", name="reversed").click()
    expect(answer).to_contain_text(f"Answer: {outwards}", timeout=PATIENCE)
    wide.settled()
    expect(wide.numbers("camera-c3d")).not_to_have_text(seeing)
    expect(wide.numbers("camera-d1")).to_have_text(blind)
    expect(page.get_by_text("it is blind to the arrow of time")).to_be_visible()
    assert picture.get_attribute("src") != forwards
    assert "play=reversed" in page.url
    page.screenshot(path=tmp_path / "reversed.png", full_page=True)
    assert (tmp_path / "reversed.png").stat().st_size > 20_000


def test_a_broken_upload_is_a_sentence(wide: Watched, dashboard: str, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 500)
    wide.page.goto(f"{dashboard}?source=your+video")
    wide.page.locator('input[type="file"]').set_input_files(tmp_path / "broken.mp4")
    alert = wide.page.get_by_role("alert")
    expect(alert).to_contain_text("broken.mp4 cannot be read as a video", timeout=PATIENCE)
    assert "Traceback" not in wide.page.content()


def test_nothing_sticks_out_on_a_phone(browser: Browser, dashboard: str) -> None:
    phone = Watched(browser, 400, "dark")
    phone.page.goto(f"{dashboard}?source=MotionDigits&length=every+motion+in+turn&play=reversed")
    expect(phone.page.locator(".js-plotly-plot")).to_have_count(2, timeout=PATIENCE)
    phone.settled()
    main = phone.page.locator('[data-testid="stMain"]')
    assert main.evaluate("e => e.scrollWidth <= e.clientWidth")
    for chart in phone.page.locator(".js-plotly-plot").all():
        box = chart.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 400
    assert all(phone.page.locator("img").evaluate_all("all => all.map(e => e.alt || e.ariaHidden)"))
    phone.close()
