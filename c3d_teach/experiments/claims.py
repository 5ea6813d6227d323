"""The claims ledger: what lessons and pages say about nets, and where it was measured.

Whoever writes a lesson or a page takes the sentence from here, ``claim("depth1-blind").statement``,
or marks its own wording with ``<!-- claim: depth1-blind -->``. Numbers in a sentence are read from
the results, so they cannot go stale; and for every claim there is a test, marked with its id, that
fails when it is no longer true.
"""

from difflib import get_close_matches

from c3d_teach.errors import UsageError
from c3d_teach.experiments.evidence import Claim
from c3d_teach.experiments.ledger import LEDGER

CLAIMS = {one.id: one for one in LEDGER}


def claim(name: str) -> Claim:
    """The claim called ``name`` (ours).

    Raises:
        UsageError: naming the nearest, when there is none of that name.
    """
    if name not in CLAIMS:
        near = get_close_matches(name, CLAIMS, 1)
        raise UsageError(
            f"There is no claim {name!r}; "
            + (f"did you mean {near[0]}?" if near else f"there are {', '.join(CLAIMS)}.")
        )
    return CLAIMS[name]
