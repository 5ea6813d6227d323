"""A playground of gratings: a unit of a net is probed as a physiologist probes a neuron."""

import numpy as np
from matplotlib.figure import Figure

from c3d_teach.analysis.filters.tuning import tuning
from c3d_teach.data.stimuli import gratings
from c3d_teach.models.classifier import Classifier
from c3d_teach.viz.grating_charts import grating_chart
from c3d_teach.viz.notebook import show
from c3d_teach.viz.widgets.explorer import Control, Explorer

_DIRECTIONS = 8


class GratingPlayground(Explorer):
    """Drifting gratings, and what a unit answers: direction, two frequencies and unit to choose.

    All answers are measured once, when the playground is made; moving a control only draws.

    Args:
        net: a classifier of 16-frame grey clips, such as ``load("motion-d3")``.
        layer: a convolution or pooling of it.
        unit: which one to begin with; the most direction selective one if None.

    Raises:
        UsageError: for an unknown layer, a unit that the layer does not have, or a net that
            looks at a single frame.
    """

    def __init__(self, net: Classifier, layer: str, *, unit: int | None = None) -> None:
        self.tuning = tuning(net, layer, directions=_DIRECTIONS)
        self._size = tuple(net.model.clip_shape)
        units = list(range(len(self.tuning.responses)))
        first = (self.tuning.most_selective(1) or [0])[0] if unit is None else unit
        direction, row, column = (int(n) for n in self.tuning.peaks[first if first in units else 0])
        self._rows = [round(float(f), 3) for f in self.tuning.rows]
        self._columns = [round(float(f), 3) for f in self.tuning.columns]
        angles = [int(d) for d in self.tuning.directions]
        super().__init__(
            self._show,
            {
                "unit": Control("unit", units, first),
                "direction": Control("direction (degrees)", angles, angles[direction]),
                "temporal": Control(
                    "temporal frequency (cycles a frame)", self._columns, self._columns[column]
                ),
                "spatial": Control(
                    "spatial frequency (cycles a pixel)", self._rows, self._rows[row]
                ),
            },
            about=f"turn a grating and change its speed; see what a unit of {layer} answers.",
            height=430,
        )

    def answer(self, unit: int, direction: int, temporal: float, spatial: float) -> float:
        """The unit's response to this grating, as a share of its largest to any: 0 to 1."""
        place = self._place(direction, temporal, spatial)
        most = float(self.tuning.responses[unit].max())
        return float(self.tuning.responses[(unit, *place)]) / most if most else 0.0

    def figure(self, unit: int, direction: int, temporal: float, spatial: float) -> Figure:
        """The grating, and the unit's tuning curve with this direction marked."""
        angle, row, column = self._place(direction, temporal, spatial)
        responses = self.tuning.responses[unit]
        length, height, width = self._size[1:]
        frequencies = float(self.tuning.rows[row]), float(self.tuning.columns[column])
        clip = gratings(direction, *frequencies, length=length, size=(height, width))[0]
        named = f"{self.tuning.net}, {self.tuning.layer} unit {unit}"
        if not responses.max():
            title = f"{named} is silent: it answers to no grating"
        else:
            share = self.answer(unit, direction, temporal, spatial)
            title = (
                f"{named}: a grating towards {direction}° gives {share:.0%} of its largest answer"
            )
        return grating_chart(
            clip.numpy(),
            self.tuning.directions,
            responses[:, row, column],
            angle,
            most=float(responses.max()),
            title=title,
        )

    def _place(self, direction: int, temporal: float, spatial: float) -> tuple[int, int, int]:
        angle = int(np.flatnonzero(self.tuning.directions == direction)[0])
        return angle, self._rows.index(spatial), self._columns.index(temporal)

    def _show(self, unit: int, direction: int, temporal: float, spatial: float) -> None:
        share = self.answer(unit, direction, temporal, spatial)
        show(
            self.figure(unit, direction, temporal, spatial),
            alt=f"A grating towards {direction}°; unit {unit} gives {share:.0%} of its largest "
            "answer.",
        )
