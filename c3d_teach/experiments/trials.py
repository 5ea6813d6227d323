"""One training of one net in a study: all that decides it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from c3d_teach.data.catalog import EMBEDDED
from c3d_teach.data.counter import key_of
from c3d_teach.data.embedded import Embedded
from c3d_teach.data.motion import ALL_DIGITS, MotionDigits
from c3d_teach.models.builder import ConvNet, initialise
from c3d_teach.models.weights import build
from c3d_teach.training.recipe import Recipe

HOW, WHAT, BOTH = "how", "what", "both"
TASKS = (HOW, WHAT, BOTH)


@dataclass(frozen=True)
class Setting:
    """What the nets of a study are trained and tested on, and for how long.

    Attributes:
        name: for tables.
        clips: training clips, which come again and again.
        noise, speed, digits: see :class:`~c3d_teach.MotionDigits`.
        steps: mini-batches of the whole training; None trains as long as the recipe says.
        data: name of an embedded set.
        clip_shape: ``(C, L, H, W)``.
        width: of the nets, as a factor on the paper's filters.
        val, test: clips that the rate is chosen by, and that the result is measured on.
    """

    name: str
    clips: int
    noise: float = 0.05
    speed: float = 1.0
    digits: tuple[int, ...] = ALL_DIGITS
    steps: int | None = 320
    data: str = "motion-digits"
    clip_shape: tuple[int, int, int, int] = (1, 16, 24, 24)
    width: float = 1 / 8
    val: int = 256
    test: int = 1024

    def clips_of(self, split: str, seed: int) -> Embedded:
        """The set of a split; ``seed`` also decides which clips it holds."""
        size = {"train": self.clips, "val": self.val, "test": self.test}[split]
        extra: dict[str, Any] = {}
        if self._has_digits:
            extra = {"noise": self.noise, "speed": self.speed, "digits": self.digits}
        return EMBEDDED[self.data](
            size,
            split=split,
            seed=seed,
            clip_shape=self.clip_shape,
            **extra,
        )

    @property
    def motions(self) -> tuple[str, ...]:
        return EMBEDDED[self.data].motions

    @property
    def things(self) -> tuple[str, ...]:
        all_things = EMBEDDED[self.data].things
        return tuple(all_things[d] for d in self.digits) if self._has_digits else all_things

    @property
    def _has_digits(self) -> bool:
        return self.data == MotionDigits.name


@dataclass(frozen=True)
class Trial:
    """All that decides the outcome of a training.

    Attributes:
        net: its name in the study.
        config: constructor arguments of the net; classes, clips and width are the setting's
            unless they stand here.
        setting: data and length.
        task: ``"how"`` (which motion), ``"what"`` (which digit) or ``"both"``, two answers
            read from one net and trained at once.
        seed: of clips, first weights, order and dropout.
        recipe: see :class:`~c3d_teach.Recipe`.
        phase: ``"search"`` for a trial of a learning rate, ``"study"`` for the rest.
        shuffled: a control: the frames of every clip in a random order, in training and test.
    """

    net: str
    config: Mapping[str, Any]
    setting: Setting
    task: str
    seed: int
    recipe: Recipe
    phase: str = "study"
    shuffled: bool = False

    @property
    def id(self) -> str:
        """A name for its file."""
        parts = (self.phase, self.setting.name, self.task, self.net, f"lr{self.recipe.lr:g}")
        return "_".join(part.replace(" ", "-") for part in (*parts, f"seed{self.seed}"))

    def to_dict(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "setting": self.setting.name,
            "net": self.net,
            "task": self.task,
            "seed": self.seed,
            "recipe": self.recipe.to_dict(),
        }

    @property
    def fingerprint(self) -> str:
        """Changes with anything that decides the outcome."""
        parts = (asdict(self.setting), sorted(self.config.items()), self.to_dict(), self.shuffled)
        return f"{key_of(*parts) & (2**64 - 1):016x}"

    def model(self) -> ConvNet:
        """The net, its weights drawn from the seed."""
        outputs = {HOW: len(self.setting.motions), WHAT: len(self.setting.things)}
        outputs[BOTH] = outputs[HOW] + outputs[WHAT]
        torch.manual_seed(key_of("weights", self.seed) & (2**63 - 1))
        defaults = {
            "num_classes": outputs[self.task],
            "clip_shape": self.setting.clip_shape,
            "width": self.setting.width,
            "dropout": self.recipe.dropout,
        }
        model = build(defaults | dict(self.config))
        initialise(model, self.recipe.init)
        return model


@lru_cache(maxsize=3)
def made(setting: Setting, split: str, seed: int) -> dict[str, Tensor]:
    """All clips of a split; the same for every net, so that nets can be compared in pairs."""
    data = setting.clips_of(split, seed)
    whole = data.batch(range(len(data)))
    return {"clip": whole["clip"], HOW: whole["motion"], WHAT: whole[data.thing]}
