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
# # 1 · Clips, kernels and one convolution
#
# **After this lesson you can**
#
# - read the shape of a clip, c×l×h×w, and of a kernel, d×k×k;
# - work out one number of a 3D convolution by hand, and write the whole of it with loops;
# - build a kernel that answers to things moving right, and say why no flat kernel can;
# - let a kernel be learnt from examples.
#
# **Time:** 60 minutes, the exercise included. **You need:** Python, and a rough idea of what an
# array is. No neural networks yet. **It runs** on a laptop, without a network, in under a minute.
#
# The paper behind this course is *Learning Spatiotemporal Features with 3D Convolutional
# Networks* by Tran, Bourdev, Fergus, Torresani and Paluri (ICCV 2015). Its net is called
# **C3D**. Today we look at the one operation it is made of.
#
# New words are in **bold** where they first come. All of them stand in the
# [glossary](glossary.md), with their Chinese names.

# %% [markdown]
# ## A question
#
# Below, a handwritten digit moves. Look at it for a second. Which way does it go?
#
# Easy. Now imagine that you get **one frame** of it, a photograph. Which way does it go?
#
# You cannot know. The motion is in no frame. It is *between* the frames. So here is the question
# of this lesson:
#
# > **What arithmetic can tell left from right?**

# %%
import torch
from torch.nn import functional as F

from c3d_teach import MotionDigits
from c3d_teach.classroom.checks.convolution import check_conv3d
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.viz.charts import bars, curves
from c3d_teach.viz.notebook import play, show
from c3d_teach.viz.static import (
    film_strip,
    kernel_rows,
    kernel_slices,
    response_rows,
    response_strip,
    xt_sections,
)
from c3d_teach.viz.stepping import step, step_figure
from c3d_teach.viz.widgets.quiz import Quiz
from c3d_teach.viz.widgets.stepper import Stepper

digits = MotionDigits(512)
walk = digits[337]["clip"]
play({"Which way does it go?": walk}, alt="A handwritten five glides to the right")

# %% [markdown]
# ## 1. A clip is a block of numbers
#
# A film is a stack of frames. A short piece of it is called a **clip**. Here are all frames of
# the clip above, in order.

# %%
show(
    film_strip(walk, title="One clip: 16 frames, and between each and the next a small step"),
    alt="Sixteen frames of a handwritten five. From one to the next it moves right by about a "
    "pixel.",
)

# %% [markdown]
# **What to see.** Each frame is a fine picture of a five, and no frame says where it is going.
# Compare t = 0 with t = 15: it went right. Compare t = 7 with t = 8: hardly a difference. Motion
# is a small thing between neighbours.
#
# The paper writes the size of a clip as **c×l×h×w**: channels, length in frames, height, width.
# Ours is grey, so it has one channel. A colour clip has three.

# %%
print("As a file has it  (l, h, w, c):", tuple(walk.shape), walk.dtype)

clip = walk.movedim(-1, 0).float()  # channels first, and numbers that one can calculate with
print("As a net wants it (c, l, h, w):", tuple(clip.shape), clip.dtype)

size = " × ".join(str(n) for n in clip.shape)
print(f"{size} = {clip.numel():,} numbers, each from 0 (black) to 255 (white)")
print(f"A clip of C3D is 3 × 16 × 112 × 112 = {3 * 16 * 112 * 112:,} numbers")

# %% [markdown]
# ## 2. Predict first
#
# Soon we build two **kernels**, small blocks of weights that slide over the clip.
#
# - The **deep** one sees 3 frames at a time. It is made to answer loudly to things that move
#   right.
# - The **flat** one sees 1 frame at a time. It answers loudly to bright upright strokes.
#
# We note each kernel's loudest answer to the clip. Then we **play the clip backwards** and note
# it again. What happens to the loudest answer? Write your guess between the quotation marks:
# `"falls"`, `"rises"` or `"stays the same"`. It stays in this notebook. We come back to it.

# %%
guess_deep = "?"
guess_flat = "?"

# %% [markdown]
# ## 3. One convolution, number by number
#
# We start flat and small. This toy clip has 5 frames of 5×7 pixels. The background is 1. A bar of
# brightness 4 moves right by one pixel a frame.

# %%
toy = torch.ones(5, 5, 7)
for t in range(5):
    toy[t, 1:4, t + 1] = 4

flat_kernel = torch.tensor([[-1.0, 2.0, -1.0]] * 3)  # 3×3: likes a bright stroke in its middle

window = toy[1, 1:4, 1:4]
products = window * flat_kernel
print("window:\n", window.int().tolist())
print("times kernel:\n", products.int().tolist())
print("added up:", int(products.sum()))

# %% [markdown]
# That is all. **Lay the kernel on a window, multiply number by number, add up.** One window gives
# one number. That number is the kernel's **response** at this place. The next figure shows the same
# step. Check one product in your head.

# %%
flat_step = step(toy, flat_kernel[None], t=1, y=1, x=1)
show(
    step_figure(flat_step, title="2D: one window of one frame gives one number"),
    alt=f"A 3×3 window around the bright bar, the kernel and their products. {flat_step.sentence}",
)

# %% [markdown]
# **What to see.** Orange is positive, blue is negative, white is zero. The bar lies under the 2s,
# so the sum is large. To the right, where all pixels are 1, the response is 0: the weights add up
# to zero, so this kernel is blind to plain surfaces. Now slide the window over all places. That
# takes two loops.


# %%
def conv2d_by_hand(frame, kernel):
    """Every window of ``frame`` (H, W) times ``kernel`` (k, k), added up; no padding."""
    height, width = frame.shape
    k = len(kernel)
    out = torch.zeros(height - k + 1, width - k + 1)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = (frame[y : y + k, x : x + k] * kernel).sum()
    return out


for row in conv2d_by_hand(toy[1], flat_kernel):
    print(row.int().tolist())

# %% [markdown]
# These are the numbers on the right of the figure.
#
# ## 4. Now with time
#
# A **3D kernel** has a third size: its depth d in time. It is a block d×k×k, and its window is a
# block, too: k×k pixels of d frames. Nothing else changes. Multiply, add up.
#
# Here is a kernel of size 3×3×3. Its three slices are three copies of the flat one. But in each
# slice the 2s stand one column further right.

# %%
deep_kernel = torch.full((3, 3, 3), -1.0)
for t in range(3):
    deep_kernel[t, :, t] = 2

show(
    kernel_slices(deep_kernel, title="A kernel 3×3×3: the bright column steps right with time"),
    alt="Three 3×3 slices of weights, 2 in one column and −1 elsewhere. The column of 2s is on the "
    "left in the first slice, in the middle in the second, on the right in the third.",
)

# %% [markdown]
# **What to see.** Read the slices like a comic strip: left, middle, right. The kernel is itself a
# tiny film of a bar moving right. It will answer to what looks like it.

# %%
deep_step = step(toy, deep_kernel, t=1, y=1, x=2)
print("Slice sums:", [int(s) for s in deep_step.sums])
print("3D convolution at this place:", int(sum(deep_step.sums)))

# %% [markdown]
# ### Move the kernel yourself
#
# Run the next cell. Move **x** first, then **t**. Find the loudest place at each t. How does it
# move from one t to the next?

# %% tags=["nbval-ignore-output"]
Stepper(toy, deep_kernel, start=(1, 1, 2))

# %%
show(
    step_figure(deep_step, title="3D: one window of three frames gives one number"),
    alt=f"Three frames with a 3×3 window each, three kernel slices, products. {deep_step.sentence}",
)

# %% [markdown]
# **What to see.** In each of the three frames the bar lies exactly under the 2s, because it moves
# as the kernel "expects". The three sums agree and add up to 54. One place to the left or right
# (the response map on the right) they do not. And from one t to the next the loudest place moves
# right by one: it walks with the bar.

# %% [markdown]
# ## 5. Your turn
#
# | Exercise 1 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Write a 3D convolution | ●●○○○ | ●●●●● | 15 minutes |
#
# Write `conv3d(clip, kernel)` with loops. The window moves by one place at a time, as before; this
# is called **stride** 1. Two things are new.
#
# **Channels.** The clip is `(C, L, H, W)`, the kernel is `(C, d, k, k)`. The window holds all
# channels. All products are added up, so the answer has no channels: it is `(L, H, W)`.
#
# **Padding.** Without padding the output shrinks, as you saw: 5×5×7 became 3×3×5. The paper pads
# all convolutions so that the size stays. Think of zeros all around the clip, so that the
# *middle* of the window can lie on every pixel. (d and k are odd.)
#
# This is what should come out for the toy clip and the deep kernel:

# %%
expected = F.conv3d(toy[None, None], deep_kernel[None, None], padding=1)[0, 0]
show(
    response_strip(expected, title="Expected picture: the loud spot walks right with the bar"),
    alt="Five response frames of 5×7. An orange spot moves right by a pixel a frame, with blue "
    "beside it, and weaker values along the border, where the zeros of the padding come in.",
)

# %% [markdown]
# **What to see.** Five frames go in, five come out, of the same size. The loud spot is where the
# bar is, in every frame. In the first and the last frame it is weaker, for there a third of the
# window lies on the zeros of the padding.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Take `conv2d_by_hand` and add a loop over t. Cut the window out of three axes in place of two,
# and keep all channels: `something[:, t : …, y : …, x : …]`.
# </details>
#
# <details><summary><b>Hint 2</b> · the padding</summary>
#
# Make a larger block of zeros and write the clip into its middle. How many zeros go before the
# first frame? As many as a window of d frames needs so that its *middle* frame is frame 0:
# `d // 2`. The same number goes behind the last. In space it is `k // 2`.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# With the padded block, the window for output `[t, y, x]` simply *starts* at `[t, y, x]` and is
# d×k×k large. Let t, y and x run over the size of the clip **before** padding. `window * kernel`
# multiplies all channels at once, and `.sum()` adds everything up.
# </details>


# %% tags=["solution"]
def conv3d(clip, kernel):
    """3D convolution with zero padding; the size stays, stride 1.

    clip: (C, L, H, W), kernel: (C, d, k, k) with odd d and k. Returns (L, H, W).
    """
    ### BEGIN SOLUTION
    channels, length, height, width = clip.shape
    _, d, k, _ = kernel.shape
    padded = torch.zeros(channels, length + d - 1, height + k - 1, width + k - 1)
    padded[:, d // 2 : d // 2 + length, k // 2 : k // 2 + height, k // 2 : k // 2 + width] = clip
    out = torch.zeros(length, height, width)
    for t in range(length):
        for y in range(height):
            for x in range(width):
                block = padded[:, t : t + d, y : y + k, x : x + k]
                out[t, y, x] = (block * kernel).sum()
    return out
    ### END SOLUTION


# %%
print(check_conv3d(conv3d))

# %% [markdown]
# Run the check as often as you like. It tells you *what kind* of mistake it found, never the
# answer. When it says ✔, draw your own picture:
# `show(response_strip(conv3d(toy[None], deep_kernel[None]), title="Mine"), alt="mine")`.

# %% [markdown]
# ## 6. The same from PyTorch
#
# Loops in Python are slow. `F.conv3d` does the same sum, fast. It takes batches: the clip is
# `(N, C, L, H, W)`, and there is one kernel for each output channel, `(out, C, d, k, k)`.
#
# Is it really the same? Our flat loop on every frame must agree with `F.conv3d` and a kernel of
# depth 1.

# %%
by_loops = torch.stack([conv2d_by_hand(frame, flat_kernel) for frame in clip[0]])
by_torch = F.conv3d(clip[None], flat_kernel[None, None, None])[0, 0]

print("Sizes:", tuple(by_loops.shape), "and", tuple(by_torch.shape))
print("Same numbers:", torch.allclose(by_loops, by_torch, atol=0.01))

# %% [markdown]
# ### A word about the word
#
# In mathematics, a *convolution* flips the kernel first. Without the flip it is called a
# *correlation*. Deep learning does not flip, and says convolution all the same. Here is how to
# find out what a library does: give it a clip with a single 1 in it.

# %%
dot = torch.zeros(1, 1, 5, 5, 5)
dot[0, 0, 2, 2, 2] = 1
ruler = torch.arange(1.0, 28.0).view(3, 3, 3)  # 1 to 27: every weight has its own name
echo = F.conv3d(dot, ruler[None, None], padding=1)[0, 0, 1:4, 1:4, 1:4]

print("The echo is the kernel:        ", torch.equal(echo, ruler))
print("The echo is the flipped kernel:", torch.equal(echo, ruler.flip(0, 1, 2)))

# %% [markdown]
# A true convolution would give back the kernel itself. This gives the kernel flipped in time,
# height and width: so it is a correlation. A *learnt* kernel does not care, it is learnt in
# whichever order it is used. But remember that **flipping a kernel in time means playing it
# backwards**. We need that now.

# %% [markdown]
# ## 7. Play it backwards
#
# First a picture of the motion. Take one row of pixels and stack it for all times, one line for
# each frame. What stands still gives an upright stripe. What moves gives a slanted one.

# %%
forwards, backwards = clip, clip.flip(1)  # axis 1 of (c, l, h, w) is time

show(
    xt_sections(
        {"forwards": walk, "backwards": walk.flip(0)},
        row=23,
        title="Motion is a slope: played backwards, the same stripe leans the other way",
    ),
    alt="Row 23 of the clip over time. Forwards the bright stripe leans down to the right; "
    "backwards it leans down to the left.",
)

# %% [markdown]
# **What to see.** Time runs down. Forwards, the stripe falls to the right. Backwards, it falls to
# the left. A kernel that sees one frame sees one *line* of this picture. A line has no slope. The
# deep kernel sees three lines, and its 2s lie on a slope.
#
# Now to the loudest answer of each kernel, forwards and backwards.

# %%
flat = flat_kernel[None]  # 1×3×3


def response(clips, kernel):
    """Clips (N, 1, L, H, W) and a kernel (d, k, k) give (N, L', H', W'); no padding."""
    return F.conv3d(clips, kernel[None, None])[:, 0]


def loudest(clips, kernel):
    """The largest response to each of the clips, (N,)."""
    return response(clips, kernel).amax(dim=(1, 2, 3))


def outcome(before, after):
    """In the words of the guess; a change below one part in a thousand is none."""
    if abs(after - before) < before / 1000:
        return "stays the same"
    return "falls" if after < before else "rises"


choices = ("falls", "rises", "stays the same")
for name, kernel, guess in (("deep", deep_kernel, guess_deep), ("flat", flat, guess_flat)):
    before = loudest(forwards[None], kernel).item()
    after = loudest(backwards[None], kernel).item()
    print(f"{name}: {before:.0f} forwards, {after:.0f} backwards.")
    print("     ", compare_guess(guess, outcome(before, after), choices))

# %%
picture_forwards = F.conv3d(forwards[None], deep_kernel[None, None], padding=1)[0, 0]
picture_backwards = F.conv3d(backwards[None], deep_kernel[None, None], padding=1)[0, 0]
show(
    response_rows(
        walk,
        {"forwards": picture_forwards, "backwards": picture_backwards.flip(0)},
        times=(3, 6, 9, 12),
        title="The deep kernel lights up along upright strokes, if they move right",
    ),
    alt="Four frames of the clip, and the deep kernel's response at the same frames. Forwards "
    "there are strong orange lines on the upright strokes; backwards the same strokes are blue.",
)

# %% [markdown]
# **What to see.** Look at the two upright strokes of the five. Forwards they light up orange, and
# the light walks with the digit. Backwards the *same strokes in the same frames* turn blue: there
# the outer slices lay their −1s on the stroke, not their 2s. Pale orange is left beside the
# strokes, where a few of the 2s still meet something bright. A single small kernel is a rough
# tool.
#
# Why does the flat kernel's number not move at all? It treats each frame alone. Backwards, it
# meets the same frames in another order, and gives the same responses in another order. The
# largest of them stays the largest. This is not bad luck with this kernel. **It holds for every
# kernel of size 1×k×k.** No weights, however learnt, can change it.
#
# One clip is an anecdote. So here are 512 clips, 64 for each of eight motions.

# %%
many = digits.batch(range(512))
clips = many["clip"].movedim(-1, 1).float()
ahead, back = loudest(clips, deep_kernel), loudest(clips.flip(2), deep_kernel)

table = {}
for number, motion in enumerate(digits.motions):
    mine = many["motion"] == number
    table[motion] = {
        "forwards": ahead[mine].mean().item(),
        "backwards": back[mine].mean().item(),
    }
show(
    bars(
        table,
        title="Of eight motions, the deep kernel tells right from left, and no more",
        xlabel="loudest response (brightness levels), mean of 64 clips",
    ),
    alt="Bars for eight motions. Left is loud backwards, right is loud forwards. For up, down, "
    "turning and zooming, forwards and backwards are alike.",
)

right = many["motion"] == digits.motions.index("right")
same = torch.isclose(loudest(clips, flat), loudest(clips.flip(2), flat), rtol=1e-4)
print(f"Deep kernel, moving right: louder forwards in {int((ahead > back)[right].sum())} of 64.")
print(f"Flat kernel, all motions: the same both ways in {int(same.sum())} of {len(same)}.")

# %% [markdown]
# **What to see.** Only *left* and *right* differ: a clip that moves left is loud when it is
# played backwards, for then it moves right. On the six other motions our kernel is no help. It
# needs company, and C3D's first layer has 64 kernels.
#
# ## 8. Learn the kernel
#
# We made the kernel by hand, because we knew what to look for. Can it be found from examples
# alone? We hide it, and show only what goes in and what comes out. What goes in is television
# snow: pure noise, no digits, no motion.
#
# The recipe is **gradient descent**. Start with zeros. Compare what comes out with what should.
# Nudge each weight a little in the direction that makes the error smaller. Repeat.

# %%
torch.manual_seed(0)
snow = torch.randn(8, 1, 6, 12, 12)
target = F.conv3d(snow, deep_kernel[None, None])  # all that the learner is told


def learn(depth, steps=100, rate=0.05):
    """Fit a kernel depth×3×3; returns the error and the kernel before each step."""
    kernel = torch.zeros(1, 1, depth, 3, 3, requires_grad=True)
    errors, kernels = [], []
    for _ in range(steps):
        kernels.append(kernel.detach()[0, 0].clone())
        guessed = F.conv3d(snow, kernel)
        if depth == 1:
            guessed = guessed[:, :, 1:-1]  # the frames that the target has
        error = (guessed - target).square().mean()
        error.backward()
        errors.append(error.item())
        with torch.no_grad():
            kernel -= rate * kernel.grad
        kernel.grad = None
    return errors, kernels


deep_errors, deep_kernels = learn(depth=3)
flat_errors, _ = learn(depth=1)

worst = (deep_kernels[-1] - deep_kernel).abs().max().item()
print("Every weight of the hidden kernel found to within 0.01:", worst < 0.01)
stuck = flat_errors[-1] > flat_errors[0] / 2
print("More than half of the flat kernel's error is still there:  ", stuck)

# %%
show(
    kernel_rows(
        {f"after {n} steps": deep_kernels[n] for n in (1, 10, 99)},
        title="From nothing to the kernel we had hidden",
    ),
    alt="The learnt kernel after 1, 10 and 99 steps. The column of twos that steps right comes out "
    "faintly at once, and is exact in the end.",
)

# %% [markdown]
# **What to see.** One line a moment, one column a slice. The pattern is there from the first step,
# faintly. Then it grows. In the end it *is* the hidden kernel. Nobody told the learner about bars,
# or about motion.

# %%
show(
    curves(
        {"3×3×3": deep_errors, "1×3×3": flat_errors},
        title="The deep kernel finds the answer; the flat one is stuck",
        xlabel="steps of gradient descent",
        ylabel="mean squared error",
        log=True,
    ),
    alt="Error over 100 steps on a logarithmic axis. The 3×3×3 kernel's error falls steadily, the "
    "1×3×3 kernel's error stays near its start.",
)

# %% [markdown]
# **What to see.** The deep kernel's error falls in a straight line on this logarithmic axis, by
# the same factor at each step. The flat kernel learns the middle slice and then stays at two
# thirds of the error, for two of the three slices are out of its sight. More steps would not
# help. *It is not trained badly. It cannot say what has to be said.*
#
# ## 9. What the paper says
#
# Section 3.1 fixes the words: clips are **c×l×h×w**, kernels are **d×k×k**, "where d is kernel
# temporal depth and k is kernel spatial size". The authors then fix k = 3 and ask which d is best.
# Of the depths they tried, 3 in all layers came out first. <!-- claim: order-hangs-on-rate -->
# On the moving digits of this kit several depths are as good, and which comes first hangs on how
# the nets are trained. Lesson 4 tries it again; the measurements are in
# [docs/studies.md](../docs/studies.md).
#
# Figure 1 of the paper compares three things that can be done with frames. Here they are as
# shapes. Look at where time goes.

# %%
one_frame, all_frames = clip[:, 0][None], clip[0][None]  # (N, 1, H, W) and (N, 16, H, W)

a = F.conv2d(one_frame, torch.ones(1, 1, 3, 3), padding=1)
b = F.conv2d(all_frames, torch.ones(1, 16, 3, 3), padding=1)
c = F.conv3d(clip[None], torch.ones(1, 1, 3, 3, 3), padding=1)
for name, before, after in (
    ("(a) 2D, one frame", one_frame, a),
    ("(b) 2D, frames as channels", all_frames, b),
    ("(c) 3D", clip[None], c),
):
    print(f"{name:<27} {tuple(before.shape[1:])!s:<16} → {tuple(after.shape[1:])}")

# %% [markdown]
# - (a) An image gives an image; of how these digits move it holds nothing.
#   <!-- claim: one-frame-chance -->
# - (b) Sixteen frames, stacked like colours, give *one image*. After that layer time is gone, and
#   the next one has none to look at. What does the image still know of the motion? That is a
#   question of lesson 2.
# - (c) A clip gives a **clip**. Time is still there, and a next layer can look for motion in it
#   again. On this idea C3D is built: every convolution in it is 3D.
#
# ## 10. Five questions
#
# Answer from memory. That is what makes it stay. Each answer gets a reply, and you may change
# your mind.

# %%
Quiz(questions(lesson=1))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. The length in frames. 2. 75 = 3 × 5 × 5. 3. It stays the same, always: same frames, same
# responses, another order. 4. To motion to the left. 5. The time axis.
# </details>
#
# ## What comes next
#
# One kernel, made by hand, told right from left. One flat kernel could not. But a net has many
# kernels in many layers, and millions of weights. Does a whole *net* of flat kernels do better? In
# **lesson 2** a 2D net and a 3D net learn the eight motions, and you will see where each ends.
#
# *The digits are scikit-learn's, from the UCI repository (Alpaydin and Kaynak, "Optical
# Recognition of Handwritten Digits", CC BY 4.0).*
