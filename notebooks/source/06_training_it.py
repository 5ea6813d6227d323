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
# # 6 · Training it
#
# **After this lesson you can**
#
# - read a training recipe value by value, and say which values the paper leaves out;
# - say why the first weights and the scale of the clips belong together, and see it in one figure;
# - write one step of gradient descent with momentum and weight decay;
# - train a net, watch its learning curve grow, and read it;
# - check whether a fast number format tells the truth on *your* machine.
#
# **Time:** 75 minutes, the exercise included. **You need:** lesson 5, and the idea of a gradient.
# **It runs** on a laptop, without a network, in under a minute; 10 to 20 seconds of that is a real
# training.

# %% [markdown]
# ## A question
#
# In lesson 5 we built C3D. Its 80 million weights are random. Now look at two ways to begin. Both
# use the same net and the same clips. Before the first step of training, one has a **loss** (a
# measure of how wrong the net is) of about 10. The other starts at several hundred. Nothing has
# been learnt yet, so nothing can have been learnt *wrongly*.
#
# > **How can a net be that wrong before it has learnt anything?**

# %%
from collections import Counter
from dataclasses import replace
from math import log
from tempfile import TemporaryDirectory

import torch
from torch.nn import functional as F

from c3d_teach import (
    C3D,
    CameraMotion,
    MotionDigits,
    Preprocess,
    Recipe,
    SearchNet,
    claim,
    evaluate,
    initialise,
    load,
    train,
)
from c3d_teach.classroom.checks.descent import check_sgd_step
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.experiments.bf16_gradients import recorded
from c3d_teach.training.precision import gradient_check
from c3d_teach.training.signal import signal
from c3d_teach.viz.charts import curves
from c3d_teach.viz.crop_chart import crops_chart
from c3d_teach.viz.feature_charts import confusion_chart
from c3d_teach.viz.live import LiveFigure
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.training_charts import (
    gradients_chart,
    learning_chart,
    rate_chart,
    signal_chart,
    valley_chart,
)
from c3d_teach.viz.widgets.quiz import Quiz
from c3d_teach.viz.widgets.schedule import PRESETS, Schedule, schedule

digits = MotionDigits(1024)
play(
    {digits.motions[one["motion"]]: one["clip"] for one in (digits[2], digits[4], digits[6])},
    alt="Three short clips of handwritten digits, each moving in its own way",
    scale=4,
)

# %% [markdown]
# Such clips we will train on: eight motions, and the net is to name the motion.
#
# ## 1. Predict first
#
# There are two usual ways to draw the first weights. **Kaiming's** (from a paper by He and others)
# takes larger numbers, so that the signal keeps its size from layer to layer. The **released C3D
# files** take small ones, N(0, 0.01), and a bias of 1.
#
# And there are two ways to scale a clip. **Standardised**: brightness minus its mean, divided by
# its spread, so most numbers lie between −2 and 2. Or **0–255 minus the mean**, as the released C3D
# takes it: most numbers lie between −100 and 100.
#
# That makes four combinations. What happens in these two? Write `"fine"`, `"explodes"` (the
# numbers are far too large, a first loss in the hundreds) or `"goes deaf"` (all clips look alike
# to it).

# %%
guess_kaiming_on_255 = "?"
guess_released_on_standardised = "?"

# %% [markdown]
# ## 2. The recipe, value by value
#
# A **recipe** is everything that one has to decide before training. Here is the one for the paper's
# kernel-depth study on UCF101, as this kit keeps it. Behind each value stands where it comes from.

# %%
recipe = Recipe.search()
print(recipe)

# %% [markdown]
# Read it slowly once. Some words in it are new:
#
# - **SGD**, stochastic gradient descent: look at a few clips, go one step downhill, look at others.
# - **lr**, the **learning rate**: how long a step is.
# - **batch**, the **mini-batch**: how many clips one step looks at. Here 30.
# - an **epoch**: every training clip has been looked at once.
# - **momentum** and **weight decay**: you will write both yourself, in section 5.

# %%
sources = Counter(source.split(":")[0].split(" for ")[0] for source in recipe.sources.values())
for source, count in sources.items():
    print(f"{count:>2} values from: {source}")

# %% [markdown]
# **The paper alone is not enough to train the net.** Momentum, weight decay, dropout and the
# doubled rate for biases are not in it; they were read from the files that the authors released.
# This is common. If you repeat somebody's experiment, look for the files, and write down which
# value came from where.
#
# The large training on Sports-1M has another recipe. What differs?

# %%
large = Recipe.sports1m()
for name, value in recipe.to_dict().items():
    other = getattr(large, name)
    if value != other and name != "name":
        print(f"{name:<12} UCF101: {value!s:<10} Sports-1M: {other!s:<12}")

# %% [markdown]
# ### What goes in
#
# Frames are resized to 128×171. A video is cut into clips of 16 frames that do not overlap; a last
# piece with fewer frames is dropped. From each clip a **random crop** of 112×112 is taken, at the
# same place in all 16 frames. In the next epoch it will be another crop.

# %%
frame = CameraMotion(10, split="val", clip_shape=(3, 16, 128, 171))[9]["clip"][8]
corners = [(0, 5), (8, 29), (16, 52)]
show(
    crops_chart(
        frame, corners, 112, title="One frame, three random crops: the net sees one of them"
    ),
    alt="A photograph of 128 by 171 pixels with three overlapping square frames on it. Beside it "
    "the three crops alone, each shifted a little against the others.",
)
print("Places for the corner of a crop:", (128 - 112 + 1) * (171 - 112 + 1))
print("Clips in a video of 100 frames: ", 100 // 16, "and", 100 % 16, "frames are dropped")

# %% [markdown]
# **What to see.** The three crops show nearly the same, and every pixel has moved. To a net
# they are three different clips, and the right answer is the same for all. So it cannot learn
# *where* things are by heart. This is called **augmentation**: more clips for nothing.

# %% [markdown]
# ## 3. A good start
#
# Now to the guess. We take C3D at its full width and two clips of photographs, smaller than the
# paper's to save time. We let them flow through the untrained net, and ask at each layer: **how
# different are the two clips here?** If that number is far too large at the end, the net explodes.
# If it shrinks to nothing, the net is deaf: whatever it is shown, it gives the same answer.

# %%
shape = (3, 16, 64, 64)
clips = CameraMotion(2, split="val", clip_shape=shape).batch(range(2))["clip"]
net = C3D(clip_shape=shape)

starts = {}
for scheme, name in (("kaiming", "Kaiming"), ("caffe", "released")):
    torch.manual_seed(0)
    initialise(net, scheme)
    for standardise, scale in ((True, "standardised"), (False, "0-255")):
        preprocess = Preprocess.fit(clips, shape, standardise=standardise)
        starts[f"{name}, {scale}"] = signal(net, preprocess(clips))
del net  # 80 million numbers that are not needed any more

# %%
show(
    signal_chart(
        {name: one.layers for name, one in starts.items()},
        title="Kaiming keeps the difference between clips; the released start lets it fade",
    ),
    alt="Difference between two clips behind each layer, on a logarithmic axis. With Kaiming "
    "weights the two lines run nearly level, near 1 for standardised clips and at some tens for "
    "0-255. With the released weights both fall, to below a hundredth and below a thousandth.",
)

# %% [markdown]
# **What to see.** Read each line from left to right. With **Kaiming's** weights a line hardly falls
# from layer to layer: about half of what comes in at the left goes out at the right. With the
# **released** weights both lines fall by about four powers of ten. They were made for large
# numbers, and even there the net can hardly tell two clips apart at first. On standardised clips it
# is more than ten times worse.
#
# What does this mean for the loss? A net that knows nothing should say "all 487 classes are equally
# likely". Then its loss is ln 487.

# %%
nothing = log(487)
print(f"A net that knows nothing: ln 487 = {nothing:.1f}")


def outcome(start):
    """In the words of the guess: how large is the first loss, how different are the answers?"""
    if start.first_loss > 5 * nothing:
        return "explodes"
    return "goes deaf" if start.between < 0.001 else "fine"


for name, start in starts.items():
    print(f"{name:<22} {outcome(start)}")
choices = ("fine", "explodes", "goes deaf")
for name, guess in (
    ("Kaiming, 0-255", guess_kaiming_on_255),
    ("released, standardised", guess_released_on_standardised),
):
    print(f"\n{name}: {compare_guess(guess, outcome(starts[name]), choices)}")

# %% [markdown]
# This is the answer to the question above. With Kaiming's weights on 0–255 the net gives huge
# numbers, so it is *certain*, and certain of nonsense. A loss of several hundred means: it gives
# the right class a chance of nearly zero. <!-- claim: init-needs-its-scale -->
#
# So **init and input scale are one decision, not two**: Kaiming with standardised clips, the
# released start with 0–255 minus the mean. Copy one from one repository and the other from another,
# and you get a net that trains badly, without any error message.
#
# **A habit worth keeping:** print the first loss. It should be near ln(number of classes).

# %% [markdown]
# ## 4. Can it learn one mini-batch?
#
# Before a long training comes a short test. Take *one* mini-batch and train on it again and again.
# A net that cannot learn 32 clips by heart has a mistake somewhere, and it is better to know now.
# The training loop is below. It has three steps, and there is no more to it.
#
# We try two rates: the paper's 0.003, and ten times that.

# %%
batch = digits.batch(range(32))
clips = Preprocess.fit(batch["clip"], (1, 16, 32, 32), standardise=True)(batch["clip"])


def by_heart(rate, steps=30):
    """The loss before each of some steps on one and the same mini-batch."""
    torch.manual_seed(0)
    small = SearchNet(8, clip_shape=(1, 16, 32, 32), width=1 / 8, dropout=0.0)
    optimiser = torch.optim.SGD(small.parameters(), lr=rate, momentum=0.9)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(small(clips), batch["label"])  # 1. how wrong is it?
        optimiser.zero_grad()
        loss.backward()  # 2. which way is downhill, for every weight?
        optimiser.step()  # 3. go there
        losses.append(loss.item())
    return losses


good, too_high = by_heart(0.003), by_heart(0.03)

# %%
show(
    curves(
        {"rate 0.003": good, "rate 0.03": too_high},
        title="32 clips learnt by heart, and a rate at which they are not",
        xlabel="steps on the same mini-batch",
        ylabel="loss (nats)",
    ),
    alt="The loss over 30 steps on one mini-batch. At rate 0.003 it falls to nearly nothing. At "
    "rate 0.03 it first shoots up, and then stays near the loss of a net that knows nothing.",
)
print(f"It starts within twice ln 8 = {log(8):.1f}:", good[0] < 2 * log(8))
print("At 0.003 all 32 clips are learnt:  ", good[-1] < 0.5)
print("At 0.03 it got less far:           ", too_high[-1] > good[-1])

# %% [markdown]
# **What to see.** The blue curve falls to nothing. Good: clips, labels, net, loss and optimiser fit
# together. The orange one jumps out of the valley at its first step, and lands on a plain where it
# goes down slowly: too high a rate. Both look at the same 32 clips and start from the same weights.
#
# This says nothing about *other* clips. For that we need many more of them, in section 7.
#
# **Mini-batches of 30, or 30 mini-batches?** The paper trains with "mini-batches of 30 clips": each
# step looks at 30 clips. The Chinese lecture notes behind this kit, after quoting that rightly,
# speak of "30 mini-batches" trained at once. That is a slip: it is one mini-batch, and *it* holds
# 30 clips. Each clip has four sizes: channels, frames, height, width. So one step sees this:

# %%
one_step = (recipe.batch, 3, 16, 112, 112)
print(" × ".join(map(str, one_step)), "=", f"{torch.Size(one_step).numel():,} numbers in one step")

# %% [markdown]
# ## 5. Your turn: one step
#
# | Exercise 6 | Difficulty | Importance | Time |
# |---|---|---|---|
# | One step of SGD | ●●○○○ | ●●●●● | 15 minutes |
#
# What happens inside `optimiser.step()`? Plain gradient descent is `weight − rate · gradient`. Two
# things are added.
#
# **Momentum.** A ball that rolls into a valley keeps its speed. Each weight has a **velocity**. At
# each step a part of the old velocity stays (`momentum`, 0.9 for C3D) and the new gradient is
# added. The step follows the velocity.
#
# **Weight decay.** Each weight is also pulled towards zero, in proportion to itself: as if
# `decay · weight` were a part of its gradient.
#
# Write `sgd_step(weight, gradient, velocity, rate, momentum, decay)`. It returns two tensors: the
# **new weight** and the **new velocity**. Here is what momentum is good for. The valley is steep
# from north to south, and nearly flat from west to east.


# %%
def descend(rate, momentum, steps=40):
    """The way down a valley, by torch's own SGD: points (steps + 1, 2)."""
    point = torch.tensor([-9.0, 2.0], requires_grad=True)
    optimiser = torch.optim.SGD([point], lr=rate, momentum=momentum)
    way = [point.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        (0.5 * point[0] ** 2 + 10 * point[1] ** 2).backward()
        optimiser.step()
        way.append(point.detach().clone())
    return torch.stack(way)


show(
    valley_chart(
        {
            "rate 0.02: too slow": descend(0.02, 0),
            "rate 0.09: zigzag": descend(0.09, 0),
            "rate 0.02, momentum 0.8": descend(0.02, 0.8),
        },
        (1, 20),
        title="Expected picture: 40 steps from the ring towards the cross",
    ),
    alt="Three ways down an oblong valley. With a small rate the path comes down and then creeps, "
    "and ends half-way. With a large rate it jumps from side to side. With momentum it swings and "
    "arrives at the lowest point.",
)

# %% [markdown]
# **What to see.** Left: down quickly, and then hardly any further, for in the flat direction the
# gradient is small. Middle: a larger rate gets further, but jumps from wall to wall; a little
# larger, and it would fly out of the valley. Right: the small rate *with momentum*. Steps in the
# flat direction all point the same way, and add up. Steps across cancel.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Three lines are enough, and their order matters: the whole gradient (with its decay), the new
# velocity, the new weight.
# </details>
#
# <details><summary><b>Hint 2</b> · signs</summary>
#
# A gradient points *uphill*. The decay is added to it with a plus, so that the step *against* the
# sum makes the weight smaller. There is a single minus in the whole function.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# The new velocity is a part of the old one plus the whole gradient; the rate has no business there.
# The rate comes in at the very end, when the weight moves. Do not write `weight -= …`: that changes
# the tensor you were given.
# </details>


# %% tags=["solution"]
def sgd_step(weight, gradient, velocity, rate, momentum, decay):
    """One step of SGD in PyTorch's form. Returns the new weight and the new velocity."""
    ### BEGIN SOLUTION
    whole_gradient = gradient + decay * weight
    new_velocity = momentum * velocity + whole_gradient
    return weight - rate * new_velocity, new_velocity
    ### END SOLUTION


# %%
print(check_sgd_step(sgd_step))

# %% [markdown]
# ### Caffe writes it differently
#
# C3D was trained with Caffe. There the *rate stands inside the velocity*: velocity ← momentum ·
# velocity + rate · gradient, and weight ← weight − velocity. Is that the same? Both forms below
# walk down the same slope. Then the rate is divided by 10.


# %%
def walk(form, rates, momentum=0.9):
    """A weight that starts at 1 on the slope of w²/2; where it is after each step."""
    weight, velocity, way = 1.0, 0.0, []
    for rate in rates:
        if form == "PyTorch":
            velocity = momentum * velocity + weight
            weight = weight - rate * velocity
        else:
            velocity = momentum * velocity + rate * weight
            weight = weight - velocity
        way.append(weight)
    return torch.tensor(way)


rates = [0.01] * 12 + [0.001] * 12
pytorch, caffe = walk("PyTorch", rates), walk("Caffe", rates)
show(
    curves(
        {"PyTorch's form": pytorch, "Caffe's form": caffe},
        title="One path, until the rate changes: then Caffe's rolls on with its old speed",
        xlabel="steps (the rate is divided by 10 after step 12)",
        ylabel="weight",
    ),
    alt="Two curves that fall together for 12 steps. Then PyTorch's nearly stops, and Caffe's goes "
    "on falling for some steps before it slows down.",
)
print("The same while the rate stays:  ", torch.allclose(pytorch[:12], caffe[:12]))
print("The same after it was divided:  ", torch.allclose(pytorch[12:], caffe[12:]))

# %% [markdown]
# **What to see.** As long as the rate stays, the two are the same. When it drops, PyTorch slows
# down at once. Caffe's velocity still holds the *old* rate and needs some steps to forget it.
# Another small thing that differs, without a word, between the paper's training and yours.

# %% [markdown]
# ## 6. How long should a step be?
#
# Far from the goal, long steps; near it, short ones. A **schedule** says how the rate falls. The
# paper starts at 0.003 and divides by 10 after every 4 epochs, and stops at 16.

# %%
show(
    rate_chart(
        {name: schedule(**values) for name, values in PRESETS.items()},
        title="Four schedules: stairs in the paper, one cycle in our classroom",
    ),
    alt="Learning rate over epochs, logarithmic. The paper's stairs for UCF101 drop by 10 after "
    "4, 8 and 12 epochs; the released solver's stairs are longer and are three. Sports-1M has many "
    "small steps. One cycle rises within an epoch and falls smoothly to almost nothing in five.",
)

# %% [markdown]
# **What to see.** The blue and the orange stairs should be the same, and are not. The paper's text
# says 4 epochs a stair, and four stairs. The released **solver** (Caffe's word for a recipe) drops
# the rate after every 20,000 iterations, and ends at 60,000: three stairs. How long is one of them?

# %%
clips_in_one_stair = 20_000 * recipe.batch
print(f"20,000 steps of {recipe.batch} clips: {clips_in_one_stair:,} clips in a stair")
print(f"If that is about 5.6 epochs, an epoch has about {clips_in_one_stair / 5.6:,.0f} clips")
print(f"Three stairs: {3 * 5.6:.1f} epochs. The paper says 16, in four stairs.")

# %% [markdown]
# So paper and files agree on the length of the run, and not on its stairs. We cannot say which of
# them made the numbers in the paper's figure. Say in your own work which one you took. This
# kit's `Recipe.search()` follows the text.
#
# ### Bend a schedule yourself
#
# Choose a preset. Then change one thing. The title says how far all steps together could carry a
# weight, compared with the paper. *Can you find another schedule with the same reach?*

# %% tags=["nbval-ignore-output"]
Schedule()

# %% [markdown]
# ## 7. Train
#
# Now in earnest: 1,024 clips of moving digits, a narrow five-layer net, and our classroom recipe.
# The picture below is drawn anew after every epoch. It takes 10 to 20 seconds on two cores. **With
# a GPU** the same cell takes the net at the paper's full width, eight times the clips and more
# epochs. The check for it is the first line.

# %% tags=["nbval-ignore-output"]
if torch.cuda.is_available():  # the paper's full width, many clips; a lower rate for more weights
    width, clips, epochs, rate = 1.0, 8192, 8, 0.0005
else:  # two cores: an eighth of the width
    width, clips, epochs, rate = 1 / 8, 1024, 5, 0.003

plan = replace(Recipe.classroom(), stop=epochs, lr=rate)
torch.manual_seed(0)
net = SearchNet(8, clip_shape=(1, 16, 32, 32), width=width, dropout=plan.dropout)
live, so_far = LiveFigure(), []


def after_epoch(epoch):
    so_far.append(epoch)
    title = f"After {len(so_far)} of {epochs} epochs: {epoch.val_accuracy:.0%} of new clips right"
    picture = learning_chart(so_far, title=title, chance=1 / 8, planned=epochs)
    live.show(picture, alt="Two learning curves: the loss falls, the share of right clips rises.")


with TemporaryDirectory() as folder:
    val = MotionDigits(256, split="val")
    train(net, MotionDigits(clips), val, plan, out=folder, progress=False, on_epoch=after_epoch)
    learnt = load(folder)

# %%
first, last = so_far[0], so_far[-1]
print("The loss fell:                         ", last.train_loss < first.train_loss)
print("New clips: more than twice chance:     ", last.val_accuracy > 2 / 8)
print("More right than what depth 1 can, half:", last.val_accuracy > 0.5)

# %% [markdown]
# **What to see.** The dotted line is a net that knows nothing: a loss of ln 8 = 2.1, one clip in
# eight right. The first epoch is spent near it. Then both curves leave it together. **Training
# clips** are those it learns from, **validation clips** it has never seen. (At first the net may
# seem *better* on new clips. The training curve is the mean over an epoch, its bad beginning
# included, and dropout disturbs it; validation is done at the epoch's end, undisturbed.) While the
# two curves stay close, the net has learnt something about *motion*. When the training curve goes
# on and the other stops, it has begun to learn single clips by heart: **overfitting**. Five epochs
# of 1,024 clips are few; with more of both, it gets nearly everything right:

# %%
say(claim("classroom-learns").statement)

# %% [markdown]
# ### What does it take for what?
#
# One number hides a lot. A **confusion table** has a row for each truth and a column for each
# answer. What is right lies on the diagonal.

# %% tags=["nbval-ignore-output"]
result = evaluate(learnt, MotionDigits(512, split="test"))
show(
    confusion_chart(
        result.confusion,
        learnt.classes,
        title=f"On test clips: {result.accuracy:.0%} right",
        what="clips",
    ),
    alt="A table of 8 by 8 motions, truth against answer, in per cent. Most lies on the diagonal.",
)

# %%
right = result.confusion.diagonal() / result.confusion.sum(1)
shifts, others = right[:4].mean().item(), right[4:].mean().item()
print("Clips in the table:", int(result.confusion.sum()))
print("Left, right, up, down are learnt no worse than turning and zooming:", shifts >= others)

# %% [markdown]
# **What to see.** On the machine that made this page there are two blocks. In the upper left are
# the four shifts, and nearly everything is on the diagonal. In the lower right are turning and
# zooming, and there the colour is spread: after these few steps the net still mixes them up. One
# number in the title cannot say that: *half of the motions are learnt, the other half is not*.
# Always look at the table before you trust the number.
#
# **The full size.** The same `train` trains the real C3D, on a GPU and on your own videos:
#
# ```
# c3d-teach train --data UCF101 --net c3d --width 1 --recipe search --cache frames --out runs/ucf
# ```
#
# At 77 GFLOPs a clip and three times that for a training step, one epoch of UCF101 is far beyond a
# laptop. A run that is stopped goes on where it was, with the same command.

# %% [markdown]
# ## 8. When bf16 lies
#
# GPUs and new processors can calculate in **bf16**: numbers of 16 bits in place of 32, twice as
# fast or more. Most people switch it on and never look back. So let us look. `gradient_check` takes
# a few small 3D convolutions, works out the gradient of their weights in bf16, and compares it with
# the gradient in 64 bits. It does so in a **child process**, a second Python: you will see why.

# %% tags=["nbval-ignore-output"]
for precision in ("float32", "bfloat16"):
    print(gradient_check(precision, device="auto").sentence)

# %% [markdown]
# The answer depends on your machine. Here is what came out on the machine that built this page. `l`
# is the length of the clip in frames, `d` the depth of the kernel.

# %%
show(
    gradients_chart(
        recorded("bfloat16").tried,
        title="bf16 weight gradients on one CPU: wrong where 2 ≤ l < d",
    ),
    alt="A table of clip lengths 1 to 8 and kernel depths 1 to 7. Wrong are the cells with a "
    "length of at least 2 that is smaller than the depth: one for depth 3, three for depth 5, four "
    "for depth 7. All others are right.",
)
say(claim("bf16-gradient").statement)

# %% [markdown]
# **What to see.** The wrong cells make a clean triangle: clips shorter than the kernel is deep.
# This is not rounding. The numbers are garbage, sometimes 10³⁵, and sometimes the library writes
# past its memory and the *whole process dies*. That is why the check runs in a child. And look at l
# = 2, d = 3: **that is conv5 of C3D**, where two frames are left. The answer of the net itself (the
# forward pass) is right, so nothing looks suspicious. It just learns badly.
#
# It is a fault of one version of a library on one kind of processor, and it will be mended. The
# lesson stays: **compare a gradient with float32 once, before you trust a faster format.** This kit
# does so before it trains a large net in bf16, layer by layer, and leaves in float32 what fails.
# Small nets, such as yours, it trains in float32.

# %% [markdown]
# ## 9. What the paper says
#
# | value | search nets on UCF101 (section 3.1) | C3D on Sports-1M (section 3.3) |
# |---|---|---|
# | clips | 16 frames, not overlapping | five random clips of 2 seconds a video |
# | frames and crops | 128×171, random crops 112×112 | the same; also mirrored |
# | mini-batch | 30 clips | 30 |
# | learning rate | 0.003 | 0.003 |
# | it falls | ÷10 after every 4 epochs | ÷2 after every 150,000 iterations |
# | it stops | after 16 epochs | after 1.9 million iterations, about 13 epochs |
#
# | not in the paper | in the released files |
# |---|---|
# | momentum | 0.9 |
# | weight decay | 0.005 from scratch, 0.0005 for fine-tuning; none for biases |
# | rate of biases | twice that of weights |
# | first weights | convolutions N(0, 0.01), fc6 and fc7 N(0, 0.005) |
# | first biases | 1, but 0 in conv1a and fc8 |
# | input | 0–255 minus the mean, channels in the order blue, green, red |
# | stairs | every 20,000 iterations, three of them: **another schedule than in the text** |
#
# Our `Recipe.search()` departs from these in one decision, and says so in its `sources`: Kaiming's
# start on standardised clips, because it fits nets of any width.

# %% [markdown]
# ## 10. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=6))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. One step looks at 30 clips. 2. The scale of the input. 3. It goes on, and the new gradient is
# added to it. 4. It learns single clips by heart. 5. Compare gradients with float32 on the machine.
# </details>
#
# ## What comes next
#
# Your net has learnt something about motion. But *what*? It has hundreds of small kernels, and
# nobody told any of them what to look for. In **lesson 7** we open it up: we look at the kernels,
# show each of them moving bars as one does with the cells of an eye, and ask which pixels an answer
# rests on. And we will find pictures that look convincing and mean nothing.
