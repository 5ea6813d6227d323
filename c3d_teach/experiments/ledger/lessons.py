"""What lessons 0 and 2 say of the small trained nets, and of what one frame holds."""

from collections.abc import Mapping

from c3d_teach.experiments.evidence import Claim
from c3d_teach.experiments.pace import CHANNELS, DEEP, NETS, WIDE, WINDOWS, accuracy

_PACE = "c3d_teach/experiments/results/pace.json"
_SHORT = {"deep": DEEP, "channels": CHANNELS, "wide": WIDE}


def speed_numbers() -> Mapping[str, str]:
    """Motions right at three times the speed of training, and the least at that speed."""
    fast = {short: accuracy(net, "speeds", "3").mean for short, net in _SHORT.items()}
    fast["least"] = min(accuracy(net, "speeds", "1").mean for net in NETS)
    return {name: f"{100 * value:.0f} %" for name, value in fast.items()}


def window_numbers() -> Mapping[str, str]:
    """Motions right where the digit moves in eight frames only, the mean of three windows."""
    parts = [f"{a} to {b - 1}" for a, b in WINDOWS if b - a == 8]
    found = {
        short: sum(accuracy(net, "windows", part).mean for part in parts) / len(parts)
        for short, net in _SHORT.items()
    }
    return {name: f"{100 * value:.0f} %" for name, value in found.items()}


LESSONS: tuple[Claim, ...] = (
    Claim(
        "frozen-still-answered",
        "Show motion-d3 clips in which nothing moves, one frame sixteen times: it names a motion "
        "all the same, and in the mean of 64 test clips its first answer has more than half of the "
        "probability.",
        ("c3d_teach/assets/motion-d3.safetensors",),
    ),
    Claim(
        "frames-alike",
        "A point that is uniform on a circle stays uniform when it moves along it; place, angle "
        "and size of these digits live on circles, so each single frame has the same distribution "
        "under all eight motions, and no net of one frame can pass 12.5 %.",
        ("c3d_teach/data/motion.py",),
    ),
    Claim(
        "channels-are-3d",
        "A 2D convolution on all L frames as channels is a 3D convolution with a kernel L frames "
        "deep and no padding in time: the same weights give the same map.",
        ("c3d_teach/models/baselines.py",),
    ),
    Claim(
        "faster-than-trained",
        "Trained alike, and tested at three times the speed of training, 3D still names {deep} of "
        "motions, frames as channels {channels} and, widened to the work of 3D, {wide}; at the "
        "speed of training all three name {least} or more (means of three seeds). At the other "
        "speeds tested, but for half of that of training, each training of 3D is ahead of each of "
        "the six others.",
        (_PACE,),
        None,
        speed_numbers,
    ),
    Claim(
        "moves-for-a-while",
        "When a digit moves in eight of sixteen frames only, which none of the nets was trained "
        "for, 3D names {deep} of motions, frames as channels {channels} and, widened to the work "
        "of 3D, {wide} (means of three seeds and of three such windows); in each window each "
        "training of 3D is ahead of each of the six others.",
        (_PACE,),
        None,
        window_numbers,
    ),
)
