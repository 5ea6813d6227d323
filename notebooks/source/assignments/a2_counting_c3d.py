# %% [markdown] assignment="a2" packages="numpy matplotlib" seconds=30 memory=1000
# # A2 · Counting C3D: shapes, parameters, receptive fields, errata
#
# A net is a list of layers, and much can be known of it before a single weight is drawn: what
# comes out of each layer, how many numbers it learns, how far it sees. Write the three functions
# that know it. Then use them on sentences that stand in print, and are wrong.
#
# **Points:** 20. **Time:** two to three hours. **You need:** lessons 3 to 6.
#
# | Question | Points | Marked by |
# |---|---|---|
# | 1 · What comes out of each layer? | 4 | hidden tests |
# | 2 · How many numbers does it learn? | 4 | hidden tests |
# | 3 · How far does one number see? | 5 | hidden tests |
# | 4 · Errata | 4 | hidden tests |
# | 5 · Of comparable capacity? | 3 | your teacher |
#
# **How it works.** Write your lines where it says `YOUR CODE HERE`, and delete the line below it
# that raises. The check behind each question knows the most common mistakes, not all of them: try
# cases of your own, too. Then run the whole notebook from the start (*Run > Restart Kernel and Run
# All Cells*), save it, and hand in this one file. Hidden tests then try your functions on other
# nets than the checks do: other kernels, strides, sizes. They run where there is neither PyTorch
# nor this kit, so `describe` is not the answer. Python and NumPy are enough.
#
# You may add cells. What you change in the cells that are not yours is put back before marking.

# %%
from math import prod
from numbers import Real

import numpy as np

# %% [markdown]
# ## Nets as plain data
#
# A net is a list of layers, and a layer is a dict. Its `"kind"` says what else is in it:
#
# | kind | what it has | what it is |
# |---|---|---|
# | `"conv"` | `"filters"`, `"kernel"`, `"stride"`, `"padding"` | 3D convolution, a bias a filter |
# | `"pool"` | `"kernel"`, `"stride"`, `"ceil"` | 3D max pooling, without padding |
# | `"fc"` | `"units"` | fully connected, a bias a unit; takes all numbers before it |
#
# Kernel, stride and padding are three numbers each: in time, height and width. A layer also has a
# `"name"`, which is there for you to read. Below are C3D, the nets of the paper's search for the
# best kernel depth, and a made-up net `MIXED` with what those two do not have: strides in
# convolutions, windows that overlap. A clip is `(C, L, H, W)`: channels, frames, height, width.

# %%
CLIP = (3, 16, 112, 112)


def conv(name, filters, kernel, stride=(1, 1, 1)):
    """A convolution with half a kernel of zeros around: "same" padding."""
    padding = tuple(size // 2 for size in kernel)
    sizes = {"kernel": kernel, "stride": stride, "padding": padding}
    return {"name": name, "kind": "conv", "filters": filters, **sizes}


def pool(name, kernel, stride=None, ceil=True):
    """A max pooling; its stride is as large as its window if it is None."""
    stride = kernel if stride is None else stride
    return {"name": name, "kind": "pool", "kernel": kernel, "stride": stride, "ceil": ceil}


def fc(name, units):
    """A fully connected layer."""
    return {"name": name, "kind": "fc", "units": units}


def c3d(classes=487):
    """The layers of C3D (section 3.3 of the paper)."""
    return [
        conv("conv1a", 64, (3, 3, 3)),
        pool("pool1", (1, 2, 2)),
        conv("conv2a", 128, (3, 3, 3)),
        pool("pool2", (2, 2, 2)),
        conv("conv3a", 256, (3, 3, 3)),
        conv("conv3b", 256, (3, 3, 3)),
        pool("pool3", (2, 2, 2)),
        conv("conv4a", 512, (3, 3, 3)),
        conv("conv4b", 512, (3, 3, 3)),
        pool("pool4", (2, 2, 2)),
        conv("conv5a", 512, (3, 3, 3)),
        conv("conv5b", 512, (3, 3, 3)),
        pool("pool5", (2, 2, 2)),
        fc("fc6", 4096),
        fc("fc7", 4096),
        fc("fc8", classes),
    ]


def search_net(depths, classes=101, ceil=True):
    """The net of the search (section 3.1); depths has five numbers, such as (3, 3, 5, 5, 7)."""
    layers = []
    for i, (filters, depth) in enumerate(zip((64, 128, 256, 256, 256), depths), 1):
        frames = 1 if i == 1 else 2  # "not to merge the temporal signal too early"
        layers.append(conv(f"conv{i}", filters, (depth, 3, 3)))
        layers.append(pool(f"pool{i}", (frames, 2, 2), ceil=ceil))
    return [*layers, fc("fc6", 2048), fc("fc7", 2048), fc("fc8", classes)]


MIXED = [
    conv("conv1", 64, (3, 7, 7), stride=(1, 2, 2)),
    pool("pool1", (1, 3, 3), stride=(1, 2, 2), ceil=False),
    conv("conv2", 96, (3, 3, 3), stride=(2, 1, 1)),
]

# %% [markdown]
# ## Question 1 · What comes out of each layer? (4 points)
#
# Behind a convolution or a pooling it is `(C, L, H, W)` again, behind a fully connected layer
# `(units,)`. A convolution stops where its kernel no longer fits on its input and the zeros around
# it: it rounds **down**. So does a pooling whose `"ceil"` is False. Where `"ceil"` is True, the
# pooling rounds **up**: if values are left over behind the last complete window, one more window
# takes them. A window must begin **on** a value, though. With steps longer than windows, the next
# one may begin behind the end, and then there is none. (The kit's own nets round up in height and
# width only. For 16 frames it is the same.)
#
# *Hint.* Time, height and width follow the same rule: write it once, for one axis. Rounding up
# needs no fractions: `-(-7 // 2)` is 4.


# %% solution="shapes"
def shapes(clip, layers):
    """What comes out of each layer.

    Args:
        clip: (C, L, H, W).
        layers: a list of dicts.

    Returns:
        A list with a tuple of ints a layer: (C, L, H, W), or (units,).
    """

    ### BEGIN SOLUTION
    def places(size, kernel, stride, padding, ceil):
        room = size + 2 * padding - kernel
        last = min(-(-room // stride), (size - 1) // stride) if ceil else room // stride
        return last + 1

    found, shape = [], tuple(clip)
    for layer in layers:
        if layer["kind"] == "fc":
            shape = (layer["units"],)
        else:
            padding = layer.get("padding", (0, 0, 0))
            axes = zip(shape[1:], layer["kernel"], layer["stride"], padding)
            sizes = [places(*axis, layer.get("ceil", False)) for axis in axes]
            shape = (layer.get("filters", shape[0]), *sizes)
        found.append(shape)
    return found
    ### END SOLUTION


# %% check="shapes"
found = [tuple(shape) for shape in shapes(CLIP, c3d())]
assert len(found) == len(c3d()), "One shape for each layer, the clip's own is not among them."
assert found[0] == (64, 16, 112, 112), "With same padding, conv1a only changes the channels."
assert found[1] == (64, 16, 56, 56), "pool1 halves height and width, and leaves all frames."
assert found[3] == (128, 8, 28, 28), "pool2 halves the frames too."
assert found[12] == (512, 1, 4, 4), "pool5 takes seven columns as (1,2)(3,4)(5,6)(7)."
assert found[13:] == [(4096,), (4096,), (487,)], "A fully connected layer gives its units."
down = [tuple(shape) for shape in shapes(CLIP, search_net((3, 3, 3, 3, 3), ceil=False))]
assert down[9] == (256, 1, 3, 3), "Rounded down, seven columns are (1,2)(3,4)(5,6)."
mixed = [tuple(shape) for shape in shapes(CLIP, MIXED)]
assert mixed[0] == (64, 16, 56, 56), "The stride of conv1 is 2 in height and width."
assert mixed[1] == (64, 16, 27, 27), "Windows of 3 in steps of 2: 27 are complete on 56."
assert mixed[2] == (96, 8, 27, 27), "The stride of conv2 is 2 in time."
bare = {"kind": "conv", "filters": 2, "kernel": (3, 5, 1), "stride": (1, 1, 1)}
(inner,) = shapes((1, 9, 9, 9), [{**bare, "padding": (0, 1, 2)}])
assert tuple(inner) == (2, 7, 7, 13), "How many zeros there are, the padding says, not the kernel."
(even,) = shapes((1, 9, 9, 9), [pool("even", (3, 3, 3), stride=(2, 2, 2))])
assert tuple(even) == (1, 4, 4, 4), "Four windows of 3 in steps of 2 reach the end: no fifth."
(far,) = shapes((1, 9, 9, 9), [pool("far", (2, 2, 2), stride=(3, 3, 3))])
assert tuple(far) == (1, 3, 3, 3), "The ninth is left over, but the next window begins behind it."

# %% hidden="shapes" points=2 about="kernels, strides and paddings of many kinds, rounded down"
import numpy as np

rng = np.random.default_rng(SEED)
for _ in range(8):
    clip, layers = tuple(rng.integers((1, 90, 90, 90), (5, 160, 160, 160)).tolist()), []
    for i, kind in enumerate(("conv", "pool", "conv", "conv")):
        kernel, stride = (tuple(row) for row in rng.integers(1, 4, (2, 3)).tolist())
        layer = {"name": f"layer{i}", "kind": kind, "kernel": kernel, "stride": stride}
        if kind == "conv":
            padding = tuple(rng.integers(0, 3, 3).tolist())
            layers.append({**layer, "filters": int(rng.integers(1, 99)), "padding": padding})
        else:
            layers.append({**layer, "ceil": False})
    layers.append({"name": "fc", "kind": "fc", "units": int(rng.integers(1, 99))})
    show([np.array(shape) for shape in shapes(clip, layers)])

# %% hidden="shapes" points=2 about="poolings that round up, windows that overlap or leave gaps"
import numpy as np

rng = np.random.default_rng(SEED + 1)
for _ in range(8):
    clip, layers = tuple(rng.integers((1, 90, 90, 90), (5, 160, 160, 160)).tolist()), []
    for i, ceil in enumerate((True, False, True, True)):
        kernel, stride = (tuple(row) for row in rng.integers(1, 4, (2, 3)).tolist())
        layer = {"name": f"pool{i}", "kind": "pool", "kernel": kernel, "stride": stride}
        layers.append({**layer, "ceil": ceil})
    show([np.array(shape) for shape in shapes(clip, layers)])

# %% [markdown]
# ## Question 2 · How many numbers does it learn? (4 points)
#
# Count the weights and biases of each layer. You may use `shapes`.
#
# *Hint.* Begin with **one** filter, or one unit. How many numbers does it look at, at one place? It
# has a weight for each of them, and one bias. Which layers need to know the size of the clip?


# %% solution="parameters"
def parameters(clip, layers):
    """The weights and biases of each layer.

    Args:
        clip: (C, L, H, W).
        layers: a list of dicts.

    Returns:
        A list with an int a layer; 0 for a pooling.
    """

    ### BEGIN SOLUTION
    def count(layer, seen):
        if layer["kind"] == "pool":
            return 0
        if layer["kind"] == "fc":
            return layer["units"] * (prod(seen) + 1)
        return layer["filters"] * (seen[0] * prod(layer["kernel"]) + 1)

    given = [clip, *shapes(clip, layers)]
    return [count(layer, seen) for layer, seen in zip(layers, given)]
    ### END SOLUTION


# %% check="parameters"
counts = list(parameters(CLIP, c3d()))
assert len(counts) == len(c3d()), "One number for each layer, for poolings too."
assert counts[0] == 5_248, "conv1a: 64 filters, each with 3 × 27 weights and one bias."
assert counts[1] == 0, "A pooling has nothing to learn."
assert counts[2] == 221_312, "A filter of conv2a reaches through all 64 channels that come in."
assert counts[13] == 33_558_528, "A unit of fc6 has a weight for each of 512 × 1 × 4 × 4 numbers."
assert counts[14] == 16_781_312, "fc7 is given the 4096 numbers of fc6."
assert sum(counts) == 79_991_015, "C3D with 487 classes has about 80 million."
assert sum(parameters(CLIP, c3d(101))) == 78_409_573, "With other classes, fc8 alone is another."
assert sum(parameters(CLIP, search_net((3, 3, 3, 3, 3)))) == 17_444_965, "The net depth-3."
assert parameters(CLIP, MIXED)[0] == 28_288, "Kernels 3 × 7 × 7: 64 filters of 3 × 147 and a bias."
increasing = sum(parameters(CLIP, search_net((3, 3, 5, 5, 7))))
decreasing = sum(parameters(CLIP, search_net((7, 5, 5, 3, 3))))
assert increasing == 21_573_733, "Deep kernels where there are many channels: many weights."
assert decreasing == 18_189_157, "Deep kernels where there are few channels: few weights."

# %% hidden="parameters" points=2 about="kernels of all kinds, on small clips that keep their size"
import numpy as np

rng = np.random.default_rng(SEED + 2)
for _ in range(8):
    clip, layers = tuple(rng.integers((1, 2, 4, 4), (5, 7, 10, 10)).tolist()), []
    for i in range(3):
        half = rng.integers(0, 4, 3)
        kernel, padding = tuple((2 * half + 1).tolist()), tuple(half.tolist())
        sizes = {"kernel": kernel, "stride": (1, 1, 1), "padding": padding}
        filters = int(rng.integers(1, 30))
        layers.append({"name": f"conv{i}", "kind": "conv", "filters": filters, **sizes})
    for i in range(2):
        layers.append({"name": f"fc{i}", "kind": "fc", "units": int(rng.integers(1, 99))})
    show(np.array(parameters(clip, layers)))

# %% hidden="parameters" points=2 about="strides, and poolings that round up or down"
import numpy as np

rng = np.random.default_rng(SEED + 3)
for _ in range(8):
    clip, layers = tuple(rng.integers((1, 40, 40, 40), (5, 60, 60, 60)).tolist()), []
    for i, kind in enumerate(("conv", "pool", "conv", "pool")):
        kernel = tuple(rng.integers(2, 4, 3).tolist())
        if kind == "conv":
            sizes = {"kernel": kernel, "stride": (1, 2, 1), "padding": (1, 0, 1)}
            layers.append({"name": f"conv{i}", "kind": kind, "filters": i + 5, **sizes})
        else:
            sizes = {"kernel": kernel, "stride": (2, 2, 3), "ceil": bool(rng.integers(2))}
            layers.append({"name": f"pool{i}", "kind": kind, **sizes})
    for i in range(3):
        layers.append({"name": f"fc{i}", "kind": "fc", "units": int(rng.integers(1, 99))})
    show(np.array(parameters(clip, layers)))

# %% [markdown]
# ## Question 3 · How far does one number see? (5 points)
#
# The **receptive field** of a layer: from the first to the last frame, row and column of the clip
# that one number behind this layer depends on. Take a number from the middle, far from all edges of
# a clip as large as you like: then neither padding nor rounding matters, and it may come out larger
# than 16 × 112 × 112. Give it behind each convolution and pooling. Fully connected layers come last
# in a net, see everything, and are left out.
#
# *Hint.* A kernel of 3 reaches two **places** further. How many frames of the clip are two places?
# Carry two numbers for each axis from layer to layer: how far one place sees, and how far from it
# its neighbour begins. And do not read the second one off the kernel.


# %% solution="receptive_field"
def receptive_field(layers):
    """How much of the clip one number sees.

    Args:
        layers: a list of dicts.

    Returns:
        A list with a tuple of ints (frames, rows, columns) a convolution or pooling.
    """
    ### BEGIN SOLUTION
    found, field, step = [], (1, 1, 1), (1, 1, 1)
    for layer in layers:
        if layer["kind"] != "fc":
            field = tuple(f + (k - 1) * s for f, k, s in zip(field, layer["kernel"], step))
            step = tuple(s * stride for s, stride in zip(step, layer["stride"]))
            found.append(field)
    return found
    ### END SOLUTION


# %% check="receptive_field"
fields = [tuple(field) for field in receptive_field(c3d())]
assert len(fields) == 13, "Eight convolutions and the poolings; no fully connected layers."
assert fields[0] == (3, 3, 3), "conv1a sees what its kernel covers."
assert fields[1] == (3, 4, 4), "pool1 takes two neighbours, whose fields overlap: one row more."
assert fields[2] == (5, 8, 8), "Behind pool1 neighbours are two rows apart, but still one frame."
assert fields[12] == (76, 150, 150), "pool5 sees all of the clip, and padding around it."
fields = [tuple(field) for field in receptive_field(MIXED)]
assert fields[1] == (3, 11, 11), "The stride of a convolution sets its neighbours apart, too."
assert fields[2] == (5, 19, 19), "How far apart neighbours are is the stride's, not the window's."

# %% hidden="receptive_field" points=2 about="kernels that differ by axis, poolings as in C3D"
import numpy as np

rng = np.random.default_rng(SEED + 4)
for _ in range(8):
    layers = []
    for i, kind in enumerate(("conv", "conv", "pool", "conv", "pool", "conv")):
        kernel = tuple(rng.integers(1, 6, 3).tolist())
        if kind == "conv":
            padding = tuple(size // 2 for size in kernel)
            sizes = {"kernel": kernel, "stride": (1, 1, 1), "padding": padding}
            layers.append({"name": f"conv{i}", "kind": kind, "filters": 8, **sizes})
        else:
            sizes = {"kernel": kernel, "stride": kernel, "ceil": True}
            layers.append({"name": f"pool{i}", "kind": kind, **sizes})
    layers.append({"name": "fc", "kind": "fc", "units": 10})
    show([np.array(field) for field in receptive_field(layers)])

# %% hidden="receptive_field" points=3 about="strides and kernels that differ by axis, everywhere"
import numpy as np

rng = np.random.default_rng(SEED + 5)
for _ in range(8):
    layers = []
    for i, kind in enumerate(rng.choice(["conv", "pool"], 6).tolist()):
        kernel, stride = rng.integers(1, 8, 3).tolist(), rng.integers(1, 4, 3).tolist()
        sizes = {"kernel": tuple(kernel), "stride": tuple(stride)}
        if kind == "conv":
            padding = tuple(rng.integers(0, 3, 3).tolist())
            layers.append({"name": f"conv{i}", "kind": kind, "filters": 8, "padding": padding})
        else:
            layers.append({"name": f"pool{i}", "kind": kind, "ceil": bool(rng.integers(2))})
        layers[-1].update(sizes)
    show([np.array(field) for field in receptive_field(layers)])

# %% [markdown]
# ## Question 4 · Errata (4 points)
#
# These statements, here in our words, stand in the paper or in texts about it. Each is wrong, or
# holds only on a condition that it does not name. Find the numbers that put it right, and write
# them into the dict `errata` under their keys. Clips are 3 × 16 × 112 × 112, the search nets have
# 101 classes and poolings that round up, and *depth-d* has kernels `d` frames deep in all of its
# five convolutions.
#
# 1. *Pooling 2×2×2 with stride 1 leaves an eighth of the values.* `"stride"`: the stride that
#    does. `"values_left"`: how many of the 16 × 56 × 56 values of a map are left with stride 1.
# 2. *C3D has 8 convolutions and 4 pooling layers.* `"poolings"`: how many it has.
# 3. *C3D was trained with 30 mini-batches.* `"clips"`: how many clips it saw in its 1.9 million
#    iterations, repeats counted. (Lesson 6 tells what there are 30 of.)
# 4. *From one depth to the next there are 17K parameters more, from depth 1 to depth 7 51K.*
#    `"gap_3_1"`: the parameters of depth-3 minus those of depth-1. `"gap_7_1"`: the same for
#    depth-7 and depth-1.
# 5. *The nets are of comparable capacity.* `"work"`: the MACs of depth-7 divided by those of
#    depth-1, rounded to one decimal.
# 6. *The nets have about 17.5 million parameters.* Depth-3 has, with poolings that round up.
#    `"rounded_down"`: how many it has if they all round down.
#
# The check only sees that there are numbers, not which: nobody would look for errata otherwise.
# You may write a number down, or calculate it in the cell with your functions. A MAC is one
# multiplication of a weight, with the addition that goes with it; biases do not count. A
# convolution uses each of its weights once at **every place** of its output.

# %% solution="errata"
# Fill in a number for each of these keys: errata["stride"] = ..., and so on.
#
#     "stride"        stride with which pooling 2×2×2 leaves an eighth
#     "values_left"   values of 16 × 56 × 56 that it leaves with stride 1
#     "poolings"      pooling layers of C3D
#     "clips"         clips seen in 1.9 million iterations
#     "gap_3_1"       parameters of depth-3 minus those of depth-1
#     "gap_7_1"       parameters of depth-7 minus those of depth-1
#     "work"          MACs of depth-7 / MACs of depth-1
#     "rounded_down"  parameters of depth-3 with poolings that round down
errata = {}


### BEGIN SOLUTION
def total(depth, **rounding):
    return sum(parameters(CLIP, search_net((depth,) * 5, **rounding)))


def macs(layers):
    rows = zip(layers, parameters(CLIP, layers), shapes(CLIP, layers))
    # as many biases as channels or units; behind fc there is one place, the empty product
    return sum((n - out[0]) * prod(out[1:]) for one, n, out in rows if one["kind"] != "pool")


errata["stride"] = 2
errata["values_left"] = prod(shapes((1, 16, 56, 56), [pool("", (2, 2, 2), stride=(1, 1, 1))])[0])
errata["poolings"] = sum(layer["kind"] == "pool" for layer in c3d())
errata["clips"] = 1_900_000 * 30  # iterations, each with one mini-batch of 30 clips
errata["gap_3_1"] = total(3) - total(1)
errata["gap_7_1"] = total(7) - total(1)
errata["work"] = round(macs(search_net((7,) * 5)) / macs(search_net((1,) * 5)), 1)
errata["rounded_down"] = total(3, ceil=False)
### END SOLUTION

# %% check="errata"
for key in (
    "stride",
    "values_left",
    "poolings",
    "clips",
    "gap_3_1",
    "gap_7_1",
    "work",
    "rounded_down",
):
    assert key in errata, f"There is no {key!r} in errata yet."
    got = errata[key]
    assert isinstance(got, Real), f"{key!r} must be a number, not {type(got).__name__}."
    assert got > 0, f"{key!r} counts or compares something: it is above 0."

# %% hidden="errata" points=1 about="pooling: the stride, and what stride 1 would leave"
import numpy as np

show(np.array([float(errata[key]) for key in ("stride", "values_left")]))

# %% hidden="errata" points=1 about="the pooling layers of C3D, and the clips it saw"
import numpy as np

show(np.array([float(errata[key]) for key in ("poolings", "clips")]))

# %% hidden="errata" points=1 about="the gaps between the search nets, in parameters"
import numpy as np

show(np.array([float(errata[key]) for key in ("gap_3_1", "gap_7_1")]))

# %% hidden="errata" points=1 about="the ratio of MACs, and the total when poolings round down"
import numpy as np

show(np.array([round(float(errata["work"]), 1), float(errata["rounded_down"])]))

# %% [markdown] teacher="comparable_capacity" points=3
# ## Question 5 · Of comparable capacity? (3 points)
#
# The paper compares kernel depths 1, 3, 5 and 7, finds 3 best and 1 worst, and says that the nets
# are of comparable capacity. (a) Why does this not hold? Give numbers, and say how 51K may have
# come about: what does 960 × 9 × 6 leave out? (b) What can one conclude from depth 3 being better
# than depth 1, and what not? And from depth 7, the largest net, not being best? (c) Plan a fair
# comparison: which nets, what is the same for all, what cannot be, and how will you tell a
# difference from chance? Eight to twelve sentences.
#
# ### BEGIN SOLUTION
# (a) Depth-7 has 9,300,096 parameters more than depth-1, which is 65 %, not 0.3 %, and does 7.0
# times the MACs. 960 filters × 9 weights of a slice × 6 slices more is 51,840: a filter has such a
# slice for each *input channel*, up to 256 of them, and the count seems to have left them out.
# (This is an explanation; nobody has confirmed it.)
# (b) Depth 3 differs from depth 1 in three things at once: it can see motion, it has 3.1 million
# weights more, and does three times the work. That it is better does not say which of them helped.
# That depth 7 is not best shows that size alone does not decide; yet its size may also have hurt
# it, by overfitting on a small data set or by needing another learning rate.
# (c) Controls that change one thing: depth-1 widened until it has the parameters of depth-3, and
# another widened until it does its MACs; depth-7 narrowed likewise. Width cannot match both counts
# at once, so both are reported. Same clips, split, augmentation and schedule for all, with a
# learning rate chosen in the same way for each; several seeds, and an interval for the difference.
# Good answers may add depth-3 on shuffled frames, or that outer slices of deep kernels meet only
# padding in late layers: of the 9.30 million, 2.36 million never see data. One point each.
# ### END SOLUTION
