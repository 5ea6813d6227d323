"""Hide a part of the clip and see how far the answer falls: the plainest attribution.

After Zeiler and Fergus 2014, who hid patches of pictures; hiding stretches of time is ours.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from c3d_teach.analysis.attribution.heat import Aim, Attribution, aim_of, seen_clip, targets_of
from c3d_teach.analysis.attribution.maps import UpTo
from c3d_teach.analysis.units import Unit, clips_of, normalised, own_copy
from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier

HIDES = ("frozen", "grey")


def temporal_occlusion(
    net: Classifier,
    clip: Tensor | np.ndarray,
    *,
    target: str | int | Unit | None = None,
    window: int = 2,
    stride: int = 2,
    hide: str = "frozen",
) -> Attribution:
    """How far the score falls when a few frames are hidden, window after window.

    ``"frozen"`` shows the frame before the window in place of the hidden ones (for the first
    window, the first frame after it): the look of the clip stays, its change is gone.
    ``"grey"`` shows the mean grey, zero in the net's input: the look is gone, too, and the
    cuts to grey and back are changes of their own.

    Args:
        clip: uint8 ``(L, H, W, C)``.
        target: see :func:`~c3d_teach.analysis.attribution.attribute.attribute`.
        window: frames hidden at a time.
        stride: frames from one window to the next. Where windows overlap, a frame gets the
            mean of their drops.
        hide: ``"frozen"`` or ``"grey"``.

    Raises:
        UsageError: for bad clips or targets, or windows that leave frames out.
    """
    seen = seen_clip(net, clip)
    windows = _windows(len(seen), window, stride, hide)
    aim = aim_of(net, seen, target)
    curve = _curves(net, seen[None], [aim], windows, hide)[0]
    heat = np.broadcast_to(curve[:, None, None], seen.shape[:3]) / (seen.shape[1] * seen.shape[2])
    return Attribution(
        clip=seen.numpy(),
        heat=heat.astype(np.float32),
        curve=curve,
        steps=len(windows),
        score=aim.score,
        target=aim.words,
        method="temporal occlusion",
    )


def occlusion_curves(
    net: Classifier,
    clips: Tensor | np.ndarray,
    targets: object,
    *,
    window: int = 2,
    stride: int = 2,
    hide: str = "frozen",
) -> NDArray[np.float64]:
    """Temporal occlusion of many clips, ``(N, L)``: the drop of each target's logit by frame.

    Args:
        clips: uint8 ``(N, L, H, W, C)``.
        targets: a class for each clip, by name or number.
        window: see :func:`temporal_occlusion`, also for the rest.

    Raises:
        UsageError: as :func:`temporal_occlusion`.
    """
    seen = clips_of(net, clips).cpu()
    windows = _windows(seen.shape[1], window, stride, hide)
    last = net.model.layers[-1].name
    aims = [Aim(last, (k,), 0.0, "") for k in targets_of(net, targets, len(seen))]
    return _curves(net, seen, aims, windows, hide)


def box_occlusion(
    net: Classifier,
    clip: Tensor | np.ndarray,
    *,
    target: str | int | Unit | None = None,
    box: tuple[int, int, int] | None = None,
    step: tuple[int, int, int] | None = None,
) -> Attribution:
    """How far the score falls when a grey box hides a part of some frames, box after box.

    Each voxel gets the mean drop over the boxes that cover it (Captum's ``Occlusion``).

    Args:
        clip: uint8 ``(L, H, W, C)``.
        target: see :func:`~c3d_teach.analysis.attribution.attribute.attribute`.
        box: frames × rows × columns; 4 frames and a quarter of height and width when None.
        step: from one box to the next; the box in time, half of it in space when None.

    Raises:
        UsageError: for bad clips or targets, or a box that does not fit or leaves gaps.
    """
    from captum.attr import Occlusion

    seen = seen_clip(net, clip)
    length, height, width, channels = seen.shape
    box = box or (min(4, length), max(1, height // 4), max(1, width // 4))
    step = step or (box[0], max(1, box[1] // 2), max(1, box[2] // 2))
    sizes = zip(box, step, (length, height, width), strict=True)
    if len(box) != 3 or len(step) != 3 or not all(1 <= s <= b <= n for b, s, n in sizes):
        raise UsageError(
            f"box is {box} and step is {step}; both are (frames, rows, columns) with "
            f"1 ≤ step ≤ box ≤ {(length, height, width)}, the size of the clip."
        )
    aim = aim_of(net, seen, target)
    model = UpTo(own_copy(net), aim.layer)
    with torch.no_grad():
        heat = Occlusion(model).attribute(
            normalised(net, seen[None]),
            sliding_window_shapes=(channels, *box),
            strides=(channels, *step),
            baselines=0,
            target=[aim.place],
            perturbations_per_eval=net.fitting(),
        )
    values = heat[0].mean(0).float().cpu().numpy()
    return Attribution(
        clip=seen.numpy(),
        heat=values,
        curve=values.sum((1, 2), dtype=np.float64),
        steps=1 + -(-(length - box[0]) // step[0]),
        score=aim.score,
        target=aim.words,
        method="box occlusion",
    )


def _windows(length: int, window: int, stride: int, hide: str) -> list[tuple[int, int]]:
    """First and end of every window; the last one reaches to the end of the clip."""
    if hide not in HIDES:
        raise UsageError(f"hide is {hide!r}; it is one of {', '.join(HIDES)}.")
    whole = all(isinstance(n, int | np.integer) for n in (window, stride))
    if not whole or not 1 <= stride <= window < length:
        raise UsageError(
            f"window is {window} and stride {stride}; they are whole numbers of frames with "
            f"1 ≤ stride ≤ window < {length}, so that no frame is left out."
        )
    starts = list(range(0, length - window + 1, stride))
    if starts[-1] + window < length:
        starts.append(length - window)
    return [(first, first + window) for first in starts]


@torch.no_grad()
def _curves(
    net: Classifier, seen: Tensor, aims: list[Aim], windows: list[tuple[int, int]], hide: str
) -> NDArray[np.float64]:
    """Drop by frame ``(N, L)``; all windows of a clip, and the clip itself, go in one batch."""
    length = seen.shape[1]
    frames = torch.arange(length)
    shown = [frames]
    hidden = torch.zeros(len(windows), length, dtype=torch.bool)
    for k, (first, end) in enumerate(windows):
        hidden[k, first:end] = True
        still = first - 1 if first else end
        shown.append(torch.where(hidden[k], still, frames))
    model = UpTo(own_copy(net), aims[0].layer)
    clips = max(1, net.fitting() // len(shown))
    drops = []
    for i in range(0, len(seen), clips):
        part = seen[i : i + clips]
        if hide == "frozen":
            x = normalised(net, part[:, torch.stack(shown)].flatten(0, 1))
        else:
            grey = torch.cat([hidden.new_zeros(1, length), hidden])
            x = normalised(net, part).unsqueeze(1).repeat(1, len(shown), 1, 1, 1, 1)
            x = x.masked_fill_(grey.to(x.device)[None, :, None, :, None, None], 0).flatten(0, 1)
        out = model(x).float().cpu().unflatten(0, (len(part), len(shown)))
        score = torch.stack(
            [out[(n, slice(None), *aim.place)] for n, aim in enumerate(aims[i : i + clips])]
        )
        drops.append((score[:, :1] - score[:, 1:]).double())
    cover = hidden.double()
    return (torch.cat(drops) @ cover / cover.sum(0)).numpy()
