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
# # 0 · Start here
#
# **After this lesson you can**
#
# - run a cell, play a clip, and ask a trained net what it sees in it;
# - tell whether your machine has all that the course needs;
# - find your way through the eleven lessons, and know what to do when you are stuck;
# - write your first function on a clip and have it checked.
#
# **Time:** 20 minutes, the exercise included. **You need:** nothing but a little Python.
# **It runs** on a laptop, without a network, in a quarter of a minute.

# %% [markdown]
# ## A question
#
# Click on the grey cell below. Press **Shift+Enter**. That *runs* the cell. The first one takes a
# few seconds, for it loads two small trained nets.
#
# > **Two nets watch the same clip. Which of them knows where it is going?**

# %%
from c3d_teach import MotionDigits, alter, load
from c3d_teach.classroom.checks.reversal import check_reverse
from c3d_teach.classroom.course import COURSE
from c3d_teach.classroom.guess import compare_guess
from c3d_teach.classroom.quiz import questions
from c3d_teach.doctor import examine
from c3d_teach.viz.answers import play_answers
from c3d_teach.viz.course_map import course_map
from c3d_teach.viz.health import show_health
from c3d_teach.viz.notebook import show
from c3d_teach.viz.static import film_strip
from c3d_teach.viz.widgets.clip_controls import ClipControls, ask
from c3d_teach.viz.widgets.health import MachineReport, lesson_needs, lesson_verdict
from c3d_teach.viz.widgets.quiz import Quiz

digits = MotionDigits(16384, split="test")  # clips that neither net has seen in training
clip = digits[16121]["clip"]
nets = {"flat kernels": load("motion-d1"), "deep kernels": load("motion-d3")}
answers = ask(nets)

both = {"forwards": clip, "backwards": clip.flip(0)}
said = {name: answers(one) for name, one in both.items()}
play_answers(both, said, alt="A handwritten three, and the answers of two nets")

flat = [one["flat kernels"] for one in said.values()]
deep = [one["deep kernels"] for one in said.values()]
print("Flat kernels give the same answer both ways, to the last bit:", flat[0] == flat[1])
print("Deep kernels say:", " and ".join(max(one, key=one.get) for one in deep))

# %% [markdown]
# **What to see.** A handwritten three moves to the right. Below, the same clip runs backwards, so
# it moves to the left. A bar is how sure a net is of each of the eight motions it knows.
#
# - The net with **deep kernels** says *right*, and then *left*. It is right both times.
# - The net with **flat kernels** says "left or right, I cannot tell". And it says *exactly the
#   same* of both. <!-- claim: depth1-blind -->
#   Not nearly the same: to the last bit. It cannot know which way time runs.
#
# Both nets have learnt from the same clips. Both have five layers. They differ in one number: how
# many frames a **kernel** sees at once, one or three. What a kernel is, and why that one number
# makes the difference, is what this course is about.
#
# The nets are small relatives of **C3D**, the net of the paper *Learning Spatiotemporal Features
# with 3D Convolutional Networks* by Tran, Bourdev, Fergus, Torresani and Paluri (ICCV 2015).

# %% [markdown]
# ## 1. Is everything here?
#
# The next cell tries the things that lessons need: it computes a 3D convolution, writes a small
# film and reads it again, and loads every trained net. It takes some seconds and changes nothing.

# %%
report = examine()
show_health(lesson_needs(report), caption="What the lessons need")
print(lesson_verdict(report))

# %% [markdown]
# **What to see.** Every row should have a ✔ and the word *fine*. A row with a ✘ says what is wrong
# and what to do; often it is a command that you can copy. Nothing else in this course needs to be
# installed, and nothing needs a network.
#
# You want to know more about your machine? Run the next cell. It is the same page that the command
# `c3d-teach doctor` prints. A row with a **!** is a note: lessons run all the same.

# %% tags=["nbval-ignore-output"]
MachineReport(report)

# %% [markdown]
# ## 2. The way through the course

# %%
film = clip[::3, ..., 0]  # every third frame, for the decoration
show(
    course_map(
        COURSE,
        title="Eleven lessons, one question each",
        says="Follow the numbers. An arrow shows what a lesson leans on, if you want to take "
        "another way.",
        film=film,
    ),
    alt="A map of the lessons as cards. 0 leads to 1; 1, 2, 3, 4 and 7 follow one another; from 1 "
    "another way goes to 5, from there to 6 and 10, and from 6 to 8 and 9.",
)

# %%
hours = sum(stop.minutes for stop in COURSE) / 60
print(f"All together: {len(COURSE)} lessons, about {hours:.0f} hours.")

# %% [markdown]
# **What to see.** The blue lessons are about *time*: what is in a clip that is in no frame, and how
# a net can keep it or lose it. The orange ones build the net of the paper, weight by weight, and
# train it. The green ones look into a trained net, and use it on real video. If you have one
# evening only, take lessons 1, 2 and 3.
#
# A word that you do not know? All terms are in the [glossary](glossary.md), in English and Chinese.

# %% [markdown]
# ## 3. How a lesson works
#
# | step | what you do |
# |---|---|
# | **predict** | Write down what you expect, *before* you run it. A wrong guess is worth a lot. |
# | **run** | Press Shift+Enter, cell by cell, from the top. |
# | **look** | Below each figure stands **What to see.** Look first, then read it. |
# | **play** | Some figures have controls. Move them. There is nothing that you can break. |
# | **exercise** | Write a few lines yourself. A check says what kind of mistake it found. |
# | **five questions** | Answer from memory, at the end. That is what makes it stay. |
#
# **Do the results stand there already?** Then this file was run before you, and they give away what
# you are to guess. In each lesson, choose *Edit → Clear Outputs of All Cells* first.
#
# **When you are stuck:** open a hint. There are three, and each says more than the one before. Run
# the check again; it tells you what is wrong, never the answer.
#
# **When something is odd:** cells remember what ran before them. Use the menu *Kernel → Restart
# Kernel and Run up to Selected Cell…*, and all is as if you had just come. If a cell has a
# `[*]` at its left, it is still at work. The square in the toolbar stops it.
#
# **Try out what you like.** Change a number, run the cell again. Your copy is yours.

# %% [markdown]
# ## 4. Predict first
#
# Now you try the first step. We take 64 clips and **shuffle** the frames of each. All frames are
# still there, each as it was. Only their order is random.
#
# The net with deep kernels has named the motion of each clip. Does it give the shuffled clip the
# same name? Write `"mostly"` or `"seldom"` between the quotation marks, and run the cell.

# %%
guess_shuffled = "?"

# %%
many = digits.batch(range(64))["clip"]
net = nets["deep kernels"]
before, after = net.predict(many).argmax(1), net.predict(alter(many, "shuffled")).argmax(1)
same = (before == after).float().mean().item()

print(compare_guess(guess_shuffled, "mostly" if same > 0.5 else "seldom", ("mostly", "seldom")))

# %% [markdown]
# Nothing is missing from the shuffled clips but the order. So the order is what this net reads.
# <!-- claim: order-not-frames -->
# A larger study, with six trainings of such a net, says the same: on shuffled clips it is little
# better than chance. Most of what it knows of motion lies in no frame. It lies in their order.
#
# ## 5. Play
#
# Run the next cell. Choose a clip, and play it **forwards**, **backwards**, **shuffled** or
# **frozen**. Both nets answer to what you see. Try to find out:
#
# 1. Is there a clip for which the flat net's answer changes when it is played backwards?
# 2. Is there one for which it changes when the frames are shuffled?
# 3. What do the nets say of a frozen clip, in which nothing moves at all?

# %% tags=["nbval-ignore-output"]
names = {
    "a three goes right": 16121,
    "a six goes left": 9712,
    "a seven goes down": 1747,
    "an eight turns clockwise": 5044,
    "a two grows": 13198,
}
clips = {name: digits[index]["clip"] for name, index in names.items()}
ClipControls(clips, answers)

# %%
six = clips["a six goes left"]
ways = {how: alter(six[None], how)[0] for how in ("as it is", "shuffled", "frozen")}
play_answers(
    ways,
    {how: answers(one) for how, one in ways.items()},
    alt="A handwritten six, and the answers of two nets",
)
show(
    film_strip(
        ways["shuffled"],
        title="The same sixteen frames, shuffled: it jumps to and fro",
        times=range(0, 16, 2),
    ),
    alt="Eight frames of the shuffled clip. The six is at another place in each, in no order.",
)

# %% [markdown]
# **What to see.** Shuffled, the six jumps to and fro, and the deep net takes it for something that
# turns. Frozen, it stands still, and yet both nets name a motion. Why? They have eight answers, and
# *standing still* is none of them. <!-- claim: frozen-still-answered --> The deep net is even
# rather sure of itself. **A net answers what it was taught to answer, whether the question makes
# sense or not.** You will meet that again with your own video, in lesson 9.
#
# (And the first two questions? No, there is none, and in lesson 4 you prove that there can be none.
# And yes, for all of them. How can an answer change when frames are shuffled, and not when they are
# reversed? That is a riddle for lesson 3.)

# %% [markdown]
# ## 6. Your turn
#
# | Exercise 0 | Difficulty | Importance | Time |
# |---|---|---|---|
# | Play a clip backwards | ●○○○○ | ●●●○○ | 5 minutes |
#
# Above we played clips backwards with a line that was not explained. Now you write it. The function
# `reverse(clip)` gets a clip `(L, H, W, C)`: frames, rows, columns, channels. It returns a **new**
# clip of the same size, in which the last frame comes first and the first one last. The frames
# themselves stay as they are.
#
# This is what should come out:

# %%
short = clips["an eight turns clockwise"][::2]  # every second frame: 8 of them
show(
    film_strip(short, title="What goes in: the eight turns clockwise"),
    alt="Eight frames of an eight that turns clockwise.",
)
show(
    film_strip(
        alter(short[None], "reversed")[0], title="Expected: the same frames, the last one first"
    ),
    alt="The same eight frames in reverse order: the eight turns counter-clockwise.",
)

# %% [markdown]
# **What to see.** Read the second strip from right to left. It is the first one.
#
# <details><summary><b>Hint 1</b> · where to start</summary>
#
# Time is the first axis, so `clip[0]` is the first frame, and `clip[-1]` the last. Which frame of
# the clip belongs at place 0 of the answer? Which at place 1?
# </details>
#
# <details><summary><b>Hint 2</b> · with a loop</summary>
#
# Make a copy with `clip.clone()`. Go through all `t` in `range(len(clip))`, and write into the copy
# a frame that you read from `clip`. At place `t` belongs the frame that is as far from the end as
# `t` is from the beginning.
# </details>
#
# <details><summary><b>Hint 3</b> · in one line</summary>
#
# A tensor has a method `.flip(…)`. It takes the number of the axis to turn round. Axes are counted
# from 0. Which number has time?
# </details>


# %% tags=["solution"]
def reverse(clip):
    """The clip played backwards.

    clip: (L, H, W, C) uint8. Returns a new clip (L, H, W, C) uint8.
    """
    ### BEGIN SOLUTION
    backwards = clip.clone()
    for t in range(len(clip)):
        backwards[t] = clip[len(clip) - 1 - t]
    return backwards
    ### END SOLUTION


# %%
print(check_reverse(reverse))

# %% [markdown]
# That is how a check speaks: a mark, what it found, and what to do next. **✘** is no shame; it is
# the beginning of each exercise. When it says **✔**, you are done. Then show your own film to the
# nets: `play_answers({"mine": reverse(clip)}, {"mine": answers(reverse(clip))}, alt="my film")`.

# %% [markdown]
# ## 7. What the paper says
#
# In its abstract the paper sums up three findings. This is what they are, in our words, and where
# you will test them yourself.
#
# | the paper finds that | you test it in |
# |---|---|
# | 3D convolutional nets suit features of space *and* time better than 2D ones | lessons 2 and 3 |
# | kernels of 3×3×3 in all layers are among the best choices | lesson 4 |
# | the features, called C3D, do well with a simple linear classifier on other tasks | lesson 8 |
#
# Not all of it comes out here as it did there. Where it does not, the lesson says so, with numbers.
# Papers have errors, too. You will find some, and you will know how to check.
#
# ## 8. Five questions
#
# Answer from memory. Each answer gets a reply, and you may change your mind.

# %%
Quiz(questions(lesson=0))

# %% [markdown]
# <details><summary><b>The answers</b>, for readers without a running notebook</summary>
#
# 1. The one with deep kernels: the other gives the same answer both ways. 2. Their order. 3. One of
# its eight motions. 4. Restart the kernel, and run the cells from the top. 5. The first one, L.
# </details>
#
# ## What comes next
#
# A deep kernel told right from left, and a flat one could not. But what *is* a kernel? In
# **lesson 1** you work one out by hand, number by number, and build one that sees things move
# right.
#
# *The digits are scikit-learn's, from the UCI repository (Alpaydin and Kaynak, "Optical
# Recognition of Handwritten Digits", CC BY 4.0).*
