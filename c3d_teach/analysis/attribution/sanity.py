"""Does a map of heat depend on what the net has learnt? Sanity checks for attribution.

After Adebayo et al. 2018: layer by layer, from the last one down, the weights are drawn anew.
A map that explains the net has to go with them. One that stays shows the clip, not the net.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from c3d_teach.analysis.attribution.attribute import METHODS, RELU_METHODS
from c3d_teach.analysis.attribution.heat import named, targets_of
from c3d_teach.analysis.attribution.maps import (
    UpTo,
    cam_maps,
    gradient_maps,
    integrated_maps,
    laid_over,
    map_row,
)
from c3d_teach.analysis.attribution.occlusion import occlusion_curves
from c3d_teach.analysis.attribution.rectifiers import refuse_functional
from c3d_teach.analysis.units import clips_of, normalised, own_copy
from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Full, Pool
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier

CHECKED = tuple(method for method in METHODS if method != "box occlusion")
KEPT = 0.5  # rank correlation from which on a map counts as kept
_STEPS = 8  # of integrated gradients: what is compared is the look, not the sum
_WINDOW = 7  # voxels a side of the windows of SSIM, skimage's default


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """How much of the maps is left when layers lose what they learnt.

    S layers with weights, R draws of new weights, N clips. A map that is the same everywhere
    orders nothing; its correlations are 0.

    Attributes:
        method: the method of attribution.
        layers: S names, the last layer first; at place s this layer and all before it in
            this list have new weights.
        heads: how many of these are fully connected.
        absolute: ``(S, R, N)`` Spearman's rank correlation of the magnitudes with those of
            the trained net's map of the same clip and class.
        signed: ``(S, R, N)``, the same of the values with their sign.
        structure: ``(S, R, N)`` SSIM in 3D (Wang et al. 2004) of the maps, each divided by
            its largest magnitude; NaN for temporal occlusion, which is a curve.
        floor: ``(3, N)``: absolute, signed and structure, between the trained net's maps of
            a clip and of the next one: what maps of different clips share anyhow.
    """

    method: str
    layers: tuple[str, ...]
    heads: int
    absolute: NDArray[np.float64]
    signed: NDArray[np.float64]
    structure: NDArray[np.float64]
    floor: NDArray[np.float64]

    @property
    def unlearnt(self) -> float:
        """Mean signed rank correlation once all fully connected layers are drawn anew.

        What class it is was decided there; a map that explains the class has nothing left to
        stand on.
        """
        return float(self.signed[self.heads - 1].mean())

    @property
    def left(self) -> float:
        """Mean signed rank correlation when all weights are random."""
        return float(self.signed[-1].mean())

    @property
    def keeps(self) -> bool:
        """Whether the map stays (0.5 or more) though the layers that know the class are random."""
        return self.unlearnt >= KEPT

    @property
    def judged(self) -> bool:
        """Whether the clips can tell: maps of different clips must differ for a map to go."""
        return float(self.floor[1].mean()) < KEPT

    @property
    def sentence(self) -> str:
        """What is seen, in plain words."""
        magnitudes = self.absolute[-1].mean()
        said = (
            f"{named(self.method)}: with new weights in the fully "
            f"connected layers the rank correlation with the trained net's map is "
            f"{self.unlearnt:.2f}, with all weights random {self.left:.2f} (magnitudes "
            f"{magnitudes:.2f}); maps of different clips share {self.floor[1].mean():.2f} "
            f"({self.floor[0].mean():.2f}). "
        )
        if not self.judged:
            return said + (
                "These clips cannot tell: their maps are alike anyhow. Take clips that show "
                "different things, of different classes."
            )
        if self.keeps:
            return said + "The map stays without the class: it shows the clip more than the answer."
        return said + "The map goes with the layers that know the class."


def sanity_check(
    net: Classifier,
    clips: Tensor | np.ndarray,
    method: str,
    *,
    seed: int = 0,
    repeats: int = 1,
    layer: str | None = None,
) -> SanityCheck:
    """Compare maps before and after weights are drawn anew, from the last layer down.

    The class that the trained net answers stays the target throughout. Grad-CAM is compared
    as coarse as its map is (SSIM: laid over the clip), temporal occlusion as the drops of its
    windows, the others voxel by voxel. Integrated gradients take 8 steps here.

    Args:
        clips: uint8 ``(N, L, H, W, C)``, at least 2; neighbours are compared for the floor,
            so let them show different classes.
        method: one of ``CHECKED``.
        seed: of the first draw; the next ones follow it. New weights are drawn as a new
            net's are (:func:`~c3d_teach.models.builder.initialise`, ``"kaiming"``).
        repeats: draws.
        layer: of Grad-CAM; the last convolution unless given.

    Raises:
        UsageError: for another method, bad clips or fewer than 2, or bad numbers.
    """
    if method not in CHECKED:
        raise UsageError(f"There is no check of {method!r}; there are {', '.join(CHECKED)}.")
    if layer is not None and method != "grad-cam":
        raise UsageError(f"layer belongs to method 'grad-cam'; {method} has none.")
    whole = all(isinstance(n, int | np.integer) for n in (seed, repeats))
    if not whole or seed < 0 or repeats < 1:
        raise UsageError(
            f"seed is {seed} and repeats {repeats}; these are whole numbers from 0 and from 1."
        )
    seen = clips_of(net, clips)
    if len(seen) < 2:
        raise UsageError(
            "The check was given one clip; it compares maps of different clips, too: give two or "
            "more."
        )
    answers = net.predict(seen).argmax(1).tolist()
    targets = targets_of(net, answers, len(seen))
    if method in RELU_METHODS:
        refuse_functional(own_copy(net), normalised(net, seen[:1]), method)
    kept, heat = _maps(net, seen, targets, method, layer)
    ranked = _ranks(kept)
    names = [one.name for one in net.model.layers if not isinstance(one, Pool)]
    found = np.empty((3, len(names), int(repeats), len(seen)))
    for r in range(int(repeats)):
        for s, model in enumerate(_cascade(net.model, int(seed) + r)):
            now, now_heat = _maps(replace(net, model=model), seen, targets, method, layer)
            found[:, s, r] = _similar(ranked, heat, _ranks(now), now_heat)
    others = None if heat is None else np.roll(heat, -1, 0)
    floor = _similar(ranked, heat, np.roll(ranked, -1, 1), others)
    absolute, signed, structure = found
    heads = sum(isinstance(one, Full) for one in net.model.layers)
    return SanityCheck(method, tuple(reversed(names)), heads, absolute, signed, structure, floor)


def drawn_anew(model: ConvNet, seed: int) -> list[tuple[Tensor, Tensor]]:
    """New weights and biases for every layer that has some, first layer first.

    Those that ``initialise(model, "kaiming")`` would set after ``torch.manual_seed(seed)``,
    without touching the model or the random numbers of other threads.
    """
    generator = torch.Generator().manual_seed(seed)
    weighted = [m for m in model.modules() if isinstance(m, nn.Conv3d | nn.Linear)]
    drawn = []
    for m in weighted:
        assert m.bias is not None
        weight = torch.empty(m.weight.shape)
        kind = "linear" if m is weighted[-1] else "relu"
        nn.init.kaiming_normal_(weight, nonlinearity=kind, generator=generator)  # type: ignore[arg-type]
        drawn.append((weight, torch.zeros(m.bias.shape)))
    return drawn


def _cascade(model: ConvNet, seed: int) -> Iterator[ConvNet]:
    """The net with its last layer drawn anew, then its last two, and so on to all of them."""
    copy = own_copy(model)
    weighted = [m for m in copy.modules() if isinstance(m, nn.Conv3d | nn.Linear)]
    pairs = list(zip(weighted, drawn_anew(model, seed), strict=True))
    for module, (weight, bias) in reversed(pairs):
        old = module.weight
        if weight.ndim == 5:
            weight = weight.contiguous(memory_format=torch.channels_last_3d)
        # new parameters on modules of our own; the shared ones stay as they are
        module.weight = nn.Parameter(weight.to(old.device, old.dtype))
        module.bias = nn.Parameter(bias.to(old.device, old.dtype))
        yield copy


def _maps(
    net: Classifier, seen: Tensor, targets: list[int], method: str, layer: str | None
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """What ranks are compared of, ``(N, …)``, and the heat over the clip, or None."""
    if method == "temporal occlusion":
        # each window has one drop: with the default of two frames, every second value
        return occlusion_curves(net, seen, targets)[:, ::2].astype(np.float32), None
    model = UpTo(own_copy(net), net.model.layers[-1].name)
    x = normalised(net, seen)
    places = [(k,) for k in targets]
    if method == "grad-cam":
        row = map_row(net, layer)
        maps = cam_maps(model, x, places, row.name)
        return maps.float().cpu().numpy(), laid_over(maps, net.model, row).float().cpu().numpy()
    if method == "integrated gradients":
        heat = integrated_maps(model, x, places, _STEPS)[0]
    else:
        heat = gradient_maps(model, x, places, method)
    volumes = heat.float().cpu().numpy()
    return volumes, volumes


def _similar(
    ranks: NDArray[np.float64],
    heat: NDArray[np.float32] | None,
    other_ranks: NDArray[np.float64],
    other_heat: NDArray[np.float32] | None,
) -> NDArray[np.float64]:
    """``(3, N)``: absolute, signed, structure."""
    structure = np.full((1, ranks.shape[1]), np.nan)
    if heat is not None and other_heat is not None:
        structure = _structure(heat, other_heat)[None]
    return np.concatenate([np.einsum("knm,knm->kn", ranks, other_ranks), structure])


def _ranks(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ranks ``(2, N, M)`` of magnitudes and of values, centred and of length one.

    The product of two such rows is Spearman's correlation; a constant map gives zeros.
    """
    from scipy.stats import rankdata  # comes with scikit-learn

    flat = maps.reshape(len(maps), -1)
    ranks = np.stack([rankdata(abs(flat), axis=1), rankdata(flat, axis=1)])
    ranks -= ranks.mean(2, keepdims=True)
    length = np.sqrt((ranks * ranks).sum(2, keepdims=True))
    return np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)


def _structure(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    from skimage.metrics import structural_similarity

    side = min(_WINDOW, *a.shape[1:])
    side -= 1 - side % 2  # windows have a middle
    if side < 3:
        return np.full(len(a), np.nan)
    scaled = [v / np.maximum(abs(v).max((1, 2, 3), keepdims=True), 1e-30) for v in (a, b)]
    return np.array(
        [
            structural_similarity(p, q, data_range=2.0, win_size=side)
            for p, q in zip(*scaled, strict=True)
        ]
    )
