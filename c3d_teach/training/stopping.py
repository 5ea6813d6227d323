"""Being asked to stop while several processes train: they stop together, after the same step."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class StoppedError(Exception):
    """All processes have seen that one of them is asked to stop, and stand after the same step."""


@contextmanager
def asked_to_stop(several: bool) -> Iterator[Callable[[], bool]]:
    """Meanwhile Ctrl+C and SIGTERM are remembered, not obeyed, where there are several processes.

    torchrun passes on what it is sent itself (a cluster that wants its machine back sends
    SIGTERM), and ends by force whoever is still there after half a minute. One process alone is
    interrupted at once, as usual.
    """
    asked = threading.Event()
    if not several or threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def remember(number: int, frame: Any) -> None:
        asked.set()

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
