"""Who finds what moves, a 3D or a 2D U-Net? And does a trained C3D help to learn it?

``python -m c3d_teach.experiments.segmentation`` makes ``results/segmentation.json`` anew, about
15 minutes of one core; killed, it goes on with the trainings that are missing. ``… segmentation
NAME`` makes a shipped U-Net anew, about 4 minutes.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import torch

from c3d_teach.data.counter import key_of
from c3d_teach.data.motion import MotionDigits
from c3d_teach.data.segmentation import INK, MotionSegmentation
from c3d_teach.data.transforms import Preprocess
from c3d_teach.experiments.overlaps import ALIKE, COMPARE, DIM, PAIRS, RESULT, START
from c3d_teach.experiments.trial_run import versions
from c3d_teach.files import write_json
from c3d_teach.models.c3d import C3D
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.segmenter import (
    Segmenter,
    load_segmenter,
    save_segmenter,
    shipped_segmenters,
)
from c3d_teach.models.unet import UNet2D, UNet3D
from c3d_teach.models.weights import load
from c3d_teach.training.recipe import Recipe
from c3d_teach.training.segmentation import (
    evaluate_masks,
    intersection_over_union,
    train_segmenter,
)
from c3d_teach.training.trainer import train

ASSETS = Path(__file__).parents[1] / "assets" / "segmenters"
RUNS = Path("runs") / "segmentation"
WIDTH = 1 / 8
SEEDS = (0, 1, 2)
TESTS = 256  # clips
SHIPPED = {"motion-unet3d": UNet3D, "motion-unet2d": UNet2D}
SHIPPED_CLIPS = 12288


@dataclass(frozen=True)
class Arm:
    """One training of one net, over all seeds.

    Attributes:
        study: which question it belongs to.
        name: of the net in that study.
        setting: ``ALIKE`` or ``DIM``.
        clips: training clips.
        epochs: how often each is seen.
    """

    study: str
    name: str
    setting: str
    clips: int
    epochs: int = 1

    def file(self, seed: int) -> Path:
        words = f"{self.study} {self.name} {self.setting} {self.clips} {seed}"
        return RUNS / f"{words.replace(' ', '-').replace(',', '')}.json"


ARMS = (
    *(Arm(COMPARE, name, ALIKE, 2048) for name in ("3D", "2D")),
    *(Arm(COMPARE, name, DIM, 512) for name in ("3D", "2D")),
    *(Arm(START, name, ALIKE, 64, 8) for warm in PAIRS.items() for name in warm),
    *(Arm(START, name, ALIKE, 512) for name in ("motion C3D", "scratch")),
)


def main(names: Sequence[str] = ()) -> None:
    """Make the shipped U-Nets of these names, or without one the whole study."""
    for name in names:
        remake(name)
        (ASSETS / "README.md").write_text(cards(), encoding="utf-8")
    if names:
        return
    for arm, seed in product(ARMS, SEEDS):
        if not arm.file(seed).is_file():
            write_json(arm.file(seed), measure(arm, seed))
            print(arm.file(seed).stem, flush=True)
    runs = [json.loads(arm.file(s).read_text(encoding="utf-8")) for arm in ARMS for s in SEEDS]
    found = {"recipe": recipe().to_dict(), "ink": ink_alone(), "skips": skips_off()}
    found |= {"backbone": motion_c3d().card["validation"]}
    write_json(RESULT, found | {"runs": runs})


def measure(arm: Arm, seed: int) -> dict[str, Any]:
    """Train and test one net; plain values."""
    torch.set_num_threads(1)
    alike = arm.setting == ALIKE
    model, preprocess = made(arm, seed)
    segmenter = train_segmenter(
        model,
        MotionSegmentation(arm.clips, seed=seed, alike=alike),
        MotionSegmentation(128, split="val", seed=seed, alike=alike),
        replace(recipe(), stop=arm.epochs),
        seed=seed,
        device="cpu",
        preprocess=preprocess,
    )
    test = MotionSegmentation(TESTS, split="test", alike=alike)
    return {
        "study": arm.study,
        "net": arm.name,
        "setting": arm.setting,
        "clips": arm.clips,
        "epochs": arm.epochs,
        "seed": seed,
        "config": model.config,
        "parameters": sum(p.numel() for p in model.parameters()),
        "macs": sum(one.macs for one in model.sizes()),
        "test": evaluate_masks(segmenter, test).to_dict(),
        "seconds": segmenter.card["seconds"],
        "versions": versions("cpu"),
    }


def made(arm: Arm, seed: int) -> tuple[UNet3D, Preprocess | None]:
    """The net of an arm before its training, and how its input is made; None to fit that anew.

    Nets of three channels see what camera-c3d sees, whether they start from it or not.
    """
    backbone = None
    if arm.name in ("motion C3D", "camera-c3d"):
        backbone = motion_c3d() if arm.name == "motion C3D" else load("camera-c3d")
    torch.manual_seed(key_of("weights", seed) & (2**63 - 1))
    if backbone:
        return UNet3D.from_backbone(backbone.model), backbone.preprocess
    if arm.name.startswith("2D"):
        return UNet2D(width=WIDTH), None
    if "three" in arm.name:
        return UNet3D(width=WIDTH, channels=3), load("camera-c3d").preprocess
    return UNet3D(width=WIDTH), None


def recipe() -> Recipe:
    """The classroom's, for one pass over the clips, in small mini-batches.

    Every pixel is an example, so four clips hold enough of them: at the same work, mini-batches of
    4 got further than those of 8, and these further than those of 32.
    """
    return replace(Recipe.classroom(), batch=4, stop=1)


@cache
def motion_c3d() -> Classifier:
    """A C3D at 1/8 width that has learnt the eight motions of digits, one digit at a time."""
    out = RUNS / "motion-c3d"
    if not (out / "net.safetensors").is_file():
        torch.manual_seed(0)
        data = MotionDigits(2048)
        model = C3D(8, clip_shape=data.clip_shape, width=WIDTH, dropout=0.1)
        settings = replace(Recipe.classroom(), stop=4)
        val = MotionDigits(256, split="val")
        train(model, data, val, settings, out=out, device="cpu", progress=False)
    return load(out)


def ink_alone() -> dict[str, float]:
    """Overlap of a mask of everything that is bright: all digits are found, none is chosen."""
    found = {}
    for setting in (ALIKE, DIM):
        data = MotionSegmentation(TESTS, split="test", alike=setting == ALIKE)
        made = data.batch(range(TESTS))
        bright = made["clip"][..., 0] >= INK
        found[setting] = round(float(intersection_over_union(bright, made["mask"]).mean()), 4)
    return found


def skips_off() -> dict[str, float]:
    """Overlap of the shipped 3D U-Net with all skips, and with each of them switched off."""
    net = load_segmenter("motion-unet3d")
    data = MotionSegmentation(TESTS, split="test")
    made = data.batch(range(TESTS))
    found = {}
    for level in (0, 1, 2, 3, 4):
        working = tuple(one != level for one in (1, 2, 3, 4))
        masks = net.predict(made["clip"], skips=working)[:, 0] >= net.threshold
        name = f"without {level}" if level else "all"
        found[name] = round(float(intersection_over_union(masks, made["mask"]).mean()), 4)
    return found


def remake(name: str) -> None:
    """Train the shipped U-Net ``name`` and put it among the assets, with its test figures."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    put_among_assets(
        name,
        train_segmenter(
            SHIPPED[name](width=WIDTH),
            MotionSegmentation(SHIPPED_CLIPS),
            MotionSegmentation(256, split="val"),
            recipe(),
            device="cpu",
        ),
    )


def put_among_assets(name: str, segmenter: Segmenter) -> None:
    """Store it in half precision, with the test figures it then has and the command."""
    segmenter.model.half().float().channels_last()
    test = MotionSegmentation(2048, split="test")
    segmenter.card = {
        "command": f"python -m c3d_teach.experiments.segmentation {name}",
        **segmenter.card,
        "test": evaluate_masks(segmenter, test).to_dict(),
    }
    save_segmenter(segmenter, ASSETS / f"{name}.safetensors", half=True)


def cards() -> str:
    """The cards of the shipped U-Nets as a Markdown page."""
    lines = [
        "# The U-Nets that come with the kit",
        "",
        "They mark the pixels of the one digit that moves (`MotionSegmentation`). Read one with",
        '`c3d_teach.models.segmenter.load_segmenter("motion-unet3d")`; each file carries its card.',
        "IoU is intersection over union, the mean over test clips of digits that never occur in",
        "training, with a 95 % interval over clips, for one training. MIT licensed, like the code.",
        "",
        "| net | parameters | IoU | minutes to train on one busy core |",
        "|---|---|---|---|",
    ]
    nets = [load_segmenter(name) for name in shipped_segmenters()]
    for net in nets:
        test, count = net.card["test"], sum(p.numel() for p in net.model.parameters())
        low, high = test["interval"]
        lines.append(
            f"| {net.name} | {count:,} | {test['iou']:.3f} ({low:.3f} to {high:.3f}) of "
            f"{test['clips']} | {net.card['seconds'] / 60:.1f} |"
        )
    for net in nets:
        lines += ["", f"## {net.name}", "", f"`{net.card['command']}`", ""]
        lines += [
            f"- {key}: `{json.dumps(value, ensure_ascii=False)}`"
            for key, value in net.card.items()
            if key != "command"
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
