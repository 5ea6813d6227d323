# %% [markdown] assignment="a1" packages="numpy matplotlib" seconds=30 memory=1000
# # A1 · 3D convolution and pooling by hand
#
# C3D is made of two operations. Write both with nothing but NumPy, and every number that a 3D
# net computes is in your hands.
#
# **Points:** 20. **Time:** two to three hours. **You need:** lesson 1.
#
# | Question | Points | Marked by |
# |---|---|---|
# | 1 · How long is what comes out? | 2 | hidden tests |
# | 2 · 3D convolution | 8 | hidden tests |
# | 3 · 3D max pooling | 5 | hidden tests |
# | 4 · 2D convolution as a special case | 2 | hidden tests |
# | 5 · Where does time go? | 3 | your teacher |
#
# **How it works.** Write your lines where it says `YOUR CODE HERE`, and delete the line below it
# that raises. The check behind each question knows the most common mistakes, not all of them: try
# cases of your own, too. Then run the whole notebook from the start (*Run > Restart Kernel and Run
# All Cells*), save it, and hand in this one file. Hidden tests then try your functions on other
# clips than the checks do: other sizes, strides, numbers. They run where there is neither PyTorch
# nor SciPy, so `F.conv3d` is not the answer.
#
# You may add cells. What you change in the cells that are not yours is put back before marking.

# %%
import numpy as np

# %% [markdown]
# ## Question 1 · How long is what comes out? (2 points)
#
# A kernel that is `kernel` frames deep moves along `size` frames in steps of `stride`, after
# `padding` frames of zeros were put at **both** ends. At how many places does it fit completely?
# The same holds for height and width. The kernel is never longer than the frames with their zeros.


# %% solution="output_length"
def output_length(size, kernel, stride=1, padding=0):
    """The number of places at which a kernel fits, an int."""
    ### BEGIN SOLUTION
    places_after_the_first = (size + 2 * padding - kernel) // stride
    return places_after_the_first + 1
    ### END SOLUTION


# %% check="output_length"
assert output_length(16, 3) == 14, "Three frames fit on sixteen at 14 places."
assert output_length(16, 3, padding=1) == 16, "With one frame of zeros at both ends, at 16."
assert output_length(16, 2, stride=2) == 8, "In steps of two, two frames fit at 8 places."
assert output_length(5, 2, stride=2) == 2, "The last frame is left over: half a place is none."

# %% hidden="output_length" points=2 about="sizes, strides and paddings of many kinds"
import numpy as np

rng = np.random.default_rng(SEED)
rows = []
for _ in range(40):
    kernel, stride, padding = (int(rng.integers(1, 6)) for _ in range(3))
    size = int(rng.integers(max(1, kernel - padding), 40))
    rows.append(output_length(size, kernel, stride=stride, padding=padding))
show(rows)

# %% [markdown]
# ## Question 2 · 3D convolution (8 points)
#
# A batch of clips `x` has shape `(N, C, L, H, W)`: clips, channels, frames, height, width. The
# kernels `w` have shape `(K, C, d, k, k)`: `K` of them, each with the clip's channels, `d` frames
# deep and `k × k` pixels wide. For output `n, j` at place `t, y, x`,
#
# $$ out[n, j, t, y, x] = b_j + \sum_{c, \tau, u, v} w[j, c, \tau, u, v] \;
#    x[n, c, \; t \cdot s_t + \tau, \; y \cdot s_y + u, \; x \cdot s_x + v] $$
#
# which is what every library for deep learning calls a convolution (the kernel is *not* flipped;
# in signal processing the name is *cross-correlation*). Padding puts zeros around the clip first.
#
# *Hint.* Loop over the places of the **kernel**, of which there are few, not over those of the
# clip: each gives one shifted and strided copy of the clip, multiplied by `w[:, :, τ, u, v]`.


# %% solution="conv3d"
def conv3d(x, w, b=None, stride=(1, 1, 1), padding=(0, 0, 0)):
    """3D convolution.

    Args:
        x: clips (N, C, L, H, W).
        w: kernels (K, C, d, kh, kw).
        b: K biases, a list or an array, or None.
        stride, padding: in time, height and width.

    Returns:
        An array (N, K, L', H', W').
    """
    ### BEGIN SOLUTION
    around = [(0, 0), (0, 0), *((width, width) for width in padding)]
    padded = np.pad(x, around)
    deep, high, wide = w.shape[2:]
    size = [output_length(n, k, s) for n, k, s in zip(padded.shape[2:], w.shape[2:], stride)]
    out = np.zeros((x.shape[0], w.shape[0], *size), dtype=np.result_type(x, w))
    for tau in range(deep):
        for u in range(high):
            for v in range(wide):
                start = (tau, u, v)
                part = tuple(slice(o, o + n * s, s) for o, n, s in zip(start, size, stride))
                shifted = padded[(slice(None), slice(None), *part)]
                out += np.einsum("nclhw,kc->nklhw", shifted, w[:, :, tau, u, v])
    return out if b is None else out + np.asarray(b)[None, :, None, None, None]
    ### END SOLUTION


# %% check="conv3d"
clip = np.arange(2 * 4 * 5 * 5, dtype=float).reshape(1, 2, 4, 5, 5)
ones = np.ones((3, 2, 3, 3, 3))
assert conv3d(clip, ones).shape == (1, 3, 2, 3, 3), "Frames 4 - 3 + 1 = 2, rows 5 - 3 + 1 = 3."
first = conv3d(clip, ones)[0, 0, 0, 0, 0]
assert np.isclose(first, clip[0, :, :3, :3, :3].sum()), "A kernel of ones adds up what it covers."
later = np.zeros((1, 2, 3, 1, 1))
later[0, 0, 2] = 1
ahead = conv3d(clip, later)[0, 0]
assert np.allclose(ahead, clip[0, 0, 2:]), "This kernel sees one pixel only, two frames ahead."
assert conv3d(clip, ones, padding=(1, 1, 1)).shape == (1, 3, 4, 5, 5), (
    "One zero on each side keeps the size."
)
assert conv3d(clip, ones, stride=(1, 2, 2)).shape == (1, 3, 2, 2, 2), (
    "Stride 2 in height and width: every other row and column."
)
more = conv3d(clip, ones, b=[1, 2, 3]) - conv3d(clip, ones)
assert np.allclose(more[0, :, 0, 0, 0], [1, 2, 3]), "Each of the three maps gets its own bias."
rng = np.random.default_rng(0)
clips, kernels = rng.integers(-9, 10, (2, 3, 5, 6, 7)), rng.integers(-4, 5, (4, 3, 2, 3, 1))
out = conv3d(clips, kernels, stride=(2, 1, 3), padding=(1, 0, 2))
assert out.shape == (2, 4, 3, 4, 4), f"Two clips, four kernels 2 × 3 × 1: {out.shape} is not right."
there = (kernels[3] * clips[1, :, 1:3, 2:5, 4:5]).sum()
assert np.isclose(out[1, 3, 1, 2, 2], there), "The formula, for the second clip and fourth kernel."

# %% hidden="conv3d" points=3 about="one clip, kernels 3 × 3 × 3, no padding"
import numpy as np

rng = np.random.default_rng(SEED + 1)
show(conv3d(rng.integers(-9, 10, (1, 3, 5, 7, 6)), rng.integers(-4, 5, (4, 3, 3, 3, 3))))

# %% hidden="conv3d" points=3 about="stride and padding that differ in time, height and width"
import numpy as np

rng = np.random.default_rng(SEED + 2)
clips, kernels = rng.integers(-9, 10, (1, 2, 7, 9, 8)), rng.integers(-4, 5, (3, 2, 3, 3, 3))
show(conv3d(clips, kernels, stride=(1, 2, 3), padding=(1, 0, 2)))
show(conv3d(clips, kernels, stride=(2, 1, 1), padding=(0, 1, 1)))

# %% hidden="conv3d" points=2 about="several clips, biases, kernels of any depth and width"
import numpy as np

rng = np.random.default_rng(SEED + 3)
clips = rng.integers(-9, 10, (3, 2, 6, 8, 7))
for shape in [(2, 2, 1, 3, 3), (5, 2, 5, 1, 2), (1, 2, 6, 8, 7)]:
    kernels, biases = rng.integers(-4, 5, shape), rng.integers(-9, 10, shape[0])
    show(conv3d(clips, kernels, b=biases))

# %% [markdown]
# ## Question 3 · 3D max pooling (5 points)
#
# The largest value in each window of `kernel` frames × rows × columns; windows are `stride` apart.
# C3D pools with windows `(1, 2, 2)` first and `(2, 2, 2)` later, stride = window.
#
# Where the windows do not come out even, there are two ways. **Down**: what is left over at the end
# is dropped. **Up** (`ceil=True`): one more window takes what is left over, and looks only at what
# is really there. A window must begin **on** a value, though: with steps longer than windows, the
# next one may begin behind the end, and then there is none. Windows are never larger than clips.
# Caffe, with which C3D was made, rounds up, and so pools 7 × 7 to 4 × 4.


# %% solution="max_pool3d"
def max_pool3d(x, kernel, stride=None, ceil=False):
    """The largest value of each window.

    Args:
        x: clips (N, C, L, H, W).
        kernel: of the window, in time, height and width.
        stride: the same; as large as the window if it is None.
        ceil: take what is left over as one more window, instead of dropping it.

    Returns:
        An array (N, C, L', H', W').
    """
    ### BEGIN SOLUTION
    stride = stride or kernel
    starts = []
    for n, k, s in zip(x.shape[2:], kernel, stride):
        complete = output_length(n, k, s)
        left_over = ceil and (complete - 1) * s + k < n and complete * s < n
        starts.append([i * s for i in range(complete + left_over)])
    out = np.empty((*x.shape[:2], *map(len, starts)), dtype=x.dtype)
    for i, t in enumerate(starts[0]):
        for j, y in enumerate(starts[1]):
            for m, z in enumerate(starts[2]):
                window = x[:, :, t : t + kernel[0], y : y + kernel[1], z : z + kernel[2]]
                out[:, :, i, j, m] = window.max(axis=(2, 3, 4))
    return out
    ### END SOLUTION


# %% check="max_pool3d"
clip = np.arange(1 * 4 * 5 * 5, dtype=float).reshape(1, 1, 4, 5, 5)
assert max_pool3d(clip, (2, 2, 2)).shape == (1, 1, 2, 2, 2), "The fifth row and column are dropped."
assert max_pool3d(clip, (2, 2, 2))[0, 0, 0, 0, 0] == 31, "The largest of the first window."
assert max_pool3d(clip, (1, 2, 2), ceil=True).shape == (1, 1, 4, 3, 3), (
    "Rounding up, the fifth row and column get a window."
)
assert max_pool3d(-clip, (1, 2, 2), ceil=True)[0, 0, 0, 2, 2] == -24, (
    "Only what is really there: no zeros."
)
assert max_pool3d(clip, (1, 3, 3), stride=(1, 1, 1)).shape == (1, 1, 4, 3, 3), "Windows overlap."
far = max_pool3d(clip, (1, 1, 1), stride=(3, 3, 5), ceil=True)
assert far.shape == (1, 1, 2, 2, 1), "The sixth column is behind the end: no window begins there."

# %% hidden="max_pool3d" points=2 about="windows that come out even, or leave something over"
import numpy as np

rng = np.random.default_rng(SEED + 4)
clips = rng.integers(-99, 0, (2, 3, 8, 9, 7))
show(max_pool3d(clips, (1, 2, 2)))
show(max_pool3d(clips, (2, 2, 2)))

# %% hidden="max_pool3d" points=1 about="windows that overlap, and steps longer than a window"
import numpy as np

rng = np.random.default_rng(SEED + 5)
clips = rng.integers(-99, 99, (1, 2, 7, 8, 9))
show(max_pool3d(clips, (3, 2, 3), stride=(1, 1, 2)))
show(max_pool3d(clips, (1, 2, 2), stride=(2, 3, 3)))

# %% hidden="max_pool3d" points=2 about="rounding up, with negative numbers"
import numpy as np

rng = np.random.default_rng(SEED + 6)
clips = rng.integers(-99, 0, (2, 2, 5, 7, 8))
show(max_pool3d(clips, (2, 2, 2), ceil=True))
show(max_pool3d(clips, (2, 3, 3), stride=(2, 2, 2), ceil=True))

# %% [markdown]
# ## Question 4 · 2D convolution as a special case (2 points)
#
# A 2D net looks at one frame at a time, with kernels `w` of shape `(K, C, k, k)`. Apply them to
# every frame of the clips, with **one call** of your `conv3d`, and with zeros around each frame so
# that it keeps its height and width (`k` is odd).


# %% solution="conv2d_on_clip"
def conv2d_on_clip(x, w):
    """Every frame convolved on its own.

    Args:
        x: clips (N, C, L, H, W).
        w: kernels (K, C, k, k), k odd.

    Returns:
        An array (N, K, L, H, W).
    """
    ### BEGIN SOLUTION
    one_frame_deep = w[:, :, None]
    return conv3d(x, one_frame_deep, padding=(0, w.shape[2] // 2, w.shape[3] // 2))
    ### END SOLUTION


# %% check="conv2d_on_clip"
clip = np.arange(2 * 3 * 4 * 4, dtype=float).reshape(1, 2, 3, 4, 4)
edges = np.array([[0.0, 0, 0], [-1, 0, 1], [0, 0, 0]])[None, None].repeat(2, axis=1)
assert conv2d_on_clip(clip, edges).shape == (1, 1, 3, 4, 4), "Frames, rows and columns all stay."
other = clip.copy()
other[:, :, 1] += 5 * np.arange(16).reshape(4, 4)
change = np.abs(conv2d_on_clip(other, edges) - conv2d_on_clip(clip, edges))
changed = change.max(axis=(0, 1, 3, 4)) > 1e-6
assert changed.tolist() == [False, True, False], "Only frame 1 differs, so only map 1 may."
rows = np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, 1]])[None, None].repeat(2, axis=1)
down = conv2d_on_clip(clip, rows)[0, 0, :, :3, :3]
assert np.allclose(down, clip[0].sum(axis=0)[:, 1:, 1:]), "This kernel sees one down and one right."

# %% hidden="conv2d_on_clip" points=2 about="kernels 1 × 1 to 5 × 5 on several clips"
import numpy as np

rng = np.random.default_rng(SEED + 7)
clips = rng.integers(-9, 10, (2, 3, 4, 6, 7))
for k in (1, 3, 5):
    show(conv2d_on_clip(clips, rng.integers(-4, 5, (2, 3, k, k))))

# %% [markdown] teacher="where_time_goes" points=3
# ## Question 5 · Where does time go? (3 points)
#
# A 2D net may also take all 16 frames at once, as 16 times as many channels. (a) What is the shape
# of its first layer's output, and where are the 16 frames in it? (b) Why can no later layer find
# out in which order the frames came, beyond what the first one kept? (c) Your `conv3d` gives
# 16 frames out for 16 in. With as many kernels, `d` frames deep: how many times the multiplications
# of (a) is that, and how many times the values to keep? Five to ten sentences.
#
# ### BEGIN SOLUTION
# (a) (N, K, H, W): no axis of time is left. Each of the K maps is one weighted sum over all frames.
# (b) Later layers see only those K sums. Two clips whose K maps agree are the same for them,
# however their frames differ; the kernel of the first layer is the only place that ever met time.
# (c) The same K kernels are applied at 16 places in time, so there are about 16 × d / 16 = d times
# as many multiplications (d frames at 16 places, against 16 frames at one), and 16 times as many
# values to keep. One point each.
# ### END SOLUTION
