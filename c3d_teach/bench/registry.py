"""All pieces of work by name, for the processes that do them."""

from typing import Any

from c3d_teach.bench import feeding, workloads
from c3d_teach.bench.workloads import Made

WORKS = workloads.WORKS | feeding.WORKS


def workload(spec: dict[str, Any]) -> Made:
    """The work that ``spec`` describes, and facts about it.

    Args:
        spec: ``"work"`` names one of ``WORKS``; the rest are its arguments.

    Raises:
        NotHereError: when this machine cannot do it.
    """
    spec = dict(spec)
    made = WORKS[spec.pop("work")](**spec)
    return made if isinstance(made, tuple) else (made, {})
