# %% [markdown] assignment="a3" packages="c3d_teach" without="assets" seconds=240 memory=4000
# # A3 · A net that tells motions apart
#
# Eight motions, one net, ninety seconds on one processor core. The layers are yours to choose, and
# so are the clips, the rate and the steps. Then find out what your net goes by.
#
# **Points:** 20. **Time:** three to four hours. **You need:** lessons 2 to 6.
#
# | Question | Points | Marked by |
# |---|---|---|
# | 1 · A small net | 3 | hidden tests |
# | 2 · Teach it | 10 | hidden tests: the more clips right, the more points |
# | 3 · What does it go by? | 3 | hidden tests |
# | 4 · A report | 4 | your teacher |
#
# **How it works.** Write your lines where it says `YOUR CODE HERE`, and delete the line below it
# that raises. The check behind each question knows the most common mistakes, not all of them: try
# cases of your own, too. Then run the whole notebook from the start (*Run > Restart Kernel and Run
# All Cells*), save it, and hand in this one file. Your net is then **trained anew**, by your cells,
# and asked about clips that nobody has seen. This happens on one core of a laptop, without a GPU
# and without a network; a cell that takes more than 240 s is ended. There the 90 s are not measured
# again, but a net that needs 60 s here is on the safe side.
#
# PyTorch and the library of this kit are there: `SearchNet`, `Recipe`, `train`, or modules of your
# own. The kit's trained nets are not, so `load("motion-d3")` is not the answer.
#
# You may add cells. What you change in the cells that are not yours is put back before marking.

# %%
from time import process_time

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from c3d_teach import MotionDigits

torch.set_num_threads(1)  # as where it is graded
MOTIONS = MotionDigits.motions

# %% [markdown]
# ## The clips
#
# They are those of lessons 2 and 6: handwritten digits that move on a torus. No single frame holds
# anything of the motion. There are three **splits**, each with handwritten digits of its own: train
# on `"train"`, look at `"val"` as often as you like, and leave `"test"` alone, for the clips that
# count are made from its digits. A clip takes less than a millisecond to make, and there are as
# many as you like: nobody forces you to show your net a clip twice.

# %%
for split in ("train", "val"):
    few = MotionDigits(16, split=split).batch(range(16))
    print(f"{split:<6}", few["clip"].dtype, tuple(few["clip"].shape), few["motion"].tolist())
print(dict(enumerate(MOTIONS)))

# %% [markdown]
# ## Question 1 · A small net (3 points)
#
# Write `make_net()`. It gives a new `torch.nn.Module` with random weights. The net takes clips as
# **floats** of shape `(N, 1, 16, 32, 32)`: clips, channels, frames, height, width. It gives
# `(N, 8)` **logits**, one number for each motion, without a softmax. It has at most **200,000**
# parameters.
#
# In evaluation mode (after `net.eval()`) a clip must get the same answer, whichever clips are asked
# about with it.
#
# *Hint 1.* Count before you build (A2): most parameters hide in the first fully connected layer. A
# `SearchNet(8, clip_shape=(1, 16, 32, 32), width=1 / 8)` has 149,208.
#
# *Hint 2.* When do frames meet for the first time, and when for the last? Lessons 3 and 4 know
# nets that cannot do better than half, however long they learn.
#
# *Hint 3.* C3D and the lessons do without, many nets since do not: `nn.BatchNorm3d(filters)` behind
# a convolution brings each channel to mean 0 and spread 1, over the clips of a mini-batch. With it,
# nets often learn in fewer steps. In evaluation mode it goes by what it has seen in training.


# %% solution="make_net"
def make_net():
    """A new net for clips (N, 1, 16, 32, 32), not trained; it gives logits (N, 8)."""

    ### BEGIN SOLUTION
    def group(channels, filters, pool):
        """A convolution 3×3×3, and a pooling behind it."""
        return nn.Sequential(
            nn.Conv3d(channels, filters, kernel_size=3, padding=1),
            nn.MaxPool3d(pool),  # here, so that the next two have less to do
            nn.BatchNorm3d(filters),  # undoes the scale of the clips, too
            nn.ReLU(),
        )

    return nn.Sequential(
        group(1, 8, pool=(1, 2, 2)),  # 16 frames of 16 × 16: none are merged yet
        group(8, 16, pool=(2, 2, 2)),  # 8 of 8 × 8
        group(16, 32, pool=(2, 2, 2)),  # 4 of 4 × 4
        group(32, 32, pool=(2, 2, 2)),  # 2 of 2 × 2
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.Linear(32, len(MOTIONS)),
    )
    ### END SOLUTION


# %% check="make_net"
fresh = make_net()
assert isinstance(fresh, nn.Module), "make_net() must return the net itself, an nn.Module."
fresh.eval()
with torch.no_grad():
    noise = torch.randn(3, 1, 16, 32, 32)
    together, alone = fresh(noise), fresh(noise[:1])
assert tuple(together.shape) == (3, 8), f"3 clips give 3 × 8 logits, not {tuple(together.shape)}."
assert tuple(alone.shape) == (1, 8), "A single clip is a batch, too: keep its axis."
summed = together.sum(dim=1)
assert not torch.allclose(summed, torch.ones(3)), "Each row sums to 1: leave the softmax out."
same = torch.allclose(alone, together[:1], rtol=1e-3, atol=1e-4)
assert same, "In evaluation mode no other clip, and no chance, may change a clip's answer."
assert not torch.allclose(together[0], together[1]), "Two clips, one answer: does it look at them?"
count = sum(weights.numel() for weights in fresh.parameters())
assert count <= 200_000, f"{count:,} parameters are too many. Which layer has most of them?"

# %% hidden="make_net" points=2 about="logits for batches of many sizes"
import numpy as np
import torch

rng = np.random.default_rng(SEED)
net = make_net().eval()
for n in [1, *rng.integers(2, 12, 4).tolist()]:
    with torch.no_grad():
        show(list(net(torch.from_numpy(rng.normal(size=(n, 1, 16, 32, 32))).float()).shape))

# %% hidden="make_net" points=1 about="at most 200,000 parameters"
import torch

net = make_net().eval()
with torch.no_grad():
    net(torch.zeros(2, 1, 16, 32, 32))  # a lazy layer counts its weights when it is first used
show(max(200_000, sum(one.numel() for one in net.parameters())))

# %% [markdown]
# ## Question 2 · Teach it (10 points)
#
# `train_net(net)` trains a new net, in at most **90 s** of one core (a third of that can be
# enough), and returns its learning curve: two lists with a number for each epoch, the mean loss on
# training clips and the share of validation clips that are right. What an epoch is, is up to you.
#
# `predict(clips)` names the motions, with the net that was trained in this cell. It takes `uint8`
# clips `(N, 16, 32, 32, 1)`, **as `MotionDigits` hands them out**, and N can be 1. It gives N class
# numbers: whole numbers from 0 to 7.
#
# Points are for 512 clips with digits, places and speeds that your net has never seen:
#
# | right, at least | points | |
# |---|---|---|
# | 35 % | 2 | one in eight is chance |
# | 60 % | 5 | now it must know forwards from backwards |
# | 85 % | 8 | |
# | 95 % | 10 | |
#
# *Hint 1.* The loop of lesson 6, section 4, has three steps. The first loss should be near
# ln 8 = 2.08. If it is far above, look at the scale of the clips.
#
# *Hint 2.* First learn one mini-batch by heart, then train for ten seconds, then for sixty. The
# training of lesson 6, section 7, is short: it stops when half of the motions are learnt.
#
# *Hint 3.* A net is trained after `net.train()` and asked after `net.eval()`. Who asks within
# `torch.no_grad()`, a few clips at a time, needs little memory.


# %% solution="predict"
def train_net(net):
    """Teach a new net the motions, in at most 90 s on one core.

    Args:
        net: of make_net(), not trained; it is changed.

    Returns:
        Two lists with a number an epoch: mean training loss, share of validation clips right.
    """
    ### BEGIN SOLUTION
    epochs, steps, batch, rate = 8, 16, 32, 0.01
    digits = MotionDigits(epochs * steps * batch)
    val = MotionDigits(128, split="val").batch(range(128))
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate)
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps)
    losses, shares, next_clip = [], [], 0
    for _ in range(epochs):
        net.train()
        total = 0.0
        for _ in range(steps):
            made = digits.batch(range(next_clip, next_clip + batch))  # seen once, never again
            next_clip += batch
            loss = F.cross_entropy(net(made["clip"].movedim(-1, 1).float()), made["motion"])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            one_cycle.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            named = net(val["clip"].movedim(-1, 1).float()).argmax(dim=1)
        losses.append(total / steps)
        shares.append((named == val["motion"]).float().mean().item())
    return losses, shares
    ### END SOLUTION


def predict(clips):
    """Which motions the trained net sees.

    Args:
        clips: a uint8 tensor (N, 16, 32, 32, 1).

    Returns:
        N whole numbers from 0 to 7, as a tensor or a list.
    """
    ### BEGIN SOLUTION
    net.eval()  # BatchNorm goes by what it has learnt, and not by the clips beside
    with torch.no_grad():
        parts = [net(part.movedim(-1, 1).float()).argmax(dim=1) for part in clips.split(64)]
    return torch.cat(parts)
    ### END SOLUTION


torch.manual_seed(0)  # the same first weights each time
net, started = make_net(), process_time()
curve = train_net(net)
seconds = process_time() - started

# %% check="predict"
made = MotionDigits(64, split="val", seed=1).batch(range(64))
named = predict(made["clip"])
assert named is not None, "predict returns nothing: the last line is missing."
shape = tuple(torch.as_tensor(named).shape)
assert shape == (64,), f"64 clips, 64 numbers, not {shape}: which of a clip's logits is largest?"
whole = {float(k) for k in named} <= set(range(8))
assert whole, "Each answer is the number of a motion, a whole number from 0 to 7."
share = sum(int(k) == m for k, m in zip(named, made["motion"].tolist())) / 64
assert share > 0.3, f"{share:.0%} of 64 new clips are right, chance is 12.5 %: does the loss fall?"
alone = [int(predict(made["clip"][i : i + 1])[0]) for i in range(8)]
assert alone == [int(k) for k in named[:8]], "Asked alone, a clip is named otherwise: net.eval()?"
turned = [int(k) for k in predict(made["clip"].flip(0))]
assert turned[::-1] == [int(k) for k in named], "The answer must not depend on a clip's place."
assert len(curve) == 2, "train_net returns two lists: losses, and shares right."
assert len(curve[0]) == len(curve[1]) >= 2, "Both lists have a number for each of your epochs."
assert seconds < 90, f"Training took {seconds:.0f} s of processor time. Fewer filters, or steps?"

# %% secret="predict"
import numpy as np

from c3d_teach import MotionDigits

# Motions follow the index of a clip, so the clips are drawn in no order. SEED is another one here
# than in the hidden tests, where a student's code could find it and make the same clips.
rng = np.random.default_rng([SEED, 3])
unseen = MotionDigits(100_000, split="test", seed=int(rng.integers(1 << 40)))
made = unseen.batch(rng.choice(len(unseen), 512, replace=False).tolist())
give("clips", made["clip"].numpy())
answer("predict-hidden-1", made["motion"].numpy())

# %% hidden="predict" shares="0.35:2 0.6:5 0.85:8 0.95:10" about="512 clips that nobody has seen"
import torch

named = []
for part in torch.from_numpy(given("clips")).split(64):
    named += [int(k) for k in predict(part)]
show(named)

# %% [markdown]
# This is your learning curve, and your net on more new clips. Chance alone moves a share of 256
# clips by one to three per cent, so do not stop just above a threshold.


# %%
def share_right(clips, motions):
    """How many of the motions predict names right, as a share."""
    named = torch.as_tensor([int(k) for k in predict(clips)])
    return (named == motions).float().mean().item()


val = MotionDigits(256, split="val", seed=2).batch(range(256))
print(f"{share_right(val['clip'], val['motion']):.0%} of 256 validation clips are right")

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for axis, values, name in zip((left, right), curve, ("training loss", "validation clips right")):
    axis.plot(range(1, len(values) + 1), values, marker="o")
    axis.set(xlabel="epoch", ylabel=name)
right.set_ylim(0, 1)

# %% [markdown]
# ## Question 3 · What does it go by? (3 points)
#
# A high share says that the net is right, and not why. Two **controls** change one thing each and
# leave the rest. Write them for `uint8` clips `(N, L, H, W, 1)` with any number of frames; the
# clips that are handed in stay as they are.
#
# - `play_backwards(clips)`: the same frames, the last one first.
# - `freeze(clips, t)`: as many frames as before, each of them frame `t`.
#
# Played backwards, a clip shows another motion. Write down which: `REVERSED[k]` is the number of
# the motion that motion `k` becomes.


# %% solution="controls"
def play_backwards(clips):
    """Clips (N, L, H, W, 1) with their frames from the last to the first."""
    ### BEGIN SOLUTION
    axis_of_time = 1
    return clips.flip(axis_of_time)
    ### END SOLUTION


def freeze(clips, t):
    """Clips (N, L, H, W, 1) in which all L frames are frame t."""
    ### BEGIN SOLUTION
    frames_there_were = clips.shape[1]
    return clips[:, t : t + 1].repeat(1, frames_there_were, 1, 1, 1)
    ### END SOLUTION


# REVERSED: eight numbers of motions, the first for motion 0.
### BEGIN SOLUTION
# left and right, up and down, clockwise and counter-clockwise, in and out
REVERSED = (1, 0, 3, 2, 5, 4, 7, 6)
### END SOLUTION

# %% check="controls"
few = MotionDigits(4, split="val").batch(range(4))["clip"]
before = few.clone()
played, frozen = play_backwards(few), freeze(few, 5)
assert torch.equal(few, before), "The clips that were handed in have changed: return others."
assert played.shape == few.shape, f"The shape stays {tuple(few.shape)}, not {tuple(played.shape)}."
assert torch.equal(played[:, 0], few[:, 15]), "The first frame is now the last, and not mirrored."
assert torch.equal(play_backwards(played), few), "Backwards twice is forwards."
assert frozen.shape == few.shape, f"Still 16 frames a clip: {tuple(frozen.shape)} is another shape."
assert all(torch.equal(frozen[:, i], few[:, 5]) for i in range(16)), "Each frame is frame 5."
assert freeze(few[:, :7], 6).shape[1] == 7, "Seven frames stay seven."
assert len(REVERSED) == 8, f"There are eight motions; in REVERSED there are {len(REVERSED)}."
backwards = [int(REVERSED[k]) for k in range(8)]
assert sorted(backwards) == list(range(8)), "Each of the eight motions comes out exactly once."
assert all(backwards[k] != k for k in range(8)), "Nothing rests here: each becomes another."
assert all(backwards[backwards[k]] == k for k in range(8)), "Reversed twice, a motion is itself."

# %% hidden="controls" points=1 about="clips of any length played backwards"
import numpy as np
import torch

rng = np.random.default_rng(SEED + 2)
for frames in rng.integers(2, 9, 3).tolist():
    clips = torch.from_numpy(rng.integers(0, 256, (2, frames, 4, 5, 1), dtype=np.uint8))
    show(play_backwards(clips))
    show(clips)

# %% hidden="controls" points=1 about="clips of any length, frozen at any frame"
import numpy as np
import torch

rng = np.random.default_rng(SEED + 3)
for frames in rng.integers(2, 9, 3).tolist():
    clips = torch.from_numpy(rng.integers(0, 256, (2, frames, 4, 5, 1), dtype=np.uint8))
    show(freeze(clips, int(rng.integers(frames))))
    show(clips)

# %% hidden="controls" points=1 about="what each motion becomes"
show([int(REVERSED[k]) for k in range(8)])

# %% [markdown]
# Before you run the next cell, write down four numbers: what do you expect in each row?

# %%
clips, motions = val["clip"], val["motion"]
becomes = torch.as_tensor([int(REVERSED[k]) for k in motions.tolist()])
for name, changed, truth in (
    ("as they are", clips, motions),
    ("backwards, right is the reversed motion", play_backwards(clips), becomes),
    ("backwards, right is the motion before", play_backwards(clips), motions),
    ("frozen at frame 8", freeze(clips, 8), motions),
):
    print(f"{name:<42}{share_right(changed, truth):>5.0%} right")

# %% [markdown] teacher="report" points=4
# ## Question 4 · A report (4 points)
#
# (a) **Design.** Your layers, with the shape behind each, and why these. Where do frames meet?
# (b) **Learning curve.** What does it say? Would more epochs help, or other clips, or another rate?
# (c) **One thing that did not work.** What did you try, what did you expect, what came out? Give
# numbers from both, and say what else differed between the two. (d) **Controls.** What does each of
# the four rows say of your net? Which of them must come out as it does, with *any* net, and why?
# Ten to fifteen sentences.
#
# ### BEGIN SOLUTION
# For the net above. (a) Four groups of convolution 3×3×3, max pooling, BatchNorm and ReLU; behind
# them 8×16×16×16, 16×8×8×8, 32×4×4×4 and 32×2×2×2 (channels, frames, height, width). Then the mean
# over all places, 32 numbers, and one fully connected layer: 45,672 parameters. The mean saves fc6
# and fc7, where half of SearchNet's parameters are. Frames meet first in the first convolution, and
# last in the mean; the first pooling merges none, so that all later kernels still find some.
# (b) The loss falls from 1.78 (mean of the first epoch) to 0.02, and validation clips rise from 66
# to 100 %, in 17 s. It is not a smooth rise: while the rate is high, shares go down, too. Each
# training clip is seen once, so the two curves cannot part by learning clips by heart. More epochs
# cannot help at 100 %; half as many may do.
# (c) 64 clips seen 64 times each, in place of 4,096 seen once; same net, steps and rate. Expected:
# a little worse. The training loss fell to 0.00, but of unseen clips 78 and 76 % were right (two
# seeds), not 100 %: learnt by heart. Nothing else differed. Or: kernels 1×3×3 were right in 27 %,
# with three times the steps in 41 %. There more differs: 15,576 parameters, and less work.
# (d) Row 1: 100 %. Row 4 must be near 12.5 %, with any net: a single frame is distributed alike
# under all motions. Row 2 must agree with row 1 up to chance, with any net, for a clip of motion k
# played backwards is distributed as clips of REVERSED[k] are. Row 3 differs from net to net: it is
# the share that is taken for the reversed motion, 0 % here. Kernels 1×3×3 with such pooling answer
# both ways alike, so there it is exactly row 1. A good answer adds what chance does with 256 clips.
# One point each; no point for (c) without numbers.
# ### END SOLUTION
