"""A learning rate schedule to bend by hand, with the known ones as presets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from c3d_teach.training.recipe import Recipe
from c3d_teach.viz.notebook import show
from c3d_teach.viz.training_charts import rate_chart
from c3d_teach.viz.widgets.explorer import Control, Explorer

OWN = "your own"
# What each preset sets. The solver's and Sports-1M's steps are counted in mini-batches; here
# they are the nearest number of epochs.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "paper, UCF101": {"shape": "steps", "rate": 0.003, "divide": 10, "every": 4, "epochs": 16},
    "released solver": {
        "shape": "steps",
        "rate": 0.003,
        "divide": 10,
        "every": 5.6,
        "epochs": 16.8,
    },
    "paper, Sports-1M": {"shape": "steps", "rate": 0.003, "divide": 2, "every": 1, "epochs": 13},
    "one cycle (classroom)": {
        "shape": "one cycle",
        "rate": 0.003,
        "divide": 10,
        "every": 4,
        "epochs": 5,
    },
}
_GRAIN = 100  # points an epoch


def schedule(
    shape: str, rate: float, divide: float, every: float, epochs: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Epochs and learning rates of a schedule, a hundred points an epoch (ours).

    Args:
        shape: ``"steps"`` or ``"one cycle"``, which uses neither ``divide`` nor ``every``.
        rate: first (steps) or highest (one cycle) learning rate.
        divide: what the rate is divided by at each step.
        every: epochs between steps.
        epochs: length of the run.

    Raises:
        UsageError: for a rate, step or length that is not above 0.
    """
    recipe = replace(
        Recipe.search(),
        schedule="step" if shape == "steps" else "one-cycle",
        lr=rate,
        divide_by=divide,
        every=round(every * _GRAIN),
        stop=round(epochs * _GRAIN),
        unit="iterations",
    )
    steps = range(recipe.stop)
    return np.array(steps) / _GRAIN, np.array([recipe.lr_at(step, _GRAIN) for step in steps])


class Schedule(Explorer):
    """Bend a learning rate schedule; the paper's stays behind it for comparison.

    A preset moves the other controls; moving one of them makes the schedule your own.
    """

    def __init__(self) -> None:
        start = PRESETS["paper, UCF101"]
        self._moving = False
        super().__init__(
            self._draw,
            {
                "preset": Control("preset", [*PRESETS, OWN]),
                "shape": Control("shape", ["steps", "one cycle"], start["shape"]),
                "rate": Control("first or highest rate", (0.0003, 0.001, 0.003, 0.01, 0.03), 0.003),
                "divide": Control("divided by", (1, 2, 3, 10), start["divide"]),
                "every": Control("after every (epochs)", (1, 2, 4, 5.6, 8), start["every"]),
                "epochs": Control("stop after (epochs)", (5, 8, 13, 16, 16.8, 24), start["epochs"]),
            },
            about="a learning rate schedule to bend, with the paper's and others as presets.",
            height=430,
        )
        for name, widget in self.widgets.items():
            widget.observe(self._preset if name == "preset" else self._own, names="value")

    def _preset(self, change: Mapping[str, Any]) -> None:
        if change["new"] == OWN:
            return
        self._moving = True
        try:
            for name, value in PRESETS[change["new"]].items():
                self.widgets[name].value = value
        finally:
            self._moving = False

    def _own(self, change: Mapping[str, Any]) -> None:
        if not self._moving:
            self.widgets["preset"].value = OWN

    def _draw(
        self, preset: str, shape: str, rate: float, divide: float, every: float, epochs: float
    ) -> None:
        paper = schedule(**PRESETS["paper, UCF101"])
        mine = schedule(shape, rate, divide, every, epochs)
        # the sum of the rates: how far steps of equal size would carry a weight
        reach = mine[1].sum() / paper[1].sum()
        said = (
            f"From {mine[1].max():.3g} to {mine[1][-1]:.2g} in {epochs} epochs; "
            f"all rates added up: {reach:.2g} × the paper's"
        )
        lines = {preset if preset != OWN else "yours": mine, "paper, UCF101, to compare": paper}
        show(rate_chart(lines, title=said), alt=said)
