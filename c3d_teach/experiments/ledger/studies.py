"""What the three studies of the paper showed here."""

from c3d_teach.experiments.evidence import (
    DEPTH,
    DIMENSIONS,
    POOLING,
    Claim,
    best_blind,
    deeper_numbers,
    flat_numbers,
    interval,
    narrow_numbers,
    order_numbers,
    rate_numbers,
    share,
)

_RESULTS = "c3d_teach/experiments/results/"
_FIGURES = "docs/studies/"
_ALL = tuple(_RESULTS + f"{name}.json" for name in ("kernel_depth", "two_vs_three", "pooling"))

STUDIES = (
    Claim(
        "depth1-blind",
        "A net whose kernels are one frame deep, with the paper's pooling, gives a clip and its "
        "reversal the same answer, to the last bit: it cannot know which way time runs.",
        ("c3d_teach/models/arrow_of_time.py", *_ALL),
    ),
    Claim(
        "depth1-half",
        "Of clips shown both ways, such a net is right on half of the motions at most, however "
        "wide it is and however long it is trained; the best of {count} such nets here reached "
        "{best}.",
        _ALL,
        _FIGURES + "kernel-depth-how.png",
        best_blind,
    ),
    Claim(
        "one-frame-chance",
        "One frame tells nothing of how these digits move: the net that sees one frame is right "
        "on {alone} of motions when it learns them alone and on {both} beside the digits; chance "
        "is 12.5 %.",
        (_RESULTS + "two_vs_three.json",),
        _FIGURES + "two-vs-three-how.png",
        lambda: {
            "alone": interval(DIMENSIONS, "one frame", "plain", "how", "how"),
            "both": interval(DIMENSIONS, "one frame", "plain", "how"),
        },
    ),
    Claim(
        "dead-slices",
        "The clip is two frames long at conv5, so two of the five slices of depth-5's kernels "
        "there, and four of depth-7's seven, never meet a frame: at the paper's size 1,179,648 "
        "and 2,359,296 weights whose gradient is always exactly zero.",
        ("c3d_teach/models/dead_slices.py",),
        _FIGURES + "kernel-depth-frames.png",
    ),
    Claim(
        "collapse-2d",
        "With 2×2×2 in the first pool as well, conv5 sees one frame, and the two outer slices of "
        "its 3×3×3 kernels get a gradient of exactly zero: what is left is a 2D convolution.",
        ("c3d_teach/experiments/pooling.py", _RESULTS + "pooling.json"),
        _FIGURES + "pooling-frames.png",
    ),
    Claim(
        "no-fifth-halving",
        "Sixteen frames can be halved four times; a fifth pool over time finds one frame, which "
        "is an error when sizes are rounded down, and passes without a word when they are "
        "rounded up.",
        ("c3d_teach/models/builder.py",),
    ),
    Claim(
        "pool-twins",
        "Play every pair of frames backwards, 1 0 3 2 5 4 and so on, and the clip stutters "
        "visibly; behind a max pool over two frames it is the same clip, to the last bit.",
        ("c3d_teach/experiments/pooling.py",),
    ),
    Claim(
        "not-equal-capacity",
        "At the paper's size its six nets are not equal in capacity: depth-7 has 9,300,096 "
        "parameters more than depth-1, which is 65 %, and does 7.0 times its work.",
        ("c3d_teach/models/c3d.py",),
    ),
    Claim(
        "depth1-last",
        "Depth-1 is behind every deeper net on how it moves, at every difficulty, also when it "
        "is widened to the parameters ({parameters}) or the work ({macs}) of depth-3 ({three}).",
        (_RESULTS + "kernel_depth.json",),
        _FIGURES + "kernel-depth-how.png",
        lambda: {
            "parameters": share(DEPTH, "depth-1, parameters of depth-3", "plain", "how"),
            "macs": share(DEPTH, "depth-1, MACs of depth-3", "plain", "how"),
            "three": share(DEPTH, "depth-3", "plain", "how"),
        },
    ),
    Claim(
        "depth3-not-best",
        "The paper found depth-3 best. At the learning rate that all nets share here, depth-3 "
        "trails the other deep nets at every difficulty: by less than six seeds can tell on plain "
        "clips ({plain} against {plain_least} to {plain_most}), but it is behind depth-7 and the "
        "decreasing net on slow and noisy clips ({slow} against {slow_seven} and "
        "{slow_decreasing}) and on few ({few} against {few_seven} and {few_decreasing}).",
        (_RESULTS + "kernel_depth.json",),
        _FIGURES + "kernel-depth-how.png",
        deeper_numbers,
    ),
    Claim(
        "order-hangs-on-rate",
        "Whether depth-3 trails hangs on the learning rate: at 0.006, twice the shared one, it is "
        "right on {d3} of the motions of plain clips, depth-5 on {d5}, depth-7 on {d7}, the "
        "increasing net on {increasing} and the decreasing one on {decreasing}, and six seeds "
        "tell none of them from it.",
        (_RESULTS + "kernel_depth_other_rate.json", _RESULTS + "kernel_depth.json"),
        _FIGURES + "kernel-depth-other-rate-how.png",
        rate_numbers,
    ),
    Claim(
        "deeper-and-larger",
        "Part of that is size: narrowed to the work of depth-3, depth-7 is ahead of it by {plain} "
        "points on plain clips, {slow} on slow and noisy ones and {few} on few, which six seeds "
        "cannot tell from none.",
        (_RESULTS + "kernel_depth.json",),
        _FIGURES + "kernel-depth-how.png",
        narrow_numbers,
    ),
    Claim(
        "order-not-frames",
        "Most of what depth-3 knows of motion lies in the order of the frames: with test frames "
        "shuffled it falls from {intact} to {tested}. Trained on shuffled frames it reaches "
        "{trained}; the axis of a motion can be told from the frames alone, its sense cannot.",
        (_RESULTS + "kernel_depth.json",),
        _FIGURES + "kernel-depth-how.png",
        order_numbers,
    ),
    Claim(
        "how-before-what",
        "Asked both questions at once, depth-3 learns the motion and, in this short time, hardly "
        "the digit: it names {three} of digits, depth-1 {one}, depth-1 with its parameters "
        "{wide}; chance is 33 %. The other deep nets do likewise, but for a seed or two of the "
        "increasing net.",
        (_RESULTS + "kernel_depth.json",),
        _FIGURES + "kernel-depth-both.png",
        lambda: {
            "three": share(DEPTH, "depth-3", "plain", "what"),
            "one": share(DEPTH, "depth-1", "plain", "what"),
            "wide": share(DEPTH, "depth-1, parameters of depth-3", "plain", "what"),
        },
    ),
    Claim(
        "channels-know-how",
        "2D convolution on all frames as channels does name motions: {channels} of them, against "
        "{three} for depth-3 and {one} for one frame. Behind its first layer there is no time "
        "axis any more, but what that layer saw of the motion is not lost.",
        (_RESULTS + "two_vs_three.json",),
        _FIGURES + "two-vs-three-how.png",
        lambda: {
            "channels": share(DIMENSIONS, "frames as channels", "plain", "how", "how"),
            "three": share(DIMENSIONS, "depth-3", "plain", "how", "how"),
            "one": share(DIMENSIONS, "one frame", "plain", "how", "how"),
        },
    ),
    Claim(
        "averaging-knows-what",
        "The same 2D net on every frame, its answers averaged, is best at what it is ({averaged}, "
        "one frame {one}, depth-3 {three}) and knows next to nothing of how it moves ({how}).",
        (_RESULTS + "two_vs_three.json",),
        _FIGURES + "two-vs-three-what.png",
        lambda: {
            "averaged": share(DIMENSIONS, "frames averaged", "plain", "what", "what"),
            "one": share(DIMENSIONS, "one frame", "plain", "what", "what"),
            "three": share(DIMENSIONS, "depth-3", "plain", "what", "what"),
            "how": share(DIMENSIONS, "frames averaged", "plain", "how", "how"),
        },
    ),
    Claim(
        "3d-knows-what",
        "Asked what alone, depth-3 is not behind the net that sees one frame: {three} against "
        "{one}.",
        (_RESULTS + "two_vs_three.json",),
        _FIGURES + "two-vs-three-what.png",
        lambda: {
            "three": interval(DIMENSIONS, "depth-3", "plain", "what", "what"),
            "one": interval(DIMENSIONS, "one frame", "plain", "what", "what"),
        },
    ),
    Claim(
        "questions-compete",
        "Asked both at once, depth-3 pays for the motion with the digit: {both} of digits, which "
        "alone it names to {alone} and the net of one frame beside the motions to {one}. That 3D "
        "convolution keeps both is true of what it can learn, not of what it learns first.",
        (_RESULTS + "two_vs_three.json",),
        _FIGURES + "two-vs-three-both.png",
        lambda: {
            "both": share(DIMENSIONS, "depth-3", "plain", "what"),
            "alone": share(DIMENSIONS, "depth-3", "plain", "what", "what"),
            "one": share(DIMENSIONS, "one frame", "plain", "what"),
        },
    ),
    Claim(
        "arrow-undone",
        "Without pooling in time, or with a stride in its place, even a depth-1 net answers a clip "
        "and its reversal differently. That it could learn the arrow of time does not mean that "
        "it does: in this short training no seed passed {most} of motions without pooling "
        "({none} in the mean) or with a stride ({stride}), while the blind net that pools at the "
        "end reached {end}.",
        (_RESULTS + "pooling.json",),
        _FIGURES + "pooling-how.png",
        flat_numbers,
    ),
    Claim(
        "late-pooling-helps-flat",
        "Kernels one frame deep learn most of how things move where all frames are merged at "
        "once, at the end: {end}, pooled early {early}, by the paper's halvings {paper}; half is "
        "the most they can.",
        (_RESULTS + "pooling.json",),
        _FIGURES + "pooling-how.png",
        flat_numbers,
    ),
    Claim(
        "pooling-hardly-matters",
        "For depth-3 six seeds do not tell the five ways apart: {none} without pooling in time, "
        "{paper} with the paper's, {end} all at the end, {early} pooled early, {stride} with a "
        "stride. That merging time early costs accuracy does not show on these clips.",
        (_RESULTS + "pooling.json",),
        _FIGURES + "pooling-how.png",
        lambda: {
            short: share(POOLING, f"depth-3, {way}", "plain", "how")
            for short, way in (
                ("none", "no pooling in time"),
                ("paper", "paper's pooling"),
                ("end", "pooled at the end"),
                ("early", "pooled early"),
                ("stride", "stride"),
            )
        },
    ),
)
