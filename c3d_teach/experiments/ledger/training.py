"""How the nets are trained: recipe, initialisation, precision."""

from collections.abc import Mapping
from functools import cache

from c3d_teach.experiments.bf16_gradients import numbers as bf16_numbers
from c3d_teach.experiments.evidence import Claim
from c3d_teach.models.weights import load


@cache
def classroom_numbers() -> Mapping[str, str]:
    """What the shipped net learnt with the classroom recipe, from its card."""
    card = load("motion-d3").card
    return {
        "right": f"{100 * card['test']['accuracy']:.1f}",
        "clips": f"{card['test']['clips']:,}",
        "minutes": f"{card['seconds'] / 60:.1f}",
    }


TRAINING: tuple[Claim, ...] = (
    Claim(
        "init-needs-its-scale",
        "Initialisation and scale of the input go together. C3D with Kaiming weights starts within "
        "twice the loss of a net that knows nothing when clips are standardised, and beyond ten "
        "times that loss when they are 0-255 minus the mean. With the released files' weights two "
        "clips of 0-255 give logits more than twenty times nearer to each other than that, and "
        "standardised clips bring them ten times nearer again.",
        ("c3d_teach/training/signal.py", "c3d_teach/models/builder.py"),
    ),
    Claim(
        "bf16-gradient",
        "On a processor with bf16 instructions, torch {torch} gives a wrong bf16 weight gradient "
        "for {wrong} of {shapes} 3D convolutions tried: all those where the clip is two frames "
        "long or more and yet shorter than the kernel is deep. In float32 all are right.",
        (
            "c3d_teach/experiments/results/bf16_gradients.json",
            "c3d_teach/training/precision.py",
        ),
        None,
        bf16_numbers,
    ),
    Claim(
        "classroom-learns",
        "With the classroom recipe the shipped depth-3 net learnt the motions of digits in "
        "{minutes} minutes: {right} % of {clips} test clips.",
        ("c3d_teach/assets/motion-d3.safetensors",),
        None,
        classroom_numbers,
    ),
)
