"""Sliders and menus above one picture: the plainest way to make a figure movable."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import ipywidgets as widgets
from IPython.utils.capture import capture_output

from c3d_teach.errors import UsageError
from c3d_teach.viz.widgets.readable import Readable

_ALL = 60  # up to so many positions a sweep draws every combination


@dataclass(frozen=True)
class Control:
    """One thing to move.

    Attributes:
        label: what stands beside it, with its unit: ``speed (pixels a frame)``.
        values: everything it can be, in order; words make a menu, numbers a slider.
        start: where it stands first; the first of ``values`` if None.

    Raises:
        UsageError: for no values, or a start that is none of them.
    """

    label: str
    values: Sequence[Any]
    start: Any = None

    def __post_init__(self) -> None:
        if not len(self.values):
            raise UsageError(f"The control {self.label!r} was given no values.")
        if self.start is not None and self.start not in self.values:
            raise UsageError(
                f"The control {self.label!r} cannot start at {self.start!r}; its values are "
                f"{list(self.values)}."
            )

    @property
    def first(self) -> Any:
        return self.values[0] if self.start is None else self.start

    def widget(self) -> widgets.Widget:
        """A menu for words, a slider for numbers."""
        style = {"description_width": "initial"}
        options = list(self.values)
        if all(isinstance(value, str) for value in options):
            layout = {"width": "auto", "max_width": "30em"}
            return widgets.Dropdown(
                options=options,
                value=self.first,
                description=self.label,
                style=style,
                layout=layout,
            )
        return widgets.SelectionSlider(
            options=options,
            value=self.first,
            description=self.label,
            continuous_update=False,  # draw once, where the slider comes to rest
            style=style,
            layout={"width": f"{18 + 0.6 * len(self.label):.0f}em"},  # words, track, number
        )


class Explorer(Readable):
    """Controls above a picture that ``draw`` makes anew whenever one of them is moved.

    Args:
        draw: called with one value for each control, by name; shows its figure itself
            (:func:`c3d_teach.viz.notebook.show` or ``play``).
        controls: name of an argument of ``draw`` -> its control.
        about: what can be done here, for readers without a running notebook.
        height: of the picture in pixels, at the least; without it the page jumps with every move.

    Raises:
        UsageError: without controls.
    """

    def __init__(
        self,
        draw: Callable[..., None],
        controls: Mapping[str, Control],
        *,
        about: str,
        height: int = 420,
    ) -> None:
        if not controls:
            raise UsageError("An explorer needs at least one control.")
        self.draw, self.about = draw, about
        self.controls = dict(controls)
        self.widgets = {name: one.widget() for name, one in self.controls.items()}
        self.picture = widgets.interactive_output(draw, self.widgets)
        self.picture.layout.min_height = f"{height}px"
        row = widgets.HBox(list(self.widgets.values()))
        row.layout.flex_flow, row.layout.align_items = "row wrap", "center"
        row.layout.grid_gap = "2px 16px"
        super().__init__([row, self.picture])

    def sweep(self) -> int:
        """Draw every combination; where these are many, every value of each control."""
        values = {name: list(one.values) for name, one in self.controls.items()}
        start = {name: one.first for name, one in self.controls.items()}
        if prod(map(len, values.values())) <= _ALL:
            places = [dict(zip(values, one, strict=True)) for one in product(*values.values())]
        else:
            places = [start | {name: one} for name in values for one in values[name]]
        for place in places:
            with capture_output():
                self.draw(**place)
        return len(places)

    def __repr__(self) -> str:
        names = ", ".join(one.label for one in self.controls.values())
        return (
            f"An interactive figure: {self.about} Controls: {names}. Run the notebook in Jupyter "
            "to use it; the figure below shows one of its positions."
        )
