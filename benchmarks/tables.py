"""``benchmarks/README.md``: all files in ``benchmarks/results`` as Markdown tables.

Every script here calls ``write_tables`` when it has measured something.
"""

import json
import statistics
from pathlib import Path
from typing import Any

from c3d_teach.bench.page import table as measured
from c3d_teach.bench.page import with_speed
from c3d_teach.bench.report import how, on_what

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PICTURES = HERE.resolve().parent / "docs" / "speed"


def page(results: Path) -> str:
    """All results of the folder, one section a file; files of another kind are left out."""
    lines = ["# Speed", "", "Written by `benchmarks/`; do not edit.", ""]
    for file in sorted(results.glob("*.json")):
        result = json.loads(file.read_text(encoding="utf-8"))
        if "what" in result:
            said, found = _measured(result, PICTURES / f"{file.stem}.png")
        elif kind := next((kind for kind in TABLES if kind in result), None):
            said, found = _rounds(result["rounds"]), TABLES[kind](result[kind])
        else:
            continue
        lines += [f"## {file.stem}", "", f"{on_what(result['machine'])}; {said}.", "", *found, ""]
    return "\n".join(lines)


def write_tables() -> None:
    """Bring ``benchmarks/README.md`` and what the project's README says of speed up to date."""
    (HERE / "README.md").write_text(page(RESULTS), encoding="utf-8")
    readme = HERE.resolve().parent / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(with_speed(text, RESULTS), encoding="utf-8")


def _measured(result: dict[str, Any], picture: Path) -> tuple[str, list[str]]:
    settings = result["settings"]
    said = f"measured on {result['machine']['date']}, {how(settings)}"
    if "net" in settings and "batch" in settings:
        said = f"{settings['net']}, {settings['batch']} clips at once; {said}"
    found = measured(result)
    if picture.exists():
        link = f"![Time and memory against what grows](../docs/speed/{picture.name})"
        found = [link, "", *found]
    return said, found


def _rounds(rounds: int) -> str:
    return f"median of {rounds} rounds (smallest to largest)" if rounds > 1 else "one round"


def _seconds(looks: dict[str, list[float]]) -> list[str]:
    lines = ["| look inside | seconds |", "|---|---|"]
    for label, values in looks.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        lines.append(f"| {label} | {statistics.median(values):.2f} ({spread}) |")
    return lines


def _lessons(lessons: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| lesson | seconds | its slowest cell | seconds |", "|---|---|---|---|"]
    for name, one in lessons.items():
        lines.append(
            f"| {name} | {one['seconds']:.1f} | `{one['slowest']}` | {max(one['cells']):.1f} |"
        )
    return lines


def _dashboard(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| dashboard | | |", "|---|---|---|"]
    for visitors, figures in found.items():
        for label, value in figures.items():
            parts = value.items() if isinstance(value, dict) else [("", value)]
            lines += [f"| {visitors} | {label}{': ' * bool(k)}{k} | {v:,} |" for k, v in parts]
    return lines


TABLES = {  # by what a result holds that is not of c3d_teach.bench
    "looks": _seconds,
    "lessons": _lessons,
    "dashboard": _dashboard,
}
