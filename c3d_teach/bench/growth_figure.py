"""The figure of a measurement of growth, and the sentence above it."""

from pathlib import Path
from typing import Any

from c3d_teach.bench.growth import KIT, PLAIN
from c3d_teach.files import write_atomically
from c3d_teach.viz.growth_charts import Growth, Panel, growth_chart


def panels(document: dict[str, Any]) -> list[Panel]:
    """A panel for each series that has points."""
    found = []
    for name, series in document["series"].items():
        rows = [row for row in document["rows"] if row["series"] == name]
        lines = {
            variant: _line([row for row in rows if row["variant"] == variant])
            for variant in (KIT, PLAIN)
            if any(row["variant"] == variant for row in rows)
        }
        item = series["unit"].removesuffix("s/s")
        if lines:
            found.append(Panel(series["title"], series["xlabel"], item, lines))
    return found


def sentence(document: dict[str, Any]) -> str:
    """What the figure shows of the kit, by the numbers in it."""
    found = []
    if ends := _ends(document, "length"):
        first, last = ends
        times = last["seconds_per_item"][0] / first["seconds_per_item"][0]
        longer = last["x"] / first["x"]
        found.append(f"clips {longer:g} times as long take {times:.1f} times the time")
    if ends := _ends(document, "features"):
        first, last = ends
        more = _megabytes(last) / _megabytes(first)
        count = last["x"] / first["x"]
        found.append(f"{count:g} times as many videos take {more:.1f} times the memory")
    said = ", ".join(found) or "time and memory as the work grows"
    return said[0].upper() + said[1:]


def draw(document: dict[str, Any], path: Path) -> None:
    """Write the figure as a PNG.

    Raises:
        KitError: when the folder cannot be written.
    """
    figure = growth_chart(panels(document), title=sentence(document))

    def write(part: Path) -> None:
        figure.savefig(part, format="png", dpi=110)

    write_atomically(path, write)


def _megabytes(row: dict[str, Any]) -> int:
    """Of the GPU where there is one, else of the process."""
    found: int = row.get("device_megabytes", row["peak_megabytes"])
    return found


def _line(rows: list[dict[str, Any]]) -> Growth:
    seconds = [row["seconds_per_item"] for row in rows]
    middle, fastest, slowest = zip(*seconds, strict=True)
    # the system of some machines does not tell; a logarithm needs a number
    memory = [max(1, _megabytes(row)) for row in rows]
    return Growth([row["x"] for row in rows], middle, fastest, slowest, memory)


def _ends(document: dict[str, Any], series: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    rows = [r for r in document["rows"] if r["series"] == series and r["variant"] == KIT]
    return (rows[0], rows[-1]) if len(rows) > 1 and _megabytes(rows[0]) else None
