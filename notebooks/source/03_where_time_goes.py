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
# # 3 · Where time goes: temporal pooling collapse
#
# **After this lesson you can**
#
# - follow the length of a clip, in frames, through a whole net;
# - make two films that look different and are one and the same behind a pool;
# - find kernel slices that can never learn, and say why;
# - explain why the first pool of the paper is 1×2×2, and what that choice is worth.
#
# **Time:** 60 minutes, the exercise included. **You need:** lessons 1 and 2. **It runs** on a
# laptop, without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# Here are two films of one digit. Look at them for a second. Are they the same film?

# %%

import torch
from torch.nn import functional as F

from c3d_teach import C3D, MotionDigits, SearchNet, claim, dead_slices, describe, load
from c3d_teach.classroom.checks.twins import check_twin
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.errors import KitError
from c3d_teach.experiments.outcome import Outcome
from c3d_teach.experiments.pooling import WAYS, ceil_pool, slice_gradients, twin
from c3d_teach.viz.charts import bars
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.slice_chart import slice_chart
from c3d_teach.viz.static import response_strip
from c3d_teach.viz.study_charts import accuracy_chart
from c3d_teach.viz.study_tables import time_left_chart
from c3d_teach.viz.time_charts import pyramid_chart, windows_chart
from c3d_teach.viz.widgets.net_builder import NetBuilder, build_net, net_figure
from c3d_teach.viz.widgets.quiz import Quiz

digits = MotionDigits(512)
film_a = digits[337]["clip"]
film_b = twin(film_a)
play({"film A": film_a, "film B": film_b}, alt="The same five: A glides to the right, B stutters")

# %% [markdown]
# No. **A** glides. **B** stutters: it jumps ahead, falls back, jumps ahead. Anyone can see it.
#
# > **Can a net be built that cannot see it, whatever it learns?**
#
# Yes. It is even easy to build one without noticing. It takes one small layer, and almost every
# net has that layer. It is called a pool.

# %% [markdown]
# ## 1. What a pool does
#
# **Max pooling** over time cuts the film into **windows** of frames. Of each window it keeps the
# brightest value, at every pixel by itself. A window of 2 frames leaves half of the frames.
#
# The number of frames that the windows move on is called the **stride**. In C3D it is always as
# large as the window, so that windows touch and do not overlap. Take one pixel and eight frames:

# %%
pixel = [0, 0, 5, 9, 4, 0, 2, 1]
behind = [max(pixel[t : t + 2]) for t in range(0, len(pixel), 2)]
print("Behind the pool:", behind)
print("Eight numbers went in,", len(behind), "came out.")

# %%
show(
    windows_chart(
        {"one pixel": pixel}, title="Of each window of two frames, the brighter one stays"
    ),
    alt="Eight numbers in four windows of two. Below each window stands its larger number: "
    "0, 9, 4, 2.",
)

# %% [markdown]
# **What to see.** Below the second window stands a 9. Was it the first or the second frame of its
# window that was so bright? Behind the pool, nobody knows. Keep that in mind.
#
# Now the same for whole frames, four times in a row.

# %%
volume = film_a.movedim(-1, 0).float()  # (1, 16, 32, 32): channels first
rows = {"16 frames": film_a}
while len(volume[0]) > 1:
    volume = F.max_pool3d(volume, (2, 1, 1))  # 2 frames, 1 row, 1 column; stride = window
    count = len(volume[0])
    rows[f"{count} frame{'s' * (count > 1)}"] = volume[0]

print("Frames:", [len(one) for one in rows.values()])
show(
    pyramid_chart(rows, title="Pool after pool, the motion becomes a smear"),
    alt="Film A with 16, 8, 4, 2 and 1 frames. In each row the five is wider; the single frame "
    "at the end holds a long bright smear.",
)

# %% [markdown]
# **What to see.** One row is one more pool. The coloured strips show how long a stretch of the
# film each frame stands for. At the end one frame stands for all sixteen. You can still see *along
# which line* the five went. Did it go left or right? The smear does not say.
#
# So four pools of two are all that sixteen frames allow: 16 → 8 → 4 → 2 → 1.

# %% [markdown]
# ## 2. Predict first
#
# The kit comes with small trained nets. Both of these have seen thousands of moving digits.
#
# - **motion-d1**: its kernels are 1×3×3. It sees one frame at a time. Its second pool is the
#   first one to merge frames, two by two.
# - **motion-d3**: its kernels are 3×3×3. It has the same pools.
#
# We show each of them film A and film B, and compare all eight numbers of the answer. For each net:
# do they differ? Write `"stays the same"` (to the last bit) or `"changes"`.

# %%
guess_d1 = "?"
guess_d3 = "?"

# %% [markdown]
# ## 3. Two films, one film
#
# First by hand, without a net. We subtract B from A.

# %%
difference = film_a[..., 0].float() - film_b[..., 0].float()
show(
    response_strip(
        difference,
        title="Film A minus film B: different in every frame",
        label="difference (grey levels)",
    ),
    alt="Sixteen difference pictures. In each, an orange and a blue edge of the five.",
)

# %%
pooled_a, pooled_b = (
    F.max_pool3d(one[None, ..., 0].float(), (2, 1, 1))[0] for one in (film_a, film_b)
)
show(
    response_strip(
        pooled_a - pooled_b,
        title="Behind one pool: A minus B is zero everywhere",
        label="difference",
    ),
    alt="Eight difference pictures, all of them blank: the difference is zero at every pixel.",
)
print("Largest difference in front of the pool is above zero:", bool(difference.abs().max() > 0))
print("Largest difference behind the pool:", (pooled_a - pooled_b).abs().max().item())

# %% [markdown]
# **What to see.** In front of the pool the films differ in every frame. Behind it nothing is left
# of the difference. Not little: **exactly nothing**. What a pool has thrown away, no layer behind
# it can get back. We call such a film a **twin**.
#
# Now the two trained nets, on 64 films and their twins.

# %%
many = MotionDigits(64, split="test").batch(range(64))["clip"]
twins = torch.stack([twin(clip) for clip in many])

for name, guess in (("motion-d1", guess_d1), ("motion-d3", guess_d3)):
    net = load(name)
    same = torch.equal(net.predict(many), net.predict(twins))
    outcome = "stays the same" if same else "changes"
    print(name, "·", compare_guess(guess, outcome, ("stays the same", "changes")))

# %% [markdown]
# And where in the net do the twins become one? Take one layer after the other and measure how far
# the two films are apart there.

# %%
apart = {}
for name in ("motion-d1", "motion-d3"):
    net = load(name)
    x, y = net.preprocess(many), net.preprocess(twins)
    for row in describe(net.model)[:10]:  # conv1, pool1 … conv5, pool5
        a, b = (net.model.activations(one, row.name).detach() for one in (x, y))
        share = 100 * (a - b).abs().mean() / a.abs().mean()
        apart.setdefault(row.name, {})[name] = share.item()

show(
    bars(
        apart,
        title="Flat kernels lose the twins' difference at pool2, deep kernels keep it",
        xlabel="difference between twins (% of the layer's mean activation)",
    ),
    alt="Bars for ten layers. For motion-d1 the difference is large in conv1, pool1 and conv2 and "
    "exactly zero from pool2 on. For motion-d3 there is a difference in every layer.",
)
print("motion-d1 behind pool2:", apart["pool2"]["motion-d1"])
print("motion-d3 behind pool5 is above zero:", apart["pool5"]["motion-d3"] > 0)

# %% [markdown]
# **What to see.** For motion-d1 the bars stop at pool2. The first layers treat each frame alone, so
# they only change *what* lies in the windows, the same for both films. Then comes the pool, and the
# two films are one. For motion-d3 the bars go on: its first layer has already looked at three
# frames *in their order*, before any pool could merge them. <!-- claim: twins-two-nets -->
# Its *name* for the motion is the same for most twins all the same: other numbers need not mean
# another answer.
#
# **A kernel that is deep in time has to come before the pool that merges time.**

# %% [markdown]
# ## 4. Your turn
#
# | Exercise 3 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Make a twin | ●●○○○ | ●●●●○ | 10 minutes |
#
# Write `make_twin(clip)`. The clip is `(L, H, W, C)`, as a file has it: time comes first. Return
# another film
#
# - of the **same frames**, each of them once,
# - in **another order**, so that a moving clip looks different,
# - that is **the same behind a max pool** of 2×1×1 with stride 2.
#
# There are many right answers, and the check takes all of them. The windows of the pool are frames
# 0 and 1, frames 2 and 3, and so on. If L is odd, the last frame has no partner, and the pool drops
# it. Your twin must still have it.
#
# Expected picture: yours should look like film B above, or much like it. And this is what should
# come out for the eight numbers of section 1: other numbers above, the same numbers below.

# %%
stutter = twin(torch.tensor(pixel)).tolist()
show(
    windows_chart(
        {"a film": pixel, "its twin": stutter},
        title="Expected: another order above, the same behind the pool",
    ),
    alt="Two rows of eight numbers in windows of two. The rows differ, and the four numbers "
    "behind the pool are the same: 0, 9, 4, 2.",
)

# %% [markdown]
# **What to see.** Compare the two rows window by window, not frame by frame.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Which is larger, the larger of 5 and 9, or the larger of 9 and 5?
# </details>
#
# <details><summary><b>Hint 2</b> · which frames</summary>
#
# A frame may move *inside* its window. It must not leave it. So in each window there is only one
# thing to do. (And you may do it in some windows only.)
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# Copy the clip with `.clone()`. Let `t` run over 0, 2, 4 … with `range(0, len(clip) - 1, 2)`, and
# fill two frames of the copy from two frames of the clip. Why `- 1`? Try it with L = 5.
# </details>


# %% tags=["solution"]
def make_twin(clip):
    """Another film of the same frames that is the same behind a max pool over 2 frames.

    clip: (L, H, W, C) uint8. Returns (L, H, W, C) uint8.
    """
    ### BEGIN SOLUTION
    other = clip.clone()
    for t in range(0, len(clip) - 1, 2):
        other[t], other[t + 1] = clip[t + 1], clip[t]
    return other
    ### END SOLUTION


# %%
print(check_twin(make_twin))

# %% [markdown]
# When it says ✔, look at your own film:
# `play({"mine": make_twin(digits[5]["clip"])}, alt="my twin")`.
#
# <details><summary><b>After the exercise</b>: how film B was made</summary>
#
# <!-- claim: pool-twins -->
# Every pair of frames was played backwards: 1 0 3 2 5 4 and so on. The largest of a pair is the
# same in either order, to the last bit.
# </details>

# %% [markdown]
# ## 5. The paper's choice
#
# The authors saw the danger. In the net of their first experiments each of five convolutions is
# followed by a pool. All these pools are 2×2×2 but the first, which is **1×2×2**: it
# halves height and width and leaves time alone. The reason they give is "not to merge the temporal
# signal too early". Here is what becomes of sixteen frames.

# %%
with torch.device("meta"):  # shapes only: a net whose weights take no memory
    paper = SearchNet()

pools = [row for row in describe(paper) if row.name.startswith("pool")]
print("The clip has", paper.clip_shape[1], "frames.")
for row in pools:
    print(f"behind {row.name}: {row.shape[1]:>2} frames of {row.shape[2]}×{row.shape[3]}")

# %% [markdown]
# 16–16–8–4–2–1. Height and width are halved five times, time four times. Compare it with other ways
# of getting from sixteen frames to one. (A **stride** in time is another way to lose frames: the
# convolution itself then leaves out every second one.)

# %%
lengths, dead = {}, {}
with torch.device("meta"):
    for way, arguments in WAYS.items():
        net = SearchNet(8, clip_shape=(1, 16, 32, 32), **arguments)
        lengths[way] = {row.name: row.shape[1] for row in describe(net)[:10]}
        dead[way] = {one.layer: (len(one.slices), one.depth) for one in dead_slices(net)}
show(
    time_left_chart(lengths, title="Five ways from sixteen frames to the end", dead=dead),
    alt="Frames left behind each of ten layers, for five nets. The paper's keeps 16 frames up to "
    "conv2 and 2 in conv5. Pooled early, conv5 has one frame, and 2 of its 3 slices are dead.",
)

# %% [markdown]
# **What to see.** Follow a row from left to right. In the first row each convolution still has at
# least two frames to look at. In the second row the first pool merges time as well, everything
# comes one layer earlier, and **conv5 has one frame**. The framed cells say what that does. We come
# to it in section 7.
#
# ### Build it yourself
#
# Run the next cell. Choose a start, or move the sliders of the five pools. Find out:
#
# 1. What is the earliest layer at which you can end time?
# 2. Which pools give an *error*? What does it say?
# 3. Does pooling early make the net smaller? Does it make it faster?

# %% tags=["nbval-ignore-output"]
NetBuilder(shows=("pooling",), clip_shape=(1, 16, 32, 32), width=1 / 4, num_classes=8)

# %%
size = {"clip_shape": (1, 16, 32, 32), "width": 1 / 4, "num_classes": 8}
as_paper, early = build_net(**size), build_net(pools=(2, 2, 2, 2, 1), **size)
print("Pooled early, it has as many parameters:", early.parameters == as_paper.parameters)
print(f"Its work is {early.macs / as_paper.macs:.0%} of that with the paper's pooling.")
show(
    net_figure(early, title="Pooled early: time ends at pool4, before the last convolution"),
    alt="A table of 13 layers. Time shrinks 16, 8, 8, 4, 4, 2, 2, 1, 1, 1; conv5 is marked: "
    "2 of 3 slices dead. " + " ".join(early.says),
)

# %% [markdown]
# **What to see.** The blue bar is time. Here it is down to one block before the last convolution
# begins. The net has as many parameters as before, for a kernel does not depend on how long the
# clip is. But its work is far less (**MACs**, multiply-accumulates: one multiplication and one
# addition). That is why one is tempted.

# %% [markdown]
# ## 6. The fifth halving
#
# "We can temporally pool with factor 2 at most 4 times before completely collapsing the temporal
# signal", the paper says. What if one tries it a fifth time?

# %%
try:
    SearchNet(8, pool_depth=(2, 2, 2, 2, 2))
except KitError as error:
    say(f"{type(error).__name__}: {error}")

# %% [markdown]
# An error, and a good one: it says where and why. Five frames make two windows and one frame is
# left over; one frame makes no window. This kit **rounds down** in time and drops what is left
# over. Other nets **round up** instead: an unfinished window counts as a window. Watch.

# %%
signal = torch.rand(1, 1, 16, 4, 4)
seen = [16]
for _ in range(6):
    signal = ceil_pool()(signal)  # torch's own pool over 2 frames, with ceil_mode=True
    seen.append(signal.shape[2])
print("Frames, rounded up:", seen)

# %% [markdown]
# <!-- claim: no-fifth-halving -->
# No error. The fifth and the sixth pool "halve" one frame to one frame and say nothing. A net with
# such pools runs, learns, and gives numbers. That its last layers are blind in time you only learn
# when you count frames. **A silent pass is worse than an error.** So count.

# %% [markdown]
# ## 7. Weights that cannot learn
#
# A kernel 3×3×3 has three **slices** in time: one for the frame before, one for the frame itself,
# one for the frame after. If the clip has one frame left, there is no frame before and none after.
# What lies there? The zeros of the padding.
#
# A weight that is always multiplied with zero changes nothing. So its **gradient**, which says how
# the error changes when the weight does, is zero as well. Training never moves it. Let us look at
# the gradients: two nets with random weights, 16 clips.

# %%
torch.manual_seed(0)
clips = digits.batch(range(16))["clip"].movedim(-1, 1).float() / 255
gradients, frames = {}, {}
for way in ("paper's pooling", "pooled early"):
    net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=1 / 8, **WAYS[way])
    gradients[way] = slice_gradients(net, clips)
    length = {row.name: row.shape[1] for row in describe(net)[:10]}
    frames[way] = {f"conv{i}": length[f"conv{i}"] for i in range(1, 6)}

show(
    slice_chart(
        gradients,
        title="Pooled early, the outer slices of conv5 are never told to change",
        frames=frames,
    ),
    alt="Bars of the gradient of each slice of five layers. With the paper's pooling all are "
    "above zero. Pooled early, the first and the last slice of conv5 are exactly zero.",
)
for way, layers in gradients.items():
    zeros = (layers["conv5"] == 0).tolist()
    print(f"{way}: slices of conv5 with a gradient of exactly zero: {zeros}")

# %% [markdown]
# **What to see.** A bar is the largest gradient in a slice, beside those of the same layer. With
# the paper's pooling every slice has a bar. Pooled early, two of three slices of conv5 have
# **exactly zero**, for any clips and any task. We call them **dead**.
#
# <!-- claim: collapse-2d -->
# What is left of conv5 is its middle slice: a kernel 1×3×3. On paper the layer is 3D. At work it is
# 2D. This is the **collapse** of the title, and no error told us.
#
# Deeper kernels are in danger sooner. How much of the deeper nets of the paper is dead, even with
# the paper's pooling? `dead_slices` counts it.

# %%
with torch.device("meta"):
    for depth in (3, 5, 7):
        for one in dead_slices(SearchNet(kernel_depth=depth)):
            slices = f"{len(one.slices)} of {one.depth} slices of {one.layer}"
            print(f"depth {depth}: {slices} never meet a frame, {one.weights:,} weights")
    c3d = C3D()
    print("C3D: layers with dead slices:", len(dead_slices(c3d)))

# %% [markdown]
# <!-- claim: dead-slices -->
# Depth 3 has none, and neither has C3D. For kernels of 5 or 7 frames the last layer is too short:
# they reach two or three frames back, and there are only two frames.

# %% [markdown]
# ## 8. What does it cost?
#
# Now the honest part. All this sounds as if pooling early must ruin a net. Does it? The kit
# comes with a study: ten nets, six **seeds** each (a seed fixes the random numbers: other clips,
# other first weights, another order), all trained alike. Every clip is shown forwards *and*
# backwards. Have a guess before you look: by how much is depth-3 worse when it is pooled early?

# %%
study = Outcome.shipped("pooling")
accuracies = {net: study.accuracy(net, "plain", "how").values for net in study.nets}
blind = [net for net, facts in study.data["nets"].items() if facts["blind to the arrow of time"]]
show(
    accuracy_chart(
        {"six seeds a net": accuracies},
        title="With deep kernels, the way of pooling hardly matters on these clips",
        xlabel="motion right, clips both ways",
        chance=1 / 8,
        ceiling=0.5,
        ceiling_for=blind,
        ceiling_says="blind to the arrow of time",
    ),
    alt="Accuracies of ten nets with their intervals. The five depth-3 nets lie close together, "
    "far above the five depth-1 nets; of those, the one pooled at the end is best.",
)
say(claim("pooling-hardly-matters").statement)

# %% [markdown]
# **What to see.** A ring is one seed, a diamond the mean, the bar around it the **95 % interval**
# of that mean (lesson 4 says how it is made). The five upper nets overlap. So the warning of the
# paper does *not* show here: conv1 to conv4 look at several frames in order before time ends, and
# for digits that move evenly this is enough. It is a finding about these clips and this short
# training, not a proof that it never matters.
#
# For kernels that are one frame deep, it is another story:

# %%
say(claim("late-pooling-helps-flat").statement)
say(claim("arrow-undone").statement)

# %% [markdown]
# So remember the difference. *Dead slices* and *twins* are proved: they hold for all weights. What
# they *cost* has to be measured, and it depends on the clips.

# %% [markdown]
# ## 9. What the paper says
#
# Section 3.1, "Common network settings":
#
# | | what the paper says | what you saw |
# |---|---|---|
# | pools | all 2×2×2, the first 1×2×2 | time 16–16–8–4–2–1 |
# | why | "not to merge the temporal signal too early" | twins, dead slices |
# | how often | factor 2 "at most 4 times" | the fifth is an error, or passes in silence |
# | the size behind a pool | "reduced by a factor of 8" "with stride 1" | impossible: see below |
#
# **Erratum 1: the stride.** The paper says that its pools have "stride 1, which means the size of
# output signal is reduced by a factor of 8". Both cannot be true. Count:

# %%
signal = torch.zeros(1, 1, 16, 112, 112)
for stride in (1, 2):
    out = F.max_pool3d(signal, 2, stride=stride)
    factor = signal.numel() / out.numel()
    print(f"2×2×2, stride {stride}: {tuple(out.shape[2:])}, smaller by a factor of {factor:.1f}")

# %% [markdown]
# With stride 1 the windows overlap and almost nothing gets smaller. A factor of 8 = 2·2·2 needs
# **stride 2**, as large as the kernel. Section 3.3 of the paper says so for C3D, and so does every
# network file its authors released.
#
# **Erratum 2: how many pools?** Lecture notes on C3D often say "8 convolutions, 4 pooling layers".
# Count for yourself:

# %%
names = [row.name for row in describe(c3d)]
convolutions = [n for n in names if n.startswith("conv")]
pools = [n for n in names if n.startswith("pool")]
print(f"{len(convolutions)} convolutions, {len(pools)} pools:", ", ".join(pools))

# %% [markdown]
# **Five** pools. Four of them merge time. That is perhaps where the four comes from.
#
# ## 10. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=3))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. 4. 2. No: they are the same behind the first pool over time. 3. It has one frame left, so the
# outer slices meet only padding. 4. It passes and the length stays 1. 5. The size hardly changes.
# </details>
#
# ## What comes next
#
# You have seen that a kernel must look at several frames *before* time is merged. But how many?
# One, three, five, seven? The paper made a whole study of it, and its best-known answer is
# "3×3×3". In **lesson 4** you prove that depth 1 can never know which way time runs, and you see
# what six seeds say about 3, 5 and 7.
