"""Seconds until the dashboard is there and answers, and its memory with one and thirty visitors.

``python benchmarks/dashboard.py`` takes about ten minutes on two idle cores, needs Chromium, and
writes ``benchmarks/results/dashboard-NAME.json`` and the tables of ``benchmarks/README.md``. It
measures as the tests do: ``tests/browser/stopwatch.py`` and
``tests/acceptance/test_thirty_students.py``. Exit code 1 if a limit of the kit is passed.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tables import HERE, RESULTS, write_tables

from c3d_teach.bench.machine import machine

TESTS = HERE.resolve().parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "browser"), str(TESTS / "acceptance")]


def in_the_browser(folder: Path) -> tuple[dict[str, Any], bool]:
    """First view and answers of every control."""
    from chromium import QUIET, browser_program
    from dashboard import KEYS, Dashboard, running
    from playwright.sync_api import sync_playwright
    from stopwatch import answers_of, busy_with_others, first_view
    from test_dashboard_speed import ANSWERED, DRAWN, READABLE

    with sync_playwright() as playwright, running(folder / "browser.txt") as address:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=list(QUIET))
        with busy_with_others() as timings:
            readable, drawn = first_view(browser, address)
            for key in KEYS:
                window = Dashboard(browser, 1280)
                timings.found[key] = answers_of(window, f"{address}{key}", changes=3)
                window.close()
                print(f"{key}: done", flush=True)
        browser.close()
    print(timings.table())
    print(f"other programs used {timings.others:.0%} of all cores meanwhile")
    kept = readable <= READABLE and drawn <= DRAWN and timings.within(0.95) <= ANSWERED
    return {
        "first page readable, seconds": round(readable, 2),
        "its first chart, seconds": round(drawn, 2),
        "half of all answers within, seconds": round(timings.within(0.5), 2),
        "95 % of all answers within, seconds": round(timings.within(0.95), 2),
        "slowest answer, seconds": {
            key: round(max(max(times) for times in found.values()) / 1000, 2)
            for key, found in timings.found.items()
        },
        "share of the cores used by other programs": round(timings.others, 2),
    }, kept


def with_thirty(folder: Path) -> tuple[dict[str, Any], bool]:
    """Memory and answers with thirty visitors who click for two minutes."""
    import test_thirty_students as thirty
    from dashboard import running

    films = {n: thirty.film(folder, n) for n in thirty.UPLOADERS}
    log = folder / "log.txt"
    with running(log) as address:
        lesson = asyncio.run(thirty.class_day(thirty.port_of(address), films, log))
    seconds = sorted(answer.seconds for answer in thirty.everything(lesson))
    one, many = sum(lesson.one), sum(lesson.many)
    return {
        "megabytes, one visitor": round(one),
        "of them in trainings": round(lesson.one[1]),
        "megabytes, thirty": round(many),
        "of them in trainings and readers": round(lesson.many[1]),
        "answers": len(seconds),
        "half of them within, seconds": round(statistics.median(seconds), 2),
        "95 % of them within, seconds": round(statistics.quantiles(seconds, n=20)[-1], 2),
        "the last within, seconds": round(seconds[-1], 2),
    }, many <= 1.5 * one + 50 * thirty.STUDENTS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--name", default="two-cores", help="name of the result file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone, fast = in_the_browser(Path(folder))
        crowd, small = with_thirty(Path(folder))
    RESULTS.mkdir(exist_ok=True)
    result = {
        "machine": machine(),
        "rounds": 1,
        "dashboard": {"one visitor": alone, "thirty visitors": crowd},
    }
    file = RESULTS / f"dashboard-{given.name}.json"
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    write_tables()
    print(json.dumps(result["dashboard"], indent=1))
    return 0 if fast and small else 1


if __name__ == "__main__":
    sys.exit(main())
