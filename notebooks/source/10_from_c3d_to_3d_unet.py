# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · From C3D to a 3D U-Net
#
# **After this lesson you can**
#
# - take C3D apart, and say which layers a U-Net keeps and which it must drop;
# - follow a clip down and up the U, with its sizes in space and in time;
# - write the step that makes a U-Net a U-Net: the skip connection;
# - say when a net needs time to find something, and when one frame is enough.
#
# **Time:** 60 minutes, the exercise included. **You need:** lesson 5, in which you built C3D.
# **It runs** on a laptop, without a network, in about half a minute.

# %% [markdown]
# ## A question
#
# So far every net gave **one answer for a whole clip**: *it moves left*. Below are three
# digits. One of them moves. Now the question is not *how* but **where**:
#
# > **Which pixels are moving? And can a net answer that for every pixel of every frame?**

# %%

import torch

from c3d_teach import C3D, claim, describe, load
from c3d_teach.classroom.checks.skips import check_join
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.data.segmentation import MotionSegmentation
from c3d_teach.experiments.overlaps import compared, started
from c3d_teach.models.segmenter import load_segmenter
from c3d_teach.models.unet import UNet3D
from c3d_teach.training.segmentation import intersection_over_union, mask_loss
from c3d_teach.viz.mask_charts import mask_rows, painted, seeds_chart, unet_drawing
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.static import film_strip, response_strip
from c3d_teach.viz.widgets.explorer import Control, Explorer
from c3d_teach.viz.widgets.quiz import Quiz

data = MotionSegmentation(64, split="test", seed=3)
many = data.batch(range(64))
clip, truth = many["clip"][48], many["mask"][48]
play({"Which digit moves?": clip}, alt="Three handwritten digits; one of them moves")

# %% [markdown]
# You saw it at once. Now cover the movie with your hand and look at **one frame**. Which of the
# digits is the one that moves?

# %%
show(
    film_strip(clip, title="One frame. Which of the three?", times=[8]),
    alt="A single frame with three handwritten digits; the zero is brighter than the others.",
)

# %% [markdown]
# **What to see.** Nothing gives it away. The zero is brighter: is that a hint? No, the mover is as
# often a dim one. That is no accident: the digits that stand still are drawn
# by the same dice as the one that moves. Same handwriting, same sizes, same brightness, any place,
# any angle. Swap the mover with another digit, and the frame is exactly as likely.
#
# What we want from a net is a **mask**: one number for each pixel of each frame, 1 where the moving
# digit is, 0 elsewhere. To make a mask is called **segmentation**. Here is the right mask, painted
# over the clip.

# %%
play(
    {"what we want": torch.from_numpy(painted(clip, truth))},
    alt="The same clip with the moving digit painted orange",
)

# %% [markdown]
# ## 1. Predict first
#
# Soon two trained nets get clips like this one. They have the same layers. The **3D** net has
# kernels 3×3×3. The **2D** net sees every frame alone. Both were trained to paint the mover.
#
# What will the 2D net paint? `"the mover"`, `"every digit"` or `"nothing"`? Think of what *you*
# would paint if you had only the single frame, and lost points for each pixel you miss.

# %%
guess_flat = "?"

# %% [markdown]
# ## 2. C3D, taken apart
#
# This is a small C3D, an eighth as wide as the paper's, for clips of 16×32×32. You know it from
# lesson 5. Read the sizes (channels × time × height × width) from top to bottom.

# %%
c3d = C3D(8, clip_shape=(1, 16, 32, 32), width=1 / 8)
for row in describe(c3d):
    size = " × ".join(str(n) for n in row.shape)
    dropped = row.name in ("pool5", "fc6", "fc7", "fc8")
    print(f"{row.name:<7} {size:<16} {'dropped' if dropped else ''}".rstrip())

# %% [markdown]
# Up to **conv5b** the output is still a small clip. Each of its places looks at one region of the
# clip, for a stretch of time. It knows *what* happens there and, roughly, *where*.
#
# Then **pool5** and **fc6** put all places into one list of numbers. For one answer a clip, that is
# right. For one answer a *pixel*, it is the end: the places are gone. So we drop them.
#
# At conv5b the map is 2×2×2. How many pixels of the clip share one of its places?

# %%
pixels, places = 16 * 32 * 32, 2 * 2 * 2
print(f"{pixels:,} pixels / {places} places = {pixels // places:,} pixels for each place")

# %% [markdown]
# That is far too coarse to paint a digit. We have to go **back up**, to 16×32×32. But enlarging a
# coarse map gives a large coarse map. The fine detail was thrown away on the way down, by the
# pools.
#
# ## 3. The U
#
# The idea of the **U-Net**: the fine detail is not lost. The early layers had it. So keep their
# maps, and hand them across to the way up. Such a shortcut is a **skip connection**.

# %%
unet = UNet3D(width=1 / 8)
size = {row.name: " × ".join(str(n) for n in row.shape) for row in unet.sizes(16, 32, 32)}
down = [(" → ".join(g), size[g[-1]]) for g in unet.groups]
up = [(f"up{k}" + (" → head" if k == 1 else ""), size[f"up{k}"]) for k in (4, 3, 2, 1)]
show(
    unet_drawing(
        down,
        up,
        title="Left, C3D on its way down. Right, the way back up. Across, the skips",
        skips="skip",
    ),
    alt="A U of boxes. Left side: the groups conv1a to conv5b of C3D with their sizes, from 16 by "
    "32 by 32 down to 2 by 2 by 2. Right side: up4 to up1 and the head, back to full size. A "
    "dashed arrow leads across at each of the four upper levels.",
)

# %% [markdown]
# **What to see.** Go down on the left: each pool halves height and width, and pool2, pool3 and
# pool4 also halve time. Go up on the right: each step doubles what was halved. At every level there
# are two maps of the same size. The deep one, from below, knows *what*. The early one, from across,
# knows *where*. The step up joins them and lets a convolution make the best of both.
#
# There is no layer with a fixed number of places in it any more. So the net takes **any** clip
# whose sizes can be halved often enough. Others it must refuse:

# %%
for shape in ((1, 1, 16, 48, 80), (1, 1, 12, 32, 32), (1, 1, 16, 32, 171)):
    try:
        with torch.inference_mode():
            print(shape, "→", tuple(unet(torch.zeros(shape)).shape))
    except Exception as error:
        print(shape, "→", type(error).__name__)
        print("    ", error)

# %% [markdown]
# ## 4. Your turn
#
# | Exercise 10 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Write one step up, with its skip | ●●○○○ | ●●●●● | 10 minutes |
#
# Write `join(deep, skip)`. `deep` is a batch of maps `(N, C1, l, h, w)` from below. `skip` is `(N,
# C2, L, H, W)` from across. L, H and W are whole multiples of l, h and w, but not always twice.
#
# 1. **Enlarge** `deep` to the size of `skip`. Each number is simply repeated, to fill a block of
#    time, rows and columns. (This is called *nearest neighbour*.)
# 2. **Put both together** along the channels: first the channels of `deep`, then those of `skip`.
#
# The answer is `(N, C1 + C2, L, H, W)`. For a deep map of 2×2×2 and a skip of 4×4×4, with one
# channel each, this is what the *first* channel of the answer looks like:

# %%
tiny = torch.tensor([[[4.0, -2], [1, 3]], [[-4.0, 0], [2, -1]]])
big = torch.tensor(
    [[tiny[t // 2, y // 2, x // 2] for x in range(4)] for t in range(4) for y in range(4)]
)
show(
    response_strip(
        big.view(4, 4, 4), title="Expected: every number has become a block 2×2×2", numbers=True
    ),
    alt="Four frames of 4×4 numbers. Frames 0 and 1 are the same, frames 2 and 3 are the same, and "
    "in each frame every number fills a square of 2×2.",
)

# %% [markdown]
# **What to see.** Four frames, two different ones: time is doubled as rows and columns are.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Two lines are enough, one for each of the two points above. How often is each number repeated
# along an axis? `skip.shape[axis] // deep.shape[axis]` times. The axes are 2 (time), 3 and 4.
# </details>
#
# <details><summary><b>Hint 2</b> · enlarging</summary>
#
# `x.repeat_interleave(2, dim=3)` repeats every row next to itself: 0 0 1 1. (`x.repeat` is another
# thing: it gives 0 1 0 1.) PyTorch can also do all three axes at once: look at
# `torch.nn.functional.interpolate` and its `size`.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# A loop over the three axes enlarges `deep` step by step. Then `torch.cat` takes a list of tensors
# and the axis to join along. In `(N, C, L, H, W)` the channels are axis 1. And do not write into
# the maps you were given: others still need them.
# </details>


# %% tags=["solution"]
def join(deep, skip):
    """Enlarge deep (N, C1, l, h, w) to the size of skip (N, C2, L, H, W); join the channels.

    Returns (N, C1 + C2, L, H, W), the channels of deep first.
    """
    ### BEGIN SOLUTION
    large = deep
    for axis in (2, 3, 4):
        large = large.repeat_interleave(skip.shape[axis] // deep.shape[axis], dim=axis)
    return torch.cat([large, skip], dim=1)
    ### END SOLUTION


# %%
print(check_join(join))

# %% [markdown]
# ## 5. Two trained nets
#
# Both were trained on 12,288 clips of other handwritten digits than those you see here. The 2D net
# is the same U-Net frame by frame: its kernels are one frame deep, and no pool merges frames.

# %%
nets = {"3D U-Net": load_segmenter("motion-unet3d"), "2D U-Net": load_segmenter("motion-unet2d")}
said = {name: net.predict(many["clip"])[:, 0] for name, net in nets.items()}
masks = {name: said[name] >= net.threshold for name, net in nets.items()}

show(
    mask_rows(
        clip,
        {name: masks[name][48] for name in nets},
        truth=truth,
        times=(0, 3, 6, 9, 12, 15),
        title="The 3D net paints the mover; the 2D net cannot choose",
    ),
    alt="Six frames of the clip. The 3D U-Net's orange mask lies on the moving digit, within the "
    "blue outline of the right mask. The 2D U-Net's mask lies on still digits, too.",
)

# %%
play(
    {name: torch.from_numpy(painted(clip, mask[48])) for name, mask in masks.items()},
    alt="The clip playing, with the mask of each net painted over it in orange",
)

# %% [markdown]
# **What to see.** Orange is what the net paints, the blue line is the right mask. The 3D net
# follows the mover. Look at the 2D net: it has no trouble finding digits. It does not know
# **which**.
#
# Back to your guess. We count, over 64 clips, how much of the mover each net paints, and how much
# of the digits that stand still.

# %%
moving = many["mask"].bool()
still = (many["clip"][..., 0] >= 64) & ~moving


def painted_by(name):
    """What a net paints, in the words of the guess."""
    mover = masks[name][moving].float().mean() > 0.5
    others = masks[name][still].float().mean() > 0.5
    return "every digit" if mover and others else "the mover" if mover else "nothing"


for name in nets:
    print(f"{name} paints", painted_by(name))
print(compare_guess(guess_flat, painted_by("2D U-Net"), ("the mover", "every digit", "nothing")))

# %% [markdown]
# ### How well? Intersection over union
#
# To compare masks we need one number. Take the pixels that are in **both** masks (the
# intersection). Divide by the pixels that are in **either** (the union). This is **IoU**: 1 for a
# perfect mask, 0 for one that misses everything. Paint too much, and the union grows. Paint too
# little, and the intersection shrinks.

# %%
for name in nets:
    good = intersection_over_union(masks[name], moving) > 0.7
    print(f"{name}: IoU above 0.7 on more than half of the clips:", bool(good.float().mean() > 0.5))
print()
say(claim("unet-finds-mover").statement)

# %% [markdown]
# ### Look for yourself
#
# Choose a clip, a net, and the **threshold**: from which probability on a pixel is painted. Find a
# clip where the 3D net makes a mistake. Can you say why? And can any threshold rescue the 2D net?


# %% tags=["nbval-ignore-output"]
def look(net, number, threshold):
    mask = said[net][number] >= threshold
    show(
        mask_rows(
            many["clip"][number],
            {net: mask},
            truth=many["mask"][number],
            times=(0, 3, 6, 9, 12, 15),
            title=f"Clip {number}: {data.motions[int(many['motion'][number])]}",
        ),
        alt=f"Six frames of clip {number} with the mask of the {net} at threshold {threshold}.",
    )


Explorer(
    look,
    {
        "net": Control("net", list(nets)),
        "number": Control("clip", range(40, 64), 48),
        "threshold": Control("threshold (probability)", (0.1, 0.3, 0.5, 0.7, 0.9), 0.5),
    },
    about="masks of both nets over test clips, at any threshold.",
)

# %%
levels = (0.1, 0.5, 0.9)
show(
    mask_rows(
        clip,
        {f"2D, {level}": said["2D U-Net"][48] >= level for level in levels},
        truth=truth,
        times=(0, 3, 6, 9, 12, 15),
        title="No threshold tells the 2D net which digit is the right one",
    ),
    alt="The 2D U-Net's mask at thresholds 0.1, 0.5 and 0.9. At a low one it paints all digits, at "
    "a high one none.",
)

# %% [markdown]
# **What to see.** A low threshold paints all digits. A high one paints none. At no threshold is it
# the mover alone: the 2D net's probabilities hold no knowledge of *which*, so there is nothing that
# a threshold could bring out.
#
# ## 6. Is it really time?
#
# Perhaps it was bad luck? So here are three trainings of each net, shorter ones, from other random
# weights and on other clips. And a **control**: the same experiment with still digits that are
# dimmer than the mover. Then a single frame does show which digit it is.

# %%
show(
    seeds_chart(
        compared(),
        title="One frame is enough only when the mover looks different",
        xlabel="intersection over union on new digits (bar: mean, dots: three trainings)",
    ),
    alt="Bars of overlap. With still digits that look like the mover the 3D net is far ahead of "
    "the 2D net. With dimmer still digits the 2D net does well, too.",
)
say(claim("unet-2d-cannot-choose").statement)
say(claim("unet-2d-dim").statement)

# %% [markdown]
# **What to see.** Training again does not help the 2D net. A larger one would not either: it would
# still see one frame. Another *question* helps: when the still digits are dimmer, the same 2D net
# does well. So it is no bad net. It lacks one thing: the other frames. **3D is not better. 3D is
# needed where the answer is in the motion.**
#
# ## 7. What the skips are good for
#
# We switch the skips of the trained 3D net off, one at a time: the way up gets zeros in place of
# the early map. (A net *trained* without that skip might make up for some of it. This one was not,
# so take the picture as a sign of where the detail comes from, not as a measurement of U-Nets.)

# %%
without = {"all skips": masks["3D U-Net"][48]}
net3d = nets["3D U-Net"]
for level in (1, 2, 3, 4):
    skips = tuple(one != level for one in (1, 2, 3, 4))
    probability = net3d.predict(clip[None], skips=skips)[0, 0]
    without[f"no skip {level}"] = probability >= net3d.threshold
show(
    mask_rows(
        clip,
        without,
        truth=truth,
        times=(0, 3, 6, 9, 12, 15),
        title="Without the uppermost skip the outline is lost",
    ),
    alt="Masks of the 3D U-Net with all skips and with each of the four switched off.",
)
say(claim("unet-skips").statement)

# %% [markdown]
# **What to see.** Skip 1 comes from conv1a, the only map with the full 32×32 pixels. Without it the
# net still knows where the mover is, but it cannot draw it. Skip 2, from conv2a, is missed as well.
# Skips 3 and 4 come from maps of 8×8 and 4×4: there is less detail in them to miss. *The deep map
# says what moves. The early maps say where it ends.*
#
# ## 8. A C3D to start from
#
# The left side of the U *is* C3D. So a trained C3D can lend it its weights. That is what the notes
# this course grew from mean when they call C3D the knowledge one needs before 3D U-Net, and use it
# "as one uses VGG". Starting from such weights is called a **warm start**. Starting from random
# ones is **from scratch**.

# %%
camera = load("camera-c3d").model  # has learnt how a camera moves, from photographs
warm = UNet3D.from_backbone(camera)

same = [
    n
    for g in warm.groups
    for n in g
    if torch.equal(getattr(warm, n).weight, getattr(camera, n).weight)
]
print("Copied from C3D:", ", ".join(same))
fresh = [row.name for row in warm.sizes() if row.name not in same]
print("Drawn anew:     ", ", ".join(fresh))

# %% [markdown]
# Does it help? We tried two C3Ds: one trained for a minute on the motions of single digits, and
# camera-c3d. Each was compared with a U-Net from scratch that got the same clips in the same order,
# on **few clips** and for 128 steps, with three seeds. (camera-c3d takes colour. So its partner
# from scratch has three channels, too.)

# %%
show(
    seeds_chart(
        started(),
        title="A warm start against random weights, 128 steps each",
        xlabel="intersection over union on new digits (bar: mean, dots: three trainings)",
    ),
    alt="Bars of overlap for two numbers of training clips, four starts each, three dots a bar.",
)
say(claim("unet-warm-start").statement)

# %% [markdown]
# **What to see.** Look at the dots, not only at the bars. With 64 clips, each warm start is ahead
# for some seeds and behind for others. With 512 clips, the C3D of digit motions is ahead for all
# three. So there may be something in it, but three seeds of so short a training do not settle it.
#
# One thing stands out, and nobody asked for it: the two rows of *random* weights with 64 clips.
# They differ only in how the input is made (three equal channels, scaled as camera-c3d wants it),
# and that moved the result more than any warm start did. Had we compared camera-c3d with the
# *first* row, we would have praised the warm start for it. **Compare like with like.**
#
#
# ### Watch one learn
#
# A U-Net from scratch, 60 steps with 4 clips each. A few seconds. The loss adds two things: is each
# pixel right, and do the masks overlap?

# %%
torch.manual_seed(0)
pupil = UNet3D(width=1 / 8).channels_last()
lessons = MotionSegmentation(240)
rule = torch.optim.AdamW(pupil.parameters(), lr=0.003)
losses, snapshots = [], {}
for step in range(61):
    if step in (0, 20, 60):
        with torch.inference_mode():
            snapshots[f"{step} steps"] = pupil(net3d.prepared(clip[None]))[0, 0] > 0
    part = lessons.batch(range(4 * (step % 60), 4 * (step % 60) + 4))
    loss = mask_loss(pupil(net3d.prepared(part["clip"]))[:, 0], part["mask"].float())
    rule.zero_grad()
    loss.backward()
    rule.step()
    losses.append(loss.item())
print("The loss fell:", sum(losses[-10:]) < sum(losses[:10]))

# %%
show(
    mask_rows(
        clip,
        snapshots,
        truth=truth,
        times=(0, 3, 6, 9, 12, 15),
        title="First it learns what ink is; which digit moves comes later",
    ),
    alt="The pupil's mask before training, after 20 and after 60 steps, over six frames.",
)

# %% [markdown]
# **What to see.** Before training it paints anything. Then, for a while, nothing: most pixels are
# background, so "no" is right nearly everywhere. Then it finds what is bright; one frame is enough
# for that. To leave out what stands still comes last. The shipped net had fifty times as many
# steps.
#
# ## 9. What the papers say
#
# **C3D** (Tran et al., ICCV 2015) gives one answer a clip; segmentation is not in it. A year later
# the same authors cut C3D off behind conv5b and went back up to every pixel, for segmentation,
# optical flow and colouring of video: *Deep End2End Voxel2Voxel Prediction* (arXiv 1511.06681).
#
# **3D U-Net** (Çiçek, Abdulkadir, Lienkamp, Brox and Ronneberger, MICCAI 2016, arXiv 1606.06650)
# takes the 2D U-Net and replaces every 2D operation by its 3D counterpart. Its third axis is
# not time but **depth**: volumes from a microscope, a frog's kidney. The arithmetic is the same. A
# kernel 3×3×3 does not know what its first axis means.
#
# Where ours differs, so that you are not surprised by other people's code:
#
# | | 3D U-Net of the paper | here |
# |---|---|---|
# | way down | two convolutions a level, all pools 2×2×2 | C3D's: one or two, pool1 1×2×2 |
# | enlarging | up-convolution 2×2×2, learnt | nearest neighbour |
# | way up | two convolutions a level | one |
# | normalisation | batch normalisation | none, as in C3D |
# | padding | none: the output is smaller than the input | zeros: the size stays |
# | start | from scratch | from scratch, or from C3D |
#
# Mind the last line. The abstract of 3D U-Net says that **no pre-trained net is needed**. C3D comes
# before 3D U-Net as an *idea*: convolution that keeps its third axis. Whether it also helps as a
# set of weights has to be measured, case by case. You saw one case.
#
# ## 10. Five questions

# %%
Quiz(questions(lesson=10))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. pool5 and the fully connected layers. 2. 2,048 = 8 × 16 × 16. 3. An early map: the exact place.
# 4. In one frame every digit is equally likely to be the mover. 5. Four halvings in space, 2⁴ = 16.
# </details>
#
# ## What comes next
#
# This was the last lesson. Look back at what you can explain now, with pictures you made yourself:
# why a kernel of one frame is blind to the direction of time, and one of three frames is not; how
# eight such layers, with pools between them, become C3D, down to the last parameter; where time
# goes, layer by layer; what the paper measured, which of its numbers do not add up, and what came
# out when we tried again; what the filters have learnt; how to get a description of any video out
# of fc6; and today, how the same convolutions answer for every pixel. **2D convolution sees what is
# there. 3D convolution keeps what happens.** The next net is yours: the library takes your videos,
# the dashboard shows your nets, and every result of these lessons can be made again with one
# command.
#
# *The digits are scikit-learn's, from the UCI repository (Alpaydin and Kaynak, "Optical
# Recognition of Handwritten Digits", CC BY 4.0).*
