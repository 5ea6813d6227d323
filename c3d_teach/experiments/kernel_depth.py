"""Kernel depth: which temporal depth of 3D kernels is best? (paper, section 3.2)

The paper compared six nets on UCF101 and called them equal in capacity; they are not (depth-7
has 65 % more parameters than depth-1 and 7 times its work). Here are the six on clips that ask
two questions at once, *how* it moves and *what* it is, with the controls the paper left out.
"""

from bisect import bisect_left
from typing import Any

from c3d_teach.experiments.settings import FEW, FULL_SIZE, PLAIN, SLOW
from c3d_teach.experiments.study import Study
from c3d_teach.experiments.trials import HOW, Setting
from c3d_teach.models.arithmetic import trace
from c3d_teach.models.c3d import POOL_DEPTHS, search_layers
from c3d_teach.training.recipe import Recipe

SIX: dict[str, dict[str, Any]] = {
    "depth-1": {"net": "SearchNet", "kernel_depth": 1},
    "depth-3": {"net": "SearchNet", "kernel_depth": 3},
    "depth-5": {"net": "SearchNet", "kernel_depth": 5},
    "depth-7": {"net": "SearchNet", "kernel_depth": 7},
    "increasing": {"net": "SearchNet", "kernel_depth": [3, 3, 5, 5, 7]},
    "decreasing": {"net": "SearchNet", "kernel_depth": [7, 5, 5, 3, 3]},
}


def matched(kernel_depth: int, setting: Setting, what: str) -> dict[str, Any]:
    """A net of that depth as wide as gives it the parameters, or MACs, of depth-3.

    Args:
        what: ``"parameters"`` or ``"macs"``.
    """
    outputs = len(setting.motions) + len(setting.things)

    def size(depth: int, width: float) -> int:
        layers = search_layers(outputs, (depth,) * 5, POOL_DEPTHS, width)
        return sum(getattr(row, what) for row in trace(layers, setting.clip_shape))

    wanted = size(3, setting.width)
    # counts of filters are whole numbers: steps this small change fc6 by one at a time
    widths = [step / 2048 for step in range(64, 2048)]
    above = bisect_left(widths, wanted, key=lambda width: size(kernel_depth, width))
    near = widths[above - 1 : above + 1]
    best = size(kernel_depth, min(near, key=lambda w: abs(size(kernel_depth, w) - wanted)))
    first = bisect_left(widths, best, key=lambda width: size(kernel_depth, width))
    return {"net": "SearchNet", "kernel_depth": kernel_depth, "width": widths[first]}


STUDY = Study(
    name="kernel-depth",
    question="Which temporal depth of 3D kernels is best?",
    nets=SIX
    | {
        "depth-1, parameters of depth-3": matched(1, PLAIN, "parameters"),
        "depth-1, MACs of depth-3": matched(1, PLAIN, "macs"),
        "depth-7, MACs of depth-3": matched(7, PLAIN, "macs"),
    },
    settings=(PLAIN, SLOW, FEW),
    shuffled={"depth-3, shuffled frames": "depth-3"},
    quick_without=("increasing", "decreasing", "depth-7, MACs of depth-3"),
)

# is the order of the deep nets that of one learning rate only?
OTHER_RATE = Study(
    name="kernel-depth-other-rate",
    question="Is the order of the deep nets the same at twice the learning rate?",
    nets={name: one for name, one in SIX.items() if name != "depth-1"},
    settings=(PLAIN,),
    rates=(0.006,),
)

# the paper's nets, widths and recipe on clips of its size: for a GPU. The clips are made as large
# as the net's input, so that the recipe's random crop finds nothing to crop.
AT_FULL_SIZE = Study(
    name="kernel-depth-full-size",
    question="Which temporal depth of 3D kernels is best, at the paper's size and recipe?",
    nets=SIX,
    settings=(FULL_SIZE,),
    tasks=(HOW,),
    rates=(Recipe.search().lr,),
    recipe=Recipe.search(),
    quick_tasks=(HOW,),
    device="cuda",
)
