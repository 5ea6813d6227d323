"""Recipes: every hyper-parameter of a training run as data, each with its source."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from math import cos, pi
from typing import Any, Literal

from c3d_teach.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    """How a net is trained. Use a named one, or change it with ``dataclasses.replace``.

    Attributes:
        name: for messages and cards.
        optimiser: ``"sgd"`` or ``"adamw"``.
        lr: initial (sgd) or highest (one-cycle) learning rate.
        momentum: of SGD; the first beta of AdamW.
        weight_decay: of the weights; biases never decay.
        bias_lr: factor on the learning rate of biases.
        batch: clips in a mini-batch.
        schedule: ``"step"`` divides the rate by ``divide_by`` after every ``every``
            ``unit``; ``"one-cycle"`` rises for a sixth of the run, then falls as a cosine.
        stop: number of ``unit`` after which training ends.
        unit: ``"epochs"`` or ``"iterations"``.
        init: scheme for new weights, see :func:`~c3d_teach.initialise`.
        standardise: divide the input by its standard deviation (else 0-255 minus the mean).
        flip: chance that a training clip is flipped left to right.
        crop: ``"random"`` or ``"centre"`` crop while training.
        dropout: after fc6 and fc7; a net is built with it, training does not change it.
        sources: where each value comes from.
    """

    name: str
    optimiser: Literal["sgd", "adamw"]
    lr: float
    momentum: float
    weight_decay: float
    bias_lr: float
    batch: int
    schedule: Literal["step", "one-cycle"]
    divide_by: float
    every: int
    stop: int
    unit: Literal["epochs", "iterations"]
    init: Literal["kaiming", "caffe"]
    standardise: bool
    flip: float
    crop: Literal["random", "centre"]
    dropout: float
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name, low in {"lr": 0, "batch": 0, "stop": 0, "every": 0, "divide_by": 0}.items():
            if not getattr(self, name) > low:
                raise UsageError(f"Recipe: {name} is {getattr(self, name)}; it is above {low}.")
        if not 0 <= self.flip <= 1:
            raise UsageError(f"Recipe: flip is {self.flip}; it is a chance between 0 and 1.")

    @classmethod
    def search(cls) -> "Recipe":
        """The kernel-depth study on UCF101, from scratch (paper, section 3.1)."""
        return cls(
            name="search",
            optimiser="sgd",
            lr=0.003,
            momentum=0.9,
            weight_decay=0.005,
            bias_lr=2.0,
            batch=30,
            schedule="step",
            divide_by=10,
            every=4,
            stop=16,
            unit="epochs",
            init="kaiming",
            standardise=True,
            flip=0.0,
            crop="random",
            dropout=0.5,
            sources={
                "optimiser": _PAPER,
                "lr": _PAPER + ": initial learning rate 0.003",
                "momentum": _CAFFE,
                "weight_decay": _CAFFE + " for training from scratch",
                "bias_lr": _CAFFE + ": bias lr twice the weights', without decay",
                "batch": _PAPER + ": mini-batches of 30 clips",
                "schedule": _PAPER,
                "divide_by": _PAPER + ": divided by 10",
                "every": _PAPER + ": after every 4 epochs",
                "stop": _PAPER + ": stopped after 16 epochs",
                "unit": _PAPER,
                "init": _OURS + ": fits any width; N(0, 0.01) fits the full width only",
                "standardise": _OURS + ": goes with the Kaiming initialisation",
                "flip": _PAPER + ": the only jittering named is the crop",
                "crop": _PAPER + ": random 3×16×112×112 crops",
                "dropout": _CAFFE,
            },
        )

    @classmethod
    def sports1m(cls) -> "Recipe":
        """C3D on Sports-1M (paper, section 3.3)."""
        return cls(
            name="sports1m",
            optimiser="sgd",
            lr=0.003,
            momentum=0.9,
            weight_decay=0.005,
            bias_lr=2.0,
            batch=30,
            schedule="step",
            divide_by=2,
            every=150_000,
            stop=1_900_000,
            unit="iterations",
            init="caffe",
            standardise=False,
            flip=0.5,
            crop="random",
            dropout=0.5,
            sources={
                "optimiser": _SPORTS,
                "lr": _SPORTS + ": initial learning rate 0.003",
                "momentum": _CAFFE,
                "weight_decay": _CAFFE + " for training from scratch",
                "bias_lr": _CAFFE + ": bias lr twice the weights', without decay",
                "batch": _SPORTS + ": mini-batches of 30",
                "schedule": _SPORTS,
                "divide_by": _SPORTS + ": divided by 2",
                "every": _SPORTS + ": every 150 K iterations",
                "stop": _SPORTS + ": stopped at 1.9 M iterations (about 13 epochs)",
                "unit": _SPORTS,
                "init": _CAFFE,
                "standardise": _CAFFE + ": 0-255 minus the mean",
                "flip": _SPORTS + ": flipped with 50 % probability",
                "crop": _SPORTS + ": random crops in space (and time)",
                "dropout": _CAFFE,
            },
        )

    @classmethod
    def finetune(cls) -> "Recipe":
        """A trained net on other classes, as the released C3D was brought to UCF101.

        The input stays as the net was trained on it; ``standardise`` is not used.
        """
        return cls(
            name="finetune",
            optimiser="sgd",
            lr=0.0001,
            momentum=0.9,
            weight_decay=0.0005,
            bias_lr=2.0,
            batch=30,
            schedule="step",
            divide_by=10,
            every=5_000,
            stop=20_000,
            unit="iterations",
            init="caffe",
            standardise=False,
            flip=0.5,
            crop="random",
            dropout=0.5,
            sources={
                "optimiser": _CAFFE,
                "lr": _CAFFE + " for fine-tuning: 1e-4",
                "momentum": _CAFFE,
                "weight_decay": _CAFFE + " for fine-tuning",
                "bias_lr": _CAFFE + ": bias lr twice the weights', without decay",
                "batch": _PAPER + ": 30, as from scratch",
                "schedule": _CAFFE,
                "divide_by": _CAFFE + ": gamma 0.1",
                "every": _CAFFE + ": step 5000",
                "stop": _CAFFE + ": 20 000 iterations",
                "unit": _CAFFE,
                "init": _CAFFE + ": the new last layer N(0, 0.01), bias 0",
                "standardise": "not used: the net brings its own preprocessing",
                "flip": _CAFFE + ": mirrored at random",
                "crop": _CAFFE + ": 112×112 of 128×171",
                "dropout": _CAFFE,
            },
        )

    @classmethod
    def classroom(cls) -> "Recipe":
        """Small nets on the embedded sets within a minute on two cores (ours)."""
        return cls(
            name="classroom",
            optimiser="adamw",
            lr=0.003,
            momentum=0.9,
            weight_decay=0.01,
            bias_lr=1.0,
            batch=32,
            schedule="one-cycle",
            divide_by=1,
            every=1,
            stop=5,
            unit="epochs",
            init="kaiming",
            standardise=True,
            flip=0.0,
            crop="centre",
            dropout=0.1,
            sources={
                "optimiser": _OURS
                + ": learns these sets in far fewer steps than the search recipe",
                "lr": _OURS + ": for the five-layer nets; the camera net learns at 0.001 only",
                "momentum": _OURS + ": AdamW's usual first beta",
                "weight_decay": _OURS + ": AdamW's usual value",
                "bias_lr": _OURS,
                "batch": _OURS + ": near the paper's 30",
                "schedule": _OURS + ": one cycle, so that a short run ends at a low rate",
                "divide_by": "not used by one-cycle",
                "every": "not used by one-cycle",
                "stop": _OURS + ": what fits into a minute on two cores",
                "unit": _OURS,
                "init": _OURS + ": goes with standardised input",
                "standardise": _OURS + ": goes with the Kaiming initialisation",
                "flip": _OURS + ": the embedded sets are endless already",
                "crop": _OURS + ": embedded clips have the net's size",
                "dropout": _OURS + ": less than 0.5, for the nets are small and the clips many",
            },
        )

    @classmethod
    def named(cls, name: str) -> "Recipe":
        """The recipe of that name.

        Raises:
            UsageError: listing the names there are.
        """
        recipes = {
            "classroom": cls.classroom,
            "search": cls.search,
            "sports1m": cls.sports1m,
            "finetune": cls.finetune,
        }
        if name not in recipes:
            near = get_close_matches(name, recipes, 1)
            raise UsageError(
                f"There is no recipe {name!r}; there are {', '.join(recipes)}."
                f"{f' Did you mean {near[0]}?' if near else ''}"
            )
        return recipes[name]()

    def lasting(self, epochs: int) -> "Recipe":
        """The same recipe for so many epochs.

        A recipe in iterations keeps its shape: what was divided after a quarter of the run
        still is. One in epochs keeps its schedule and only stops at another time.

        Raises:
            UsageError: for fewer than one epoch.
        """
        every = self.every
        if self.unit == "iterations":
            every = max(1, round(self.every * epochs / self.stop))
        return replace(self, stop=epochs, every=every, unit="epochs")

    def steps(self, steps_per_epoch: int) -> int:
        """Mini-batches in the whole run."""
        return self.stop * steps_per_epoch if self.unit == "epochs" else self.stop

    def lr_at(self, step: int, steps_per_epoch: int) -> float:
        """Learning rate of mini-batch ``step``, counted from 0."""
        if self.schedule == "step":
            done = step // steps_per_epoch if self.unit == "epochs" else step
            return self.lr / self.divide_by ** (done // self.every)
        progress = (step + 1) / self.steps(steps_per_epoch)
        rise = 1 / 6
        if progress < rise:
            return self.lr * (0.04 + 0.96 * progress / rise)
        return self.lr * (0.001 + 0.999 * 0.5 * (1 + cos(pi * (progress - rise) / (1 - rise))))

    def to_dict(self) -> dict[str, Any]:
        """All values without their sources."""
        values = asdict(self)
        del values["sources"]
        return values

    def __str__(self) -> str:
        rows = [
            f"{f.name:<13} {getattr(self, f.name)!s:<12} {self.sources.get(f.name, '')}".rstrip()
            for f in fields(self)
            if f.name != "sources"
        ]
        return "\n".join(rows)


_PAPER = "paper, section 3.1"
_SPORTS = "paper, section 3.3"
_CAFFE = "released Caffe files"
_OURS = "ours"
