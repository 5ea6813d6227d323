"""Predict first: a guess that is kept in the notebook and compared with what came out."""

from collections.abc import Sequence

from c3d_teach.errors import UsageError

NO_GUESS = "?"


def compare_guess(guess: str, outcome: str, choices: Sequence[str]) -> str:
    """What to say about a guess now that the outcome is known.

    Args:
        guess: one of ``choices``, in any case, or ``"?"`` for none.
        outcome: what came out, one of ``choices``.
        choices: the options that were offered.

    Raises:
        UsageError: for an outcome that was not offered.
    """
    if outcome not in choices:
        raise UsageError(f"The outcome {outcome!r} is none of the choices {list(choices)}.")
    said = guess.strip().lower() if isinstance(guess, str) else guess
    if said in ("", NO_GUESS):
        return f"No guess this time. It came out: {outcome}."
    if said not in choices:
        offered = ", ".join(repr(c) for c in choices)
        return f"Your guess was {guess!r}; the options were {offered}. It came out: {outcome}."
    if said == outcome:
        return f"You guessed {said!r}, and that is what came out. Can you say why?"
    return (
        f"You guessed {said!r}; it came out {outcome!r}. Good: a wrong guess is where there "
        "is something to learn. Look for the sentence that explains it."
    )
