"""A walk through C3D, layer by layer, for clips of several sizes."""

from c3d_teach.errors import UsageError
from c3d_teach.models.arithmetic import Description, trace
from c3d_teach.models.builder import ConvNet
from c3d_teach.viz.layer_charts import blocks_chart
from c3d_teach.viz.notebook import show
from c3d_teach.viz.widgets.explorer import Control, Explorer

_FRAMES = (16, 24, 32)
_SIDES = (64, 112, 160)


class LayerWalk(Explorer):
    """Step through the layers of a net; change the clip and see which numbers follow.

    Args:
        net: a 3D net of the kit, of the paper's size; its weights do not matter.

    Raises:
        UsageError: for a net that rearranges its clips.
    """

    def __init__(self, net: ConvNet) -> None:
        if net.layer_input != net.clip_shape:
            raise UsageError("LayerWalk walks through 3D nets; this one rearranges its clips.")
        self.layers, self.channels = net.layers, net.clip_shape[0]
        super().__init__(
            self._draw,
            {
                "layer": Control("layer", range(1, len(self.layers) + 1), 1),
                "frames": Control("frames of the clip", _FRAMES, 16),
                "side": Control("side of the clip (pixels)", _SIDES, 112),
            },
            about="a walk through the layers, with what each puts out, holds, costs and sees.",
            height=470,
        )

    def sentence(self, layer: int, frames: int, side: int) -> str:
        """What the title says, in words."""
        rows = Description(trace(self.layers, (self.channels, frames, side, side)))
        row = rows[layer - 1]
        shape = "×".join(map(str, row.shape))
        sees = "×".join(map(str, row.receptive_field))
        return (
            f"{row.name}: {shape} out, {row.parameters:,} parameters, "
            f"{row.macs / 1e9:.2f} G MACs, sees {sees}\n"
            f"Whole net: {rows.parameters:,} parameters, {rows.macs / 1e9:.2f} G MACs a clip"
        )

    def _draw(self, layer: int, frames: int, side: int) -> None:
        clip = (self.channels, frames, side, side)
        rows = Description(trace(self.layers, clip))
        said = self.sentence(layer, frames, side)
        figure = blocks_chart(rows, clip, title=said, current=rows[layer - 1].name)
        show(figure, alt=said.replace("\n", ". "))
