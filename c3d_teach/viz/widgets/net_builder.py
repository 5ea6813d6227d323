"""A net put together by hand: kernel depth and pooling a group, and at once what becomes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from IPython.display import clear_output
from IPython.utils.capture import capture_output

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import short
from c3d_teach.models.built import KERNELS, NETS, POOLS, Built, build_net
from c3d_teach.viz.notebook import show
from c3d_teach.viz.widgets.built_net import net_figure
from c3d_teach.viz.widgets.explorer import Control, Explorer

__all__ = ["KERNELS", "POOLS", "Built", "NetBuilder", "build_net", "net_figure"]

SHOWS = ("net", "kernels", "pooling", "frames")
_OWN = "your own"
_GROUPS = range(1, 6)


class NetBuilder(Explorer):
    """Sliders for kernel depth and pooling, and the net that comes of it, layer by layer.

    The menu *start from* puts several sliders at once: the six nets of the paper's search, and
    five ways of merging time.

    Args:
        net: ``"search net"`` (five convolutions) or ``"C3D"`` (eight, in five groups).
        shows: which controls: some of ``"net"``, ``"kernels"``, ``"pooling"``, ``"frames"``.
        kernels, pools: where they stand first, five of each; a name from ``KERNELS`` and
            ``POOLS`` will do.
        clip_shape: ``(C, L, H, W)``.
        width: factor on the paper's filters.
        num_classes: outputs of fc8.

    Raises:
        UsageError: for an unknown net, control or name.
    """

    def __init__(
        self,
        net: str = "search net",
        *,
        shows: Sequence[str] = ("kernels", "pooling"),
        kernels: str | Sequence[int] = "depth-3",
        pools: str | Sequence[int] = "the paper's pooling",
        clip_shape: Sequence[int] = (3, 16, 112, 112),
        width: float = 1.0,
        num_classes: int = 101,
    ) -> None:
        if not shows or not set(shows) <= set(SHOWS):
            raise UsageError(f"shows is {tuple(shows)}; it is some of {', '.join(SHOWS)}.")
        first = _first("kernels", kernels, KERNELS), _first("pools", pools, POOLS)
        self.net, self.clip_shape = net, tuple(clip_shape)
        self.width, self.num_classes = width, num_classes
        self.fixed: dict[str, Any] = {"net": net, "frames": self.clip_shape[1]}
        build_net(net, *first, **self._size())  # refuse bad arguments before anything is drawn
        for group, depth, pool in zip(_GROUPS, *first, strict=True):
            self.fixed |= {f"conv{group}": depth, f"pool{group}": pool}
        self._quiet = False
        controls = self._controls(shows)
        super().__init__(
            self._draw,
            controls,
            about="a net put together by hand: time, parameters, work, layer by layer.",
            height=620 if net == "C3D" or "net" in shows else 540,
        )
        self.presets = self._presets(shows)
        options = [_OWN, *self.presets]
        self.preset = widgets.Dropdown(
            options=options, description="start from", style={"description_width": "initial"}
        )
        self.preset.observe(self._put, names="value")
        for one in self.widgets.values():
            one.observe(self._moved, names="value")
        self.children = (self.preset, *self.children)  # type: ignore[has-type]

    def sweep(self) -> int:
        """Every start, and every value of each control."""
        for name in self.presets:
            with capture_output():
                self._draw(**(self._values() | self.presets[name]))
        return len(self.presets) + super().sweep()

    def built(self, **values: Any) -> Built:
        """The net at these values of the controls, and the first ones of what is not shown."""
        place = self.fixed | values
        return build_net(
            place["net"],
            [place[f"conv{group}"] for group in _GROUPS],
            [place[f"pool{group}"] for group in _GROUPS],
            **self._size(place["frames"]),
        )

    def _draw(self, **values: Any) -> None:
        if self._quiet:  # several sliders are being put, and the last one draws
            return
        built = self.built(**values)
        if built.ends_at:
            title = f"No net: time runs out at {built.ends_at}"
        else:
            title = f"{built.parameters:,} parameters, {short(built.macs)} MACs a clip"
        show(net_figure(built, title=title), alt=" ".join([f"{title}.", *built.says]))

    def _controls(self, shows: Sequence[str]) -> dict[str, Control]:
        found: dict[str, Control] = {}
        if "net" in shows:
            found["net"] = Control("net", list(NETS), self.net)
        if "frames" in shows:
            frames = sorted({8, 15, 16, 20, 32, self.clip_shape[1]})
            found["frames"] = Control("clip (frames)", frames, self.clip_shape[1])
        if "kernels" in shows:
            for group in _GROUPS:
                name = f"conv{group}"
                found[name] = Control(f"{name} d (frames)", (1, 3, 5, 7), self.fixed[name])
        if "pooling" in shows:
            for group in _GROUPS:
                name = f"pool{group}"
                found[name] = Control(f"{name} d (frames)", (1, 2, 4, 8, 16), self.fixed[name])
        return found

    def _presets(self, shows: Sequence[str]) -> dict[str, dict[str, int]]:
        """Name -> values of controls; each puts kernels or pooling alone."""
        found = {}
        for shown, what, sets in (("kernels", "conv", KERNELS), ("pooling", "pool", POOLS)):
            if shown in shows:
                for name, depths in sets.items():
                    found[name] = {f"{what}{g}": d for g, d in zip(_GROUPS, depths, strict=True)}
        return found

    def _size(self, frames: int | None = None) -> dict[str, Any]:
        channels, length, *space = self.clip_shape
        shape = (channels, frames or length, *space)
        return {"clip_shape": shape, "width": self.width, "num_classes": self.num_classes}

    def _values(self) -> dict[str, Any]:
        return {name: one.value for name, one in self.widgets.items()}

    def _put(self, change: Mapping[str, Any]) -> None:
        if change["new"] == _OWN:
            return
        self._quiet = True
        try:
            for name, value in self.presets[change["new"]].items():
                self.widgets[name].value = value
        finally:
            self._quiet = False
        with self.picture:
            clear_output(wait=True)
            self._draw(**self._values())

    def _moved(self, _: Mapping[str, Any]) -> None:
        if not self._quiet:
            self.preset.value = _OWN


def _first(what: str, given: str | Sequence[int], named: Mapping[str, Sequence[int]]) -> Any:
    if not isinstance(given, str):
        return tuple(given)
    if given not in named:
        raise UsageError(f"{what} is {given!r}; it is five numbers or one of {', '.join(named)}.")
    return tuple(named[given])
