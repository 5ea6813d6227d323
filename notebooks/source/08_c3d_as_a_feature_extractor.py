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
# # 8 · C3D as a feature extractor
#
# **After this lesson you can**
#
# - turn a video of any length into one list of numbers, as the paper does;
# - train a small classifier on top of a net that stays as it is;
# - say where "like a pretrained VGG" holds for video nets, and where not;
# - catch the most common mistake in testing on video: a split that leaks.
#
# **Time:** 60 minutes, the exercise included. **You need:** lessons 1 to 6. **It runs** on a
# laptop, without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# You have 90 short films and you want to know what is seen in each. That is far too few to train
# a deep net. But somebody else has trained one, for another task, and gives it away. Many notes
# on this paper end with the same advice: use C3D to get features for any video problem, **"just
# like a pretrained VGG"**. (VGG is a net for photographs that people reuse in this way.)
#
# > **Can a net that has learnt one thing help you with another?**
#
# We try it. On the way we walk into a trap, together and on purpose. First, a film:

# %%
import numpy as np
import torch

from c3d_teach import (
    C3D,
    MotionDigits,
    claim,
    describe,
    embed_clips,
    load,
)
from c3d_teach import video_descriptor as by_the_kit
from c3d_teach.analysis.descriptors.compactness import PAPER_UCF101
from c3d_teach.classroom.checks.descriptors import check_video_descriptor
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.experiments import group_leak, like_vgg, squeezed
from c3d_teach.viz.charts import bars
from c3d_teach.viz.descriptor_charts import descriptor_chart
from c3d_teach.viz.embedding_charts import clip_embedding_chart
from c3d_teach.viz.feature_charts import compactness_chart
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.static import film_strip
from c3d_teach.viz.widgets.neighbours import Neighbours
from c3d_teach.viz.widgets.quiz import Quiz

made = group_leak.films(seed=0)  # 90 films of 80 frames, each cut into 5 clips
film = made.clips[made.film == 42]
play(
    {"one film, its first 48 frames": film[:3].flatten(0, 1)},
    alt="A handwritten digit that moves on and on",
)

# %% [markdown]
# ## 1. Take off the head
#
# What does C3D do with a clip? Convolutions and pools come first. Then come three layers that
# are fully connected. The last one, fc8, gives one number for each class of **its** task. Your
# classes are others. So fc8 is of no use to you.

# %%
with torch.device("meta"):  # shapes only: a net whose weights take no memory
    paper = C3D()

for row in describe(paper):
    if row.name in ("pool5", "fc6", "fc7", "fc8"):
        print(f"{row.name}: {' × '.join(str(n) for n in row.shape)}")

# %% [markdown]
# **Drop fc8, and fc7 with it.** What is left ends at fc6 and its ReLU. A clip goes in, 4,096
# numbers come out, none of them negative. They are the clip's **features**, and the net that is
# left is a **feature extractor**. Its weights stay as they are: it is **frozen**.
#
# Our small net motion-d3 has learnt how digits move. Here is what its fc6 says about the film. It
# is cut into **clips of 16 frames**, one after the other. (The paper takes one every 8 frames, so
# that neighbours overlap. Ours share no frame.)

# %%
net = load("motion-d3")
fc6 = net.descriptor(film, "fc6")
print("Five clips of one film (clips, frames, h, w, c):", tuple(film.shape))
print("Their fc6 after the ReLU, (clips, features):    ", tuple(fc6.shape))
print("Is any of them negative?", bool((fc6 < 0).any()))

# %% [markdown]
# ## 2. Many clips, one video
#
# Videos differ in length, and a classifier wants the same number of inputs each time. The paper
# (sections 3.4 and 4.1) takes three steps:
#
# 1. fc6 of each clip, **after the ReLU**;
# 2. the **mean** over the clips;
# 3. then **L2**: divide by the length, that is by the root of the sum of the squares.
#
# What comes out is the video's **descriptor**. Whether the film has 5 clips or 500, it is one list
# of numbers, of length 1.

# %%
one = torch.from_numpy(by_the_kit(fc6))
show(
    descriptor_chart(
        {
            "fc6 of\n5 clips": fc6[:, :64],
            "mean": fc6.mean(0)[:64],
            "then L2": one[:64],
        },
        title="Five clips in, one descriptor out (the first 64 features)",
    ),
    alt="Five rows of 64 coloured cells; many columns are alike in all rows. Below them their "
    "mean, and the same pattern again after L2.",
)
print("The descriptor has length 1:", abs(float(one.norm()) - 1) < 1e-5)

# %% [markdown]
# **What to see.** Orange is active, white is zero. Look for columns that are orange in all five
# rows: **clips of one film resemble each other**. Remember that, we pay for it soon. The mean
# keeps what they share. L2 changes no pattern; it only makes a loud video and a faint one equally
# long.
#
# ## 3. Your turn
#
# | Exercise 8 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Write the descriptor | ●●○○○ | ●●●●○ | 10 minutes |
#
# Write `video_descriptor(fc6)`. It gets the fc6 of all clips of a video **before its ReLU**, as
# `(clips, features)`. It returns `(features,)`: ReLU, mean over the clips, then L2.
#
# One video can be silent: all its activations are negative. Then there is nothing to divide by. Its
# descriptor **stays zero**. Here is what should come out for three clips of five features:

# %%
before = torch.tensor(
    [[3.0, -2.0, 0.0, 1.0, -1.0], [1.0, 4.0, -3.0, 1.0, -1.0], [2.0, -2.0, -6.0, 1.0, -1.0]]
)
show(
    descriptor_chart(
        {
            "before\nthe ReLU": before,
            "after it": before.relu(),
            "expected": by_the_kit(before.relu()),
        },
        title="Expected picture: negative numbers have no say, and the length is 1",
    ),
    alt="Three clips of five numbers before the ReLU and after it, and the expected descriptor: "
    "0.77, 0.51, 0, 0.38, 0.",
)

# %% [markdown]
# **What to see.** Look at the second feature. Two clips say −2, one says 4. Behind the ReLU the two
# are silent, and the 4 counts. If you take the mean first, the three add up to zero, and the 4 is
# lost. **The order of the steps matters.**
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Three steps, three lines. `torch.relu` or `.clamp(min=0)` is the first.
# </details>
#
# <details><summary><b>Hint 2</b> · the axis</summary>
#
# The clips are axis 0. After the mean over axis 0 there is one number left for each feature.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# The length is `mean.norm()`. Divide by it only if it is above 0, and return the mean as it is
# otherwise.
# </details>


# %% tags=["solution"]
def video_descriptor(fc6):
    """Descriptor of a video: ReLU, mean over its clips, then L2.

    fc6: (clips, features), before the ReLU. Returns (features,), of length 1 or all zero.
    """
    ### BEGIN SOLUTION
    mean_over_the_clips = torch.relu(fc6).mean(dim=0)
    length_of_it = mean_over_the_clips.norm()
    if length_of_it == 0:
        return mean_over_the_clips
    return mean_over_the_clips / length_of_it
    ### END SOLUTION


# %%
print(check_video_descriptor(video_descriptor))

# %% [markdown]
# ## 4. Who is near whom?
#
# If features are good, clips that are alike have descriptors that point the same way. The
# **cosine** says how much: 1 means the same direction, 0 means nothing in common. Ask for a clip,
# and look at its three nearest neighbours. What do they share with it: the digit, or the motion?

# %%
digits = MotionDigits(240, split="test", seed=5)
gallery = digits.batch(range(240))
pairs = zip(gallery["digit"].tolist(), gallery["motion"].tolist(), strict=True)
names = [f"{d}, {digits.motions[m].replace('counter-clockwise', 'counter')}" for d, m in pairs]
descriptors = net.descriptor(gallery["clip"], "fc6").numpy()

# %% tags=["nbval-ignore-output"]
clear = (49, 21, 28, 31, 34, 37, 40, 54, 55, 62, 83, 92)
look = Neighbours(gallery["clip"], descriptors, names, queries=clear)
look

# %%
show(
    look.figure(49),
    alt=f"A clip ({names[49]}) as a film strip, and below it the three clips of the most similar "
    "fc6, each with its digit and its motion.",
)

# %% [markdown]
# **What to see.** Read the names on the left: first the digit, then the motion. The neighbours move
# as the asked clip does. They often show another digit. (A digit that leaves on one side comes in
# again on the other.) Now try "2 components", two numbers in place of 512, for a few clips. When
# does it still find the right motion?
#
# The same for 240 clips at once: **t-SNE** makes a map, an **embedding**, in which neighbours stay
# neighbours. It never sees a label. The labels are painted on afterwards.

# %%
found = embed_clips(net, digits, count=240, method="tsne")
show(
    clip_embedding_chart(
        found, title="One map, painted twice: by what is seen, and by how it moves"
    ),
    alt="A map of 240 clips by fc6, drawn twice. Painted by digit, the kinds are mixed. Painted "
    "by motion, the kinds lie in patches.",
)
how, what = (one.descriptor - one.chance for one in (found.how, found.what))
print("Neighbours share the motion far more often than by chance:", how > 0.2)
print("Neighbours share the digit far more often than by chance: ", what > 0.2)

# %% [markdown]
# **What to see.** Left and right hold the same points. On the right, every patch is one motion. On
# the left, every patch holds all digits. The net was trained on the motion, and its fc6 speaks of
# the motion. A map is a picture, not a proof: in t-SNE the size of a patch and the gap between two
# patches mean nothing.
#
# ## 5. Predict first
#
# Now our films. 90 of them, ten of each digit 0 to 8, every one of another handwritten image. Each
# film gives five clips, so there are 450 clips. No two share a frame. The question is **which
# digit** it is. On frozen fc6 we train a **linear SVM**, a classifier that draws straight borders.
# This is called a **linear probe**. Chance is 11 %.
#
# We test on clips that were not in the training. There are two ways to choose them:
#
# - **by clip**: shuffle all 450 clips, train on four fifths, test on one fifth;
# - **by film**: shuffle the 90 films, train on the clips of 72, test on the clips of 18.
#
# Which looks better? `"by clip"`, `"by film"` or `"both the same"`. And by how much? `"under 10"`,
# `"10 to 40"` or `"over 40"` points (per cent of the clips).

# %%
guess_split = "?"
guess_points = "?"

# %% [markdown]
# ## 6. The trap
#
# First the way that everybody tries first: by clip.

# %%
x = group_leak.described(net, made.clips)
by_clip = group_leak.probed(x, made, "digit", "clips")  # five times: each fifth tests once
print("Clips:", by_clip.videos)
print("Right in more than half of the test clips:", by_clip.accuracy > 0.5)
print("More than four times chance:", by_clip.accuracy > 4 * by_clip.chance)

# %% [markdown]
# Wonderful! A net that was trained on motion alone, and a straight line on top of it, read
# handwritten digits. Shall we write to our friends?
#
# Not yet. The map of section 4 said that this net hardly knows digits. So how can this be? Now by
# film:

# %%
by_film = group_leak.probed(x, made, "digit", "films")
gap = 100 * (by_clip.accuracy - by_film.accuracy)
print("Right in more than a quarter of the test clips:", by_film.accuracy > 0.25)
print("The random split looks better by more than 10 points:", gap > 10)
better = "both the same" if abs(gap) < 2 else "by clip" if gap > 0 else "by film"
size = "under 10" if abs(gap) < 10 else "10 to 40" if abs(gap) <= 40 else "over 40"
print(compare_guess(guess_split, better, ("by clip", "by film", "both the same")))
print(compare_guess(guess_points, size, ("under 10", "10 to 40", "over 40")))

# %% [markdown]
# It was all a mistake. Nothing in the net changed, nothing in the SVM changed. Only the split did.
# Look at what stood on the two sides of the first split:

# %%
show(
    film_strip(
        film[:, 8],
        title="One frame of each of the five clips: the same pen, five times",
        columns=5,
    ),
    alt="Five frames of one film, one from each clip. The same handwritten digit is in all five.",
)

# %% [markdown]
# **What to see.** All five clips show the same stroke of the same pen, moving in the same way.
# (Here t counts the clips, 0 to 4.) With clips shuffled, about three of the other four are in
# training when one is tested. The SVM does not have to know what a 3 is. It only has to know the
# *film* again. This is called a **leak**: something about the test was in the training.
#
# ### The control that settles it
#
# If it only knows films again, then the labels need not mean anything. So deal them out like
# cards: every film gets a digit **at random**. Nothing can be learnt from that about digits. Here
# are five draws of films. The first pair of bars is a question that the net was trained for: which
# motion is it?

# %%
leak = group_leak.shipped()["accuracy"]
ask = {"motion": "which motion", "digit": "which digit", "dealt": "labels dealt\nto films"}
show(
    bars(
        {
            words: {f"split by {s[:-1]}": 100 * np.mean(leak[q][s]) for s in ("films", "clips")}
            for q, words in ask.items()
        },
        title="Split by clip, even labels that mean nothing are 'learnt' (chance: 11 to 12.5 %)",
        xlabel="right answers (% of the test clips, mean of 5 draws of films)",
    ),
    alt="Three pairs of bars. For the motion both splits are near 100 %. For the digit, and for "
    "labels dealt at random, the split by clip is far above chance, the split by film near it.",
)
say(claim("group-leak").statement)
say(claim("leak-without-meaning").statement)
say(claim("motion-does-not-leak").statement)

# %% [markdown]
# **What to see.** The two lower pairs are much the same. With labels that mean *nothing*, the
# random split still looks excellent. That is the sign of a leak. The upper pair shows the other
# side: what the net really knows stands up in both splits. Split by film, the lower pairs are near
# chance, and that is the honest answer: this net's fc6 does not say which digit it is.
#
# **Groups stay whole.** UCF101 is made of such groups: its clips were cut from longer films, 25
# groups in each class. Its three official splits keep every group on one side. If you split
# UCF101 at random, you measure the leak. The same holds for patients, speakers, streets.
#
# An interval can deceive, too. Five clips of one film are not five independent tests: where one is
# taken for another digit, so are most of the others. The kit draws whole groups when it works out
# a 95 % interval, and says what the clips are worth:

# %%
print("Clips tested by film:", by_film.videos, "from", by_film.groups, "films")
print("They are worth fewer independent clips:", by_film.effective < by_film.videos)

# %% [markdown]
# ## 7. Like VGG?
#
# Now the honest test of the advice. A frozen net meets a task that it was not trained for. A linear
# SVM learns the task on its fc6, from 100 clips a class. And the **control**: the same net with
# **random weights**. Whatever the trained net has above that, its training has put there.

# %%
rows = [row for row in like_vgg.shipped() if row["each"] == 100]
show(
    bars(
        {
            f"{row['net']}:\n{row['task']}": {
                "random weights": 100 * float(np.mean(row["random"])),
                "trained": 100 * row["trained"],
            }
            for row in rows
        },
        title="Training on one task can help with another, or hurt",
        xlabel="right answers (% of 300 test clips; random: mean of 5 seeds)",
    ),
    alt="Five pairs of bars, trained against random weights. The photo net is ahead on new "
    "photographs, camera-c3d on motions of digits. On photographs camera-c3d is far behind.",
)
say(claim("like-vgg-holds").statement)
say(claim("like-vgg-motions").statement)
say(claim("like-vgg-fails").statement)
say(claim("like-vgg-digit").statement)

# %% [markdown]
# **What to see.** Compare the bars of each pair. The photo net learnt to tell eight photographs
# apart, and it helps with five new ones. camera-c3d learnt how cameras move, and it helps with
# how digits move. So far the advice holds.
#
# But look at camera-c3d and the photographs. Its training has made it **worse than random
# weights**. A net that is paid for motion alone has no use for what moves, and seems to drop it.
# Random weights drop less. So:
#
# > **Features are general as far as the training task made the net keep something.**
#
# VGG was paid for a thousand kinds of things, C3D for 487 kinds of sports. That is why they keep so
# much. One warning: the new photographs are five. An interval over 300 clips of five photographs
# speaks of other clips of these five, not of other photographs.
#
# ## 8. How few numbers will do?
#
# Section 4.3 of the paper: take **PCA**, which turns the descriptors so that the first axis holds
# most of the variance, the second most of the rest, and so on. Keep the first 10, 50, 100 … numbers
# and train the SVM on these. Features that need few numbers are called **compact**.

# %%
small = squeezed.shipped()
points = small["points"][:-1]  # the last is all of fc6, without PCA
show(
    compactness_chart(
        [p["dimension"] for p in points],
        [p["accuracy"] for p in points],
        [p["interval"][0] for p in points],
        [p["interval"][1] for p in points],
        title="Fifty numbers do most of the work, in ours and in the paper",
        paper=PAPER_UCF101,
        chance=small["chance"],
    ),
    alt="Accuracy over the number of dimensions on a logarithmic axis, ours with whiskers and "
    "the paper's four values on UCF101. Both rise up to 50 dimensions and then flatten.",
)
say(claim("fc6-compact").statement)

# %% [markdown]
# **What to see.** Compare the *shape* of the two lines, not their height: other videos, another
# net, other classes. Both are nearly flat from 50 on. Ours begins high: eight motions are fewer
# than 101 actions, and two numbers already tell many of them apart. PCA was fitted on the
# training part of each split alone, and clips of one handwritten image stay together. (Why? You
# know now.)
#
# ## 9. What the paper says
#
# | | what the paper says | what you saw |
# |---|---|---|
# | descriptor (3.4, 4.1) | fc6 of clips, one every 8 frames; mean, then L2 | sections 1 and 2 |
# | UCF101 (4) | a linear SVM on fc6: 82.3 % with one net, 85.2 % with three | not measured here |
# | compact (4.3) | 10, 50, 100, 500 numbers: 52.8, 72.6, 75.6, 79.4 % | the same shape |
# | general (4 to 6) | one net serves actions, scenes and objects | it depends on the training |
#
# The numbers in brackets are sections of the paper. Its C3D was trained on a million sports videos,
# which show much of the world, and its features served well for other videos. Our finding does
# not contradict that. It says where the limit lies.
#
# ## 10. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=8))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. ReLU, mean over the clips, then L2. 2. Its numbers are classes of the old task. 3. Clips of one
# film were on both sides of the split. 4. The training had no use for what things look like.
# 5. Official splits, with every group whole.
# </details>
#
# ## What comes next
#
# All this was with toy films. In **lesson 9** you give a net *your own video*: a file from your
# phone, with its own size, speed and length. You will cut it into clips, prepare the frames as the
# net expects them, and learn to doubt an answer that comes too easily.
