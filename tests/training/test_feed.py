"""Mini-batches made ahead of the net: the same ones in the same order, and the wait is measured."""

import threading
import time

import pytest
import torch

from c3d_teach import MotionDigits
from c3d_teach.training.feed import Feed

SLOW = 0.05


class Slow(MotionDigits):
    """Takes a while for each mini-batch."""

    def __getitems__(self, indices):
        time.sleep(SLOW)
        return super().__getitems__(indices)


def feed(data, count=6, **how):
    batches = [list(range(4 * k, 4 * k + 4)) for k in range(count)]
    return Feed(data, batches, **{"workers": 0, "pinned": False} | how), batches


@pytest.mark.parametrize("workers", [0, 1])
def test_it_gives_each_mini_batch_in_order(workers):
    data = MotionDigits(24)
    given, batches = feed(data, workers=workers)
    for batch, indices in zip(given, batches, strict=True):
        assert torch.equal(batch["clip"], data.batch(indices)["clip"])


def test_a_quick_net_waits_and_a_slow_one_does_not():
    quick, _ = feed(Slow(24))
    for _ in quick:
        pass
    assert quick.waited > 4 * SLOW
    slow, _ = feed(Slow(24))
    for k, _ in enumerate(slow):
        if k == 0:
            first = slow.waited
        time.sleep(3 * SLOW)
    assert slow.waited - first < SLOW  # but for the first, which nobody could make ahead


def test_waiting_while_the_device_is_busy_costs_nothing():
    busy, _ = feed(Slow(24), busy=lambda: True)
    for _ in busy:
        pass
    assert busy.waited == 0


def test_an_error_comes_at_its_place():
    class Broken(MotionDigits):
        def __getitems__(self, indices):
            if 8 in indices:
                raise OSError("the disk is gone")
            return super().__getitems__(indices)

    given, seen = feed(Broken(24))[0], 0
    with pytest.raises(OSError, match="the disk is gone"):
        for _ in given:
            seen += 1
    assert seen == 2


def test_whoever_leaves_early_leaves_no_thread_behind():
    before = threading.active_count()
    for _ in feed(Slow(24))[0]:
        break
    wanted = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < wanted:
        time.sleep(0.02)
    assert threading.active_count() == before
