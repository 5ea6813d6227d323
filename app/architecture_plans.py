"""Nets that the page "Architecture" can start from, and nets that are put together there."""

from dataclasses import dataclass, fields

from c3d_teach.models.built import KERNELS, POOLS, Built, build_net

DEPTHS = (1, 3, 5, 7)  # frames that a kernel may see
MERGED = (1, 2, 4)  # frames that a pool may merge
FRAMES = (1, 64)  # least and most frames of a clip
SIZES = (32, 64, 112, 128, 224)  # rows and columns of a frame
COLOURS = {"colour": 3, "grey": 1}
WIDTHS = {"1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2, "1": 1.0, "2": 2.0}
CLASSES = (2, 1000)
OWN = "your own"


@dataclass(frozen=True)
class Plan:
    """A net as it is asked for; each field is a control of the page.

    Attributes:
        net: ``"search net"`` or ``"C3D"``.
        conv1 … conv5: depth of the kernels in each group of convolutions, in frames.
        pool1 … pool5: frames that each pool merges.
        frames: length of the clips.
        size: rows and columns of a frame.
        colour: a key of ``COLOURS``.
        width: a key of ``WIDTHS``, a factor on the paper's filters.
        classes: outputs of fc8.
    """

    net: str = "search net"
    conv1: int = 3
    conv2: int = 3
    conv3: int = 3
    conv4: int = 3
    conv5: int = 3
    pool1: int = 1
    pool2: int = 2
    pool3: int = 2
    pool4: int = 2
    pool5: int = 2
    frames: int = 16
    size: int = 112
    colour: str = "colour"
    width: str = "1"
    classes: int = 101

    @property
    def kernels(self) -> tuple[int, ...]:
        return (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5)

    @property
    def pools(self) -> tuple[int, ...]:
        return (self.pool1, self.pool2, self.pool3, self.pool4, self.pool5)

    @property
    def clip_shape(self) -> tuple[int, int, int, int]:
        """``(C, L, H, W)``."""
        return (COLOURS[self.colour], self.frames, self.size, self.size)

    def built(self) -> Built:
        """What becomes of a clip in it; no weights are made."""
        return build_net(
            self.net,
            self.kernels,
            self.pools,
            clip_shape=self.clip_shape,
            width=WIDTHS[self.width],
            num_classes=self.classes,
        )


def _plan(kernels: str = "depth-3", pools: str = "the paper's pooling", **more: object) -> Plan:
    groups = range(1, 6)
    depths = {f"conv{g}": d for g, d in zip(groups, KERNELS[kernels], strict=True)}
    merged = {f"pool{g}": d for g, d in zip(groups, POOLS[pools], strict=True)}
    return Plan(**depths, **merged, **more)  # type: ignore[arg-type]


PLANS = {
    **{f"C3D, {classes} classes": Plan("C3D", classes=classes) for classes in (487, 101)},
    **{name: _plan(name) for name in KERNELS},
    **{
        f"depth-3, {pools}": _plan(pools=pools)
        for pools in ("pooled early", "a fifth halving", "no pooling in time")
    },
    # of the nets that come with the kit
    "digits (motion-d3)": _plan(frames=16, size=32, colour="grey", width="1/4", classes=8),
    "camera (camera-c3d)": _plan(net="C3D", size=64, width="1/8", classes=9),
}
FIRST = "C3D, 487 classes"
OTHER = "depth-3"
SEARCH = tuple(KERNELS)  # the six nets of the paper's search
SETTINGS = tuple(field.name for field in fields(Plan))


def name_of(plan: Plan) -> str:
    """What the menu calls such a net."""
    return next((name for name, known in PLANS.items() if known == plan), OWN)
