"""The nets that ship with the kit: the command that makes each, and their cards.

``python -m c3d_teach.experiments.shipped_nets [NAME ...]`` makes them anew, in about half
an hour on two cores, and writes them with their cards to ``c3d_teach/assets``.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from c3d_teach.experiments.markdown import with_block
from c3d_teach.models.weights import load, save, shipped
from c3d_teach.training.evaluate import test_figures

ASSETS = Path(__file__).parents[1] / "assets"

_DIGITS = "--data motion-digits --clips 4096 --epochs 4"
_CAMERA = "--net c3d --data camera-motion --clips {} --epochs 1 --lr 0.001"
SETTINGS = {
    "motion-d1": f"{_DIGITS} --net search --kernel-depth 1",
    "motion-d3": f"{_DIGITS} --net search --kernel-depth 3",
    "motion-d5": f"{_DIGITS} --net search --kernel-depth 5",
    "motion-d7": f"{_DIGITS} --net search --kernel-depth 7",
    "motion-increasing": f"{_DIGITS} --net search --kernel-depth 3,3,5,5,7",
    "motion-decreasing": f"{_DIGITS} --net search --kernel-depth 7,5,5,3,3",
    "motion-frame": f"{_DIGITS} --net frame",
    "motion-stacked": f"{_DIGITS} --net stacked",
    "camera-c3d": _CAMERA.format(56000),
    "camera-d1": _CAMERA.format(56000) + " --kernel-depth 1",
}


def command(name: str, out: str) -> str:
    """The ``c3d-teach`` command that makes the net ``name`` in the folder ``out``."""
    return f"c3d-teach train {SETTINGS[name]} --seed 0 --out {out}"


def remake(name: str) -> None:
    """Train the net ``name`` into ``runs/NAME`` and put it among the assets."""
    out = Path("runs") / name
    arguments = shlex.split(command(name, str(out)))[1:]
    subprocess.run([sys.executable, "-m", "c3d_teach", *arguments], check=True)
    put_among_assets(name, out)


def put_among_assets(name: str, run: Path) -> None:
    """Store the net of ``run`` in half precision, with the test figures it then has."""
    classifier = load(run)
    classifier.model.half().float().channels_last()
    data = classifier.card["data"]
    classifier.card |= test_figures(classifier, data["data"], data["label"], data["seed"])
    save(classifier, ASSETS / f"{name}.safetensors", half=True)


def table() -> str:
    """What each shipped net can do, as a Markdown table; the figures are its card's."""
    lines = [
        "| net | parameters | test accuracy | both ways | minutes to train |",
        "|---|---|---|---|---|",
    ]
    for net in map(load, shipped()):
        count = sum(p.numel() for p in net.model.parameters())
        lines.append(
            f"| {net.name} | {count:,} | {_figure(net.card['test'])} "
            f"| {_figure(net.card['test both ways'])} | {net.card['seconds'] / 60:.1f} |"
        )
    return "\n".join(lines)


def cards() -> str:
    """The cards of all shipped nets as a Markdown page."""
    lines = [
        "# The nets that come with the kit",
        "",
        "Made by `python -m c3d_teach.experiments.shipped_nets`. Each file also carries its",
        'card: `c3d_teach.load("motion-d3").card`. Test digits and photographs never occur in',
        'training; "both ways" holds every clip and its reversal. Intervals are 95 % over',
        "clips, for one training each. Minutes were taken on two cores, some of them busy with",
        "other work. The nets are MIT licensed, like the code.",
        "",
        table(),
    ]
    for net in map(load, shipped()):
        lines += ["", f"## {net.name}", "", f"`{net.card['command']}`", ""]
        lines += [
            f"- {key}: `{json.dumps(value, ensure_ascii=False)}`"
            for key, value in net.card.items()
            if key != "command"
        ]
    return "\n".join(lines) + "\n"


def with_table(readme: str) -> str:
    """The text of the project's README with the table of nets brought up to date."""
    return with_block(readme, "nets", table())


def _figure(test: dict[str, Any]) -> str:
    low, high = test["interval"]
    return f"{test['accuracy']:.1%} ({low:.1%} to {high:.1%}) of {test['clips']}"


def main(names: list[str]) -> None:
    for name in names or SETTINGS:
        remake(name)
    (ASSETS / "README.md").write_text(cards(), encoding="utf-8")
    readme = Path("README.md")
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
