"""What the playground says of its trainings, worked out from their snapshots."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

QUESTIONS = {"how": "how it moves", "what": "which digit it is"}
_MUCH = 0.9  # of all clips: a net that has learnt it
_LITTLE = 0.25  # of the way from guessing to all right
_COIN = 0.1  # so near to one half, a choice of two is a guess


def answers(snapshot: Mapping[str, Any], head: str) -> float:
    """The latest share of right answers to validation clips."""
    return float(snapshot["validation"][-1][1][head])


def in_words(name: str, snapshot: Mapping[str, Any]) -> str:
    """One sentence on how far a net has come."""
    parts = [
        f"{answers(snapshot, head):.0%} right about {QUESTIONS[head]} "
        f"(guessing: {snapshot['chance'][head]:.1%})"
        for head in snapshot["classes"]
    ]
    return f"**{name}**, step {snapshot['step']} of {snapshot['total']}: {' and '.join(parts)}."


def mixed_up(snapshot: Mapping[str, Any], head: str) -> str:
    """Which two classes are taken for each other most, as a sentence; empty where none are."""
    table, names = snapshot["confusion"][head], snapshot["classes"][head]
    pairs = [
        (table[i][j] + table[j][i], sum(table[i]) + sum(table[j]), names[i], names[j])
        for i in range(len(names))
        for j in range(i)
    ]
    wrong, of, one, other = max(pairs)
    if not wrong or wrong < 0.1 * of:
        return ""
    return f"Most often it takes *{other}* and *{one}* for each other ({wrong} of {of} clips)."


def compared(first: Mapping[str, Any], second: Mapping[str, Any], names: Sequence[str]) -> str:
    """How far two nets were apart when both were asked last after equally many steps."""
    heads = [head for head in first["classes"] if head in second["classes"]]
    asked = [dict(s["validation"]) for s in (first, second)]
    step = max(set(asked[0]) & set(asked[1]), default=0)
    if not heads or not step:
        return ""
    apart = asked[1][step][heads[0]] - asked[0][step][heads[0]]
    after = f"After {step} steps"
    if abs(apart) < 0.05:
        return f"{after} the two are less than 5 points apart: another seed may turn them round."
    ahead = names[1] if apart > 0 else names[0]
    return (
        f"{after} **{ahead}** is {abs(apart) * 100:.0f} points ahead. This is one training of "
        "each: try other seeds before you believe it."
    )


def reversal_pairs(table: Sequence[Sequence[int]]) -> tuple[float, float]:
    """What a net knows of motions that come in pairs, each the other played backwards.

    Args:
        table: confusion ``(K, K)`` of motions, the two of a pair side by side.

    Returns:
        The share of clips whose pair is named rightly, and of these the share that are also the
        right one of the two; 0 and 0 where no pair is ever right.
    """
    paired = len(table) // 2 * 2
    right = sum(table[k][k] for k in range(paired))
    turned = sum(table[k][k ^ 1] for k in range(paired))
    whole = sum(sum(row) for row in table[:paired])
    if not right + turned:
        return 0.0, 0.0
    return (right + turned) / whole, right / (right + turned)


def learnt(name: str, snapshot: Mapping[str, Any]) -> str:
    """What a net has learnt by the end of its training; empty before."""
    if snapshot["step"] < snapshot["total"]:
        return ""
    return " ".join(
        (_motions if head == "how" else _things)(name, snapshot, head)
        for head in snapshot["classes"]
    )


def changed(snapshot: Mapping[str, Any]) -> str:
    """How far the first layer's kernels are from where they began, as a sentence."""
    now, first = (np.asarray(snapshot[name], dtype=float) for name in ("kernels", "first"))
    size = float(np.linalg.norm(now - first) / np.linalg.norm(first))
    return f"The training has changed these weights by {size:.0%} of their size (norm)."


def _motions(name: str, snapshot: Mapping[str, Any], head: str) -> str:
    names = snapshot["classes"][head]
    pair, one = reversal_pairs(snapshot["confusion"][head])
    if answers(snapshot, head) >= _MUCH:
        return f"**{name}** has learnt which of the {len(names)} motions it is."
    guessed = 2 / len(names)
    if pair < guessed + _LITTLE * (1 - guessed):
        return (
            f"**{name}** has learnt little: {pair:.0%} of the pairs of motions are right "
            f"(guessing: {guessed:.0%})."
        )
    said = (
        f"**{name}** names the pair of motions ({names[0]} or {names[1]}, {names[2]} or "
        f"{names[3]}, …) rightly in {pair:.0%} of the clips. Of these it takes the right one of "
        f"the two in {one:.0%}"
    )
    if abs(one - 0.5) < _COIN:
        return f"{said}: whether the clip plays forwards or backwards, it only guesses."
    return f"{said}."


def _things(name: str, snapshot: Mapping[str, Any], head: str) -> str:
    share, chance = answers(snapshot, head), snapshot["chance"][head]
    if share >= _MUCH:
        return f"**{name}** has learnt to tell the digits apart."
    if share < chance + 0.5 * (1 - chance):
        return f"**{name}** has learnt little of the digits. {mixed_up(snapshot, head)}"
    return f"**{name}** tells the digits apart in part. {mixed_up(snapshot, head)}"
