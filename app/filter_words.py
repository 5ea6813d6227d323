"""What the page "Filters" says about a unit, worked out from what it shows."""

from collections.abc import Mapping

import numpy as np
from filter_views import FEWER_CLIPS, Asked, is_kept
from numpy.typing import ArrayLike

from c3d_teach.analysis.excitation.best_clips import UnitClips
from c3d_teach.analysis.filters.kernels import way
from c3d_teach.analysis.filters.tuning import SELECTIVE, Tuning, UnitTuning
from c3d_teach.viz.compass_plots import medians

KINDS = {
    "motion-d1": "kernels one frame deep",
    "motion-d3": "kernels 3 frames deep, all layers",
    "motion-d5": "kernels 5 frames deep, all layers",
    "motion-d7": "kernels 7 frames deep, all layers",
    "motion-increasing": "3, 3, 5, 5, 7 frames deep",
    "motion-decreasing": "7, 5, 5, 3, 3 frames deep",
    "motion-frame": "2D, sees one frame",
    "motion-stacked": "2D, frames as channels",
    "camera-c3d": "C3D on photographs, depth 3",
    "camera-d1": "the same, depth 1",
}


def likes(unit: UnitTuning) -> str:
    """One sentence on a unit's directions."""
    if np.isnan(unit.selectivity):
        return f"**{unit.unit}** does not answer to any grating that moves."
    towards = f"motion {way(unit.direction)} ({round(unit.direction) % 360}°)"
    back = (1 - unit.selectivity) / (1 + unit.selectivity)
    if unit.selectivity < 0.005:
        return (
            f"**{unit.unit}** answers to {towards} exactly as strongly as to the opposite: it sees "
            "that something moves, and not which way."
            if unit.selectivity == 0
            else f"**{unit.unit}** answers to {towards} and to the opposite about alike."
        )
    if unit.selectivity < SELECTIVE:
        return (
            f"**{unit.unit}** likes {towards} a little better than the opposite, which gives "
            f"{back:.0%} of the answer."
        )
    if back < 0.005:
        return f"**{unit.unit}** answers to {towards} and is silent in the opposite direction."
    return f"**{unit.unit}** likes {towards}; the opposite gives only {back:.0%} of the answer."


def layer_at_large(found: Tuning) -> str:
    """One sentence on the directions of a whole layer."""
    count, known = len(found.selectivity), ~np.isnan(found.selectivity)
    if not known.any():
        return f"None of the {count} units of {found.layer} answers to what moves."
    values = found.selectivity[known]
    some = int((values > SELECTIVE).sum())
    rest = f"; {count - len(values)} answer to nothing that moves" * (len(values) < count)
    return (
        f"Of {count} units in {found.layer}, {some} answer less than half as much to the opposite "
        f"direction; the median selectivity is {np.median(values):.2f}{rest}."
    )


def clips_in_words(best: UnitClips, looked: int) -> list[str]:
    """What the best clips have in common, beside how frequent that is at all."""
    lines = [
        f"Of {looked} test clips these {len(best)} excite **{best.unit}** most, from "
        f"{best.activations[0]:.3g} (first) to {best.activations[-1]:.3g} (last)."
    ]
    for kind in best.labels:
        counts = best.counts(kind)
        listed = ", ".join(f"{name} {n}×" for name, n in counts.items())
        name, most = next(iter(counts.items()))
        usual = best.totals[kind][name] / sum(best.totals[kind].values())
        lines.append(
            f"{kind.capitalize()}: {listed}. *{name}* is {most / len(best):.0%} of these, and "
            f"{usual:.0%} of all clips."
        )
    return lines


def heat_in_words(likeness: float) -> str:
    """What the control says about a heat."""
    alike = "much" if likeness > 0.5 else "something" if likeness > 0.2 else "little"
    number = f"{likeness:.2f}".replace("-", "−")
    return (
        f"The two have {alike} in common (rank correlation {number}). The control is another "
        "detector, drawn at random, and answers at a place of its own: what looks as sharp and as "
        "plausible there is no proof that something was learnt."
    )


def depths_in_words(
    layer: str, trained: Mapping[str, ArrayLike], drawn: Mapping[str, ArrayLike]
) -> list[str]:
    """A line a net: the median selectivity of a layer, trained and with random weights."""
    lines = []
    for name, values in trained.items():
        chance = medians(drawn[name])
        if not any(np.nan_to_num(np.asarray(one, float)).any() for one in (values, drawn[name])):
            lines.append(f"**{name}**: 0.00 for every unit, trained or not.")
            continue
        low, high = f"{chance.min():.2f}", f"{chance.max():.2f}"
        spread = low if low == high else f"{low} to {high}"
        lines.append(f"**{name}**: {medians(values):.2f}; with random weights {spread}.")
    return [f"Median direction selectivity in {layer}:", *lines]


def how_asked(asked: Asked) -> str:
    """How the answers on the page came about."""
    if is_kept(asked):
        return "1,600 gratings: 16 directions, 5 sizes, 4 speeds or none, several phases."
    return (
        f"Asked here with 192 gratings (8 directions, 3 sizes, 3 speeds or none) and up to "
        f"{FEWER_CLIPS} clips, so that you need not wait long."
    )


def cell(asked: Asked, look: str, rank: int, method: str) -> str:
    """The lines of Python behind one look at a unit."""
    net = "your-net.safetensors" if asked.own else asked.net.name
    layer, unit = asked.layer, asked.unit
    start = f'net = load("{net}")\n'
    kind = "MotionDigits" if asked.net.model.clip_shape[0] == 1 else "CameraMotion"
    size = tuple(asked.net.model.clip_shape)
    best = (
        f'clips = {kind}(512, split="test", clip_shape={size})\n'
        f'best = best_clips(net, "{layer}", clips, units=[{unit}]).of({unit})\n'
    )
    if look == "kernel" and asked.is_kernel:
        return (
            f"from c3d_teach import kernel_view, load\n\n{start}"
            f'view = kernel_view(net, "{layer}", {unit})\nprint(view.sentence)\n'
            "view.direction, view.direction_index, view.separability, view.temporal_share"
        )
    if look == "best clips":
        return (
            f"from c3d_teach import {kind}, best_clips, load\n\n{start}{best}"
            "print(best.sentence)\nbest.numbers, best.activations"
        )
    if look == "back to the pixels":
        return (
            f"from c3d_teach import {kind}, Unit, attribute, best_clips, load\n\n{start}{best}"
            f'heat = attribute(net, best.clips[{rank}], "{method}", '
            f'target=Unit("{layer}", {unit}))\nprint(heat.sentence)\nheat.score'
        )
    if look == "depths compared":
        return (
            "import numpy as np\n\nfrom c3d_teach import load, tuning\n\n"
            f'{{f"depth {{d}}": np.nanmedian(tuning(load(f"motion-d{{d}}"), "{layer}").selectivity)'
            "\n for d in (1, 3, 5, 7)}"
        )
    return (
        f"from c3d_teach import load, tuning\n\n{start}"
        f'unit = tuning(net, "{layer}").unit({unit})\nprint(unit.sentence)\n'
        "unit.direction, unit.selectivity, unit.speed"
    )
