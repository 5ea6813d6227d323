"""2D against 3D: what does each know of what is seen, and of how it moves? (paper, figure 1)

"2D convolution knows space and loses time after one layer; 3D keeps both." Five nets of the
same layers put that to the test; they differ in when, and whether, they see time, and so in
parameters and work.
"""

from typing import Any

from c3d_teach.experiments.settings import PLAIN
from c3d_teach.experiments.study import Study
from c3d_teach.experiments.trials import BOTH, HOW, WHAT

NETS: dict[str, dict[str, Any]] = {
    "one frame": {"net": "FrameNet"},
    "frames averaged": {"net": "LateAverageNet"},
    "frames as channels": {"net": "StackedFramesNet"},
    "depth-1": {"net": "SearchNet", "kernel_depth": 1},
    "depth-3": {"net": "SearchNet", "kernel_depth": 3},
}

STUDY = Study(
    name="two-vs-three",
    question="What do 2D and 3D nets know of what is seen, and of how it moves?",
    nets=NETS,
    rate_of="kernel-depth",
    settings=(PLAIN,),
    tasks=(HOW, WHAT, BOTH),
    quick_tasks=(HOW, WHAT),
)
