# %% [markdown] assignment="a4" packages="c3d_teach" seconds=120 memory=3000
# # A4 · What did it learn? Selectivity, descriptors, a report
#
# A net that tells motions apart must hold something that responds to motion. You measure what, use
# it to describe videos, and write down what you found as one would for a journal: with a figure,
# a spread and a control.
#
# **Points:** 20. **Time:** four to five hours, half of them for the report. **You need:** lessons
# 7 and 8.
#
# | Question | Points | Marked by |
# |---|---|---|
# | 1 · How selective is a unit? | 4 | hidden tests |
# | 2 · The descriptor of a whole video | 3 | hidden tests |
# | 3 · Train and test without a leak | 2 | hidden tests |
# | 4 · A linear classifier on descriptors | 4 | hidden tests |
# | 5 · Report | 7 | your teacher |
#
# **How it works.** Write your lines where it says `YOUR CODE HERE`, and delete the line below it
# that raises. The check behind each question knows the most common mistakes, not all of them: try
# cases of your own, too. Then run the whole notebook from the start (*Run > Restart Kernel and Run
# All Cells*), save it, and hand in this one file. Hidden tests then try your functions on other
# numbers than the checks do. Here you may use everything: NumPy, PyTorch, scikit-learn and
# `c3d_teach`. A cell that takes more than two minutes is ended when your notebook is marked.
#
# You may add cells, and for the report you will. What you change in the cells that are not yours is
# put back before marking.

# %%
import numpy as np

from c3d_teach import load, tuning

# %% [markdown]
# ## Question 1 · How selective is a unit? (4 points)
#
# Lesson 7 compares a unit's response to its preferred direction with that to the opposite one. This
# uses two of the measured directions and forgets the rest. The **circular** measure uses all of
# them: lay the responses $r_k$ as arrows along their directions $\theta_k = 2\pi k / D$, add the
# arrows, and divide the length of the sum by the length it would have if all arrows pointed
# the same way:
#
# $$ R = \frac{\left|\sum_k r_k e^{i\theta_k}\right|}{\sum_k r_k}, \qquad
#    \theta = \arg \sum_k r_k e^{i\theta_k} $$
#
# `R` is 0 for a unit that does not care, and 1 for one that responds to a single direction. The
# angle of the sum is the direction that the unit prefers, in degrees from 0 to 360. A unit that
# never responds has `R = 0` and direction 0.


# %% solution="circular_selectivity"
def circular_selectivity(responses):
    """How selective units are for direction, and which direction they prefer.

    Args:
        responses: (D, U), from 0, to motion in D directions evenly around, of U units.

    Returns:
        R (U,) from 0 to 1, and directions (U,) in degrees, from 0 to 360.
    """
    ### BEGIN SOLUTION
    responses = np.asarray(responses, dtype=float)
    angles = 2 * np.pi * np.arange(len(responses)) / len(responses)
    arrow = (responses * np.exp(1j * angles)[:, None]).sum(axis=0)
    total = responses.sum(axis=0)
    selectivity = np.abs(arrow) / np.where(total > 0, total, 1)
    degrees = np.degrees(np.angle(arrow)) % 360
    return selectivity, np.where(total > 0, degrees, 0.0)
    ### END SOLUTION


# %% check="circular_selectivity"
one, none, even = np.zeros((8, 1)), np.zeros((8, 1)), np.ones((8, 1))
one[2] = 5.0
index, direction = circular_selectivity(np.hstack([one, none, even]))
assert index.shape == direction.shape == (3,), "One number a unit, for three units."
assert np.allclose(index, [1, 0, 0]), "A single direction: 1. No response, or all the same: 0."
assert np.isclose(direction[0], 90), "The third of eight directions is 90 degrees."
assert direction[1] == 0, "A unit that never responds has direction 0."
two = np.zeros((4, 1))
two[0] = two[3] = 1.0
assert np.isclose(circular_selectivity(two)[1][0], 315), "Between 270 and 360 degrees lies 315."

# %% hidden="circular_selectivity" points=2 about="eight directions, many units"
import numpy as np

show(circular_selectivity(np.random.default_rng(SEED).gamma(1.0, 3.0, (8, 40))))

# %% hidden="circular_selectivity" points=2 about="other numbers of directions, silent units"
import numpy as np

rng = np.random.default_rng(SEED + 1)
for directions in (4, 7, 16):
    responses = rng.gamma(1.0, 3.0, (directions, 12))
    responses[:, rng.integers(12)] = 0
    show(circular_selectivity(responses))

# %% [markdown]
# ## Question 2 · The descriptor of a whole video (3 points)
#
# The paper describes a video by one vector: cut it into clips of 16 frames, a new one every 8
# frames (what is left over at the end is dropped), take the net's fc6 for each clip, average over
# the clips, and divide by the length (L2 norm). In this order. Only zeros stay as they are. The
# function `fc6` is handed to you: take what it gives as it is, it is behind its ReLU already.


# %% solution="mean_descriptor"
def mean_descriptor(video, fc6, length=16, step=8):
    """One vector of length 1 for a video.

    Args:
        video: frames (L, H, W, C), at least `length` of them.
        fc6: a function from clips (N, length, H, W, C) to vectors (N, D).
        length: frames in a clip.
        step: frames from the start of one clip to the start of the next.

    Returns:
        An array (D,).
    """
    ### BEGIN SOLUTION
    starts = range(0, len(video) - length + 1, step)
    clips = np.stack([video[start : start + length] for start in starts])
    mean = np.asarray(fc6(clips)).mean(axis=0)
    norm = np.linalg.norm(mean)
    return mean / norm if norm > 0 else mean
    ### END SOLUTION


# %% check="mean_descriptor"
def brightness(clips):
    """In place of fc6: the mean of the first and of the last frame of each clip."""
    return np.stack([clips[:, 0].mean(axis=(1, 2, 3)), clips[:, -1].mean(axis=(1, 2, 3))], axis=1)


film = np.arange(40, dtype=float)[:, None, None, None] * np.ones((40, 2, 2, 1))
found = mean_descriptor(film, brightness)
assert found.shape == (2,), "One vector for the whole video."
assert np.isclose(np.linalg.norm(found), 1), "Its length is 1."
assert np.allclose(found, np.array([12, 27]) / np.hypot(12, 27)), "Clips start at 0, 8, 16 and 24."
assert np.allclose(mean_descriptor(film[:39], brightness)[0], 8 / np.hypot(8, 23)), "24 + 16 > 39."
assert (mean_descriptor(film * 0, brightness) == 0).all(), "Zeros stay zeros."
assert (mean_descriptor(-film, brightness) == -found).all(), "What fc6 gives is taken as it is."
assert np.isclose(mean_descriptor(film, brightness, 8, 4)[0], 16 / np.hypot(16, 23)), "Steps of 4."

# %% hidden="mean_descriptor" points=2 about="videos of many lengths"
import numpy as np

rng = np.random.default_rng(SEED + 2)
weights = rng.normal(size=(16 * 3 * 4, 6))
for frames in (16, 23, 24, 61):
    video = rng.normal(size=(frames, 3, 4, 1))
    show(mean_descriptor(video, lambda clips: clips.reshape(len(clips), -1) @ weights))

# %% hidden="mean_descriptor" points=1 about="other clips and steps, and a black video"
import numpy as np

rng = np.random.default_rng(SEED + 3)
video = rng.normal(size=(50, 2, 2, 3))
show(mean_descriptor(video, lambda clips: clips.mean(axis=(2, 3))[:, :, 0], length=8, step=5))
show(mean_descriptor(video * 0, lambda clips: clips.mean(axis=(2, 3))[:, 0]))

# %% [markdown]
# ## Question 3 · Train and test without a leak (2 points)
#
# Videos of UCF101 come in groups, cut from the same film. With one of them in the training set and
# its sister in the test set, a classifier is tested on what it has seen. So whole groups are left
# out: for each group, in **sorted** order, test on its videos and train on all others.


# %% solution="leave_one_group_out"
def leave_one_group_out(groups):
    """One pair of index lists for each group, in sorted order of the groups.

    Args:
        groups: name of the group of each video.

    Returns:
        A list of (train, test): indices of videos, rising, as lists of ints.
    """
    ### BEGIN SOLUTION
    pairs = []
    for left_out in sorted(set(groups)):
        test = [i for i, group in enumerate(groups) if group == left_out]
        train = [i for i, group in enumerate(groups) if group != left_out]
        pairs.append((train, test))
    return pairs
    ### END SOLUTION


# %% check="leave_one_group_out"
pairs = leave_one_group_out(["b", "a", "b", "c"])
assert len(pairs) == 3, "Three groups, so three pairs."
assert [list(part) for part in pairs[0]] == [[0, 2, 3], [1]], "Group a comes first: video 1."
assert [list(part) for part in pairs[1]] == [[1, 3], [0, 2]], "Then group b: videos 0 and 2."

# %% hidden="leave_one_group_out" points=2 about="groups of many sizes, named by words and numbers"
import numpy as np

rng = np.random.default_rng(SEED + 4)
for names in (["g07", "g02", "g11", "g25"], [3, 10, 2]):
    groups = [names[k] for k in rng.integers(0, len(names), 25)]
    pairs = leave_one_group_out(groups)
    show([[[int(i) for i in train], [int(i) for i in test]] for train, test in pairs])

# %% [markdown]
# ## Question 4 · A linear classifier on descriptors (4 points)
#
# Descriptors are good if a **linear** classifier is enough to name what is in a video. Fit one (the
# paper takes a linear SVM; scikit-learn has it) to labelled descriptors and name others. The hidden
# test has eight classes of made-up descriptors of length 1 in 64 dimensions, 200 to train and 200
# to test. You get 1 point from 60 % right, 2 from 75 %, 4 from 90 %. Chance is 12.5 %.


# %% solution="name_videos"
def name_videos(train_x, train_y, test_x):
    """The class of each descriptor in `test_x`, learnt from `train_x` and `train_y`.

    Args:
        train_x: (N, D). train_y: N class numbers. test_x: (M, D).

    Returns:
        M class numbers.
    """
    ### BEGIN SOLUTION
    from sklearn import svm

    return svm.LinearSVC(C=10.0, random_state=0).fit(train_x, train_y).predict(test_x)
    ### END SOLUTION


# %% check="name_videos"
rng = np.random.default_rng(0)
centres = rng.normal(size=(3, 10))
labels = np.arange(60) % 3
points = centres[labels] + 0.2 * rng.normal(size=(60, 10))
named = name_videos(points[:30], labels[:30], points[30:])
assert len(named) == 30, "One class for each of the 30 descriptors."
assert (np.asarray(named) == labels[30:]).mean() > 0.9, "These three classes lie far apart."

# %% secret="name_videos"
import numpy as np

rng = np.random.default_rng(SEED + 5)
centres = rng.normal(size=(8, 64))
labels = rng.integers(0, 8, 400)
points = centres[labels] + 1.1 * rng.normal(size=(400, 64))
points /= np.linalg.norm(points, axis=1, keepdims=True)
give("train_x", points[:200])
give("train_y", labels[:200])
give("test_x", points[200:])
answer("name_videos-hidden-1", labels[200:])

# %% hidden="name_videos" shares="0.6:1 0.75:2 0.9:4" about="eight classes in 64 dimensions"
import numpy as np

show(np.asarray(name_videos(given("train_x"), given("train_y"), given("test_x"))).astype(int))

# %% [markdown]
# To practise: descriptors that are made up in the same way. One seed says little; try others.


# %%
def made_up_videos(rng):
    """400 descriptors (400, 64) of length 1, and their classes, 0 to 7."""
    centres = rng.normal(size=(8, 64))
    labels = rng.integers(0, 8, 400)
    points = centres[labels] + 1.1 * rng.normal(size=(400, 64))
    return points / np.linalg.norm(points, axis=1, keepdims=True), labels


points, labels = made_up_videos(np.random.default_rng(1))
named = name_videos(points[:200], labels[:200], points[200:])
print(f"{(np.asarray(named) == labels[200:]).mean():.0%} of 200 are right")

# %% [markdown]
# ## A start for the report
#
# Two nets ship with the kit that were made in the same way, one with kernels 3 frames deep, one
# with kernels of a single frame. `tuning` shows gratings that drift in 16 directions to every unit
# of a layer, fine and coarse ones, slow and fast ones. For each direction, the largest response to
# any of them is what question 1 takes.

# %%
responses = {}
for name in ("motion-d3", "motion-d1"):
    measured = tuning(load(name), "conv1")
    drifting = measured.responses[..., measured.columns > 0]  # without those that stand still
    responses[name] = drifting.max(axis=(2, 3)).T
    print(f"{name}: {responses[name].shape[0]} directions, {responses[name].shape[1]} units")

# %% [markdown] teacher="report" points=7
# ## Question 5 · Report (7 points)
#
# Answer **one** question about what a net has learnt, with your functions or those of the kit, in
# code cells above this one and half a page of text here. Lessons 7 and 8 answered some; ask what
# they did not. For example: does a unit prefer the same direction for slow and for fast gratings,
# for fine and for coarse ones? Do selective units matter more to the net than others, if they are
# silenced? How few clips does a linear classifier need on each layer? Does a descriptor survive
# another brightness, noise, or half the speed?
#
# Your report has: (a) the question, and what you expected before you measured; (b) how you
# measured, so that others can repeat it: net, layer, clips, seed; (c) **a figure** with a title
# that says what to see, and axes with units; (d) a **spread**: over units, seeds or folds; (e) a
# **control**: a depth-1 net, an untrained one, shuffled frames or labels; (f) what follows from it,
# and what does not.
#
# ### BEGIN SOLUTION
# Marking: 1 point each for (a), (b), (d), (e); 1.5 for (c), half of it for labels and units; 1.5
# for (f), half of it for a limit that is named. A result that is not what was expected costs
# nothing. An accuracy without chance level, or a mean without a spread, loses the point of (d).
#
# One good answer, though lesson 7 has been there: *Selectivity for direction needs kernels with
# depth.* Expected: conv1 of motion-d3 is selective, conv1 of motion-d1 is not. Gratings in 16
# directions, all units of conv1; R as in question 1. Units of motion-d3 have a median R well above
# that of motion-d1, whose two senses of each direction are equal to the last bit, as a clip and its
# reversal must be for kernels one frame deep. Control: motion-d1, and motion-d3 with random
# weights. It follows that conv1 of this net separates the senses of motion; not that other nets do,
# nor that the net uses it.
# ### END SOLUTION
