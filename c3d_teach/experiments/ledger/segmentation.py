"""The U-Net that follows what moves."""

from c3d_teach.experiments.evidence import Claim
from c3d_teach.experiments.overlaps import (
    ALIKE,
    COMPARE,
    DIM,
    gain,
    mean,
    overlap,
    result,
)

_RESULT = "c3d_teach/experiments/results/segmentation.json"
_NETS = tuple(f"c3d_teach/assets/segmenters/motion-unet{d}d.safetensors" for d in (3, 2))


def _shipped() -> dict[str, str]:
    """Figures of the cards of the shipped U-Nets."""
    from c3d_teach.models.segmenter import load_segmenter

    cards = [load_segmenter(f"motion-unet{d}d").card["test"] for d in (3, 2)]
    return {
        "three": f"{cards[0]['iou']:.2f}",
        "two": f"{cards[1]['iou']:.2f}",
        "clips": f"{cards[0]['clips']:,}",
        "ink": f"{result()['ink'][ALIKE]:.2f}",
    }


def _compared() -> dict[str, str]:
    return {
        "three": _range(overlap(COMPARE, "3D")),
        "two": _range(overlap(COMPARE, "2D")),
    }


def _dim() -> dict[str, str]:
    return {
        "two": _range(overlap(COMPARE, "2D", setting=DIM)),
        "three": _range(overlap(COMPARE, "3D", setting=DIM)),
        "alike": _range(overlap(COMPARE, "2D")),
    }


def _skips() -> dict[str, str]:
    found = result()["skips"]
    others = [found[f"without {level}"] for level in (2, 3, 4)]
    return {
        "all": f"{found['all']:.2f}",
        "first": f"{found['without 1']:.2f}",
        "low": f"{min(others):.2f}",
        "high": f"{max(others):.2f}",
    }


def _start() -> dict[str, str]:
    tried = {
        "few": gain("motion C3D", 64),
        "more": gain("motion C3D", 512),
        "camera": gain("camera-c3d", 64),
    }
    found = {"named": f"{100 * result()['backbone']['accuracy']:.0f} %"}
    for short, gains in tried.items():
        found[short] = _points(mean(gains))
        found[f"{short}_least"], found[f"{short}_most"] = _points(min(gains)), _points(max(gains))
    return found


def _points(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", "−").replace("+0", "0")


def _range(values: list[float]) -> str:
    """``0.81 (0.80 to 0.82)``: mean, least and most over the seeds."""
    return f"{mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


SEGMENTATION: tuple[Claim, ...] = (
    Claim(
        "unet-finds-mover",
        "On {clips} clips of handwritten digits it never saw, the shipped 3D U-Net reaches an IoU "
        "of {three}, the 2D one of {two}; painting everything bright gives {ink}.",
        (_RESULT, *_NETS),
        None,
        _shipped,
    ),
    Claim(
        "unet-2d-cannot-choose",
        "Over three short trainings the 3D U-Net reaches {three} (mean, least to most), the same "
        "net frame by frame {two}: in one frame each digit is equally likely to be the mover.",
        (_RESULT, "c3d_teach/data/segmentation.py"),
        None,
        _compared,
    ),
    Claim(
        "unet-2d-dim",
        "Where still digits are dimmer than the mover, the 2D U-Net reaches {two} with a quarter "
        "of the training, the 3D one {three}: then one frame is enough.",
        (_RESULT,),
        None,
        _dim,
    ),
    Claim(
        "unet-skips",
        "With the uppermost skip switched off, the IoU of the shipped 3D U-Net falls from {all} to "
        "{first}; without one of the others it is {low} to {high}.",
        (_RESULT, _NETS[0]),
        None,
        _skips,
    ),
    Claim(
        "unet-warm-start",
        "Starting from a C3D that names {named} of the motions of single digits changes the IoU by "
        "{few} points ({few_least} to {few_most} over three seeds) with 64 clips, and by {more} "
        "({more_least} to {more_most}) with 512; from the C3D that knows camera motion by {camera} "
        "({camera_least} to {camera_most}) with 64.",
        (_RESULT,),
        None,
        _start,
    ),
)
