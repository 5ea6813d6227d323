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
# # 2 · 2D, 2D on many frames, 3D
#
# **After this lesson you can**
#
# - draw three ways to convolve frames, and say where time is after each;
# - ask two questions of one clip, *what* and *how*, and say which of them one frame can answer;
# - prove that a net of one frame is at chance here, whatever it learns;
# - turn a 2D convolution on many frames into a 3D one, and say what it still lacks.
#
# **Time:** 60 minutes, the exercise included. **You need:** lesson 1. **It runs** on a laptop,
# without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# Lecture notes like to say: *2D convolution sees space, 3D convolution sees space and time.* It is
# a good sentence to begin with. But in lesson 1 you met a 2D kernel that lies on sixteen frames at
# once. Is it blind, too?
#
# > **Can a 2D net know how something moves?**
#
# Run the cell, and ask two questions of each clip.

# %%
import torch
from torch.nn import functional as F

from c3d_teach import MotionDigits, claim, load
from c3d_teach.classroom.checks.channels import check_as_3d
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.experiments import pace
from c3d_teach.experiments.outcome import Outcome
from c3d_teach.viz.channel_charts import layout_chart
from c3d_teach.viz.charts import bars
from c3d_teach.viz.named_charts import two_questions_chart
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.one_frame_charts import circle_chart, frame_and_pair_chart
from c3d_teach.viz.share_lines import share_lines
from c3d_teach.viz.study_charts import accuracy_chart
from c3d_teach.viz.three_ways import Way, three_ways_chart
from c3d_teach.viz.widgets.clip_controls import ClipControls, ask
from c3d_teach.viz.widgets.quiz import Quiz

digits = MotionDigits(16384, split="test")  # clips that no net here was trained on
quartet = {index: digits[index] for index in (16121, 7963, 13198, 5044)}
play(
    {f"clip {index}": item["clip"] for index, item in quartet.items()},
    alt="A handwritten digit that moves",
)

# %% [markdown]
# ## 1. Two questions
#
# - **What** is it? A three, a two, an eight.
# - **How** does it move? To the right, down, it grows, it turns.
#
# The right answer to a question is called a **label**. Every clip here has two of them.

# %%
for index, item in quartet.items():
    what, how = digits.things[item["digit"]], digits.motions[item["motion"]]
    print(f"clip {index:>5}   what: {what}   how: {how}")

# %% [markdown]
# Two of the clips have the same *what*. No two have the same *how*. The questions are independent:
# any digit can move in any way.
#
# For *what*, one frame is enough. You see it at once. And for *how*?

# %% [markdown]
# ## 2. Three ways to convolve frames
#
# Figure 1 of the paper compares three ways. Here they are with a real clip and with real responses.
# We take every second frame, so that you can see them.

# %%
clip = quartet[16121]["clip"][::2].movedim(-1, 0).float()  # (1, 8, 32, 32): c×l×h×w
rightwards = torch.full((3, 3, 3), -1.0)
for t in range(3):
    rightwards[t, :, t] = 2  # the kernel of lesson 1: it likes what moves right

on_all = torch.zeros(1, 8, 3, 3)  # a 2D kernel with a slice for each of 8 frames
on_all[0, 3:6] = rightwards

a = F.conv2d(clip[:, 4][None], rightwards[1][None, None], padding=1)[0]
b = F.conv2d(clip[0][None], on_all, padding=1)[0]
c = F.conv3d(clip[None], rightwards[None, None], padding=1)[0, 0]

frames = clip[0]
ways = [
    Way("(a) 2D, one frame", "an image in,\nan image out", frames[4:5], a, (0, 1)),
    Way("(b) 2D, frames as channels", "8 frames in,\none image out", frames, b, (0, 8)),
    Way("(c) 3D", "a clip in,\na clip out", frames, c, (0, 3), slides=True),
]
show(
    three_ways_chart(ways, title="Only the third way leaves a clip for the next layer"),
    alt="Three rows. One frame gives one response image. Eight frames under one deep kernel give "
    "one response image. Eight frames under a kernel that slides in time give eight.",
)

# %% [markdown]
# **What to see.** The orange outline is the kernel.
#
# - **(a)** It lies on one frame. Time never comes in.
# - **(b)** It lies on *all* frames at once, with other weights for each. It adds everything up: one
#   image comes out. Frames are treated as **channels**, like red, green and blue.
# - **(c)** It lies on three frames, and then it **slides** on in time. For each moment there is a
#   response. A clip comes out.
#
# Now put a second layer behind each. What does it get?

# %%
second = {
    "(a)": F.conv2d(a[None], torch.ones(1, 1, 3, 3), padding=1),
    "(b)": F.conv2d(b[None], torch.ones(1, 1, 3, 3), padding=1),
    "(c)": F.conv3d(c[None, None], torch.ones(1, 1, 3, 3, 3), padding=1),
}
for (name, out), first in zip(second.items(), (a, b, c[None]), strict=True):
    print(f"{name} first layer: {tuple(first.shape)!s:<16} second layer: {tuple(out.shape[1:])}")

# %% [markdown]
# In (c) the second layer still has eight frames to look at, and so would the third. It can look for
# motion *in the motion*. In (b) there is nothing to look for: time was used up in one go.
#
# So far for the shapes. The paper concludes from them that 2D nets lose time. Is that also true of
# what they **know**?

# %% [markdown]
# ## 3. Predict first
#
# Four small nets come with the kit, all trained to answer *how*: one of eight motions. They have
# the same layers, the same training clips, and the same training.
#
# | net | what it sees |
# |---|---|
# | motion-frame | (a): one frame, the middle one |
# | motion-stacked | (b): all 16 frames as channels of its first layer |
# | motion-d1 | 3D on paper only: kernels 1×3×3 |
# | motion-d3 | (c): kernels 3×3×3 |
#
# We ask them about 256 new clips. Who only guesses is right once in eight. For each, write
# `"at chance"`, `"about half"` or `"nearly all"`.

# %%
guess_frame = "?"
guess_stacked = "?"
guess_d3 = "?"

# %%
test = digits.batch(range(256))
nets = {name: load(name) for name in ("motion-frame", "motion-stacked", "motion-d1", "motion-d3")}


def share_right(net, made):
    """How many of the motions the net names right, as a share."""
    return (net.predict(made["clip"]).argmax(1) == made["motion"]).float().mean().item()


right = {name: share_right(net, test) for name, net in nets.items()}
choices = ("at chance", "about half", "nearly all")
outcomes = {
    name: choices[0] if share < 0.25 else choices[1] if share < 0.75 else choices[2]
    for name, share in right.items()
}
for name, guess in (
    ("motion-frame", guess_frame),
    ("motion-stacked", guess_stacked),
    ("motion-d3", guess_d3),
):
    print(f"{name:<15}", compare_guess(guess, outcomes[name], choices))

# %%
show(
    bars(
        {name: {"how": 100 * share} for name, share in right.items()},
        title="The 2D net on all frames does know how things move",
        xlabel="motions right (%); chance is 12.5 %",
    ),
    alt="Four bars. motion-frame is near chance, motion-d1 below half, motion-stacked and "
    "motion-d3 are near 100 per cent.",
)

# %% [markdown]
# **What to see.** motion-frame guesses. motion-d3 names nearly all. That much the lecture notes
# promised. But **motion-stacked** is a 2D net, and it names nearly all of them as well.
# <!-- claim: channels-know-how -->
#
# So the sentence has to be more careful. Behind the first layer of motion-stacked there is no time
# axis any more. But what that layer has *seen* of the motion is not lost. It goes on in other
# clothes: as a bright spot in the channel "something moved right here". (Of motion-d1, which finds
# the axis of a motion and not its sense, you will hear in lessons 3 and 4.)
#
# A larger study of the same question, with six trainings of each net and shorter ones, says:

# %%
say(claim("channels-know-how").statement)

# %% [markdown]
# ## 4. Why one frame must be at chance
#
# Is motion-frame badly trained? No. **No net can do better**, and here is why.
#
# The digits live on a **torus**: what leaves on the left enters on the right, what leaves at the
# bottom enters at the top. So the place of a digit is a point on a circle. It starts anywhere, all
# places equally likely. Then it moves. Where is it later?

# %%
torch.manual_seed(0)
first = 32 * torch.rand(20_000)  # where 20,000 digits are in the first frame
speed = 0.6 + torch.rand(20_000)  # pixels a frame, a speed for each
later = (first + 15 * speed) % 32  # all go right; who leaves on the right enters on the left

for name, place in (("first frame", first), ("16th frame", later)):
    print(f"{name}: {(place < 16).float().mean():.0%} of the digits are in the left half")

# %%
show(
    circle_chart(first, later, around=32, title="All have moved right, and are still anywhere"),
    alt="A ring of dots, and inside it the same dots after they have moved. Two bar charts of the "
    "places, both flat: every place is equally likely in the first and in the 16th frame.",
)

# %% [markdown]
# **What to see.** Both bar charts are flat. A circle has no beginning and no end, so points that
# are spread evenly stay spread evenly when all move on. *Left* gives the same picture, and so does
# standing still. The angle of a digit is a circle, too: for *rotate*. And its size has been made
# one: a digit that has grown too large starts again small.
#
# > **One frame has the same distribution under all eight motions.** So a frame holds nothing about
# > the motion, and no net that sees one frame can be right more often than once in eight.
#
# <!-- claim: frames-alike -->
# This is proved for the clips as they are made, not measured. But let us measure, too. Above: the
# mean of single frames, for each motion. Below: we take **two** frames, four steps apart, move the
# first by so many pixels, and see when it fits the second best.


# %%
def fit(one, other, reach=7):
    """How well frames (N, H, W), moved by (dy, dx) pixels, fit other frames: mean product."""
    steps = range(-reach, reach + 1)
    moved = [[(one.roll((dy, dx), (1, 2)) * other).mean() for dx in steps] for dy in steps]
    return torch.tensor(moved)


made = MotionDigits(1024).batch(range(1024))  # 128 clips of each motion
pixels = made["clip"][..., 0].float()
centred = pixels - pixels.mean(dim=(2, 3), keepdim=True)
means, fits, told = {}, {}, []
for number, motion in enumerate(digits.motions):
    mine = made["motion"] == number
    means[motion] = pixels[mine, 8].mean(0)
    fits[motion] = fit(centred[mine, 6], centred[mine, 10])
    down, right_by = (int(n) - 7 for n in divmod(int(fits[motion].argmax()), 15))
    across = "left" if right_by < 0 else "right" if right_by > 0 else ""
    along = "up" if down < 0 else "down" if down > 0 else ""
    told.append(f"{motion:<25} the two frames fit best moved {across + along or 'not at all'}")
print("\n".join(told))

# %%
show(
    frame_and_pair_chart(
        means, fits, title="One frame is alike under all motions. Two frames show the motion"
    ),
    alt="Eight mean frames, all evenly grey. Below them eight maps with a bright spot: left of "
    "the middle for left, right of it for right, above for up, below for down, else in the middle.",
)

# %% [markdown]
# **What to see.** The upper row is eight times the same grey (what is left of a pattern is the luck
# of 128 clips). Nobody could label these pictures. In the lower row the spot *is* the motion. It
# took two frames, and their order.
#
# Turning and growing do not show in this comparison, for it only shifts. They need one that turns
# and scales. A net finds its own comparisons.
#
# Here is the same thing measured with nets:

# %%
say(claim("one-frame-chance").statement)

# %% [markdown]
# ## 5. Frames as channels, seen as 3D
#
# Then why does (b) work, and what is the difference to (c)? Look at it in this way. The kernel of
# (b) has C·L slices of k×k, one for each channel of each frame. The kernel of (c) has C·d slices.
# What if d is as large as the clip is long? <!-- claim: channels-are-3d -->
#
# > **2D convolution on all frames as channels is 3D convolution with a kernel as deep as the
# > clip.**
#
# It has no padding in time, so there is exactly one place in time where it can lie. It cannot
# slide.

# %%
clips = torch.rand(1, 3, 16, 32, 32)  # a colour clip of 16 frames
for depth in (3, 16):
    out = F.conv3d(clips, torch.rand(1, 3, depth, 3, 3), padding=(0, 1, 1))
    print(f"kernel {depth:>2} frames deep: places in time where it can lie: {out.shape[2]}")

# %% [markdown]
# ### Your turn
#
# | Exercise 2 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Turn 2D kernels into 3D kernels | ●●○○○ | ●●●●○ | 10 minutes |
#
# Write `as_3d(weight, channels)`. The weights of the first layer of motion-stacked are
# `(out, C·L, k, k)`: **first all frames of channel 0, then all frames of channel 1**, and so on.
# Return the *same weights* as kernels of a 3D convolution, `(out, C, L, k, k)`, such that for all
# clips `(N, C, L, H, W)`
#
# `F.conv3d(clips, as_3d(weight, C), padding=(0, 1, 1))`
#
# gives the map that `F.conv2d(clips.flatten(1, 2), weight, padding=1)` gives.
#
# This is what should become of one kernel for clips of 2 channels and 4 frames:

# %%
sample = ((torch.arange(8 * 9) * 7) % 19 - 9).view(8, 3, 3)
sorted_by_hand = torch.stack([sample[0:4], sample[4:8]])  # for this one kernel only
show(
    layout_chart(
        sample, sorted_by_hand, title="Expected: the same weights, sorted by channel and by frame"
    ),
    alt="Eight slices of a 2D kernel in a row. Below, slices 0 to 3 are channel 0, frames 0 to 3, "
    "and slices 4 to 7 are channel 1, frames 0 to 3.",
)

# %% [markdown]
# **What to see.** No number changes. Solid frames are channel 0 of the clip, dashed ones channel 1.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# How many frames are there? You know C·L, the second size of `weight`, and you know C.
# </details>
#
# <details><summary><b>Hint 2</b> · which weight goes where</summary>
#
# Slice `c * L + t` of the 2D kernel belongs at channel `c`, frame `t` of the 3D kernel. You may
# write two loops, or look for one step that does all of it.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# A tensor has a method `reshape(…)`, which takes new sizes and keeps the order of the numbers. One
# axis of length C·L becomes two axes, C and L, and the numbers are already in the right order.
# </details>


# %% tags=["solution"]
def as_3d(weight, channels):
    """2D kernels on all frames as channels, as 3D kernels as deep as the clip.

    weight: (out, C·L, k, k), all frames of channel 0 first. channels: C.
    Returns (out, C, L, k, k).
    """
    ### BEGIN SOLUTION
    out, slices, k, _ = weight.shape
    return weight.reshape(out, channels, slices // channels, k, k)
    ### END SOLUTION


# %%
print(check_as_3d(as_3d))

# %% [markdown]
# When it says ✔, look at what motion-stacked has learnt. How does one of its kernels go through the
# 16 frames? `weight = nets["motion-stacked"].model.state_dict()["conv1.weight"][:, :, 0]` are its
# weights, for clips of one channel. `as_3d(weight, 1)[0, 0]` is its first kernel: a film of 16
# frames of 3×3 pixels.
#
# ## 6. What sliding is good for
#
# So the kernel of (b) has weights of its own for frame 0, for frame 1, and so on. What it learns
# about frame 3 does not help it at frame 9. The kernel of (c) is the *same at all times*. What
# difference should that make? Think of clips that are **unlike those of training**:
#
# - the digit moves **faster** or **slower**;
# - the digit moves **for a while** only, and rests before and after.
#
# Nobody has trained for that. Watch and ask the two nets. When does one of them fail?

# %%
changes = {
    "an eight turns, as in training": {},
    "the same at half the speed": {"speed": 0.5},
    "three times as fast": {"speed": 3},
    "moving in frames 0 to 7 only": {"moving": (0, 8)},
    "moving in frames 8 to 15 only": {"moving": (8, 16)},
}
odd = {
    name: MotionDigits(16384, split="test", **change)[5044]["clip"]
    for name, change in changes.items()
}

# %% tags=["nbval-ignore-output"]
ClipControls(odd, ask({"2D on channels": nets["motion-stacked"], "3D": nets["motion-d3"]}))

# %%
play(
    {name: odd[name] for name in list(odd)[1:4]},
    alt="A handwritten eight that turns at another pace",
    scale=5,
)

# %% [markdown]
# One clip is an anecdote. So here is an experiment: three trainings of each net, and 1,024 test
# clips for every point. And there is a **control**. Our 3D net does more work than the 2D one. Is
# it better only for that? So we widen the 2D net, until it does as much work as the 3D net.

# %%
for name in pace.NETS:
    print(f"{name:<31}{pace.work(name) / 1e6:>6.1f} M multiply-accumulates a clip")

lines = {
    name: torch.tensor([pace.accuracy(name, "speeds", f"{x:g}").values for x in pace.SPEEDS]).T
    for name in pace.NETS
}
show(
    share_lines(
        lines,
        pace.SPEEDS,
        title="Faster than in training, 3D keeps its knowledge longer",
        xlabel="speed of the digits (times that of training)",
        ylabel="motions right",
        chance=1 / 8,
        marked=(1, "as in training"),
    ),
    alt="Three curves of motions right over speed. All are near 100 per cent at the speed of "
    "training and fall on both sides; the curve of 3D falls least.",
)
say(claim("faster-than-trained").statement)

# %%
moving = {
    f"frames {a} to {b - 1}": {
        name: pace.accuracy(name, "windows", f"{a} to {b - 1}").values for name in pace.NETS
    }
    for a, b in pace.WINDOWS
}
show(
    accuracy_chart(
        moving,
        title="When the digit moves for a while only, all lose, and 3D loses least",
        xlabel="motions right",
        chance=1 / 8,
    ),
    alt="Four panels, three nets each. Where the digit moves all the time all are near 100 per "
    "cent. In the first, the middle and the last eight frames 3D is ahead of both 2D nets.",
)
say(claim("moves-for-a-while").statement)

# %% [markdown]
# **What to see.** In both figures a ring is one training. A line goes through the means of three;
# in the second figure a diamond is the mean, the bar its 95 % interval (three are few, so some bars
# are long). Look at three things.
#
# 1. All three nets are equally good on clips like those of training. On the others they are not.
#    There each of the three 3D nets is ahead of each of the six 2D nets, but for half the speed.
# 2. Widening the 2D net, until it does seventeen times the work, hardly helps. So it is not the
#    work, at least not with this recipe, which was not tuned for the wide net.
# 3. The rings of the 2D nets lie far apart, and one seed fails early in the clip, another one late.
#    What such a net has learnt hangs on the moment; which moment it is, hangs on luck.
#
# And what it does *not* show: 3D is no magic. At three times the speed it has lost a fifth, too.
# Nor does it show *why* 3D is ahead. It slides, and it looks at time in every layer. Here it does
# both, so we cannot tell which counts. That would take one more control. Which one would you build?
#
# Now you can say it exactly:
#
# > 2D on channels knows how things move, *if they move as they did in training*. 3D uses the same
# > weights at all times, and it has more layers that look at time. What it learns carries further.

# %% [markdown]
# ## 7. And what?
#
# So much for *how*. A net that sees only motion would be a poor net. In the kit's study, five nets
# were trained for *how* alone, for *what* alone (three digits, chance is one in three), and for
# both at once. **frames averaged** is new: a 2D net looks at each frame by itself, and its sixteen
# answers are averaged. That is the usual way to bring a 2D net to video.

# %%
study = Outcome.shipped("two-vs-three")
alone = {
    net: (
        study.accuracy(net, "plain", "how", "how").values,
        study.accuracy(net, "plain", "what", "what").values,
    )
    for net in study.nets
}
show(
    two_questions_chart(
        alone,
        title="Each question alone: right is how, up is what",
        chance=(1 / 8, 1 / 3),
    ),
    alt="Five nets in a plane. One frame and frames averaged are at the left, at chance for how; "
    "frames averaged is highest. Depth-3 is farthest right, at the height of one frame. Frames as "
    "channels is right of the middle and low.",
)
say(claim("averaging-knows-what").statement)
say(claim("3d-knows-what").statement)

# %% [markdown]
# **What to see.** Each net was trained twice: its place to the right is what it reached in *how*,
# its height what it reached in *what*. Averaging frames is best at *what* and knows nothing of
# *how*: a mean does not depend on the order. Depth-3 is not behind the net of one frame at *what*,
# and farthest ahead at *how*. So 3D *can* keep both.
#
# Does it keep both when it has to learn them **at once**? This is honest, and a little sobering:

# %%
say(claim("questions-compete").statement)

# %% [markdown]
# ## 8. What the paper says
#
# Section 3.1 and Figure 1:
#
# | | the paper | what you saw |
# |---|---|---|
# | (a) 2D on one image | gives an image | right; one frame holds nothing of *how* |
# | (b) 2D, frames as channels | gives an image, so time is lost | true of shapes, not of knowing |
# | (c) 3D | gives a volume, so time is kept | right; each layer can look at it again |
#
# Nothing in the table is wrong. It is only easy to read too much into it. "The shape has no time
# axis" is not "the net does not know". Ask a net what it knows; do not look at its shapes alone.
#
# And our own results have limits, too. Digits that move evenly for 16 frames are kind to (b): one
# look is enough. In real video things start, stop and change. There a net that looks for motion in
# motion has more to win. That is a guess, not a result of this lesson.
#
# ## 9. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=2))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. One image, without a time axis. 2. What it is, not how it moves. 3. No net can: single frames
# are alike under all motions. 4. A kernel 16 frames deep that has one place to lie. 5. The 3D net.
# </details>
#
# ## What comes next
#
# A 3D layer gives a clip, and the next one can look at time again. But for how long? Between the
# layers stand small things called pools, and most of them throw frames away. In **lesson 3** you
# follow sixteen frames through a net, until there is one, and you make a film that a net cannot
# tell from another.
#
# *The digits are scikit-learn's, from the UCI repository (Alpaydin and Kaynak, "Optical
# Recognition of Handwritten Digits", CC BY 4.0).*
