"""A study that takes seconds, for the tests of what a study does."""

from c3d_teach.experiments.study import Study
from c3d_teach.experiments.trials import Setting

TINY = Setting("tiny", clips=48, steps=3, clip_shape=(1, 16, 16, 16), val=16, test=32)
STUDY = Study(
    name="tiny",
    question="Does it run?",
    nets={f"depth-{d}": {"net": "SearchNet", "kernel_depth": d} for d in (1, 3)},
    settings=(TINY,),
    shuffled={"shuffled frames": "depth-3"},
    rates=(0.001, 0.004),
)
