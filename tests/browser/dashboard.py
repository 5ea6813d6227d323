"""The dashboard in a browser: one server for all tests, and what a page looks like at rest."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromium import PATIENCE, Watched, free_port, stop, wait_for
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
KEYS = [path.stem for path in sorted((ROOT / "app" / "views").glob("*.py"))]
CHART = ".stPlotlyChart .js-plotly-plot .main-svg"


@contextmanager
def running(log: Path) -> Iterator[str]:
    """The address of a fresh server; afterwards its log must be free of tracebacks."""
    port = free_port()
    with log.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}/"
        assert "Traceback" not in log.read_text()
    finally:
        stop(server)


class Dashboard(Watched):
    """A visitor's window on the dashboard."""

    def settled(self) -> None:
        """Wait until Streamlit has run the page to its end and its pictures have come.

        Who moves on before takes away pictures that the browser still asks for.
        """
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        self.page.wait_for_function("[...document.images].every(one => one.complete)")

    def drawn(self, charts: int | None = None) -> None:
        """Wait until the page is at rest and its first charts, or all of ``charts``, are drawn."""
        self.settled()
        expect(self.page.locator(CHART).first).to_be_visible(timeout=PATIENCE)
        if charts is not None:
            expect(self.page.locator(".stPlotlyChart .js-plotly-plot")).to_have_count(
                charts, timeout=PATIENCE
            )
        self.settled()

    def whole(self, path: Path) -> None:
        """A picture of the page from top to bottom; the page scrolls inside its window."""
        main = self.page.locator('[data-testid="stMain"]')
        size = self.page.viewport_size
        assert size
        tall = int(main.evaluate("e => e.scrollHeight")) + 80
        self.page.set_viewport_size({"width": size["width"], "height": min(8000, max(900, tall))})
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def sticks_out(self) -> list[str]:
        """What is wider than the window: nothing should be."""
        found: list[str] = self.page.locator('[data-testid="stMain"]').evaluate(
            """main => [...main.querySelectorAll('.stPlotlyChart, img, table, button, h1, h2, h3')]
              .filter(e => {
                const box = e.getBoundingClientRect();
                return box.width && (box.right > innerWidth + 1 || box.left < -1);
              }).map(e => e.outerHTML.slice(0, 120))"""
        )
        return found
