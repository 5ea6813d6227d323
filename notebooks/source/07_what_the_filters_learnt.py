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
# # 7 · What the filters learnt
#
# **After this lesson you can**
#
# - probe a unit of a net as a physiologist probes a neuron: with gratings that drift;
# - measure how well it tells a direction from its opposite, and say what the number is worth;
# - find the clips that a unit likes best, and the pixels that it answers to;
# - ask *when* in a clip the answer is made, by hiding frames;
# - test a map of heat before you believe it.
#
# **Time:** 60 minutes, the exercise included. **You need:** lessons 1, 3 and 4. **It runs** on a
# laptop, without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# The first layer of the net **motion-d3** has 16 kernels. Each of them was made by training. Here
# is one, as it stands in the file of weights.
#
# > **Can you read off it what it is for?**

# %%
import json

from c3d_teach import (
    MotionDigits,
    Unit,
    attribute,
    best_clips,
    claim,
    kernel_statistics,
    kernel_view,
    load,
    tuning,
    with_random_weights,
)
from c3d_teach.classroom.checks.selectivity import check_direction_selectivity
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.experiments import map_sanity, selectivity, when_it_moves
from c3d_teach.viz.charts import bars, curves
from c3d_teach.viz.clip_charts import best_clips_chart
from c3d_teach.viz.heat_charts import heat_chart, heat_rows
from c3d_teach.viz.kernel_charts import kernel_chart, kernel_statistics_chart
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.tuning_charts import selectivity_chart, tuning_chart
from c3d_teach.viz.widgets.gratings import GratingPlayground
from c3d_teach.viz.widgets.quiz import Quiz

net = load("motion-d3")
show(
    kernel_chart(kernel_view(net, "conv1", 9), title="Twenty-seven numbers. What are they for?"),
    alt="A kernel of conv1: three slices of 3×3 weights, sections through time, its answer to "
    "drifting gratings, and how its energy is shared out.",
)

# %% [markdown]
# **What to see.** Nine squares a slice, blue below zero and orange above. One *may* see something
# in them. But one sees faces in clouds, too. So let us compare with kernels that were never
# trained.

# %%
drawn = with_random_weights(net, seed=0)
show(
    kernel_statistics_chart(
        [kernel_statistics(one, "conv1") for one in (net, drawn)],
        title="Above trained kernels, below random ones: can you tell?",
    ),
    alt="Two rows of dots, one dot a kernel. The trained and the random kernels of conv1 spread "
    "over much the same range.",
)
say(claim("kernels-look-random").statement)

# %% [markdown]
# **What to see.** Two rows (trained above, random below), and they look alike. Left: how much of a
# kernel is change over time. Right: how much of it fits into *one picture times one time course*.
# **Pictures of kernels hardly tell trained from random.** We need a better way to ask.

# %% [markdown]
# ## 1. Ask a unit as one asks a neuron
#
# A **unit** is one channel of a layer: one kernel, wherever it lies. What it answers is its
# **activation**: one number. Physiologists cannot read the weights of a neuron. They show
# something that moves, and write down how strongly the neuron answers. We do the same.
#
# What we show is a **grating**: soft stripes that drift. Three numbers make one:
#
# - its **direction**: 0° is to the right, 90° is up;
# - its **spatial frequency**: stripes a pixel, so how fine it is;
# - its **temporal frequency**: how many stripes pass a pixel in one frame, so how fast it flickers.
#
# What a unit answers most to is its **tuning**. Here are all units of conv2, in one call.

# %%
found = tuning(net, "conv2")
chosen = found.most_selective(1)[0]
print("Units:", len(found.responses), "· directions:", len(found.directions))
print("Spatial frequencies:", len(found.rows), "· temporal frequencies:", len(found.columns))

# %% [markdown]
# ## 2. Predict first
#
# Take the unit of conv2 that tells directions best. Find the grating that it likes best. Now the
# same grating runs the **opposite** way. How much does the unit answer, compared with before? Write
# `"as much"`, `"about half"` or `"nothing"`.

# %%
guess_opposite = "?"

# %% [markdown]
# ## 3. The tuning of one unit

# %%
unit = found.unit(chosen)
show(
    tuning_chart(unit, title="This unit answers to one direction and not to its opposite"),
    alt="Left: a rose of 16 directions that points to one side only. Right: a map of spatial and "
    "temporal frequency, dark in one half.",
)

# %%
liked, opposite = unit.curve.max(), unit.curve[(unit.peak[0] + 8) % 16]  # 8 of 16 steps: 180°
if opposite < 0.1 * liked:
    outcome = "nothing"
else:
    outcome = "about half" if opposite < 0.75 * liked else "as much"
print(compare_guess(guess_opposite, outcome, ("as much", "about half", "nothing")))

# %% [markdown]
# **What to see.** Left: the further out, the stronger the answer. All of it lies on one side.
# Right: the upper half of the map is what moves in the direction that the unit likes, the lower
# half what moves against it. One half is almost empty. The two gratings are made of **the same
# frames in reverse order**. No single frame can tell them apart. This unit does.
#
# ### Play with it
#
# Run the next cell. Turn the direction, then the two frequencies, then the unit. Find out:
#
# 1. Turn the grating by 180°. Which units do not care?
# 2. Set the temporal frequency to 0. The stripes stand still. Who still answers?
# 3. Find a unit that is **silent**: it answers to no grating at all.

# %% tags=["nbval-ignore-output"]
playground = GratingPlayground(net, "conv2")
playground

# %%
start = {name: one.first for name, one in playground.controls.items()}
show(
    playground.figure(**start),
    alt="Four frames of a drifting grating, a section through time with slanted stripes, and the "
    "unit's answers to eight directions with the one shown marked.",
)
turned = start | {"direction": (start["direction"] + 180) % 360}
show(
    playground.figure(**turned),
    alt="The same grating drifts the other way: the stripes of the section slant to the other "
    "side, and the mark on the curve is at the middle.",
)

# %% [markdown]
# **What to see.** Left, above: four frames. Below them, time runs down, along the line of the
# motion: the stripes slant, and the slant *is* the motion. In the second figure they slant to the
# other side. Right: the diamond is the grating that is shown, and the outer ring is the unit's
# largest answer.

# %% [markdown]
# ## 4. Your turn
#
# | Exercise 7 | Difficulty | Importance | Time |
# |---|---|---|---|
# | One number for a unit | ●●●○○ | ●●●●○ | 12 minutes |
#
# Physiologists put it into one number, the **direction selectivity index**:
#
# $$\text{index} = \frac{\text{preferred} - \text{opposite}}{\text{preferred} + \text{opposite}}$$
#
# *Preferred* is the unit's largest response. *Opposite* is its response to the direction 180° away.
# So 1 says: nothing for the opposite. 0 says: both alike.
#
# Write `direction_selectivity(responses)`. `responses` is `(units, 8)`: row by row the mean
# response of a unit to 0°, 45°, 90° … 315°. No response is below zero. Return `(units,)`, one index
# a unit. A unit that never answers gets 0.
#
# Expected picture: three units, and the index that each of them gets.

# %%
directions = ["0°", "45°", "90°", "135°", "180°", "225°", "270°", "315°"]
three = {
    "index 1": [0, 0, 2, 6, 8, 6, 2, 0],
    "index 0.5": [3, 3, 4, 6, 9, 6, 3, 3],  # (9 − 3) / (9 + 3)
    "index 0": [5, 3, 1, 3, 5, 3, 1, 3],
}
show(
    curves(
        three,
        title="Expected: the first turns its back on 0°, the third likes 0° and 180° alike",
        xlabel="direction (steps of 45°, from 0°)",
        ylabel="mean response",
    ),
    alt="Three curves over eight directions. One has a peak at 180° and is zero at 0°, one has a "
    "third of its peak at 0°, one has two equal peaks at 0° and 180°.",
)

# %% [markdown]
# **What to see.** For each curve, find its peak. Then go four steps further, round the circle.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# One step is 45°. How many steps are 180°? And what comes behind the last direction?
# </details>
#
# <details><summary><b>Hint 2</b> · which functions</summary>
#
# `responses.argmax(1)` says which direction each unit prefers. Directions lie on a circle:
# `(index + steps) % 8` never leaves it.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# With `unit = torch.arange(len(responses))` you pick one number a row: `responses[unit, index]`.
# A silent unit would give 0/0, which is NaN. `torch.nan_to_num` makes it 0.
# </details>


# %% tags=["solution"]
def direction_selectivity(responses):
    """How well each unit tells its preferred direction from the opposite one.

    responses: (units, 8), from 0, in steps of 45°. Returns (units,), from 0 to 1.
    """
    ### BEGIN SOLUTION
    favourite = responses.argmax(1, keepdim=True)
    toward = responses.gather(1, favourite)
    turned_away = responses.roll(4, dims=1).gather(1, favourite)
    index = (toward - turned_away) / (toward + turned_away)
    return index.nan_to_num(0.0)[:, 0]
    ### END SOLUTION


# %%
print(check_direction_selectivity(direction_selectivity))

# %% [markdown]
# When it says ✔, try it on the playground's numbers: `mean =
# torch.tensor(playground.tuning.responses).mean((2, 3))` and then `direction_selectivity(mean)`.
# (The kit takes the index at the frequencies that a unit likes best, not the mean over all, so its
# numbers are often larger. And of a silent unit it says *unknown*, NaN.)

# %% [markdown]
# ## 5. A number needs something to stand beside
#
# Is an index of 0.4 much? You cannot say, before you know what a net gets that has learnt
# **nothing**. So here are three nets: trained; the same net with **random weights**, drawn three
# times; and a trained net whose kernels are one frame deep.

# %%
measured = json.loads(selectivity.RESULT.read_text(encoding="utf-8"))["motion-d3"]
show(
    selectivity_chart(
        selectivity.pooled(measured),
        title="Training makes units choose a direction. Depth 1 cannot, whatever it learns",
    ),
    alt="Dots for the units of five layers. Trained depth 3: medians 0.49 and then 1. Random "
    "weights: medians from 0.18 to 0.55. Depth 1: all exactly 0.",
)
say(claim("gratings-selectivity").statement)
flat = [v for layer in measured["depth 1"].values() for v in layer if v is not None]
print("Largest index of all units of depth 1:", max(flat))

# %% [markdown]
# **What to see.** A dot is one unit, a black line the median. From conv2 on, most trained units
# give nothing at all for the opposite direction. Random weights prefer directions, too! An index is
# evidence only *beside theirs*. And depth 1 lies on the floor: not nearly zero, **exactly** zero.
# <!-- claim: flat-selectivity-zero -->
# You know why from lesson 4: the opposite grating is the same film played backwards, and such a net
# cannot tell a film from its reverse.

# %% [markdown]
# ## 6. What does it like of real clips?
#
# Gratings are what *we* thought of. Let the unit choose for itself: show it 512 clips and keep
# those that it answers to most. Here are two of the
# best of one unit of conv3, playing. All nine come after, each at its best moment.

# %%
best = best_clips(net, "conv3", MotionDigits(512, split="test"), units=[6], progress=False)
liked = best.of(6)
play(
    {f"number {k + 1}": liked.clips[k] for k in (0, 3)},
    alt="The first and the fourth of the clips that unit 6 of conv3 answers to most.",
    scale=4,
)
show(
    best_clips_chart(liked, title="The nine clips that excite unit 6 of conv3 most"),
    alt="Nine clips with a box around what the unit sees, each with a section through time. Most "
    "sections slant upwards.",
)

# %% [markdown]
# **What to see.** The box is all that the unit can see: its **receptive field**. Digits differ,
# motions hardly do: most go **up**. The unit does not care *what* moves. It cares *how*. Is there
# one that does not fit? A slanted stroke that moves sideways looks, through a small window, like
# one that moves up. This is called the **aperture problem**, and neurons fall for it, too.

# %% [markdown]
# ## 7. Back to the pixels: deconvolution
#
# The authors of C3D looked into their net with **deconvolution** (Zeiler and Fergus, 2014):
#
# 1. Show a clip. Take the strongest activation of the unit. Set all others to zero.
# 2. Go back down, layer by layer, to the clip: pools put their value back where it came from,
#    kernels are turned round, and what is below zero is cut off.
#
# What arrives is a picture of what that one activation was made from.

# %%
heat = attribute(net, liked.clips[0], "deconvolution", target=Unit("conv3", 6))
show(
    heat_chart(heat, title="Deconvolution: from one strong activation back to the pixels"),
    alt="Above the clip, below it the projection: orange and blue around the moving stroke, in "
    "the frames that the unit sees, and a curve over time.",
)

# %% [markdown]
# **What to see.** The heat lies around the moving stroke, and only in a part of the frames. Orange
# asks for brighter, blue for darker. In the other frames there is nothing: they played no part.
#
# ## 8. When does the net see it?
#
# A film has one question that a photograph has not: **when?** To test the maps we need clips where
# we know the answer. In these the digit rests, moves in frames 6 to 11 only, and rests again.
#
# - **Grad-CAM** takes the maps of one layer, each as heavy as the answer's gradient says.
# - **Temporal occlusion** is simpler: hide two frames behind the frame before them. Does the answer
#   suffer? Then they were needed.

# %%
clips, motions, _ = when_it_moves.right_clips(net, 8)
hidden = attribute(net, clips[0], "temporal occlusion", target=motions[0])
cams = [
    attribute(net, clips[0], "grad-cam", target=motions[0], layer=layer)
    for layer in ("conv3", "conv5")
]
show(
    heat_rows([hidden, *cams], title="It moves in frames 6 to 11. Which map knows?"),
    alt="The clip and three maps with a curve over time each: temporal occlusion with eight steps, "
    "Grad-CAM at conv3 with eight, Grad-CAM at conv5 with only two.",
)

# %%
timed = json.loads(when_it_moves.RESULT.read_text(encoding="utf-8"))
names = {"Grad-CAM at " + layer: one for layer, one in timed["grad-cam"].items()}
shares = {"temporal occlusion": timed["occlusion"]["trained"]["share"]}
shares |= {name: one["share"] for name, one in names.items()}
random = {"temporal occlusion": timed["occlusion"]["random 0"]["share"]}
random |= {name: one["random"][0] for name, one in names.items()}
show(
    bars(
        {
            name: {"trained": 100 * shares[name], "random weights": 100 * random[name]}
            for name in shares
        },
        title="Hiding frames finds the moment; Grad-CAM at the last layer does not",
        xlabel="heat in frames 6 to 11 (%); a map without any preference has 37.5 %",
    ),
    alt="Bars for six maps. Temporal occlusion has 84 % trained and 52 % with random weights; "
    "Grad-CAM 44, 54, 67, 49 and 37 % from conv1 to conv5, and 36 to 39 % with random weights.",
)
say(claim("hiding-finds-it").statement)

# %% [markdown]
# **What to see.** Six of sixteen frames are 37.5 %: no more than a map that says nothing.
# Hiding frames puts most of its heat where the motion is. Grad-CAM does best in the middle of the
# net. At conv5 it has **two** steps for sixteen frames: the pools of lesson 3 have taken the rest.
# Most programs show Grad-CAM at the last layer. Of film they lose the *when*.
# Mind the control: with *random* weights, hiding frames is above 37.5 % as well, for hiding
# frames in which nothing moves changes little. So the fair comparison for it is 50 %.

# %% [markdown]
# ## 9. Can such a map be trusted?
#
# A map that explains an answer must need the weights that *make* the answer (Adebayo and others,
# 2018). Here is the test: keep the convolutions, and make the fully connected layers **random**.
# They are what knows the classes. The net now guesses. Its map should be gone.
#
# You know Grad-CAM and temporal occlusion from section 8, and deconvolution from section 7. More
# maps come from the **gradient**: how much would the answer change if this pixel were a little
# brighter? **Guided backpropagation** is the gradient on its way back, with all that is negative
# cut off at each ReLU. **Integrated gradients** takes the mean of the gradients on the way from a
# grey clip to this one.
#
# Predict: which map hardly changes when the judgement is random? Write `"grad-cam"`,
# `"guided backpropagation"` or `"temporal occlusion"`.

# %%
guess_map = "?"

# %%
unlearnt = with_random_weights(net, seed=0)
kept = {k: v for k, v in net.model.state_dict().items() if k.startswith("conv")}
unlearnt.model.load_state_dict(kept, strict=False)  # trained eyes, random judgement

pair = [
    attribute(one, clips[0], "guided backpropagation", target=motions[0]) for one in (net, unlearnt)
]
show(
    heat_rows(pair, title="Above the trained net, below one that knows no class: which is which?"),
    alt="Two rows of guided backpropagation on the same clip. They look almost the same, though "
    "the second net has random fully connected layers.",
)

# %% [markdown]
# **What to see.** It is the same map. Guided backpropagation draws beautiful edges, and draws them
# as well for a net that has no idea. It shows the *clip*, not the *reason*. Now six methods,
# and 16 clips:

# %%
sanity = json.loads(map_sanity.RESULT.read_text(encoding="utf-8"))["motion-d3"]
show(
    bars(
        {
            name: {
                "fully connected layers random": one["unlearnt"],
                "all layers random": one["left"],
            }
            for name, one in sanity.items()
        },
        title="Two maps stay when the net no longer knows the class",
        xlabel="likeness with the trained net's map (rank correlation; 1 is the same order)",
    ),
    alt="Bars for six methods. With random fully connected layers guided backpropagation stays at "
    "0.95 and deconvolution at 0.58; the four others are near zero.",
)
choices = ("grad-cam", "guided backpropagation", "temporal occlusion")
outcome = max(choices, key=lambda name: sanity[name]["unlearnt"])
print(compare_guess(guess_map, outcome, choices))
say(claim("guided-keeps").statement)

# %% [markdown]
# **What to see.** Guided backpropagation stays almost whole, deconvolution more than half. So do
# not use them to say *why a class was answered*. Deconvolution of a unit, as in section 7, asks
# another thing: what excited *this unit*. For that the layers above it play no part. The other
# four go, as they must. That does not prove them right. It only means that they may be.

# %% [markdown]
# ## 10. What the paper says
#
# Section 3.3 and its figure of deconvolutions:
#
# | | what the paper says | what you saw |
# |---|---|---|
# | how | strongest activation, projected back | section 7 |
# | what | conv5b looks at appearance first, then follows the motion | units choose a direction |
# | conclusion | C3D attends to both | in small nets: motion, in five ways |
# | control | none is shown | random weights, depth 1, known moments |
#
# The paper's figure is of conv5b of the large net, on real video. Ours are small nets on moving
# digits: we did not repeat that figure. What we add is the question that the figure leaves open:
# **what would a net show that has learnt nothing?** Pictures without such a control persuade
# easily. Deconvolutions persuade very easily.
#
# ## 11. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=7))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. It gives as much for the opposite direction as for the preferred one. 2. 0: the two gratings
# are each other's reverse. 3. Compare it with the same net with random weights. 4. It has two steps
# for sixteen frames. 5. That it does not need what the net knows of the class.
# </details>
#
# ## What comes next
#
# The filters have learnt to see motion. Can they be of use for something that they were *not*
# trained for? That is the main idea of the paper: train once, cut off the last layer, and take the
# numbers of fc6 for any video. In **lesson 8** C3D becomes a **feature extractor**.
