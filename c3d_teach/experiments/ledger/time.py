"""What trained nets make of time: twins, clips both ways, long training, pairs of nets."""

from itertools import combinations

from c3d_teach.experiments.evidence import DEEPER, DEPTH, Claim, outcome
from c3d_teach.models.weights import load

_ASSETS = "c3d_teach/assets/"
DEEP = ("depth-3", *DEEPER)
SHIPPED_DEEP = ("motion-d3", "motion-d5", "motion-d7", "motion-increasing", "motion-decreasing")


def pair_numbers() -> dict[str, str]:
    """Leads over depth-3 on slow clips, and how many pairs of deep nets are told apart."""
    six = ("depth-1", *DEEP)
    pairs = outcome(DEPTH).compare(list(combinations(six, 2)), "slow and noisy", "how")
    deep = [one for one in pairs if "depth-1" not in (one.a, one.b)]
    lead = {one.b: -100 * one.difference.mean for one in deep if one.a == "depth-3"}
    return {
        "seven": f"{lead['depth-7']:.1f}",
        "five": f"{lead['depth-5']:.1f}",
        "clear": str(sum(one.p_holm < 0.05 for one in deep)),
        "all": str(len(deep)),
    }


def long_numbers() -> dict[str, str]:
    """The least that a deep net of those shipped gets right of clips both ways."""
    found = [float(load(net).card["test both ways"]["accuracy"]) for net in SHIPPED_DEEP]
    return {"count": str(len(found)), "least": f"{100 * min(found):.1f} %"}


TIME: tuple[Claim, ...] = (
    Claim(
        "twins-two-nets",
        "Play every pair of frames of 64 test clips backwards: motion-d1, one frame deep, answers "
        "each clip and its twin alike, to the last bit; motion-d3 answers each twin with other "
        "numbers, and gives most of them the same name.",
        (_ASSETS + "motion-d1.safetensors", _ASSETS + "motion-d3.safetensors"),
    ),
    Claim(
        "axis-not-sense",
        "Shown 128 test clips both ways, motion-d1 is right on half of each pair of motions at "
        "most, while its answers mostly lie in the right pair: it tells the axis of a motion and "
        "not its sense; motion-d3 is right on more than nine of ten.",
        (_ASSETS + "motion-d1.safetensors", _ASSETS + "motion-d3.safetensors"),
    ),
    Claim(
        "long-training-level",
        "Trained longer, and twice as wide, the {count} deep nets that come with the kit are each "
        "right on {least} or more of the motions of clips both ways: they are too good to be told "
        "apart.",
        tuple(f"{_ASSETS}{net}.safetensors" for net in SHIPPED_DEEP),
        None,
        long_numbers,
    ),
    Claim(
        "large-not-sure",
        "On slow and noisy clips, corrected for all 15 pairs of the six nets, {clear} of the {all} "
        "pairs of deep nets are told apart: the lead of depth-5 over depth-3, {five} points, is "
        "one of them, the larger one of depth-7, {seven} points, is not, for it differs more from "
        "seed to seed.",
        ("c3d_teach/experiments/results/kernel_depth.json",),
        None,
        pair_numbers,
    ),
)
