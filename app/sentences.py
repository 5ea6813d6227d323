"""What the pages say about answers, worked out from the answers themselves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from torch import Tensor

from c3d_teach import verdict
from c3d_teach.analysis.alterations import AS_IS, FROZEN, REVERSED, largest_change
from c3d_teach.models.verdict import SURE

SAME = 0.0005  # a difference that rounds to 0.0 percentage points
_ALTERED = {REVERSED: "its reversal", FROZEN: "the frozen film"}


@dataclass(frozen=True)
class Answer:
    """What one net says to a film as it is, and altered.

    Attributes:
        title: how the page calls the net.
        blind: whether its shape makes it blind to the arrow of time.
        classes: K names.
        before, after: probabilities ``(N, K)``.
    """

    title: str
    blind: bool
    classes: tuple[str, ...]
    before: Tensor
    after: Tensor


def verdicts(classes: tuple[str, ...], probabilities: Tensor) -> list[str]:
    return [verdict(classes, p) for p in probabilities]


def in_short(answers: Sequence[str]) -> str:
    """The answers to all clips in a line, the most frequent first."""
    if len(set(answers)) == 1:
        return answers[0]
    counted = Counter(answers).most_common()
    if len(counted) > 3:
        return f"{len(counted)} different answers along the film"
    return ", ".join(f"{name} ({n} of {len(answers)})" for name, n in counted)


def in_turn(names: Sequence[str]) -> str:
    """What follows what: repetitions once."""
    return " → ".join(name for name, _ in groupby(names))


def observation(answer: Answer, how: str, shown: Sequence[str]) -> str:
    """One sentence on what a net makes of the film, or of how it was altered.

    Args:
        shown: the motion in each clip that is played, empty where it has no name.
    """
    if how == AS_IS:
        return f"**{answer.title}** {_score(answer, shown)}."
    change = largest_change(answer.classes, answer.before, answer.after, how)
    points = f"{100 * change.largest:.1f} percentage points"
    if change.largest < SAME:
        other = _ALTERED.get(how, "the shuffled film")
        reason = ""
        if how == REVERSED:
            # another net may give one answer both ways too, to a film that stands still
            reason = (
                ": it is blind to the arrow of time"
                if answer.blind
                else (": here it reads nothing from the direction of time")
            )
        return (
            f"**{answer.title}** gives the same probabilities for the film and {other} "
            f"(largest difference {points}){reason}."
        )
    where = f" in clip {change.clip + 1}" if len(answer.after) > 1 else ""
    moved = (
        f"**{answer.title}** changes by up to {points}: *{change.name}* goes from "
        f"{change.before:.0%} to {change.after:.0%}{where}"
    )
    return f"{moved}. On the altered film it {_score(answer, shown)}." if shown else f"{moved}."


def reminder(how: str) -> str:
    """What the alteration leaves and takes away; true of every film and net."""
    return {
        AS_IS: "Now play it backwards, and see which net notices.",
        REVERSED: "The frames are the same and only run backwards, so any change is an answer "
        "to the direction of time.",
        FROZEN: "Nothing moves any more: what is left of an answer is what a single frame "
        "suggests.",
    }.get(
        how,
        "Every clip keeps its frames and loses their order, so any change is an answer to the "
        "order.",
    )


def described(classes: Sequence[str], probabilities: Tensor) -> str:
    """The likeliest classes of one clip, for those who cannot see the chart."""
    ranked = sorted(zip(probabilities.tolist(), classes, strict=True), reverse=True)[:3]
    return ", ".join(f"{name} {p:.0%}" for p, name in ranked)


def _score(answer: Answer, shown: Sequence[str]) -> str:
    said = in_short(verdicts(answer.classes, answer.after))
    if not shown:
        return f"answers *{said}*"
    # not by the verdict: "no clear camera motion" may also be the answer of a net that is torn
    labels = [answer.classes.index(name) for name in shown]
    right = sum(float(p[k]) > SURE for p, k in zip(answer.after, labels, strict=True))
    if len(shown) > 1:
        return f"is right about {right} of {len(shown)} clips"
    if float(answer.after.max()) <= SURE:
        return f"answers *{said}*, for no class has more than half of the probability"
    return f"answers *{said}*, which is {'correct' if right else 'wrong'}"
