"""What happened during a training run, epoch by epoch."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from c3d_teach.files import write_json


@dataclass(frozen=True)
class Epoch:
    """One row of the history; losses in nats, accuracies as shares, time in seconds.

    ``waiting`` is the share of the training time that the net waited for clips.
    """

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    waiting: float = 0.0  # not in histories of earlier versions

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch}: loss {self.train_loss:.3f}, right {self.train_accuracy:.1%}"
            f" | validation loss {self.val_loss:.3f}, right {self.val_accuracy:.1%}"
            f" | {self.seconds:.0f} s, {self.waiting:.0%} of it waiting for clips"
        )


@dataclass
class History:
    """The epochs of a run, and where its net was written."""

    epochs: list[Epoch] = field(default_factory=list)
    net: str = ""

    @property
    def final(self) -> Epoch:
        return self.epochs[-1]

    @property
    def seconds(self) -> float:
        """Time spent training, over all the sittings of a resumed run."""
        return sum(e.seconds for e in self.epochs)

    def column(self, name: str) -> list[float]:
        """One value an epoch, such as ``"val_accuracy"``."""
        return [getattr(e, name) for e in self.epochs]

    def to_dict(self) -> dict[str, Any]:
        return {"epochs": [asdict(e) for e in self.epochs], "net": self.net}

    def save(self, path: str | Path) -> None:
        write_json(Path(path), self.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "History":
        return cls([Epoch(**e) for e in data["epochs"]], data.get("net", ""))

    @classmethod
    def load(cls, path: str | Path) -> "History":
        return cls.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
