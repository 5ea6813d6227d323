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
# # 4 · Kernel depth
#
# **After this lesson you can**
#
# - prove that a net of flat kernels is blind to the **arrow of time**, and say when it is not;
# - count what a deeper kernel costs, and find an error in a famous paper;
# - read accuracies with their spread, compare two nets seed by seed, and say "that cannot be told";
# - say what the paper found about kernel depth, and what of it is found here.
#
# **Time:** 75 minutes, the exercise included. **You need:** lessons 1 to 3. **It runs** on a
# laptop, without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# A kernel d×3×3 sees d frames at once. In C3D d is 3, in every layer. Why three?
#
# > **How many frames should a kernel see: one, three, five or seven?**
#
# That is the study that made the paper known. First a part of the answer that needs no
# experiment at all. Look at this clip, forwards and backwards.

# %%

import torch
from torch.nn import functional as F

from c3d_teach import MotionDigits, SearchNet, arrow_of_time, claim, describe, load
from c3d_teach.classroom.checks.intervals import check_paired_interval
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.experiments.outcome import Outcome
from c3d_teach.viz.charts import bars
from c3d_teach.viz.difference_chart import difference_chart
from c3d_teach.viz.feature_charts import confusion_chart
from c3d_teach.viz.named_charts import two_questions_chart
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.static import response_rows
from c3d_teach.viz.study_charts import accuracy_chart
from c3d_teach.viz.study_tables import matrix_chart
from c3d_teach.viz.time_charts import windows_chart
from c3d_teach.viz.widgets.net_builder import KERNELS, NetBuilder, build_net, net_figure
from c3d_teach.viz.widgets.quiz import Quiz

digits = MotionDigits(512)
walk = digits[337]["clip"]
play({"forwards": walk, "backwards": walk.flip(0)}, alt="A five glides right; backwards, left")

# %% [markdown]
# You need not be told which is which motion. But a net of flat kernels does.
#
# ## 1. Predict first
#
# We build five nets with **random** weights. All their kernels are 1×3×3, their pools are those of
# the paper. Each gets 8 clips, and the same clips backwards. How far apart are the answers? Write
# `"far"`, `"near"` or `"exactly equal"`.

# %%
guess_reversal = "?"

# %% [markdown]
# And the second question, for the end: of nets with kernels 3, 5 and 7 frames deep, trained alike
# with six seeds each, which names most motions? `"depth-3"`, `"depth-5"`, `"depth-7"`, or `"it
# cannot be told"`.

# %%
guess_best = "?"

# %% [markdown]
# ## 2. A theorem
#
# > **Theorem.** Take a net with kernels one frame deep. Let every pool over time fill all its
# > windows, and let one frame be left at the end. Then the net gives a clip and its reversal
# > **the same answer, whatever its weights are.**
#
# The proof takes three steps.
#
# **Step 1. A flat kernel does not mind.** It treats each frame alone. The same frames in reverse
# order give the same responses in reverse order. ReLU and pools over space also treat each frame
# alone.

# %%
forwards = walk.movedim(-1, 0).float()[None]  # (1, 1, 16, 32, 32)
backwards = forwards.flip(2)
flat = torch.tensor([[-1.0, 2.0, -1.0]] * 3)[None, None, None]  # 1×3×3: upright strokes

one = F.conv3d(forwards, flat, padding=(0, 1, 1))
other = F.conv3d(backwards, flat, padding=(0, 1, 1))
print("Backwards in, backwards out:", torch.equal(other, one.flip(2)))

# %%
show(
    response_rows(
        walk,
        {"forwards": one[0, 0], "backwards": other[0, 0]},
        times=(0, 5, 10, 15),
        title="A flat kernel's responses: the same pictures in mirrored order",
    ),
    alt="Three rows of four: frames of the clip, the responses forwards, the responses backwards. "
    "The third row is the second, read from right to left.",
)

# %% [markdown]
# **What to see.** Read the second row from left to right and the third from right to left. They are
# the same pictures.
#
# **Step 2. A pool does not mind either.** Reversal turns each window around, and the order of the
# windows as well. The largest of a window is the same in any order (lesson 3). So behind the pool
# there are the same numbers, again in reverse order.

# %%
pixel = [0, 0, 5, 9, 4, 0, 2, 1]
show(
    windows_chart(
        {"forwards": pixel, "backwards": pixel[::-1]},
        title="Backwards in, backwards out: 0 9 4 2 becomes 2 4 9 0",
    ),
    alt="Eight numbers in windows of two, forwards and backwards. Behind the pool: 0, 9, 4, 2 "
    "forwards and 2, 4, 9, 0 backwards.",
)

# %% [markdown]
# **What to see.** The second result is the first one, mirrored.
#
# **Step 3. One frame has no order.** Layer after layer, the reversed clip gives the same as the
# clip, in reverse order. At the end of the pools one frame is left. One frame in reverse order is
# that frame. From there on the two nets see **the same thing**, and everything behind it is equal.
# ∎
#
# No word in the proof is about the weights. So it holds for random weights and for trained ones.
# Try to break it:


# %%
def apart(net, clips):
    """The largest difference between the answers to clips (N, C, L, H, W) and their reversals."""
    with torch.inference_mode():
        return (net(clips) - net(clips.flip(2))).abs().max().item()


clips = digits.batch(range(8))["clip"].movedim(-1, 1).float() / 255
differences = []
for seed in range(5):
    torch.manual_seed(seed)
    net = SearchNet(8, kernel_depth=1, clip_shape=(1, 16, 32, 32), width=1 / 8).eval()
    differences.append(apart(net, clips))
print("Largest difference of five random nets:", max(differences))

outcome = "exactly equal" if max(differences) == 0 else "near" if max(differences) < 0.01 else "far"
print(compare_guess(guess_reversal, outcome, ("far", "near", "exactly equal")))

trained = load("motion-d1")
print(
    "The trained net motion-d1:",
    apart(trained.model, trained.preprocess(digits.batch(range(64))["clip"])),
)

# %% [markdown]
# <!-- claim: depth1-blind -->
# Exactly zero, to the last bit, random or trained. Such a net *cannot know which way time runs*.
#
# ## 3. Break the conditions
#
# A theorem is as good as its conditions. Take them away one at a time. `arrow_of_time(net)` looks
# at the layers and says which condition fails. Does the measurement agree?

# %%
flat_nets = {
    "as in the theorem": {},
    "17 frames": {"clip_shape": (1, 17, 32, 32)},
    "20 frames": {"clip_shape": (1, 20, 32, 32)},
    "no pooling in time": {"pool_depth": (1, 1, 1, 1, 1)},
    "the last pool left out": {"pool_depth": (1, 2, 2, 2, 1)},
    "a stride, not a pool": {"pool_depth": (1, 1, 1, 1, 1), "stride": (1, 2, 2, 2, 2)},
    "first kernel 3 deep": {"kernel_depth": (3, 1, 1, 1, 1)},
}
agree = []
for name, arguments in flat_nets.items():
    torch.manual_seed(0)
    settings = {"kernel_depth": 1, "clip_shape": (1, 16, 32, 32), "width": 1 / 8} | arguments
    net = SearchNet(8, **settings).eval()
    verdict = arrow_of_time(net)
    equal = apart(net, torch.rand(8, *net.clip_shape)) == 0
    agree.append(equal == verdict.blind)
    print(f"{name:<24}{'equal ' if equal else 'differ'}  {verdict.reason}")
print("Theory and measurement agree each time:", all(agree))

# %%
odd = pixel[:7]
show(
    windows_chart(
        {"forwards": odd, "backwards": odd[::-1]},
        title="Seven frames: backwards, the windows hold other pairs",
    ),
    alt="Seven numbers in windows of two. Forwards 0, 9, 4 and the last number 2 is dropped; "
    "backwards 2, 9, 5 and the last number 0 is dropped.",
)

# %% [markdown]
# **What to see.** With an odd length one frame is left over, forwards the last, backwards the
# first. So the windows hold other pairs, and the results are no mirror images. This lets a crumb of
# the arrow in. That it *could* be used does not mean that it *is* (lesson 3). With 20 frames the
# odd length comes later: 20–10–5–2–1. And 15 frames are too few for these pools: 15–7–3–1, and the
# last pool finds one frame.
#
# ## 4. Half is the most
#
# What does the theorem cost? Our motions come in pairs: left and right, up and down, and so on. A
# clip that goes left goes right when it is played backwards. Now test a blind net on every clip
# **both ways**. It gives both the same name. At most one of them is right. So:
#
# > On such a test a blind net is right **at most half of the time**.

# %%
test = MotionDigits(128, split="test")
made = test.batch(range(128))
both_ways = torch.cat([made["clip"], made["clip"].flip(1)])
truth = torch.cat([made["motion"], made["motion"] ^ 1])  # 0 ↔ 1, 2 ↔ 3 … are reversals

answers = {name: load(name).predict(both_ways).argmax(1) for name in ("motion-d1", "motion-d3")}
right = {name: (one == truth).float().mean().item() for name, one in answers.items()}
pair = {name: (one // 2 == truth // 2).float().mean().item() for name, one in answers.items()}
print("motion-d1: right on at most half:", right["motion-d1"] <= 0.5)
print("motion-d1: in the right pair on more than half:", pair["motion-d1"] > 0.5)
print("motion-d3: right on more than nine of ten:", right["motion-d3"] > 0.9)

# %%
table = torch.zeros(8, 8)
for was, said in zip(truth, answers["motion-d1"], strict=True):
    table[was, said] += 1
show(
    confusion_chart(
        table,
        test.motions,
        title="motion-d1 finds the axis and guesses the sense",
        what="clips",
    ),
    alt="A table of eight motions by eight answers, in per cent of a row. Rows come in pairs that "
    "are alike: left and right get the same answers, so do up and down, and so on.",
)

# %% [markdown]
# **What to see.** A row is a motion, a column an answer. Compare the rows in pairs: *left* and
# *right* get the same answers, in the same numbers, for each clip appears in both rows.
# <!-- claim: axis-not-sense -->
# The net often finds the pair, by the smear that pooling leaves (lesson 3), and then it can only
# guess.
# <!-- claim: depth1-half -->
# Wider nets and longer training do not help: half is a wall. Here is the sentence with its numbers:

# %%
say(claim("depth1-half").statement)

# %% [markdown]
# ## 5. Six nets
#
# So depth 1 is out. Which depth is best? The paper compared six nets. They have five convolutions
# each and differ in the depth of their kernels only:
#
# - the same depth in all layers: **1**, **3**, **5** or **7**;
# - **increasing**: 3-3-5-5-7;
# - **decreasing**: 7-5-5-3-3.
#
# ### Build them yourself
#
# Run the next cell and choose one after the other under *start from*. Where are the parameters?
# Where is the work? Which nets have dead slices (lesson 3)? Which can learn the arrow of time?

# %% tags=["nbval-ignore-output"]
NetBuilder(shows=("kernels",))

# %%
seven = build_net(kernels=KERNELS["depth-7"])
show(
    net_figure(seven, title="Depth 7 at the paper's size: most of the work is in conv2"),
    alt="A table of 13 layers; conv5 is marked: 4 of 7 slices dead. " + " ".join(seven.says),
)

# %% [markdown]
# **What to see.** The bars of work are longest in conv2, whose maps are still large. And conv5 is
# framed: the clip is two frames long there, so four of seven slices never meet a frame.
#
# ## 6. An error in the paper
#
# A fair comparison changes one thing only. The paper says that its nets are of comparable capacity:
# from one depth to the next there are 17K parameters more, from depth-1 to depth-7 51K, which is
# less than 0.3 % of 17.5 million. Count:

# %%
sizes = {}
with torch.device("meta"):  # shapes only: the weights take no memory
    for name, depths in KERNELS.items():
        sizes[name] = describe(SearchNet(101, kernel_depth=depths))
for name, rows in sizes.items():
    print(f"{name:<11}{rows.parameters:>12,} parameters {rows.macs / 1e9:>6.2f} G MACs")

gap = sizes["depth-7"].parameters - sizes["depth-1"].parameters
print(f"\ndepth-7 minus depth-1: {gap:,}, which is {gap / sizes['depth-1'].parameters:.0%} more")
print(f"work: {sizes['depth-7'].macs / sizes['depth-1'].macs:.1f} times as much")

# %%
show(
    bars(
        {name: {"parameters": rows.parameters / 1e6} for name, rows in sizes.items()},
        title="The six nets are not of equal size",
        xlabel="parameters (millions)",
    ),
    alt="Bars of parameters: depth-1 14.3 million, depth-3 17.4, depth-5 20.5, depth-7 23.6, "
    "increasing 21.6, decreasing 18.2.",
)

# %% [markdown]
# **What to see.** <!-- claim: not-equal-capacity --> Not 51 thousand more, but nine million. Where
# do the printed numbers come from? Try this: count filters, and forget that each filter has a slice
# for **every input channel**.

# %%
filters = 64 + 128 + 256 + 256 + 256
per_slice = 3 * 3
print(f"{filters} filters × {per_slice} weights × 2 frames more = {filters * per_slice * 2:,}")
print(f"{filters} filters × {per_slice} weights × 6 frames more = {filters * per_slice * 6:,}")

channels = (3, 64, 128, 256, 256)  # what each layer is given
weights = sum(f * c for f, c in zip((64, 128, 256, 256, 256), channels, strict=True)) * per_slice
print(f"With input channels, 6 frames more = {weights * 6:,}")

# %% [markdown]
# 17,280 and 51,840: those are the "17K" and the "51K". So the count *seems* to have left out the
# input channels. This is our explanation, not the authors'. The nets are theirs, and they are what
# they are; but "comparable capacity" does not hold. If a deeper net wins, is it its depth or its
# size? For this one needs **controls**:
#
# | control | what it answers |
# |---|---|
# | depth-1, widened to the *parameters* of depth-3 | is it only the number of weights? |
# | depth-1, widened to the *work* of depth-3 | is it only the amount of work? |
# | depth-7, narrowed to the *work* of depth-3 | does depth 7 win by being large? |
# | depth-3, trained on *shuffled frames* | does it need the order of the frames at all? |

# %% [markdown]
# ## 7. The study, repeated
#
# The kit ships a study of these ten nets on small clips of moving digits: three difficulties, six
# seeds each, one recipe and one learning rate for all. Tests are **both ways**. It was a short
# training on purpose. <!-- claim: long-training-level --> In a long one all deep nets come near
# 100 %, and nothing can be told of their order.

# %%
study = Outcome.shipped("kernel-depth")
SIX = list(KERNELS)
facts = study.data["nets"]
how = {
    setting: {net: study.accuracy(net, setting, "how").values for net in SIX}
    for setting in study.settings
}
show(
    accuracy_chart(
        how,
        title="Depth-1 is far behind; among the deep nets the order is less clear",
        xlabel="motion right, clips both ways",
        chance=1 / 8,
        ceiling=0.5,
        ceiling_for=["depth-1"],
        ceiling_says="blind to the arrow of time",
    ),
    alt="Three panels with six nets. Depth-1 lies near chance, far from the others and below its "
    "ceiling of 50 %. On plain clips the five deep nets overlap; depth-3 has the lowest mean of "
    "them in all three panels.",
)

# %% [markdown]
# **What to see.** A ring is one seed, the diamond their mean, the bar the **95 % interval** of the
# mean: with other seeds the mean would probably be in there. Depth-1 is last, clearly. Now cover
# depth-1 with your hand. Which of the other five is best? On plain clips
# their bars overlap. In the two other panels depth-3 lies below some of them.
#
# The controls, on the plain clips:

# %%
controls = ["depth-3", *[net for net in study.nets if net not in SIX]]
show(
    accuracy_chart(
        {"plain clips": {net: study.accuracy(net, "plain", "how").values for net in controls}},
        title="Neither weights nor work make up for depth, and order is what counts",
        xlabel="motion right, clips both ways",
        chance=1 / 8,
        ceiling=0.5,
        ceiling_for=[net for net in controls if facts[net]["ceiling"] == 0.5],
        ceiling_says="cannot know the arrow of time",
    ),
    alt="Accuracies of depth-3 and four controls. The two widened depth-1 nets stay near 30 %, the "
    "narrow depth-7 net is level with depth-3, depth-3 on shuffled frames is near 40 %.",
)
say(claim("depth1-last").statement)
say(claim("order-not-frames").statement)

# %% [markdown]
# **What to see.** Widening depth-1 changes little: what it lacks is not weights. Shuffling the
# frames takes depth-3 below the wall of 50 %: what it uses is the *order*.

# %% [markdown]
# ## 8. Your turn
#
# | Exercise 4 | Difficulty | Importance | Time |
# |---|---|---|---|
# | An interval for a difference | ●●○○○ | ●●●●● | 10 minutes |
#
# Two bars overlap. Are the nets different? There is a better way than looking at bars. Both nets
# were trained with the **same seeds**: seed 0 gave them the same clips. An easy seed is easy for
# both. So compare them **in pairs**, seed by seed:
#
# 1. For each seed, take the accuracy of the first net minus that of the second.
# 2. Take the **mean** of these differences.
# 3. Take their **standard deviation** s. They are a sample, so the sum of squares is divided by
#    n − 1, not by n.
# 4. The **standard error** s/√n says how well the mean is known.
# 5. The interval reaches from the mean down and up by a factor times the standard error. For very
#    many seeds the factor is 1.96. For few it is larger, because s itself is hardly known.
#    This is **Student's t**, and the table in the cell has the factor for n seeds.
#
# Write `paired_interval(first, second)`: two lists of accuracies, over the same seeds in the same
# order. It returns three numbers, `(mean, low, high)`. If 0 lies outside the interval, the seeds
# tell the two nets apart.
#
# Expected picture: this is what comes out for four pairs of nets on the plain clips.

# %%
against = {
    f"{net} minus depth-3": [
        100 * (a - b) for a, b in zip(how["plain"][net], how["plain"]["depth-3"], strict=True)
    ]
    for net in ("depth-5", "depth-7", "increasing", "decreasing")
}
show(
    difference_chart(
        against,
        title="Expected: one mean and one interval for each pair of nets",
        xlabel="difference of the accuracies (per cent points)",
    ),
    alt="Four rows of differences to depth-3, seed by seed. All four means are above zero; only "
    "the interval of depth-7 does not hold zero.",
)

# %% [markdown]
# **What to see.** Each ring is now a *difference* on one seed. The dashed line is zero: no
# difference. Is it inside the bar? (These bars look at one pair at a time. Section 9 says why
# that is not the last word.)
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# `[a - b for a, b in zip(first, second)]` pairs the lists up. Everything else is about this one
# list.
# </details>
#
# <details><summary><b>Hint 2</b> · the standard deviation</summary>
#
# Subtract the mean from every difference, square, add up, divide by n − 1, take the root.
# `torch.tensor(differences).std()` does the same; so does NumPy with `ddof=1`.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# Call `T_FACTOR[n]` times the standard error the *reach*. The answer is the mean, the mean minus
# the reach, and the mean plus the reach, in this order.
# </details>

# %% tags=["solution"]
# number of pairs → Student's factor for a 95 % interval
T_FACTOR = {2: 12.7062, 3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706}
T_FACTOR |= {7: 2.4469, 8: 2.3646, 9: 2.3060, 10: 2.2622}


def paired_interval(first, second):
    """95 % interval of the mean difference of two nets over the same seeds.

    first, second: lists of accuracies, 0 to 1. Returns (mean, low, high) of first − second.
    """
    ### BEGIN SOLUTION
    differences = [a - b for a, b in zip(first, second, strict=True)]
    n = len(differences)
    mean = sum(differences) / n
    spread = (sum((one - mean) ** 2 for one in differences) / (n - 1)) ** 0.5
    reach = T_FACTOR[n] * spread / n**0.5
    return mean, mean - reach, mean + reach
    ### END SOLUTION


# %%
print(check_paired_interval(paired_interval))

# %% [markdown]
# When it says ✔, use it on the real runs:

# %%
seven_runs, three_runs = (list(how["plain"][net]) for net in ("depth-7", "depth-3"))
try:
    mean, low, high = paired_interval(seven_runs, three_runs)
    print(f"depth-7 minus depth-3: {mean:.3f}, from {low:.3f} to {high:.3f}")
except NotImplementedError:
    print("Your function goes here. The next section goes on without it.")

# %% [markdown]
# ## 9. Many pairs, and a trap
#
# Six nets make 15 pairs. A 95 % interval is wrong one time in twenty. Ask 15 questions, and one
# wrong "difference" is not unlikely. **Holm's correction** makes the single test stricter, so that
# the chance of *any* wrong one among all 15 stays at 5 %. Here are all pairs on the slow and noisy
# clips.

# %%
difference, p = torch.zeros(6, 6), torch.ones(6, 6)
below = [(a, b) for i, a in enumerate(SIX) for b in SIX[:i]]
for one in study.compare(below, "slow and noisy", "how"):
    i, j = SIX.index(one.a), SIX.index(one.b)
    difference[i, j], difference[j, i] = 100 * one.difference.mean, -100 * one.difference.mean
    p[i, j] = p[j, i] = one.p_holm
show(
    matrix_chart(difference, p, SIX, title="All beat depth-1; few other pairs can be told"),
    alt="A table of six nets against six nets. All differences to depth-1 are clear; most "
    "others are hatched, which means that six seeds do not tell them apart.",
)

# %% [markdown]
# **What to see.** A hatched cell means: these seeds do not tell the two apart. It does *not* mean
# that the nets are equal. The column of depth-1 is coloured from top to bottom. Of the others, most
# are hatched. And compare depth-5 with depth-7, each against depth-3:

# %%
say(claim("large-not-sure").statement)

# %% [markdown]
# *A large difference and a sure difference are two things.*
#
# And mind what you found with your own function in section 8: of depth-7 and depth-3 on *plain*
# clips, 0 lies outside the interval. That was one question. Now we ask three at once, and with
# Holm's correction it no longer counts.
#
# Now your second guess, on the plain clips:

# %%
deep = ["depth-3", "depth-5", "depth-7"]
beaten = set()
for one in study.compare(
    [(deep[1], deep[0]), (deep[2], deep[0]), (deep[2], deep[1])], "plain", "how"
):
    if one.p_holm < 0.05:
        beaten.add(one.b if one.difference.mean > 0 else one.a)
left = [net for net in deep if net not in beaten]
outcome = left[0] if len(left) == 1 else "it cannot be told"
print(compare_guess(guess_best, outcome, (*deep, "it cannot be told")))

# %% [markdown]
# ## 10. So is three the best?
#
# The paper found depth-3 best. Here is what was found with this kit. Read slowly: every word
# counts. (It compares each net with depth-3 only. That is fewer questions than the table above
# asks, so Holm's correction is milder, and depth-7 on slow clips comes out clear. *How many
# questions were asked?* is part of every result.)

# %%
say(claim("depth3-not-best").statement)
say(claim("deeper-and-larger").statement)

# %% [markdown]
# Is this a law of depth, or of how the nets were trained? The same five deep nets were trained
# again with twice the **learning rate**, the size of the steps that training takes.

# %%
other = Outcome.shipped("kernel-depth-other-rate")
deep_five = [net for net in SIX if net != "depth-1"]
show(
    accuracy_chart(
        {
            "shared rate, 0.003": {n: study.accuracy(n, "plain", "how").values for n in deep_five},
            "twice the rate, 0.006": {
                n: other.accuracy(n, "plain", "how").values for n in deep_five
            },
        },
        title="At another learning rate, another order",
        xlabel="motion right, clips both ways",
        chance=1 / 8,
    ),
    alt="Two panels with the five deep nets on plain clips. At the shared rate depth-3 has the "
    "lowest mean, at twice the rate it is in the middle. All intervals overlap.",
)
say(claim("order-hangs-on-rate").statement)

# %% [markdown]
# **What to see.** Follow depth-3 from the left panel to the right. Its place among the five
# changes. An order that a single setting of the training turns over is not an order of the nets.
#
# The last surprise. These nets had two questions to answer: *how* does it move, and *what* digit
# is it?

# %%
show(
    two_questions_chart(
        {
            net: tuple(study.accuracy(net, "plain", head).values for head in ("how", "what"))
            for net in SIX
        },
        title="Flat kernels know what, deep kernels know how",
        chance=(1 / 8, 1 / 3),
    ),
    alt="Six nets by how much they know of the motion (to the right) and of the digit (upwards). "
    "Depth-1 is at the upper left, the five deep nets at the lower right.",
)
say(claim("how-before-what").statement)

# %% [markdown]
# **What to see.** Depth-1 is at the top left, the deep nets are at the bottom right. In a short
# training a deep net learns first what it can do best. "3D convolution keeps both space and time"
# is true of what it *can* learn. What it learns *first* is another matter.

# %% [markdown]
# ## 11. What the paper says
#
# Sections 3.1 and 3.2, on UCF101, a set of 13,320 real videos of 101 actions:
#
# | | the paper | here |
# |---|---|---|
# | task | actions in real videos | motions of digits, both ways |
# | spread over seeds | not reported | six seeds, with intervals |
# | depth-1 | worst | last, and proved to be blind |
# | best | depth-3 | cannot be told on plain clips |
# | varying depths | close behind depth-3 | among the deep nets |
# | equal capacity? | less than 0.3 % apart | no: 65 % more parameters, 7.0 times the work |
#
# The paper shows its accuracies as curves (its Figure 2), not as numbers. All one can do is to
# **read them off the figure**: depth-3 ends at about 44–45 %, the other deep nets a little below.
#
# **What of it stands, then?** That kernels must be deeper than one frame: proved, and measured.
# That 3 is better than 5 or 7: not repeated here. Our clips are not the paper's, so this does not
# prove it wrong. But a few points of difference, given without a spread, cannot carry much either.
# There are good reasons for 3×3×3 all the same: it is the smallest kernel that has a past and a
# future, and it is cheap.

# %% [markdown]
# ## 12. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=4))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. Exactly equal. 2. At most half of the clips. 3. The input channels. 4. Seed by seed, because
# both nets met the same clips. 5. That these seeds do not tell the nets apart.
# </details>
#
# ## What comes next
#
# Now you know each choice in C3D's design: 3D kernels, three frames deep, a first pool that leaves
# time alone, four that halve it. In **lesson 5** you put them together and build the whole net, all
# eight convolutions of it, and count what it costs.
