"""The clips that the studies share, at three difficulties."""

from c3d_teach.experiments.trials import Setting

DIGITS = (0, 1, 4)  # told apart at any angle, and learnt within a short training
PLAIN = Setting("plain", clips=4096, digits=DIGITS)
SLOW = Setting("slow and noisy", clips=4096, digits=DIGITS, noise=0.1, speed=0.6)
FEW = Setting("few clips", clips=256, digits=DIGITS)
FULL_SIZE = Setting(
    "full size",
    clips=4096,
    steps=None,
    data="camera-motion",
    clip_shape=(3, 16, 112, 112),
    width=1.0,
    val=512,
)
