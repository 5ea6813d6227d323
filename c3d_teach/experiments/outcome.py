"""What a study found: accuracies with their spread over seeds, and nets compared in pairs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.errors import UsageError
from c3d_teach.files import write_atomically

RESULTS = Path(__file__).parent / "results"
# what an accuracy is measured on, unless asked otherwise: motions on every clip and its reversal
MEASURE = {"how": "both ways", "what": "test"}


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval.

    Attributes:
        mean: of the values.
        low, high: Student's t interval of the mean; NaN for a single value.
        values: one a seed.
    """

    mean: float
    low: float
    high: float
    values: tuple[float, ...]

    def __str__(self) -> str:
        if len(self.values) < 2:
            return f"{self.mean:.1%}"
        return f"{self.mean:.1%} ± {self.high - self.mean:.1%}"


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and Student's t interval; it speaks of other seeds: clips, first weights, order."""
    from scipy.special import stdtrit  # comes with scikit-learn

    sample = np.asarray(values, float)
    if not len(sample):
        raise UsageError("estimate() needs at least one value.")
    mean, n = float(sample.mean()), len(sample)
    if n < 2:
        return Estimate(mean, float("nan"), float("nan"), (mean,))
    half = float(stdtrit(n - 1, 0.975)) * float(sample.std(ddof=1)) / sqrt(n)
    return Estimate(mean, mean - half, mean + half, tuple(map(float, sample)))


@dataclass(frozen=True)
class Pair:
    """Two nets compared seed by seed, on the same clips.

    Attributes:
        a, b: their names.
        difference: of the accuracies, a minus b.
        p: of the two-sided paired t test; NaN for fewer than two seeds.
        p_holm: the same, corrected (Holm) for all pairs that were compared with it.
    """

    a: str
    b: str
    difference: Estimate
    p: float
    p_holm: float


class Outcome:
    """The result of a study (see :func:`~c3d_teach.experiments.study.conduct`).

    Attributes:
        data: the whole result as plain values.
        nets, settings, tasks: names, in the study's order.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = dict(data)
        self.nets = tuple(data["nets"])
        self.settings = tuple(data["settings"])
        self.tasks = tuple(data["tasks"])
        self._runs: dict[tuple[str, str, str], dict[int, dict[str, Any]]] = {}
        for run in data["runs"]:
            key = (run["setting"], run["task"], run["net"])
            self._runs.setdefault(key, {})[run["seed"]] = run

    @classmethod
    def read(cls, path: str | Path) -> "Outcome":
        """Raises: UsageError: for a file that is no result of a study."""
        try:
            return cls(json.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is not the result of a study, or cannot be read.") from error

    @classmethod
    def shipped(cls, name: str) -> "Outcome":
        """The result that comes with the kit, of the full study of that name."""
        return cls.read(_shipped(name))

    def heads(self, task: str) -> tuple[str, ...]:
        """The questions that a task asks."""
        return tuple(MEASURE) if task == "both" else (task,)

    def save(self, path: Path) -> None:
        """As JSON with one line a run, so that a changed run is a changed line."""
        head = {key: value for key, value in self.data.items() if key not in ("search", "runs")}
        text = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
        for key in ("search", "runs"):
            lines = ",\n".join(json.dumps(run, ensure_ascii=False) for run in self.data[key])
            text += f',\n "{key}": [\n{lines}\n]'

        def write(part: Path) -> None:
            part.write_text(text + "\n}\n", encoding="utf-8")

        write_atomically(path, write)

    def runs(self, net: str, setting: str, task: str) -> list[dict[str, Any]]:
        """The runs of one net, by seed.

        Raises:
            UsageError: when there is none.
        """
        found = self._runs.get((setting, task, net))
        if not found:
            raise UsageError(
                f"The study {self.data['study']} has no run of {net!r} on {setting!r} for "
                f"{task!r}; it has {', '.join(self.nets)} on {', '.join(self.settings)} for "
                f"{', '.join(self.tasks)}."
            )
        return [found[seed] for seed in sorted(found)]

    def accuracy(
        self, net: str, setting: str, head: str, task: str = "both", measure: str | None = None
    ) -> Estimate:
        """Accuracy over seeds.

        Args:
            head: ``"how"`` or ``"what"``.
            task: what the nets were trained for.
            measure: ``"test"``, ``"reversed"``, ``"both ways"`` or ``"shuffled"``.
        """
        which = measure or MEASURE[head]
        return estimate([run[which][head] for run in self.runs(net, setting, task)])

    def compare(
        self, pairs: Sequence[tuple[str, str]], setting: str, head: str, task: str = "both"
    ) -> list[Pair]:
        """Nets in pairs, seed by seed; p values are corrected for all ``pairs`` together."""
        found = []
        for a, b in pairs:
            one, other = (
                {r["seed"]: r[MEASURE[head]][head] for r in self.runs(net, setting, task)}
                for net in (a, b)
            )
            difference = np.array([one[seed] - other[seed] for seed in one if seed in other])
            found.append((a, b, estimate(difference.tolist()), _paired_t(difference)))
        corrected = _holm([p for *_, p in found])
        return [Pair(*one, holm) for one, holm in zip(found, corrected, strict=True)]

    def disjoint(self, setting: str, head: str, task: str = "both") -> Iterator[tuple[str, str]]:
        """Pairs (better, worse) whose 95 % intervals do not touch."""
        estimates = {
            net: self.accuracy(net, setting, head, task)
            for net in self.nets
            if (setting, task, net) in self._runs
        }
        for a, b in combinations(estimates, 2):
            if estimates[a].low > estimates[b].high:
                yield a, b
            elif estimates[b].low > estimates[a].high:
                yield b, a


def validation(run: Mapping[str, Any]) -> float:
    """What a learning rate is chosen by: the validation accuracy, mean over the questions."""
    heads = run["validation"].values()
    return float(sum(heads) / len(heads))


def is_shipped(name: str) -> bool:
    """Whether the kit brings the result of the full study of that name."""
    return _shipped(name).exists()


def _shipped(name: str) -> Path:
    return RESULTS / f"{name.replace('-', '_')}.json"


def _paired_t(difference: NDArray[np.float64]) -> float:
    from scipy.special import stdtr

    n = len(difference)
    if n < 2:
        return float("nan")
    spread = float(difference.std(ddof=1))
    if spread == 0:
        return 1.0 if difference.mean() == 0 else 0.0
    t = float(difference.mean()) / spread * sqrt(n)
    return float(2 * stdtr(n - 1, -abs(t)))


def _holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction: chance of one wrong claim among all of them stays at p.

    A p of NaN stays one.
    """
    order = np.argsort(p)
    corrected, largest = np.empty(len(p)), 0.0  # argsort puts NaN last
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = largest if p[place] == p[place] else np.nan
    return [float(v) for v in corrected]
