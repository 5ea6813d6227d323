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
# # 9 · Your own video
#
# **After this lesson you can**
#
# - cut any video into clips of 16 frames, and say which frames each clip takes;
# - ask a net about a film of your own, along time, and read when it had better say nothing;
# - name five ways in which a video or a published net goes wrong without an error;
# - lay out a data set like UCF101, and fine-tune a trained net on it.
#
# **Time:** 60 minutes, the exercise included. **You need:** lessons 1 and 6. A video of your own
# is welcome, and not needed. **It runs** on a laptop, without a network, in about half a minute.

# %% [markdown]
# ## A question
#
# Your telephone made a film of half a minute: 900 frames of 1920×1080. C3D takes **16 frames of
# 112×112**. So here is the question of this lesson:
#
# > **How do 900 frames become 16, and what can go wrong on the way without anyone noticing?**

# %%
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import torch
from decord import VideoReader

from c3d_teach import (
    UCF101,
    CameraMotion,
    MotionDigits,
    Recipe,
    claim,
    freeze,
    judge_video,
    load,
    probe,
    read_clips,
    train,
    with_new_head,
)
from c3d_teach.classroom.checks.clips import check_clip_starts
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.data.export import export, write_video
from c3d_teach.data.odd_files import write_shown_at, write_with_leaning_frames
from c3d_teach.data.sample_film import sample_film
from c3d_teach.viz.charts import bars
from c3d_teach.viz.notebook import play, say, show
from c3d_teach.viz.video_charts import (
    clip_spans_chart,
    frame_times_chart,
    named_strip,
    verdicts_chart,
    whole_clips,
)
from c3d_teach.viz.widgets.clip_window import ClipWindow
from c3d_teach.viz.widgets.quiz import Quiz

my_video = ""  # the path of a film of yours, such as "holiday.mp4"; empty for ours

desk = TemporaryDirectory()  # all files of this lesson; it goes when the notebook is closed
folder = Path(desk.name)
video = Path(my_video).expanduser() if my_video else folder / "film.mp4"
if not my_video:
    write_video(video, sample_film(photo="chelsea"), fps=25)

# %% [markdown]
# ## 1. A file is not a stack of frames
#
# Without a film of yours we use one that the kit has just made: a camera that moves over a
# photograph of a cat. It is a real video file. Such a file holds few whole pictures. For
# most frames it holds only *what has changed*. To see frame 50, a **decoder** goes back to a whole
# picture and works its way forward. Ours is called decord. It runs in a **child process**, a
# second program: a damaged file can hang or crash a decoder, and then it does not take your
# notebook with it.

# %%
info = probe(video)
clips = list(islice(read_clips(video, isolated=True), 60))  # of a long film, the beginning
film = np.concatenate([np.asarray(clip) for clip in clips])

print(f"{info.frames} frames, {info.fps:.0f} a second, {info.height}×{info.width} pixels")
print(f"{len(clips)} clips, each {tuple(clips[0].shape)}, {clips[0].dtype}")
small_film = film[::9, ::2, ::2]  # a ninth of the frames, a quarter of the pixels
play(
    {"The film, in small": small_film},
    fps=5,
    scale=4,
    alt="A camera moves over the photograph of a cat",
)

# %% [markdown]
# **What to see.** The camera stands still, then it moves in three ways. Which? Note that it is
# always the *camera* that is named: when the camera goes right, the picture goes left.
#
# Every frame came out as 128×171 pixels, whatever it was in the file. That is the size of the
# paper. The net cuts 112×112 out of it (lesson 6). Here 135 frames became 8 clips, and
# 8 × 16 = 128. Where are the other seven frames?

# %% [markdown]
# ## 2. Predict first
#
# 1. Clips of 16 frames start every 16 frames: that gave 8 clips of 135 frames. Now they start
#    every **8** frames. How many whole clips are there: `"8"`, `"15"`, `"16"` or `"17"`?
# 2. Later we write an old kind of file (AVI) and jump to each of its frames, one after the other.
#    What do we get: `"the right frames"`, `"wrong frames"` or `"an error"`?

# %%
guess_clips = "?"
guess_jumps = "?"

# %% [markdown]
# ## 3. Which frames does a clip take?
#
# The **stride** says how many frames it is from the start of one clip to the start of the next.
# With a stride of 16 the clips do not overlap: the paper trains so. With a stride of 8 each frame
# in the middle is in two clips: the paper's descriptors (lesson 8) are made so.

# %%
count, length = 135, 16
ways = {}
for stride in (16, 8):
    starts = whole_clips(count, length, stride)  # you will write this one yourself
    ways[f"stride {stride}: {len(starts)} clips"] = starts
show(
    clip_spans_chart(count, length, ways, title="The frames that fill no clip are dropped"),
    alt="Two panels over 135 frames. With stride 16 eight bars side by side, frames 128 to 134 are "
    "hatched. With stride 8 fifteen bars in two lanes.",
)
found = str(len(starts))
print(compare_guess(guess_clips, found, ("8", "15", "16", "17")))

# %% [markdown]
# **What to see.** Each bar is a clip, and its number stands in it. The hatched frames at the end
# fill no clip. They are **dropped**: the paper speaks of 16-frame clips only, and the net was built
# for them. Fifteen, not sixteen: the sixteenth would start at frame 120 and end at 135, and the
# last frame is 134.
#
# A long film is not held in memory. `read_clips` gives one clip, forgets it, and gives the next.

# %% [markdown]
# ## 4. Move the window yourself
#
# `camera-c3d` is a small C3D, trained with this kit on other photographs. It says how the camera
# moves. Run the next cell. Move the clip's number slowly. Where is the net sure, and where does
# it fall to the line at one half? Then find a clip that lies on a *change* of the camera's motion.

# %% tags=["nbval-ignore-output"]
net = load("camera-c3d")
ClipWindow(film, net)

# %% [markdown]
# ## 5. What a net says along time
#
# For a whole file there is `judge_video`. It reads, asks and keeps the answers, clip by clip.

# %%
judged = judge_video(net, video, stride=16)
starts = [clip.start for clip in judged.clips[:60]]
answers = [clip.answer for clip in judged.clips[:60]]
likeliest = [max(clip.probabilities) for clip in judged.clips[:60]]

show(
    verdicts_chart(
        film,
        starts,
        16,
        likeliest,
        answers,
        title="Asked clip by clip, the net tells the film's story",
    ),
    alt="Pictures of the film and a bar for each clip. " + ", then ".join(dict.fromkeys(answers)),
)
for start, answer in zip(starts, answers, strict=True):
    print(f"from frame {start:>3}: {answer}")

# %% [markdown]
# **What to see.** A bar is as high as the probability of the likeliest answer. On our film the
# answers follow the camera: still, right, in, up. <!-- claim: film-named -->
#
# Look at the grey bars. There the net says **"no clear camera motion"**. It says so in two cases:
# the likeliest answer is *still*, or no answer has more than one half. Why so careful? A softmax
# always adds up to 1. It has no word for "none of these". A net that never saw a camera standing
# still must give a film from a tripod *some* motion, and may be very sure of it. So this net had
# *still* among its classes. **A good net for real videos knows when to say nothing.**

# %% [markdown]
# ## 6. Your turn
#
# | Exercise 9 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Where do the clips start? | ●●○○○ | ●●●●○ | 10 minutes |
#
# Write `clip_starts(frames, length, stride)`. It returns a list: the first frame of every **whole**
# clip. Frames are counted from 0. A video may be too short, even empty: then the list is empty.
#
# One line can do it, and it is easy to be off by one. This is what should come out for 57 frames,
# a length of 16 and a stride of 12:

# %%
show(
    clip_spans_chart(
        57, 16, {"stride 12": [0, 12, 24, 36]}, title="Expected picture: four whole clips"
    ),
    alt="Four bars of 16 frames over a video of 57 frames. They start at 0, 12, 24 and 36. The "
    "last five frames are hatched.",
)

# %% [markdown]
# **What to see.** The last clip takes frames 36 to 51. One more would start at 48 and end at 63.
# The video ends at 56.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# What is the *last* frame that a clip of this length can start at? Take a video of exactly one clip
# and think: there the answer is 0.
# </details>
#
# <details><summary><b>Hint 2</b> · the range</summary>
#
# `range(a, b, step)` counts from `a` and stops *before* `b`. So `b` is one more than the last frame
# that a clip can start at.
# </details>
#
# <details><summary><b>Hint 3</b> · nearly there</summary>
#
# A clip that starts at t takes the frames t to t + length − 1. The last frame of the video is
# frames − 1. Set the two equal and solve for t. For a video too short, this t is negative, and a
# range from 0 to it is empty by itself.
# </details>


# %% tags=["solution"]
def clip_starts(frames, length, stride):
    """First frames, counted from 0, of all whole clips of a video; a list."""
    ### BEGIN SOLUTION
    last_start_that_fits = frames - length
    return list(range(0, last_start_that_fits + 1, stride))
    ### END SOLUTION


# %%
print(check_clip_starts(clip_starts))

# %% [markdown]
# ## 7. Two traps in the file
#
# ### How many frames are there?
#
# Nothing is simpler than to count frames: frames a second times seconds. Let us write two files
# with the same 40 frames. In the first each is shown for an eighth of a second. In the second the
# last 20 are shown three times as long: a **variable frame rate**. Many telephones write such
# files.

# %%
walk = MotionDigits(1, clip_shape=(1, 40, 64, 64))[0]["clip"].expand(-1, -1, -1, 3).contiguous()
even = [125 * t for t in range(40)]
slow = [125 * t if t < 20 else 2500 + 375 * (t - 20) for t in range(40)]

moments = {}
for name, milliseconds in (("even", even), ("slow", slow)):
    path = write_shown_at(folder / f"{name}.mkv", walk, milliseconds)
    with av.open(str(path)) as file:
        rate, seconds = file.streams.video[0].average_rate, file.duration / 1e6
        moments[name] = [frame.time for frame in file.decode(video=0)]
    print(f"{name}: the header says {float(rate):.0f} a second, {seconds:.2f} seconds:", end=" ")
    print(f"{float(rate) * seconds:.0f} frames. Decoded in order: {len(moments[name])}.")
print("The kit counts", probe(folder / "slow.mkv").frames)

# %%
show(
    frame_times_chart(moments, title="Both files hold 40 frames; one takes twice as long"),
    alt="Two rows of 40 ticks over time. In the upper all are an eighth of a second apart. In the "
    "lower the last twenty are three times as far apart.",
)

# %% [markdown]
# **What to see.** Rate times seconds gives 78 for the second file, and it holds 40 frames. Some
# programs make the 78 true: they show frames twice, so that time runs evenly. Others give the 40,
# and then a clip of 16 frames is two seconds long in the beginning and six in the end. Neither is
# wrong. But two people with two decoders then have *different clips of the same video*, and
# "frame 30" is not the same picture. **Write down which decoder you used, and count the frames by
# decoding them.** This kit gives every frame that the file holds once.
#
# ### Jump to a frame
#
# To train, one wants random clips, so one **jumps** (seeks) into the file. In some files the
# decoder then gives a wrong frame and says nothing. Here we write an AVI with **B-frames**: frames
# that lean on a *later* frame, too. We read it in order, then by jumps, the last frame first. Of
# each picture that comes we ask which of the forty it looks most like.

# %%
path = str(write_with_leaning_frames(folder / "old.avi", walk))
reader = VideoReader(path)
in_order = np.stack([reader.next().asnumpy() for _ in range(len(reader))])
reader = VideoReader(path)
by_jumps = np.stack([reader[t].asnumpy() for t in reversed(range(len(reader)))])[::-1]


def most_like(frame):
    """The number of the written frame that a picture is nearest to."""
    return int((walk.float() - torch.tensor(frame.astype(float))).square().mean((1, 2, 3)).argmin())


print("In order, every frame is itself:", [most_like(f) for f in in_order] == list(range(40)))
wrong = [t for t in range(40) if most_like(by_jumps[t]) != t]
print("By jumps, some frames are others:", len(wrong) > 0)
came = "wrong frames" if wrong else "the right frames"
print(compare_guess(guess_jumps, came, ("the right frames", "wrong frames", "an error")))

# %%
came_as = [most_like(frame) for frame in by_jumps]
t = max(range(40), key=lambda t: abs(came_as[t] - t))  # where it is worst
show(
    named_strip(
        {f"frame {t}, in order": in_order[t], f"by a jump: really frame {came_as[t]}": by_jumps[t]},
        title="The same number, another picture, and no error",
    ),
    alt="Two pictures of the same frame number. In the one that was jumped to, the digit stands in "
    "another place.",
)

# %% [markdown]
# **What to see.** Both pictures claim to be the same frame. A net does not complain: it gets
# sixteen pictures, only not those that you think. Nothing tells you. H.264 in AVI files, and MP4
# files with an **edit list** (frames that were cut away but are still in the file), make the same
# decoder fail. So the kit reads every file in order, and never jumps.

# %% [markdown]
# ## 8. Traps of published weights
#
# A trained net expects its input *exactly* as in training. The released C3D wants: colours in the
# order blue, green, red (**BGR**, not RGB); numbers from 0 to 255 (not 0 to 1); minus a mean; and a
# crop that starts at row 8, column 29. Nothing in the weights says so, and nothing breaks if you
# forget it. Here are two lines, and one mistake in the second.

# %%
frame = clips[0].float().flip(-1)  # RGB to BGR
right = frame - torch.tensor([90.0, 98.0, 102.0])
scaled = frame / 255 - torch.tensor([90.0, 98.0, 102.0])
print("Spread of the right input, in brightness levels, is above 40:", right.std().item() > 40)
print("Spread of the scaled input is below 6:                      ", scaled.std().item() < 6)

# %% [markdown]
# With frames of 0 to 1, every number that goes in is near −100. What differs from film to film is
# nearly gone. We try four mistakes on `camera-c3d`, which was trained here, with RGB, a mean and a
# division by the spread. How many of 144 clips does it still name rightly?

# %%
made = CameraMotion(144, split="test").batch(range(144))
as_trained = net.preprocess
inputs = {
    "as it was trained": as_trained,
    "red and blue exchanged": replace(as_trained, channel_order="bgr"),
    "another mean (90, 98, 102)": replace(as_trained, mean=(90.0, 98.0, 102.0)),
    "no mean": replace(as_trained, mean=(0.0, 0.0, 0.0)),
    "frames 0 to 1, mean of 0 to 255": replace(
        as_trained,
        mean=tuple(255 * m for m in as_trained.mean),
        std=tuple(255 * s for s in as_trained.std),
    ),
}
table, said = {}, {}
for name, preprocess in inputs.items():
    said[name] = replace(net, preprocess=preprocess).predict(made["clip"]).argmax(1)
    table[name] = {"right": (said[name] == made["motion"]).float().mean().item()}
show(
    bars(table, title="One mistake ruins the net, the others hide", xlabel="share named rightly"),
    alt="Bars: as trained, exchanged colours, another mean and no mean are all high; with frames "
    "from 0 to 1 the share falls to one ninth, which is chance.",
)
for name in inputs:
    print(f"{name:<32} answers it gives: {len(said[name].unique())}")

# %% [markdown]
# **What to see.** Frames of the wrong scale give *one* answer whatever the film shows.
# <!-- claim: wrong-scale-one-answer --> The other mistakes hardly hurt *this* net, for colour says
# little about how a camera moves. <!-- claim: colours-hardly-matter --> That is the nasty part: a
# wrong input may cost you one point or all, and never an error. A net that recognises actions by
# their colours may lose more. **Test your whole way on a video whose answer you know.**
#
# And the mean itself? In many repositories (90, 98, 102) is called "the mean of Sports-1M". It is
# UCF101's. In centre crops, blue first, UCF101 has 95, 103 and 108, and Sports-1M 101, 108 and 108.
# When you load published weights with `load("caffe:FILE")`, the kit sets order, mean and crop for
# each of the layouts that it knows ([docs/real-video.md](../docs/real-video.md)).

# %% [markdown]
# ## 9. UCF101, and a small one of our own
#
# **UCF101** is the set of the paper: 13,320 videos of 101 actions. Its files lie like this:
#
# ```
# UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi
# ucfTrainTestlist/classInd.txt, trainlist01.txt, testlist01.txt, …
# ```
#
# `g01` is the **group**: all videos of one group are cut from the same film. They look alike. So
# the official **splits** keep a group on one side: all for training, or all for testing. Split the
# videos at random, and you test on what was learnt.
#
# UCF101 is not in this kit. But the kit can write its own clips as H.264 files in the same
# layout. Here a group is one handwritten digit.

# %%
small = folder / "ucf-small"
files = export(MotionDigits(64, clip_shape=(1, 20, 32, 32)), small, layout="ucf101")
print(files[0].parent.name, "/", files[0].name)

train_set = UCF101(small, split=1, train=True, size=(64, 64))
test_set = UCF101(small, split=1, train=False, size=(64, 64))
groups = [{name.split("_")[-2] for name in part.videos} for part in (train_set, test_set)]
print(f"{len(files)} videos of {len(train_set.classes)} classes, one clip each")
print("Groups on both sides:", len(groups[0] & groups[1]))

shown = [test_set[k] for k in (0, 5, 10)]
play(
    {test_set.classes[one["label"]]: one["clip"][:, ::2, ::2] for one in shown},
    alt="Three clips that were read back from files: handwritten digits that move",
    scale=4,
)

# %% [markdown]
# **What to see.** These clips were written as H.264 and decoded again. Each file has 20 frames;
# the first 16 are the clip, and four are dropped.
#
# ## 10. Fine-tune
#
# A net that knows how cameras move has never seen a digit. Does what it knows help? We give it **a
# new head**: the last layer is drawn at random, for eight classes in place of nine. We **freeze**
# the convolutions: their weights stay as they are. Only the fully connected layers learn. This is
# called **fine-tuning**.

# %%
torch.manual_seed(0)
model = with_new_head(net.model, len(train_set.classes))
frozen = freeze(model, "conv5b")
recipe = replace(Recipe.finetune().lasting(epochs=3), lr=0.02, batch=8, flip=0.0)
history = train(
    model,
    train_set,
    test_set,
    recipe,
    preprocess=net.preprocess,  # the input stays as the net was trained on it
    out=folder / "tuned",
    device="cpu",
    progress=False,
)
print("Frozen:", ", ".join(frozen))
better = history.epochs[-1].val_accuracy > 2 / 8
print("After three rounds, right on more than twice chance of the test videos:", better)

# %% [markdown]
# A few seconds and some forty videos were enough to beat chance clearly.
# <!-- claim: finetune-from-few --> Is it the camera net's knowledge, or would any net do? The kit
# has measured it with a control, the same net with random weights:

# %%
say(claim("new-motions-from-few").statement)

# %% [markdown]
# We changed three values of the recipe, because our set is tiny. This is the recipe as it was
# released with C3D, value by value:

# %%
released = Recipe.finetune()
for value in fields(released):
    if value.name not in ("sources", "name"):
        source = released.sources.get(value.name, "")
        print(f"{value.name:<13} {getattr(released, value.name)!s:<10} {source}")

# %% [markdown]
# Compare it with training from scratch (lesson 6). The learning rate starts at 0.0001, not at
# 0.003: what is good already should change slowly. The weight decay is ten times smaller.
#
# For the real UCF101 and published weights you would type this in a terminal. Times and memory are
# in [docs/real-video.md](../docs/real-video.md).
#
# ```
# c3d-teach convert caffe:WEIGHTS c3d.safetensors
# c3d-teach train --from c3d.safetensors --data ucf --cache frames --out runs/tuned
# c3d-teach evaluate --net runs/tuned --data ucf --random-clips 10
# c3d-teach predict VIDEO --net runs/tuned
# ```
#
# ## 11. What the paper says
#
# | Section | says | here |
# |---|---|---|
# | 3.1 | frames become 128×171; clips of 16 frames do not overlap | `read_clips`, stride 16 |
# | 3.1 | training crops 112×112 at random | the net's `preprocess` |
# | 3.3 | ten random clips of a video, their answers averaged | `--random-clips 10` |
# | 3.4, 4.1 | descriptors from clips that overlap by 8 frames | stride 8 |
#
# What the paper leaves out is in this lesson: the decoder, the count of frames, the order of
# colours, the mean. Two small traps more. The lists that were released with C3D count frames **from
# 1**. And they step by 16 where the text says 8. Nobody did anything wrong; but whoever repeats a
# result needs both.
#
# ## 12. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=9))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. Three: they start at 0, 16 and 32. 2. Each frame in the middle is in two of them. 3. Nobody
# knows before they are decoded in order. 4. No error; the answer hardly depends on the video.
# 5. The fully connected layers.
# </details>
#
# ## What comes next
#
# A net that names a clip gives one word for sixteen frames. But where in the picture is the thing
# that moves, and in which frames? In **lesson 10** C3D's convolutions get a second half that
# answers for *every pixel of every frame*: a 3D U-Net.
#
# *The photographs are scikit-image's (CC0 or public domain), the digits scikit-learn's, from the
# UCI repository (Alpaydin and Kaynak, CC BY 4.0).*
