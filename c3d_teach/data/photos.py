"""The photographs behind CameraMotion: files that scikit-image and scikit-learn install.

Nothing is downloaded. Only files with a clear licence are used: CC0 or public domain
from scikit-image, CC BY 2.0 from scikit-learn (see NOTICE).
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from c3d_teach.data.installed import installed_file

# file -> package; the order gives each photograph its label
_FILES = {
    "brick": ("skimage", "data/brick.png"),
    "cell": ("skimage", "data/cell.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "grass": ("skimage", "data/grass.png"),
    "hubble deep field": ("skimage", "data/hubble_deep_field.jpg"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "camera": ("skimage", "data/camera.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
}
PHOTOS = tuple(_FILES)
SPLIT_PHOTOS = {"train": PHOTOS[:8], "val": PHOTOS[8:10], "test": PHOTOS[10:]}
LEVELS = 4  # halvings of each photograph kept ready, for sampling without aliasing


@lru_cache(maxsize=len(PHOTOS))
def pyramid(photo: str) -> tuple[Tensor, ...]:
    """The photograph as float32 ``(3, H, W)`` in 0-255, then halved again and again."""
    package, file = _FILES[photo]
    path = installed_file(package, file)
    from PIL import Image  # only needed once a photograph is read

    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    level = torch.from_numpy(pixels).movedim(-1, 0).contiguous()
    # a photograph of 1400 pixels is a small world seen very close: bring all to one size
    shrink = int(min(level.shape[1:]) // 400)
    if shrink > 1:
        level = F.avg_pool2d(level[None], shrink)[0]
    levels = [level]
    for _ in range(LEVELS - 1):
        levels.append(F.avg_pool2d(levels[-1][None], 2)[0])
    return tuple(levels)
