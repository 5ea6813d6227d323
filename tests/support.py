"""What several tests share: where real clips are, and a virtual camera over them."""

import os
import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

CLIPS = Path(
    os.environ.get("C3D_TEACH_CLIPS", Path(__file__).parents[1].parent / "shared" / "clips")
)
NO_CLIPS = (
    "real clips are not part of the project: put a folder with videos of a fixed camera under "
    "asl/ beside the checkout as ../shared/clips, or name it in C3D_TEACH_CLIPS"
)

# Per frame, at a picture height of 64 pixels: the middle of what CameraMotion draws from
SHIFT, TURN, ZOOM = 1.5, 0.04, 0.023
# motion -> (camera goes right, down, turns clockwise, log of the field of view)
MOVES = {
    "pan left": (-SHIFT, 0, 0, 0),
    "pan right": (SHIFT, 0, 0, 0),
    "tilt up": (0, -SHIFT, 0, 0),
    "tilt down": (0, SHIFT, 0, 0),
    "roll clockwise": (0, 0, TURN, 0),
    "roll counter-clockwise": (0, 0, -TURN, 0),
    "zoom in": (0, 0, 0, -ZOOM),
    "zoom out": (0, 0, 0, ZOOM),
    "still": (0, 0, 0, 0),
}

# A process starts with the peak of the one that started it on its account, which for pytest
# may be gigabytes; so a small process starts it and says what it took.
_SCALE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(sys.argv[1], "w").write(str(kilobytes * (1024 if sys.platform == "linux" else 1)))
sys.exit(code)
"""


def peak_memory(command, note: Path, **how) -> float:
    """Run ``command``; its largest resident memory in GB (with that of its children).

    Args:
        note: a path where the figure can be left.
    """
    subprocess.run([sys.executable, "-c", _SCALE, str(note), *map(str, command)], check=True, **how)
    return int(note.read_text()) / 1e9


def virtual_camera(clip: Tensor, motion: str, size: tuple[int, int] = (128, 171)) -> Tensor:
    """A uint8 clip ``(L, H, W, 3)`` seen by a camera that moves over it as ``motion`` says.

    The camera sees 60 % of the height in mid-clip, so that it stays within the frame.
    """
    length, height, width = clip.shape[:3]
    right, down, turn, zoom = MOVES[motion]
    time = torch.arange(length) - (length - 1) / 2
    rows = torch.linspace(-1, 1, size[0])[None, :, None] * 0.6
    cols = torch.linspace(-1, 1, size[1])[None, None, :] * 0.6 * size[1] / size[0]
    scale = (zoom * time).exp()[:, None, None]
    cos, sin = ((turn * time).cos() * scale.flatten()), ((turn * time).sin() * scale.flatten())
    cos, sin = cos[:, None, None], sin[:, None, None]
    per_frame = 2 * 0.6 / 64  # a 64th of the seen height, in halves of the frame's height
    x = cols * cos - rows * sin + (right * per_frame * time)[:, None, None]
    y = cols * sin + rows * cos + (down * per_frame * time)[:, None, None]
    grid = torch.stack([x * height / width, y], -1)
    frames = clip.movedim(-1, 1).float()
    seen = F.grid_sample(frames, grid, padding_mode="reflection", align_corners=False)
    return seen.round().clamp(0, 255).to(torch.uint8).movedim(1, -1)
