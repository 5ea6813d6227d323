"""How long the dashboard takes to answer, by the clock inside the browser."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from dashboard import CHART, Dashboard
from playwright.sync_api import Browser, Locator, TimeoutError

SHORT = 4000  # milliseconds in which a control can be operated
AT_REST = 300  # milliseconds without a change, for a page to count as drawn
_WATCH = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const running = () => app.dataset.testScriptState !== 'notRunning';
  const watch = window.watch = {
    arm() { Object.assign(watch, {touched: 0, changed: 0, ran: false}); },
    // milliseconds from the visitor's last touch to the last change on the page, once drawn
    answered(rest) {
      const now = performance.now();
      const done = watch.ran && !running() && now - watch.changed > rest;
      return done ? watch.changed - watch.touched : null;
    },
  };
  watch.arm();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...what) {
    if (watch.touched) watch.ran = true;  // the page asks for a new run
    return send.apply(this, what);
  };
  for (const kind of ['pointerup', 'keydown', 'click'])
    document.addEventListener(kind, () => {
      if (!watch.ran) watch.touched = performance.now();
    }, true);
  // behind the next frame: what changed has been painted then
  const change = () => requestAnimationFrame(() => setTimeout(() => {
    watch.changed = performance.now();
  }));
  document.addEventListener('load', change, true);
  new MutationObserver(change).observe(document.querySelector('[data-testid="stMain"]'),
    {subtree: true, childList: true, attributes: true, characterData: true});
  new MutationObserver(change).observe(app,
    {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
_CONTROLS = """main => [...main.querySelectorAll('.stElementContainer')].flatMap(e => {
  const kinds = {
    stButtonGroup: 'segments', stSlider: 'slider', stSelectbox: 'list', stNumberInput: 'number',
    stCheckbox: 'switch',
  };
  const kind = kinds[e.querySelector('[data-testid]')?.dataset.testid];
  const name = [...e.classList].find(c => c.startsWith('st-key-'));
  return kind && name && e.checkVisibility() ? [[name, kind]] : [];
})"""


@dataclass(frozen=True)
class Control:
    """A control on a page, by the CSS class that its key gives it."""

    name: str
    kind: str

    def change(self, window: Dashboard, step: int) -> bool:
        """Set it to something else, as a visitor does; False when there is nothing else."""
        place = window.page.locator(f".{self.name}").first
        match self.kind:
            case "segments":
                others = place.locator('[data-variant]:not([aria-checked="true"]):enabled')
                return _click(others.nth(step % max(1, others.count())))
            case "switch":
                return _click(place.locator("label").first)
            case "number":
                return _click(place.locator('[data-testid="stNumberInputStepUp"]'))
            case "slider":
                return _nudge(place.locator('input[type="range"]').first)
            case "list":
                return _next_of_list(window, place)
        return False


@dataclass
class Timings:
    """Milliseconds by page and control, and how busy the machine was with other things."""

    found: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    others: float = 0.0

    @property
    def all(self) -> list[float]:
        return sorted(t for page in self.found.values() for times in page.values() for t in times)

    def within(self, share: float) -> float:
        """Seconds within which this share of all answers came."""
        times = self.all
        return times[min(len(times) - 1, int(share * len(times)))] / 1000

    def table(self) -> str:
        lines = [f"{'page':<14}{'control':<44}{'seconds of each answer'}"]
        for page, controls in self.found.items():
            for control, times in controls.items():
                seconds = "  ".join(f"{t / 1000:.2f}" for t in times)
                lines.append(f"{page:<14}{control:<44}{seconds}")
        return "\n".join(lines)


def first_view(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until title and lead stand on a fresh server's first page, and its first chart."""
    window = Dashboard(browser, 1280)
    started = time.perf_counter()
    window.page.goto(address)
    window.page.locator("h1").wait_for()
    window.page.locator('[data-testid="stMarkdown"] p').first.wait_for()
    readable = time.perf_counter() - started
    window.page.locator(CHART).first.wait_for()
    drawn = time.perf_counter() - started
    window.drawn()
    window.close()
    return readable, drawn


def unfold(window: Dashboard) -> None:
    """Open what is folded away on the page."""
    for summary in window.page.locator('[data-testid="stExpander"] summary').all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()


def controls_of(window: Dashboard) -> list[Control]:
    """All that can be set on the page that is open."""
    found = window.page.locator('[data-testid="stMain"]').evaluate(_CONTROLS)
    return [Control(*pair) for pair in dict.fromkeys(map(tuple, found))]


def answers_of(window: Dashboard, address: str, changes: int = 2) -> dict[str, list[float]]:
    """Milliseconds that a page takes to answer each of its controls, changed in turn."""

    def begin() -> None:
        window.page.goto(address)
        window.drawn()
        unfold(window)
        window.page.evaluate(_WATCH)
        window.page.wait_for_timeout(500)

    begin()
    found: dict[str, list[float]] = {}
    todo = controls_of(window)
    for k, control in enumerate(todo):
        for step in range(changes):
            taken = answer(window, control, step)
            if taken is None:
                break
            found.setdefault(control.name.removeprefix("st-key-"), []).append(taken)
        if control.kind == "switch" and changes % 2:
            answer(window, control, 0)  # back again: it may have set the page going by itself
        if not all(window.page.locator(f".{other.name}").count() for other in todo[k + 1 :]):
            begin()  # this one has taken others off the page
    return found


def answer(window: Dashboard, control: Control, step: int) -> float | None:
    """Milliseconds from a change to the page at rest; None when it cannot be changed (now)."""
    if not window.page.locator(f".{control.name}").count():
        return None
    window.page.evaluate("watch.arm()")
    try:
        if not control.change(window, step):
            return None
    except TimeoutError:  # folded away or disabled meanwhile
        return None
    try:
        taken = window.page.wait_for_function(f"watch.answered({AT_REST})", polling=30)
    except TimeoutError as stuck:
        raise AssertionError(f"{window.page.url}: {control} got no answer") from stuck
    return float(taken.json_value())


@contextmanager
def busy_with_others() -> Iterator[Timings]:
    """Notes which share of all cores other programs used meanwhile: none of ours."""
    timings = Timings()
    before, mine, started = _used(), _used_by_us(), time.perf_counter()
    yield timings
    capacity = (time.perf_counter() - started) * (psutil.cpu_count() or 1)
    timings.others = max(0.0, (_used() - before) - (_used_by_us() - mine)) / capacity


def _used() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system)


def _used_by_us() -> float:
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])  # with those of children that have ended
        except psutil.Error:
            continue
    return total


def _click(place: Locator) -> bool:
    if not place.count() or place.is_disabled():
        return False
    place.click(timeout=SHORT)
    return True


def _nudge(thumb: Locator) -> bool:
    if thumb.is_disabled():
        return False
    thumb.focus()
    thumb.press("ArrowLeft" if thumb.input_value() == thumb.get_attribute("max") else "ArrowRight")
    return True


def _next_of_list(window: Dashboard, place: Locator) -> bool:
    typed = place.locator("input").first
    if typed.is_disabled():
        return False
    before = typed.input_value()
    place.get_by_role("button", name="Open").click(timeout=SHORT)
    options = window.page.get_by_role("option")
    options.first.wait_for(timeout=SHORT)
    others = options.filter(has_not_text=re.compile(f"^{re.escape(before)}$"))
    if not others.count():
        window.page.keyboard.press("Escape")
        return False
    others.first.click(timeout=SHORT)
    return True
