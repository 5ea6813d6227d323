"""An assignment of three questions that is graded in seconds, for attacks on the grader."""

from pathlib import Path

from c3d_teach.classroom.assignments.master import Assignment, read_master

TEXT = '''\
# %% [markdown] assignment="t1" packages="numpy" seconds=6 memory=500
# # T1 · Tiny

# %%
import numpy as np

# %% solution="double"
def double(x):
    """Twice as much."""
    ### BEGIN SOLUTION
    twice_as_much = x * 2
    return twice_as_much
    ### END SOLUTION


# %% check="double"
assert (double(np.arange(3)) == [0, 2, 4]).all(), "Twice 0, 1, 2."

# %% hidden="double" points=4 about="integers of many sizes"
import numpy as np
secret_inputs = np.random.default_rng(SEED).integers(-999, 999, (6, 7))
show(double(secret_inputs))

# %% hidden="double" points=1 about="fractions"
import numpy as np
show(double(np.random.default_rng(SEED + 1).normal(size=5)))

# %% solution="half"
def half(x):
    ### BEGIN SOLUTION
    return np.asarray(x) / 2.0
    ### END SOLUTION


# %% check="half"
assert half(4) == 2

# %% hidden="half" points=2 about="whole numbers"
show(half(SEED))

# %% secret="guess"
import numpy as np
labels = np.random.default_rng(SEED + 2).integers(0, 10, 50)
give("pictures", np.eye(10)[labels] + 100)
answer("guess-hidden-1", labels)

# %% solution="guess"
def guess(pictures):
    """The column with the largest value in each row."""
    ### BEGIN SOLUTION
    return pictures.argmax(axis=1)
    ### END SOLUTION


# %% hidden="guess" shares="0.5:1 0.9:3" about="fifty pictures"
show(guess(given("pictures")))

# %% [markdown] teacher="why" points=2
# Why is twice as much more?
#
# ### BEGIN SOLUTION
# Because of addition.
# ### END SOLUTION
'''


def tiny_master(folder: Path) -> Assignment:
    path = folder / "t1_tiny.py"
    path.write_text(TEXT, encoding="utf-8")
    return read_master(path)
