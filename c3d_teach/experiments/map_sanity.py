"""Which maps of heat need what the net has learnt? Saliency's sanity checks, method by method.

The weights are drawn anew from the last layer down, and each method's map is compared with the
trained net's (Adebayo et al. 2018). Where nothing is left of the layers that know the class, a
map that explains the class has to be gone; one that stays shows the clip.

``python -m c3d_teach.experiments.map_sanity`` measures it anew: some 5 minutes on two cores.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from c3d_teach.analysis.attribution.sanity import CHECKED, KEPT, SanityCheck, sanity_check
from c3d_teach.data.camera import CameraMotion
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.motion import MotionDigits
from c3d_teach.experiments.markdown import renew, with_block
from c3d_teach.files import write_json
from c3d_teach.models.weights import load

RESULT = Path(__file__).parent / "results" / "map_sanity.json"
CLIPS, REPEATS = 16, 3
SETS: dict[str, Callable[..., Embedded]] = {"motion-d3": MotionDigits, "camera-c3d": CameraMotion}


def checks(name: str) -> dict[str, SanityCheck]:
    """Every method on clips that the net has not seen."""
    net = load(name)
    clips = SETS[name](CLIPS, split="test", seed=41).batch(range(CLIPS))["clip"]
    return {method: sanity_check(net, clips, method, repeats=REPEATS) for method in CHECKED}


def measure() -> dict[str, Any]:
    return {name: {m: summary(one) for m, one in checks(name).items()} for name in SETS}


def summary(check: SanityCheck) -> dict[str, Any]:
    """Rank correlations: means over clips and draws, and their range over draws."""
    draws = check.signed[check.heads - 1].mean(1)
    return {
        "layers": list(check.layers),
        "by layer": [round(float(v), 4) for v in check.signed.mean((1, 2))],
        "unlearnt": round(check.unlearnt, 4),
        "least": round(float(draws.min()), 4),
        "most": round(float(draws.max()), 4),
        "magnitudes unlearnt": round(float(check.absolute[check.heads - 1].mean()), 4),
        "left": round(check.left, 4),
        "magnitudes left": round(float(check.absolute[-1].mean()), 4),
        "floor": round(float(check.floor[1].mean()), 4),
    }


def table(result: dict[str, Any]) -> str:
    """The study as a Markdown table."""
    lines = [
        "| net | map | fc layers random: signed (range over draws) | magnitudes "
        "| all random: signed | magnitudes | maps of different clips | verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for net, methods in result.items():
        for method, one in methods.items():
            stays = one["unlearnt"] >= KEPT
            lines.append(
                f"| {net} | {method} | {one['unlearnt']:.2f} ({one['least']:.2f} to "
                f"{one['most']:.2f}) | {one['magnitudes unlearnt']:.2f} | {one['left']:.2f} "
                f"| {one['magnitudes left']:.2f} | {one['floor']:.2f} "
                f"| {'stays: fails' if stays else 'goes: passes'} |"
            )
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A page with its table of this study brought up to date."""
    return with_block(text, "map sanity", table(json.loads(RESULT.read_text(encoding="utf-8"))))


def main() -> None:
    result = measure()
    write_json(RESULT, result)
    renew("seeing-inside.md", with_table)
    print(table(result))


if __name__ == "__main__":
    main()
