"""One measurement from its name to the document that is printed and kept."""

from typing import Any

from c3d_teach.bench import feeding, growth, inference, training
from c3d_teach.bench.machine import machine
from c3d_teach.bench.nets import checked
from c3d_teach.bench.worker import Say
from c3d_teach.device import pick_device
from c3d_teach.errors import UsageError

WHAT = ("inference", "training", "feeding", "growth")
_TAKES_BATCH, _TAKES_NET = ("inference", "training"), ("inference", "training", "growth")
_GROWS = ("c3d", "camera")


def measure(
    what: str,
    *,
    net: str | None = None,
    batch: int | None = None,
    rounds: int = 5,
    seconds: float = 2.0,
    device: str = "auto",
    say: Say | None = None,
) -> dict[str, Any]:
    """Measure ``what`` here.

    Args:
        what: one of ``WHAT``.
        net: one of ``bench.nets.NETS``; None for C3D, in training for the three usual ones.
        batch: clips at once; None for what suits.
        rounds: turns of each variant.
        seconds: that a turn lasts at least.
        device: where nets are to run.
        say: called with a line of text on the way.

    Returns:
        ``what``, ``machine``, ``settings``, and what the module of that name says.

    Raises:
        UsageError: for an unknown measurement, net or device, or settings that it does not have.
    """
    if what not in WHAT:
        raise UsageError(f"There is nothing {what!r} to measure; there are {', '.join(WHAT)}.")
    _check(what, net, batch, rounds, seconds)
    where = str(pick_device(device))
    settings: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "device": where}
    how: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "say": say}
    document = {"what": what, "machine": machine(where), "settings": settings}
    if what == "inference":
        settings |= {"net": net or "c3d", "batch": batch or inference.BATCH}
        found = inference.measure(settings["net"], settings["batch"], where, **how)
    elif what == "training":
        settings |= {"nets": [net] if net else list(training.USUAL), "batch": batch}
        found = training.measure(settings["nets"], batch, where, **how)
    elif what == "feeding":
        found = feeding.measure(**how)
    else:
        settings |= {"net": net or "c3d"}
        found = growth.measure(settings["net"], where, **how)
    return document | found


def _check(what: str, net: str | None, batch: int | None, rounds: int, seconds: float) -> None:
    if net is not None:
        checked(net)
        if what not in _TAKES_NET:
            raise UsageError(f"{what} is measured without a net of one's choice; leave out --net.")
        if what == "growth" and net not in _GROWS:
            raise UsageError(f"growth is measured of {' or '.join(_GROWS)}, not of {net}.")
    if batch is not None and what not in _TAKES_BATCH:
        raise UsageError(f"{what} chooses its batches itself; leave out --batch.")
    for name, value in (("batch", batch), ("rounds", rounds)):
        if value is not None and value < 1:
            raise UsageError(f"--{name} is {value}; it is at least 1.")
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--seconds is {seconds}; it is above 0.")
