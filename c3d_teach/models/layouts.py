"""The four layouts in which weights of C3D are published, and what each was trained on.

A checkpoint says nothing of the clips its net has seen, and the same keys are used for two
kinds of weights: those *converted* from the released Caffe files, and those *trained* with
the code of a port. What is known of both, and where it was read:

| | channels | minus | frames, test crop | pool5 | read in |
|---|---|---|---|---|---|
| Caffe | BGR 0-255 | mean cube | 128×171, (8, 29) | rounds up | facebookarchive/C3D: \
``image_io.cpp``, ``video_data_layer.cpp``, ``pool3d_layer.cpp`` |
| pytorch, trained | BGR 0-255 | 90, 98, 102 | 128×171, (8, 30) | pads around | \
jfzhang95/pytorch-video-recognition: ``inference.py``, ``dataloaders/dataset.py`` |
| features, its code | BGR 0-255 | 90, 98, 102 | 128×171 | pads around | \
sunnyxiaohu/R-C3D.pytorch: ``tdcnn/c3d.py``, ``utils/config.py`` |
| toolbox, trained | RGB 0-255 | 104, 117, 128 | height 128, centre | pads around | \
open-mmlab/mmaction2: ``c3d_sports1m_pretrained.py``, ``backbones/c3d.py`` |

Converted weights want Caffe's input and pool5, whatever their port's code does with them
(DavideA/c3d-pytorch feeds RGB without a mean; its issues 1 and 4 report what that costs).
The rule that tells them apart stands in :func:`training_of`. Means in 0-255, in the order
of the channels; Caffe's are those of the mean cube over the test crop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from c3d_teach.data.transforms import Preprocess
from c3d_teach.errors import UsageError, WeightsError

_CONVS = ("conv1a", "conv2a", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b")
LAYERS = (*_CONVS, "fc6", "fc7", "fc8")
PARTS = ("weight", "bias")
CLIP = (3, 16, 112, 112)  # channels, frames, height, width
SPORTS_1M, UCF101 = 487, 101  # classes


@dataclass(frozen=True)
class Training:
    """What a net was trained on: how its clips looked, and how its last pooling rounds.

    Attributes:
        said: in words, for the card.
        pool5: ``"ceil"`` or ``"symmetric"``, as :class:`~c3d_teach.C3D` takes it.
        mean: subtracted per channel, 0-255, in ``channel_order``.
        channel_order: ``"rgb"`` or ``"bgr"``.
        frame_size: frames are resized to this, or keep their aspect when None.
        offset: top and left of the test crop, or None for the centre.
    """

    said: str
    pool5: str
    mean: tuple[float, float, float]
    channel_order: Literal["rgb", "bgr"]
    frame_size: tuple[int, int] | None = (128, 171)
    offset: tuple[int, int] | None = (8, 29)

    def preprocess(
        self, mean: str | Path | Sequence[float] | None = None, **overrides: Any
    ) -> Preprocess:
        """The preprocessing that shows clips to the net as in its training.

        Args:
            mean: a mean cube (``.binaryproto``) or three numbers instead of ``self.mean``.
            overrides: fields of :class:`~c3d_teach.Preprocess` to set otherwise.

        Raises:
            WeightsError: for a file that is no mean cube.
            UsageError: for settings that do not exist or do not fit together.
        """
        known = [field.name for field in fields(Preprocess)]
        if strange := sorted(overrides.keys() - set(known)):
            raise UsageError(f"There is no setting {strange[0]!r}; there are {', '.join(known)}.")
        settings: dict[str, Any] = {
            "crop": CLIP[2:],
            "short_side": 128,
            "mean": self.mean,
            "std": (1.0, 1.0, 1.0),
            "channel_order": self.channel_order,
            "frame_size": self.frame_size,
            "offset": self.offset,
        }
        if isinstance(mean, str | Path):
            from c3d_teach.models.caffe import read_mean

            cube = read_mean(Path(mean).expanduser())  # BGR, as all of Caffe's
            if overrides.get("channel_order", self.channel_order) == "rgb":
                cube = cube.flip(0)
            settings |= {"mean_volume": cube, "frame_size": tuple(cube.shape[2:])}
            settings["mean"] = tuple(cube.mean((1, 2, 3)).tolist())
        elif mean is not None:
            if len(mean) != 3:
                raise UsageError(f"The mean is a file or three numbers; {len(mean)} were given.")
            settings["mean"] = tuple(float(value) for value in mean)
        return Preprocess(**(settings | overrides))


def in_words(preprocess: Preprocess) -> str:
    """The settings that differ between layouts, such as ``BGR 0-255 minus 90, 98, 102, …``."""
    cube = preprocess.mean_volume is not None
    minus = "a mean cube" if cube else ", ".join(f"{value:g}" for value in preprocess.mean)
    size = preprocess.frame_size
    frames = f"resized to {size[0]}×{size[1]}" if size else f"{preprocess.short_side} high"
    return (
        f"{preprocess.channel_order.upper()} 0-255 minus {minus}, frames {frames}, test crop at "
        f"{preprocess.offset or 'the centre'}"
    )


CAFFE = Training("Caffe, Sports-1M", "ceil", (100.6, 108.0, 107.8), "bgr")
CAFFE_UCF101 = Training("Caffe, UCF101", "ceil", (95.1, 102.9, 107.8), "bgr")
_PLAIN = Training("the plain PyTorch port", "symmetric", (90.0, 98.0, 102.0), "bgr", offset=(8, 30))
_FEATURES = Training("the features/classifier port", "symmetric", (90.0, 98.0, 102.0), "bgr")
_TOOLBOX = Training("the toolbox", "symmetric", (104.0, 117.0, 128.0), "rgb", None, None)


@dataclass(frozen=True)
class Layout:
    """Names of the layers in one kind of checkpoint.

    Attributes:
        name: as in ``load("name:path")``.
        keys: layer of the paper -> its names here, without ``.weight`` and ``.bias``. Of two
            names the first is that of the Sports-1M net, the last that of other nets.
        own: what the layout's own code feeds to a net, and how it pools.
        prefix: stands before the keys of nets that the layout's own code has trained.
    """

    name: str
    keys: Mapping[str, tuple[str, ...]]
    own: Training
    prefix: str = ""

    def key(self, layer: str, classes: int) -> str:
        """The name of ``layer`` in a net of so many classes."""
        return self.keys[layer][0 if classes == SPORTS_1M else -1]

    @property
    def example(self) -> str:
        """Two of its keys, to recognise it by."""
        return f"{self.keys['conv1a'][0]}.weight, {self.keys['fc6'][-1]}.weight"


def _layout(name: str, own: Training, *names: str, prefix: str = "") -> Layout:
    keys = {layer: tuple(n.split("|")) for layer, n in zip(LAYERS, names, strict=True)}
    return Layout(name, keys, own, prefix)


LAYOUTS = {
    layout.name: layout
    for layout in (
        _layout("caffe", CAFFE, *_CONVS, "fc6-1|fc6", "fc7-1|fc7", "fc8-1|fc8"),
        _layout("pytorch", _PLAIN, "conv1", "conv2", *LAYERS[2:]),
        _layout(
            "features",
            _FEATURES,
            *(f"features.{i}" for i in (0, 3, 6, 8, 11, 13, 16, 18)),
            *(f"classifier.{i}" for i in (0, 3, 6)),
        ),
        _layout(
            "toolbox",
            _TOOLBOX,
            *(f"{conv}.conv" for conv in _CONVS),
            "fc6",
            "fc7",
            "cls_head.fc_cls",
            prefix="backbone.",
        ),
    )
}


def named(layout: str) -> Layout:
    """The layout of that name.

    Raises:
        UsageError: listing the names.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"There is no layout {layout!r}; it is one of {', '.join(LAYOUTS)}.")
    return LAYOUTS[layout]


def recognise(keys: Iterable[str]) -> Layout:
    """The layout with most of these keys (``conv1.weight``, …).

    Raises:
        WeightsError: when no layout has half of its keys among them.
    """
    keys = list(keys)

    def share(layout: Layout) -> float:
        given = {k.removeprefix(layout.prefix).rpartition(".")[0] for k in keys}
        return sum(not given.isdisjoint(names) for names in layout.keys.values()) / len(LAYERS)

    best = max(LAYOUTS.values(), key=share)
    if share(best) >= 0.5:
        return best
    found = f"{', '.join(keys[:4])}{f' and {len(keys) - 4} more' * (len(keys) > 4)}"
    known = "; ".join(f"{one.name} has {one.example}, …" for one in LAYOUTS.values())
    raise WeightsError(
        f"These are not the weights of a C3D in a known layout: found were "
        f"{found or 'no tensors'}. Of the layouts {known}."
    )


def training_of(
    layout: Layout, classes: int | None, *, prefixed: bool, trained: str | None = None
) -> Training:
    """What the weights of a file were trained on, as far as it can be told.

    - caffe, features: always Caffe's; with 101 classes the mean is that of UCF101.
    - pytorch: 487 classes (or no fc8) are converted; the port itself trains on other sets.
    - toolbox: with ``backbone.`` or a head the toolbox trained it; the bare backbone is the
      converted start of its fine-tuning. Whether its converter swapped the channels of
      conv1a is not known; give ``channel_order`` if you know more.

    Args:
        classes: outputs of fc8, or None for a file without fc8.
        prefixed: whether the keys carry the layout's prefix.
        trained: ``"caffe"`` or ``"port"`` decides it instead.

    Raises:
        UsageError: for another ``trained``.
    """
    if trained not in (None, "caffe", "port"):
        raise UsageError(
            f"trained is {trained!r}; it is 'caffe' (converted weights) or 'port' (weights "
            "trained with the code of the layout)."
        )
    if trained is None:
        of_port = {"pytorch": classes not in (None, SPORTS_1M), "toolbox": prefixed or classes}
        trained = "port" if of_port.get(layout.name) else "caffe"
    if trained == "port" and layout.name != "caffe":
        return layout.own
    return CAFFE_UCF101 if classes == UCF101 else CAFFE
