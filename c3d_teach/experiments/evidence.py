"""What a claim is, and the numbers in it, read from the shipped results."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from c3d_teach.experiments.outcome import Outcome

DEPTH, DIMENSIONS, POOLING = "kernel-depth", "two-vs-three", "pooling"
OTHER_RATE = "kernel-depth-other-rate"
DEEPER = ("depth-5", "depth-7", "increasing", "decreasing")


@dataclass(frozen=True)
class Claim:
    """A sentence that lessons and pages lean on.

    Attributes:
        id: what it is called in sources and tests.
        template: the sentence, with names in braces where numbers go.
        evidence: files of the project that it stands on.
        figure: the picture that shows it, or None.
        numbers: reads the numbers from the evidence.
    """

    id: str
    template: str
    evidence: tuple[str, ...]
    figure: str | None = None
    numbers: Callable[[], Mapping[str, str]] = dict

    @property
    def statement(self) -> str:
        """The sentence with its numbers filled in."""
        return _filled(self)


@cache
def _filled(one: Claim) -> str:
    # some numbers take a tenth of a second, and pages say a sentence at every click
    return one.template.format(**one.numbers())


@cache
def outcome(study: str) -> Outcome:
    """The shipped result of a study, read once."""
    return Outcome.shipped(study)


def share(study: str, net: str, setting: str, head: str, task: str = "both") -> str:
    """A mean accuracy in words: ``"66 %"``."""
    return _per_cent(outcome(study).accuracy(net, setting, head, task).mean)


def interval(study: str, net: str, setting: str, head: str, task: str = "both") -> str:
    """A mean accuracy with its 95 % interval: ``"66.1 % [61.0, 70.2]"``."""
    found = outcome(study).accuracy(net, setting, head, task)
    low, high = max(0.0, found.low), min(1.0, found.high)
    return f"{100 * found.mean:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def blind_runs() -> list[Mapping[str, Any]]:
    """Every run that learnt motions with kernels one frame deep and no arrow of time.

    A training that is part of two studies counts once.
    """
    found = {}
    for study in (DEPTH, DIMENSIONS, POOLING):
        nets = outcome(study).data["nets"]
        for run in outcome(study).data["runs"]:
            facts = nets[run["net"]]
            blind = facts["blind to the arrow of time"] and facts["config"]["net"] == "SearchNet"
            if blind and "how" in run["both ways"]:
                # the fingerprint knows a net by its name, which differs between studies
                found[json.dumps([facts["config"], run["setting"], run["task"], run["seed"]])] = run
    return list(found.values())


def best_blind() -> dict[str, str]:
    """How many they were, and the best of them."""
    found = [run["both ways"]["how"] for run in blind_runs()]
    return {"count": str(len(found)), "best": _per_cent(max(found))}


def order_numbers() -> dict[str, str]:
    """Depth-3 as it is, tested on shuffled frames, and trained on them."""
    study = outcome(DEPTH)
    shuffled = study.accuracy("depth-3", "plain", "how", measure="shuffled").mean
    return {
        "intact": share(DEPTH, "depth-3", "plain", "how"),
        "tested": _per_cent(shuffled),
        "trained": share(DEPTH, "depth-3, shuffled frames", "plain", "how"),
    }


def deeper_numbers() -> dict[str, str]:
    """Depth-3 and the nets with deeper kernels, at each difficulty."""
    names = {"plain": "plain", "slow": "slow and noisy", "few": "few clips"}
    deeper = [outcome(DEPTH).accuracy(net, "plain", "how").mean for net in DEEPER]
    found = {"plain_least": _per_cent(min(deeper)), "plain_most": _per_cent(max(deeper))}
    for short, setting in names.items():
        for label, net in (
            (short, "depth-3"),
            (f"{short}_seven", "depth-7"),
            (f"{short}_decreasing", "decreasing"),
        ):
            found[label] = share(DEPTH, net, setting, "how")
    return found


def narrow_numbers() -> dict[str, str]:
    """By how many points depth-7 at the work of depth-3 is ahead of it."""
    pair = [("depth-7, MACs of depth-3", "depth-3")]
    names = {"plain": "plain", "slow": "slow and noisy", "few": "few clips"}
    return {
        short: f"{100 * outcome(DEPTH).compare(pair, setting, 'how')[0].difference.mean:.0f}"
        for short, setting in names.items()
    }


def rate_numbers() -> dict[str, str]:
    """The deep nets on plain clips at twice the learning rate."""
    study = outcome(OTHER_RATE)
    return {
        net.replace("depth-", "d"): _per_cent(study.accuracy(net, "plain", "how").mean)
        for net in study.nets
    }


def flat_numbers() -> dict[str, str]:
    """Depth-1 with several ways of merging time."""
    names = {
        "none": "no pooling in time",
        "stride": "stride",
        "end": "pooled at the end",
        "early": "pooled early",
        "paper": "paper's pooling",
    }
    study = outcome(POOLING)
    found = {k: study.accuracy(f"depth-1, {way}", "plain", "how") for k, way in names.items()}
    most = max(*found["none"].values, *found["stride"].values)
    return {k: _per_cent(one.mean) for k, one in found.items()} | {"most": _per_cent(most)}


def _per_cent(value: float) -> str:
    return f"{100 * value:.0f} %"
