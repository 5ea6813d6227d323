"""How processes that torchrun has started again find each other, and not their dead predecessors.

After a restart torchrun's store still holds what the last attempt wrote, addresses among it
(pytorch/pytorch#135712; torch 2.13): of seven restarts of two gloo processes here, four failed and
one hung. So the processes first agree on a name that no attempt before had, and write below that.
"""

import os
import time
import uuid
from datetime import timedelta
from typing import Any

_OFTEN = 0.05  # seconds from one look at the store to the next
_TOGETHER = timedelta(minutes=30)  # the slowest machine has loaded torch by then


def fresh_store(rank: int, world: int) -> Any:
    """A store that only the processes of this attempt share; None where torchrun keeps none.

    Raises:
        TimeoutError: when not all processes have come within half an hour.
    """
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    from torch.distributed import PrefixStore, TCPStore

    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = TCPStore(host, port, world, is_master=False, timeout=_TOGETHER)
    name = _offered(store, world) if rank == 0 else _accepted(store, rank)
    return PrefixStore(name, store)


def _offered(store: Any, world: int) -> str:
    """A new name, once all others have it."""
    name = f"c3d_teach {uuid.uuid4()}"
    store.set("c3d_teach", name)
    missing, until = set(range(1, world)), _deadline()
    while missing:
        for rank in sorted(missing):
            if store.check([f"{name} from {rank}"]):
                # saying it again shows that the offer was not left over from an earlier attempt
                store.set(f"{name} to {rank}", store.get(f"{name} from {rank}"))
                missing.discard(rank)
        _wait(until)
    return name


def _accepted(store: Any, rank: int) -> str:
    """The name that the first process offers: the one that it answers to."""
    mine, until = uuid.uuid4().hex, _deadline()
    while True:
        if store.check(["c3d_teach"]):
            name = store.get("c3d_teach").decode()
            store.set(f"{name} from {rank}", mine)
            answer = f"{name} to {rank}"
            for _ in range(10):
                if store.check([answer]) and store.get(answer).decode() == mine:
                    return str(name)
                _wait(until)
        _wait(until)  # the name was of an attempt before; the new one comes


def _deadline() -> float:
    return time.monotonic() + _TOGETHER.total_seconds()


def _wait(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError(f"not all processes have come within {_TOGETHER}")
    time.sleep(_OFTEN)
