"""Does a small rerun of a study say the same as the study that comes with the kit?"""

from collections.abc import Iterator
from dataclasses import dataclass

from c3d_teach.experiments.outcome import Outcome


@dataclass(frozen=True)
class Agreement:
    """Two nets whose intervals are apart in the full study, and how the rerun saw them.

    Attributes:
        setting, task, head: where they were compared.
        better, worse: nets, as the full study has them.
        full, rerun: by how much the better one is better, as shares.
    """

    setting: str
    task: str
    head: str
    better: str
    worse: str
    full: float
    rerun: float

    @property
    def agrees(self) -> bool:
        return self.rerun > 0

    def __str__(self) -> str:
        where = f"{self.head!r}, trained for {self.task!r}, {self.setting}"
        return (
            f"{where}: {self.better} is ahead of {self.worse} by {100 * self.full:.1f} points in "
            f"the full study and {100 * self.rerun:+.1f} here"
        )


def agreements(rerun: Outcome, full: Outcome) -> Iterator[Agreement]:
    """Every pair of nets with disjoint 95 % intervals in ``full`` that ``rerun`` also has."""
    for setting in rerun.settings:
        for task in rerun.tasks:
            for head in rerun.heads(task):
                for better, worse in full.disjoint(setting, head, task):
                    if not {better, worse} <= set(rerun.nets):
                        continue
                    a, b = (
                        [study.accuracy(net, setting, head, task).mean for net in (better, worse)]
                        for study in (full, rerun)
                    )
                    yield Agreement(setting, task, head, better, worse, a[0] - a[1], b[0] - b[1])


def said(found: list[Agreement]) -> str:
    """In words: how many agree, and which do not."""
    against = [one for one in found if not one.agrees]
    if not found:
        return "The full study holds no two nets apart here."
    head = (
        f"{len(found) - len(against)} of {len(found)} pairs that the full study holds apart come "
        "out in the same order."
    )
    return "\n".join([head, *(f"Not so: {one}." for one in against)])
