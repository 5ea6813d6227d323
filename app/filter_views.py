"""What the page "Filters" shows of a unit: kept with the shipped nets, or worked out and cached.

Of shipped nets the answers of all convolutions come with the kit. For their fully connected
layers, and for a visitor's net, units are asked here, with fewer gratings and clips.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import state
import streamlit as st
from loaded_nets import Loaded

from c3d_teach import Classifier, attribute, describe, kernel_view, tuning
from c3d_teach.analysis.attribution.heat import Attribution
from c3d_teach.analysis.excitation.best_clips import UnitClips
from c3d_teach.analysis.filters.kernels import KernelView
from c3d_teach.analysis.filters.tuning import Tuning
from c3d_teach.analysis.units import Unit
from c3d_teach.errors import UsageError
from c3d_teach.experiments import unit_answers
from c3d_teach.models.arithmetic import Conv, Full
from c3d_teach.models.transfer import with_random_weights
from c3d_teach.viz.clip_charts import best_clips_animation
from c3d_teach.viz.heat_movie import heat_animation

T = TypeVar("T")
FEWER: dict[str, Any] = {  # gratings: 192 clips instead of 1,600
    "directions": 8,
    "spatial_frequencies": (1 / 16, 0.12, 0.2),
    "temporal_frequencies": (0.0, 1 / 16, 0.14, 0.24),
    "phases": 2,
}
FEWER_CLIPS = 128  # to find the best ones among
_GRATINGS = 192
_MOST_WORK = 600e9  # multiply-accumulates for one look: about 10 s on two cores


@dataclass(frozen=True)
class Asked:
    """The unit that is looked at.

    Attributes:
        net: shared by all sessions where it is a shipped one.
        layer: a convolution or a fully connected layer.
        unit: from 0.
        own: the visitor's net, or None.
    """

    net: Classifier
    layer: str
    unit: int
    own: Loaded | None = None

    @property
    def is_kernel(self) -> bool:
        return isinstance(_layer(self.net, self.layer), Conv)

    def at(self, unit: int) -> "Asked":
        return replace(self, unit=unit)


def layers_of(net: Classifier) -> list[str]:
    """Layers that have weights: the convolutions, then the fully connected ones."""
    return [one.name for one in net.model.layers if isinstance(one, Conv | Full)]


def units_in(net: Classifier, layer: str) -> int:
    one = _layer(net, layer)
    return one.features if isinstance(one, Full) else one.filters


def kernel_of(asked: Asked) -> KernelView:
    """The kernel of a unit of a convolution."""
    return kernel_view(asked.net, asked.layer, asked.unit)


def is_kept(asked: Asked) -> bool:
    """Whether the answers of this layer come with the kit."""
    return asked.own is None and asked.layer in unit_answers.layers_kept(asked.net)


def tuning_of(asked: Asked) -> Tuning:
    """What all units of the layer answer to drifting gratings.

    Raises:
        UsageError: for a net that sees one frame, or is too large to be asked here.
    """
    if is_kept(asked) and (kept := unit_answers.kept_tuning(asked.net.name, asked.layer)):
        return kept
    return _found(asked, "tuning", lambda: _tuning(asked))


def best_of(asked: Asked) -> tuple[UnitClips, int]:
    """The clips that excite the unit most, and among how many they were found."""
    best = unit_answers.kept_best(asked.net.name, asked.layer) if is_kept(asked) else None
    count = unit_answers.CLIPS if best else _clips_for(asked)
    if best is None:
        best = _found(asked, "best", lambda: _best(asked, count))
    with state.COMPUTING:
        return unit_answers.clips_of_unit(asked.net, asked.layer, asked.unit, best, count), count


def film_of_best(asked: Asked) -> bytes:
    """The best clips playing side by side."""
    return _found(asked, f"film {asked.unit}", lambda: best_clips_animation(best_of(asked)[0]))


def heat_of(asked: Asked, rank: int, method: str, *, drawn: bool) -> Attribution:
    """What excites the unit in its best clip number ``rank``, from 0.

    Args:
        drawn: the same of the same unit with random weights, the control.

    Raises:
        UsageError: for a unit that does not fire, which random ones may not.
    """
    key = f"heat {asked.unit} {rank} {method} {drawn}"
    return _found(asked, key, lambda: _heat(asked, rank, method, drawn=drawn))


def film_of_heat(asked: Asked, rank: int, method: str, *, drawn: bool) -> bytes:
    key = f"heat film {asked.unit} {rank} {method} {drawn}"
    scale = max(1, 192 // max(asked.net.preprocess.crop))

    def make() -> bytes:
        return heat_animation(heat_of(asked, rank, method, drawn=drawn), scale=scale)

    return _found(asked, key, make)


def likeness(one: Attribution, other: Attribution) -> float:
    """Spearman's rank correlation of the magnitudes of two heats over the same clip."""
    from scipy.stats import spearmanr  # comes with scikit-learn

    found = spearmanr(np.abs(one.heat).ravel(), np.abs(other.heat).ravel()).statistic
    return 0.0 if np.isnan(found) else float(found)


def _layer(net: Classifier, name: str) -> Any:
    return next(one for one in net.model.layers if one.name == name)


def _found(asked: Asked, what: str, make: Callable[[], T]) -> T:
    """Worked out once: for a visitor's net in its own session, for a shipped one for all."""
    if asked.own is None:
        found: T = _of_shipped(asked.net.name, asked.layer, what, make)
        return found
    key = (asked.layer, what)
    if key not in asked.own.found:
        while len(asked.own.found) >= 24:  # films are a few 100 kB
            asked.own.found.pop(next(iter(asked.own.found)))
        with st.spinner("Asking your net …"):
            asked.own.found[key] = make()
    return asked.own.found[key]


@st.cache_data(max_entries=48, show_spinner="Asking the net …")
def _of_shipped(net: str, layer: str, what: str, _make: Callable[[], Any]) -> Any:
    return _make()


def _work(asked: Asked) -> int:
    """Multiply-accumulates for one clip up to the layer."""
    rows = describe(asked.net.model)
    last = [row.name for row in rows].index(asked.layer)
    return sum(row.macs for row in rows[: last + 1])


def _clips_for(asked: Asked) -> int:
    return int(min(FEWER_CLIPS, max(16, _MOST_WORK // _work(asked))))


def _tuning(asked: Asked) -> Tuning:
    if _GRATINGS * _work(asked) > _MOST_WORK:
        raise UsageError(
            f"{asked.net.name} is too large to be shown {_GRATINGS} gratings while you wait. The "
            "cell at the end of this page does it in a notebook."
        )
    with state.COMPUTING:
        return tuning(asked.net, asked.layer, **FEWER)


def _best(asked: Asked, count: int) -> unit_answers.Arrays:
    with state.COMPUTING:
        return unit_answers.best_of_layer(asked.net, asked.layer, count)


def _heat(asked: Asked, rank: int, method: str, *, drawn: bool) -> Attribution:
    clip = best_of(asked)[0].clips[rank]
    with state.COMPUTING:
        net = with_random_weights(asked.net, 0) if drawn else asked.net
        return attribute(net, clip, method, target=Unit(asked.layer, asked.unit))
