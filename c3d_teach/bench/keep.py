"""A measurement written to a file, with its picture beside it where it has one."""

from pathlib import Path
from typing import Any

from c3d_teach.bench.growth_figure import draw
from c3d_teach.errors import KitError, UsageError
from c3d_teach.files import write_json


def checked_place(path: Path) -> Path:
    """``path``, if it can become a JSON file.

    Raises:
        UsageError: for a folder, or a picture's name.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file, such as {path}/bench.json.")
    if path.suffix == ".png":
        raise UsageError(f"{path} is a picture's name; give one that ends in .json.")
    return path


def keep(document: dict[str, Any], path: Path) -> None:
    """Write ``document`` to ``path``; growth also draws ``path`` with the ending ``.png``.

    Raises:
        UsageError: for a place that cannot be a JSON file.
        KitError: when the folder cannot be written.
    """
    write_json(checked_place(path), document)
    if document["what"] == "growth":
        if not document["rows"]:
            raise KitError("Nothing could be measured, so there is nothing to draw.")
        draw(document, path.with_suffix(".png"))
