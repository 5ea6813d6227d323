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
# # 5 · Building C3D
#
# **After this lesson you can**
#
# - build C3D layer by layer, and say what shape comes out of each layer;
# - count the parameters and the work of a layer by hand, and check yourself in two other ways;
# - say where the weights of C3D are, and where its time goes. They are not the same places;
# - say how much of a clip one number deep inside the net can see;
# - tell three ways of pooling seven columns apart, and why it matters which one you take.
#
# **Time:** 60 minutes, the exercise included. **You need:** lesson 1 (convolution) and the idea of
# pooling. **It runs** on a laptop, without a network, in under half a minute.

# %% [markdown]
# ## A question
#
# In lesson 4 we asked how deep a kernel should be. The paper takes d = 3 for all layers, and then
# builds one large net of it: **C3D**. Its weights, stored as 4-byte numbers, fill a file of 320
# megabytes.
#
# A kernel of the first layer has 3 × 3 × 3 × 3 = 81 weights. That is 324 bytes. So:
#
# > **Where do 320 megabytes come from? And is the part that is *large* also the part that is
# > *slow*?**

# %%
from math import prod

import torch

from c3d_teach import C3D, CameraMotion, SearchNet, claim, describe, measured_field, receptive_field
from c3d_teach.classroom.checks.counting import check_count
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import MaxPool
from c3d_teach.viz.field_charts import receptive_fields_chart
from c3d_teach.viz.layer_charts import blocks_chart, weights_and_work_chart, windows_chart
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.widgets.layer_walk import LayerWalk
from c3d_teach.viz.widgets.net_builder import NetBuilder, build_net, net_figure
from c3d_teach.viz.widgets.quiz import Quiz

photos = CameraMotion(9, split="val", clip_shape=(3, 16, 40, 40))
play(
    {"a small clip, 3×16×40×40": photos[6]["clip"]},
    alt="A short clip of a photograph that grows, as if the camera came nearer",
)

# %% [markdown]
# Such clips go in, only larger: 3×16×112×112. What comes out is one number for each class. The net
# itself was trained on **Sports-1M**, which has 487 classes of sports.
#
# ## 1. Predict first
#
# C3D has eight convolutions, conv1a to conv5b, and then three **fully connected** layers, fc6, fc7
# and fc8. Which *single layer* holds the most **parameters** (weights and biases, the numbers that
# are learnt)? And which one does the most **work** for a clip? Choose from `"conv1a"`, `"conv2a"`,
# `"conv5b"` and `"fc6"`.

# %%
guess_parameters = "?"
guess_work = "?"

# %% [markdown]
# ## 2. The blueprint
#
# The plan of C3D is short. There are five groups. Each has one or two convolutions 3×3×3, with
# "same" padding and stride 1, and a max pooling behind them.
#
# | group | filters | pooling | frames left | side left |
# |---|---|---|---|---|
# | 1 | 64 | 1×2×2 | 16 | 56 |
# | 2 | 128 | 2×2×2 | 8 | 28 |
# | 3 | 256, 256 | 2×2×2 | 4 | 14 |
# | 4 | 512, 512 | 2×2×2 | 2 | 7 |
# | 5 | 512, 512 | 2×2×2 | 1 | 4 |
#
# Then come fc6 and fc7 with 4096 outputs each, and the last layer fc8 with one output a class.
# <!-- claim: c3d-layers -->
#
# A convolution changes the number of **channels**. A pooling changes **length, height and width**.
# Nothing else happens, apart from a ReLU behind every layer but the last: it sets negative numbers
# to zero. Here is the whole net.

# %%
torch.manual_seed(0)
net = C3D()  # 487 classes
rows = describe(net)
print(rows)

# %% [markdown]
# One line a layer: what comes out (channels × frames × rows × columns), how many parameters it
# holds, how many **multiply-accumulates** (MACs) one clip costs, and how much of the clip one
# number of its output can *see*. We will take these columns one after the other.

# %%
show(
    blocks_chart(
        rows, net.clip_shape, title="C3D: space shrinks, channels grow, and time lives up to pool5"
    ),
    alt="Sixteen blocks from left to right, clip first. They get lower and less deep, from 16 "
    "frames of 112 pixels to one frame of 4, and wider, from 3 channels to 512. At the end stand "
    "three bars, fc6, fc7 and fc8.",
)

# %% [markdown]
# **What to see.** Above each block stands its number of channels, and below that frames × side.
# The blocks get lower and thicker: less *where*, more *what*. And look at how deep they go into the
# page: that is time. Behind a 2D convolution that takes all frames as channels, it would be gone
# after the first block. Here there are still two frames at conv5b.
#
# ### Is the table true?
#
# `describe` only calculates. So let a real clip flow through the net at full size, and write down
# the shape behind every layer. This takes about a second. A **hook** is a function that PyTorch
# calls whenever a layer has been computed.

# %%
seen = {}
hooks = [
    getattr(net, row.name).register_forward_hook(
        lambda layer, given, out, name=row.name: seen.update({name: tuple(out.shape[1:])})
    )
    for row in rows
]
with torch.inference_mode():
    logits = net.eval()(torch.randn(1, 3, 16, 112, 112))
for hook in hooks:
    hook.remove()

print("Out of the net came:", tuple(logits.shape))
print("All shapes as in the table:", seen == {row.name: row.shape for row in rows})

# %% [markdown]
# ## 3. Count one layer by hand
#
# Take conv2a. In lesson 1 one kernel gave one map. conv2a makes 128 maps, so it has 128 kernels;
# the paper calls them **filters**. Its input has 64 channels, and a filter reaches through all of
# them. Last, each filter has a **bias**: one number that is added at the end.

# %%
filters, channels = 128, 64
d, k = 3, 3
one_filter = channels * d * k * k + 1  # the 1 is the bias
parameters = filters * one_filter
print(f"one filter: {channels} × {d} × {k} × {k} + 1 = {one_filter:,}")
print(f"conv2a: {filters} × {one_filter:,} = {parameters:,} parameters")

length, height, width = 16, 56, 56  # what comes out of conv2a
products = channels * d * k * k  # for one number of the output
macs = filters * length * height * width * products
print(f"numbers that come out: {filters} × {length} × {height} × {width}")
print(f"products for each of them: {products:,}")
print(f"multiply-accumulates: {macs:,}")

# %% [markdown]
# **Parameters do not know the size of the clip.** The same filter slides over all places. **MACs
# do**: at each place the filter does all of its products again.
#
# Now the same for the whole net, in three ways that know nothing of each other: by hand, from
# `describe`, and by asking the real tensors how many numbers they hold.

# %%
plan = [(64, 3), (128, 64), (256, 128), (256, 256), (512, 256), (512, 512), (512, 512), (512, 512)]
by_hand = sum(filters * (channels * 27 + 1) for filters, channels in plan)
into_fc6 = 512 * 1 * 4 * 4  # all of pool5, laid in one row: 8192 numbers
for outputs, inputs in ((4096, into_fc6), (4096, 4096), (487, 4096)):
    by_hand += outputs * (inputs + 1)

print("by hand:          ", f"{by_hand:,}")
print("by describe:      ", f"{rows.parameters:,}")
print("by the tensors:   ", f"{sum(tensor.numel() for tensor in net.parameters()):,}")
print("as 4-byte numbers:", f"{4 * rows.parameters / 1e6:.0f} megabytes")

# %% [markdown]
# <!-- claim: c3d-parameters -->
# 80 million with 487 classes. With the 101 classes of UCF101 only fc8 is smaller, and the total is
# 78,409,573. Both numbers are "C3D". When a paper says 78 million and another 80, ask for the
# number of classes.

# %% [markdown]
# ## 4. Where the weights are, and where the work is

# %%
show(
    weights_and_work_chart(rows, title="The weights are in fc6, the work is in conv2a and conv3b"),
    alt="Two bar charts back to back, a row a layer. To the left, parameters: fc6 has 33.6 "
    "million, 42 per cent; the first layers next to none. To the right, MACs: conv2a and conv3b "
    "have 11.1 billion each; fc6 next to none.",
)
largest = max(rows, key=lambda row: row.parameters).name
busiest = max(rows, key=lambda row: row.macs).name  # conv3b has the same number
choices = ("conv1a", "conv2a", "conv5b", "fc6")
print("Most parameters:", compare_guess(guess_parameters, largest, choices))
print("Most work:      ", compare_guess(guess_work, busiest, choices))

# %% [markdown]
# **What to see.** The two sides are nearly mirror images turned upside down. fc6 is a huge table
# that is used *once* a clip. conv2a is a small one that is used at 50,176 places.

# %%
say(claim("weights-here-work-there").statement)

# %% [markdown]
# This has consequences. To make C3D **smaller**, change fc6. To make it **faster**, change conv2a
# and conv3b. A newer net that has no fc6 at all, only a mean over what is left of space and time,
# loses most of the 320 megabytes and hardly any time.
#
# ### 38.5 G what?
#
# You will read "C3D: 38.5 GFLOPs". A **FLOP** is one floating-point operation: one multiplication
# *or* one addition. A MAC is one of each together.

# %%
print(f"MACs:  {rows.macs:>15,}   = {rows.macs / 1e9:.2f} G")
print(f"FLOPs: {2 * rows.macs:>15,}   = {2 * rows.macs / 1e9:.0f} G")

# %% [markdown]
# <!-- claim: c3d-work -->
# So the printed 38.5 G are MACs. If you count FLOPs, it is 77 G. Before you compare two nets from
# two papers, find out what each of them counts. A factor of two is easily lost here.
#
# ### Walk through the net yourself
#
# Move **layer** from left to right. Then stay at one layer, and change the **clip**: more frames,
# smaller frames. *Which numbers follow, and which stay?* Find the one layer whose **parameters**
# change with the clip.

# %% tags=["nbval-ignore-output"]
LayerWalk(net)

# %%
large = (3, 16, 160, 160)
with torch.device("meta"):  # a net without numbers in it: enough for counting
    larger = describe(C3D(clip_shape=large))
show(
    blocks_chart(
        larger,
        large,
        title=f"Clips of 160 pixels: {larger.parameters / 1e6:.0f} M parameters, "
        f"{larger.macs / 1e9:.0f} G MACs",
        current="fc6",
    ),
    alt="The same net for clips of 160 by 160 pixels, fc6 marked. pool5 is 5 by 5 in place of 4 by "
    "4, and the net has 99 million parameters.",
)
changed = [a.name for a, b in zip(rows, larger, strict=True) if a.parameters != b.parameters]
print("Layers with other parameters than before:", changed)

# %% [markdown]
# **What to see.** With larger frames every convolution has more *work*, and the same *weights*.
# Only fc6 needs new weights, for it has one for each number of pool5, and pool5 has grown from 4×4
# to 5×5. That is why a trained C3D can take clips of another size only if fc6 is cut off or trained
# anew.

# %% [markdown]
# ## 5. Your turn
#
# | Exercise 5 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Count a layer | ●●○○○ | ●●●●○ | 10 minutes |
#
# Write `count(filters, channels, kernel, output)`. It gives two whole numbers: the **parameters**
# and the **MACs** of one convolution. `kernel` is `(d, k, k)`, `output` is `(l, h, w)`, the size
# of one map that comes out. Each filter has a bias. By custom, biases are parameters, but no MACs.
#
# With a right `count`, these bars are what comes out for C3D's eight convolutions:

# %%
show(
    weights_and_work_chart(
        [row for row in rows if row.name.startswith("conv")],
        title="Expected: deeper convolutions hold more and do less",
    ),
    alt="Bars for the eight convolutions alone. Parameters grow from 0.0052 to 7.1 million. MACs "
    "rise to 11.1 billion at conv2a and conv3b and fall to 0.7 billion at conv5a and conv5b.",
)

# %% [markdown]
# **What to see.** Twice the channels in and twice the filters make four times the weights. But
# each pooling leaves an eighth of the places. So from conv3b on the work falls, though the weights
# grow.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Look at section 3, and at which numbers there are sizes of the *filter* and which are sizes of
# the *output*. Parameters need the first kind only.
# </details>
#
# <details><summary><b>Hint 2</b> · one filter</summary>
#
# Start with **one** filter. It is a block with four sizes: channels, depth, height and width. How
# many weights is that? Add its bias. Then think of all filters.
# </details>
#
# <details><summary><b>Hint 3</b> · the work</summary>
#
# Think of **one** number of the output. How many products make it up? (The bias is no product.) Now
# count how many such numbers come out: how many maps, and how many places in each?
# `prod(output)` multiplies the sizes of a tuple; it is in Python's `math`.
# </details>


# %% tags=["solution"]
def count(filters, channels, kernel, output):
    """Parameters and MACs of one convolution, as a pair of whole numbers.

    kernel: (d, k, k); output: (l, h, w), the size of one map that comes out.
    """
    ### BEGIN SOLUTION
    from math import prod

    weights_of_one_filter = channels * prod(kernel)
    numbers_that_come_out = filters * prod(output)
    parameter_count = filters * (weights_of_one_filter + 1)
    return parameter_count, numbers_that_come_out * weights_of_one_filter
    ### END SOLUTION


# %%
print(check_count(count))

# %% [markdown]
# When it says ✔, try `count(128, 64, (3, 3, 3), (16, 56, 56))`, and then with `(1, 3, 3)`. What
# does the third dimension of the kernel cost?

# %% [markdown]
# ## 6. How far one number sees
#
# The last column of the table is the **receptive field**: all frames, rows and columns of the clip
# that can have a say in one number of a layer. For conv1a it is 3×3×3. Each further convolution
# adds two places along each axis, one on each side. But behind a pooling, one place is *two places
# wide*. So the same 3×3×3 kernel reaches twice as far there.

# %%
sees, step = 1, 1  # in time; start with a single frame
for name, kernel in (
    ("conv1a", 3),
    ("conv2a", 3),
    ("pool2", 2),
    ("conv3a", 3),
    ("conv3b", 3),
    ("pool3", 2),
    ("conv4a", 3),
):
    sees += (kernel - 1) * step
    if name.startswith("pool"):
        step *= kernel
    print(f"{name}: sees {sees:>2} frames, and its neighbour starts {step} further on")

# %%
fields = [receptive_field(net, row.name) for row in rows if row.step != (0, 0, 0)]
tried = [measured_field(net, name) for name in ("conv1a", "conv2a", "conv3b", "conv4b")]
show(
    receptive_fields_chart(
        fields, measured=tried, title="From conv4a on one number can see the whole length of a clip"
    ),
    alt="Bars of the receptive field of each layer, over time and over width. They grow from 3 "
    "frames and 3 columns to 76 frames and 150 columns; beyond the clip they are hollow. Diamonds "
    "mark the ends that were measured for four layers, at the ends of the bars.",
)
print("Measured by gradients, and equal to the arithmetic:", all(one.agrees for one in tried))

# %% [markdown]
# **What to see.** The grey band is the clip. Filled bars lie on it. Hollow ends hang over it, and
# there is only padding. <!-- claim: field-outgrows-clip --> conv3b sees 14 of the 16 frames: it can
# tell how something moved through most of the clip. From conv4a on there are numbers that can have
# seen all of it, first frame and last. The diamonds were not calculated. They come from the
# gradient: which pixels can change this number at all? (In lesson 7 we ask which pixels *do*.)

# %% [markdown]
# ## 7. Seven columns into pairs
#
# conv5b leaves maps of 7×7. pool5 takes 2×2. Seven is odd! There are three things that one can do
# with the last column.

# %%
show(
    windows_chart(
        {
            "rounded down": [(1, 2), (3, 4), (5, 6)],
            "rounded up (C3D)": [(1, 2), (3, 4), (5, 6), (7,)],
            "padded all around": [(1,), (2, 3), (4, 5), (6, 7)],
        },
        7,
        title="Three ways to pool seven columns in pairs",
    ),
    alt="Three rows of the numbers 1 to 7 with boxes around pairs. Rounded down: 12, 34, 56, and 7 "
    "is left out. Rounded up: 12, 34, 56 and 7 alone. Padded all around: 1 alone, 23, 45, 67.",
)

# %% [markdown]
# **What to see.** Rounding down forgets the last column and gives 3×3 maps. The other two give 4×4,
# so fc6 fits either of them, *and no error message appears if you take the wrong one*. But look at
# the boxes: they hold other pairs. Does that matter? Pool the same random maps both ways.

# %%
maps = torch.rand(8, 512, 2, 7, 7)  # eight clips behind conv5b
up = MaxPool(Pool("pool5", (2, 2, 2), "ceil"))(maps)
around = MaxPool(Pool("pool5", (2, 2, 2), "symmetric"))(maps)

print("Sizes:", tuple(up.shape[1:]), "and", tuple(around.shape[1:]))
print("More than three quarters of the values differ:", bool((up != around).float().mean() > 0.75))
say(claim("pool5-rounding").statement)

# %% [markdown]
# The released nets were trained with **Caffe**, which rounds up. Four well-known copies of C3D in
# PyTorch pad all around. Load the released weights into one of those, and it runs, gives numbers,
# and is quietly worse. This kit has `C3D(pool5="ceil")` for the first kind of weights and
# `pool5="symmetric"` for the second.
#
# **And rounding down?** Then fc6 sees 512×1×3×3 = 4608 numbers in place of 8192: another net.
# Nobody trained that one.

# %%
say(claim("ceil-gives-the-total").statement)
with torch.device("meta"):
    search = SearchNet(101)
print(f"describe says: {describe(search).parameters:,}")

# %% [markdown]
# The paper gives 17.5 million for that net. So its pools must round up. It is a nice piece of
# detective work: the paper never says how it rounds, but a *count* gives it away.
#
# ## 8. Read the net as PyTorch shows it
#
# `print(net)` gives our table. `repr` gives what PyTorch knows: the modules. Read the first lines
# aloud, and compare them with the blueprint. From now on you can read any net that is printed so.

# %%
print("\n".join(repr(net).splitlines()[:8]))
print("  …")
print("\n".join(repr(net).splitlines()[-11:]))

# %% [markdown]
# conv1a takes 3 channels and makes 64. Its padding of 1 on all sides keeps 16×112×112. pool1's
# kernel is `(1, 2, 2)`, so it leaves time alone. **Dropout** sets half of fc6's numbers to zero at
# random, while training only.
#
# ### Build a C3D of your own
#
# Below are the depth of the kernels and the frames that each pooling merges. Start from the
# paper's values. Make the kernels one frame deep. Pool time five times. What does the net then say
# of itself?

# %% tags=["nbval-ignore-output"]
NetBuilder("C3D", shows=("kernels", "pooling"))

# %%
flat = build_net("C3D", kernels=(1, 1, 1, 1, 1), num_classes=487)
show(
    net_figure(flat, title="C3D with kernels one frame deep: a third of the work"),
    alt="A table of the layers of a C3D whose kernels are 1×3×3, with frames, parameters and MACs.",
)
print(f"Work: 1 / {rows.macs / flat.macs:.0f} of C3D's")
print(f"Parameters saved: {(rows.parameters - flat.parameters) / 1e6:.1f} of 80 million")

# %% [markdown]
# **What to see.** Flat kernels save two thirds of the work, and hardly a quarter of the weights:
# fc6 and fc7 do not care. And the net pays for it: the figure says what it can no longer know.
#
# ## 9. What the paper says
#
# | | section | what it says | what we found |
# |---|---|---|---|
# | the net | 3.3 | 8 convolutions, 5 poolings, 2 fully connected, softmax | the same, with fc8 |
# | kernels | 3.3 | all 3×3×3, stride 1, padding so that the size stays | the same |
# | pooling | 3.3 | 2×2×2 with stride 2×2×2, pool1 1×2×2 | the same |
# | pooling | 3.1 | "stride 1", output 8 times smaller | **a slip**: this needs stride 2 |
# | search net | 3.1 | filters 64, 128, 256, 256, 256 | the same, 5 convolutions |
# | search net | 3.1 | 17.5 million parameters | the same, if the pools round up |
# | size of C3D | | – | 78.4 million with 101 classes, 80.0 million with 487 |
#
# ### For readers of the Chinese lecture notes
#
# This kit grew from a set of lecture notes, and most of what they say of the structure stands: 8
# convolutions 3×3×3 with stride 1, input 3×16×112×112, pool1 1×2×2 *so as not to merge time too
# early*, and five convolutions 64-128-256-256-256 in the search net. They slip in two places:
#
# - "**4 poolings**" (4次池化). There are five; count them in the table. Four of them pool *time*,
#   and this may be where the four comes from. (16 frames can be halved four times.)
# - "**stride 1**" for the pooling of the search net. That is the paper's own slip, copied.

# %%
pools = [layer for layer in net.layers if isinstance(layer, Pool)]
print("Poolings:", [layer.name for layer in pools])
print("They pool time:", [layer.name for layer in pools if layer.kernel[0] > 1])
print("Each of those four leaves one place in", prod(pools[1].kernel))

# %% [markdown]
# ## 10. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=5))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. fc6. 2. conv2a (and conv3b, which has as many). 3. It does not change. 4. Because behind a
# pooling one place is two places wide. 5. Because both give maps of 4×4, and fc6 fits either.
# </details>
#
# ## What comes next
#
# We have built 80 million numbers. All of them are random, and the net knows nothing. In **lesson
# 6** we train it: with which recipe, from which start, and at which rate. We will see that two
# decisions that look harmless, how the weights begin and how the clips are scaled, can break all
# that we built today.
