"""What browser tests share: the program, and a page that is watched while it is used."""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

NO_BROWSER = (
    "The browser tests need Chromium: `apt install chromium` (Debian, Ubuntu), `brew install "
    "--cask chromium` (macOS), or name the program of a Chrome or Chromium in CHROMIUM."
)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 120_000  # milliseconds, for a page on a busy machine
# opened at /page, Streamlit's frontend looks for its server at /page/ first and at / then
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
MEDIA = re.compile(r"^http://(127\.0\.0\.1|localhost):\d+/media/[0-9a-f]+\.\w+$")
LOCAL = re.compile(r"^(data:|blob:|about:|(http|ws)://(127\.0\.0\.1|localhost)(:\d+)?(/|$))")


def browser_program() -> str:
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(NO_BROWSER, pytrace=False)
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until a server answers; fails with its log when it does not."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()}", pytrace=False)


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()


class Watched:
    """A page, what it asked for and what it complained about."""

    def __init__(self, browser: Browser, width: int, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.pictures_missing: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        if message.type != "error" or PROBE.search(url):
            return
        # Streamlit forgets a picture as soon as a page no longer shows it; a browser that was
        # about to fetch it is told 404
        kept = self.pictures_missing if MEDIA.match(url) else self.complaints
        kept.append(f"{message.text} {url}")

    def close(self) -> None:
        broken = "[...document.images].filter(e => e.complete && !e.naturalWidth).map(e => e.src)"
        unseen = self.page.evaluate(broken)
        self.context.close()
        assert not unseen, (unseen, self.pictures_missing)
        outside = [url for url in self.asked if not LOCAL.match(url)]
        assert self.asked and not outside, outside
        assert not self.complaints, self.complaints
