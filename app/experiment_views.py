"""The shipped studies as the page shows them: rows, pairs, single trainings, claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from c3d_teach.experiments.claims import CLAIMS
from c3d_teach.experiments.evidence import Claim, outcome
from c3d_teach.experiments.outcome import MEASURE, Estimate, Outcome, Pair, is_shipped
from c3d_teach.experiments.studies import STUDIES

QUESTIONS = {"how": "How does it move?", "what": "Which digit is it?"}


@dataclass(frozen=True)
class Paper:
    """What the paper says on a study's question, and what came out here.

    Attributes:
        says: in our words, with the section.
        here: ids of the claims that answer it.
        agrees: whether they agree with the paper.
    """

    says: str
    here: tuple[str, ...]
    agrees: str


PAPERS: Mapping[str, Paper] = {
    "kernel-depth": Paper(
        "Depth 3 in all layers is best among six nets on UCF101; depth 1 is clearly behind "
        "(section 3.2; its accuracies stand in a figure only).",
        ("depth1-last", "depth3-not-best", "deeper-and-larger"),
        "**Agrees**: depth 1 is far behind. **Differs**: on these clips depth 3 is not the best.",
    ),
    "kernel-depth-other-rate": Paper(
        "The paper trains all nets with one learning rate (section 3.2).",
        ("order-hangs-on-rate",),
        "**A control of ours**: the order of the deep nets depends on the learning rate.",
    ),
    "two-vs-three": Paper(
        "A 2D convolution loses time, whether it sees one frame or many as channels; a 3D "
        "convolution keeps it (section 3.1, figure 1).",
        ("one-frame-chance", "depth1-half", "channels-know-how"),
        "**Agrees** for one frame; frames as channels keep more than the paper's argument says.",
    ),
    "pooling": Paper(
        "The first pool leaves time alone, so that it is not merged too early (section 3.1).",
        ("collapse-2d", "pooling-hardly-matters", "late-pooling-helps-flat"),
        "**Agrees** on the arithmetic; that pooling early costs accuracy does not show here.",
    ),
}


@cache
def shipped() -> dict[str, str]:
    """Name → question of every study whose result comes with the kit."""
    return {name: study.question for name, study in STUDIES.items() if is_shipped(name)}


def study(name: str) -> Outcome:
    return outcome(name)


def settings_in_words(found: Outcome) -> str:
    """What the clips of each setting are like, from the study itself."""
    return " ".join(
        f"**{name}**: {s['clips']:,} training clips, speed × {s['speed']:g}, noise {s['noise']:g}."
        for name, s in found.data["settings"].items()
    )


def controls(found: Outcome) -> list[str]:
    """Nets that stand beside the others to be compared with."""
    return [
        net
        for net, facts in found.data["nets"].items()
        if facts["trained on shuffled frames"] or " of depth-" in net
    ]


def ceilings(found: Outcome, head: str) -> dict[str, float]:
    """The most that the shape of a net, or its shuffled clips, allow it on motions."""
    if head != "how":
        return {}
    facts = found.data["nets"]
    return {net: facts[net]["ceiling"] for net in found.nets if facts[net]["ceiling"]}


def accuracies(found: Outcome, setting: str, head: str, task: str) -> dict[str, Estimate]:
    return {net: found.accuracy(net, setting, head, task) for net in found.nets}


def classes(found: Outcome, setting: str, head: str) -> int:
    """How many answers a question has."""
    run = found.runs(found.nets[0], setting, found.tasks[-1])[0]
    return len(run["confusion"][head])


def hover(found: Outcome, setting: str, task: str) -> dict[str, list[str]]:
    """What the chart says of each training."""
    return {
        net: [
            f"{net}, seed {run['seed']}<br>rate {run['recipe']['lr']:g}, "
            f"{run['training seconds']:.0f} s of training"
            for run in found.runs(net, setting, task)
        ]
        for net in found.nets
    }


def against(found: Outcome, reference: str, setting: str, head: str, task: str) -> list[Pair]:
    """All other nets against one."""
    pairs = [(net, reference) for net in found.nets if net != reference]
    return found.compare(pairs, setting, head, task)


def reference(name: str) -> str:
    """The net that a study holds the others against."""
    return STUDIES[name].reference


def pair_sentence(pair: Pair) -> str:
    """A difference with its interval and its corrected p in words."""
    d = pair.difference
    points = f"{abs(d.mean) * 100:.1f} points"
    sure = "" if pair.p_holm < 0.05 else ", which may be chance"
    p = f"p = {pair.p_holm:.3f}" if pair.p_holm >= 0.001 else "p < 0.001"
    side = "ahead of" if d.mean > 0 else "behind"
    return (
        f"**{pair.a}** is {points} {side} {pair.b} [{100 * d.low:+.1f}, {100 * d.high:+.1f}], "
        f"{p} over {len(d.values)} seeds{sure}"
    )


def net_rows(found: Outcome) -> dict[str, list[str]]:
    """What is known of every net before training, as a table."""
    facts = found.data["nets"].values()
    return {
        "net": list(found.nets),
        "parameters": [f"{f['parameters']:,}" for f in facts],
        "MACs a clip": [f"{f['macs'] / 1e6:.2f} M" for f in facts],
        "frames left": [frames_left(f["frames"]) for f in facts],
        "dead slices": [", ".join(d["layer"] for d in f["dead slices"]) or "none" for f in facts],
        "tells forwards from backwards": [
            "cannot" if f["blind to the arrow of time"] else f"can: {f['because']}" for f in facts
        ],
    }


def frames_left(frames: Mapping[str, int]) -> str:
    """Frames behind conv1 and behind each pool."""
    return " → ".join(
        str(n) for layer, n in frames.items() if layer == "conv1" or layer.startswith("pool")
    )


def run_rows(run: Mapping[str, Any]) -> dict[str, list[str]]:
    """One training's accuracies as a table: a row a question, a column a way to play."""
    heads = list(run["test"])
    columns = {"question": [QUESTIONS[head] for head in heads]}
    for measure in ("validation", "test", "reversed", "both ways", "shuffled"):
        columns[measure] = [f"{run[measure][head]:.1%}" for head in heads]
    return columns


def run_again(name: str, run: Mapping[str, Any]) -> str:
    """Python that makes a training again."""
    return (
        "from c3d_teach.experiments.studies import study_named\n"
        "from c3d_teach.experiments.trial_run import run_trial\n\n"
        f"study = study_named({name!r})\n"
        f"setting = next(s for s in study.settings if s.name == {run['setting']!r})\n"
        f"trial = study.trial({run['net']!r}, setting, {run['task']!r}, seed={run['seed']}, "
        f"lr={run['recipe']['lr']})\n"
        'run_trial(trial)["test"]'
    )


def names(head: str, count: int) -> tuple[str, ...]:
    """Names of a question's classes in the studies."""
    from c3d_teach import MotionDigits
    from c3d_teach.experiments.settings import DIGITS

    return MotionDigits.motions if head == "how" else tuple(map(str, DIGITS))[:count]


def claims(words: str) -> list[Claim]:
    """Those that hold every one of the words, in id, sentence or evidence."""
    wanted = words.lower().split()
    return [one for one in CLAIMS.values() if all(w in _text(one) for w in wanted)]


@cache
def statement(name: str) -> str:
    return CLAIMS[name].statement


def _text(one: Claim) -> str:
    return f"{one.id} {statement(one.id)} {' '.join(one.evidence)}".lower()


def measure(head: str) -> str:
    """What an accuracy of that question is measured on, in words."""
    if MEASURE[head] == "both ways":
        return "test clips answered rightly, each played forwards and backwards"
    return "test clips answered rightly"
