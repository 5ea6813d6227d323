"""A kernel that is moved over a clip by hand, with every multiplication shown."""

from numpy.typing import ArrayLike

from c3d_teach.viz.notebook import show
from c3d_teach.viz.stepping import responses, step, step_figure
from c3d_teach.viz.widgets.explorer import Control, Explorer


class Stepper(Explorer):
    """Three sliders that move a kernel over a clip, with every multiplication shown.

    Args:
        clip: ``(L, H, W)``, small enough to read its numbers (say 5×5×7).
        kernel: ``(d, k, k)``.
        start: first position ``(t, y, x)`` of the window's corner.

    Raises:
        UsageError: for other shapes or a start outside the clip.
    """

    def __init__(
        self, clip: ArrayLike, kernel: ArrayLike, start: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        step(clip, kernel, *start)  # refuse a bad start before anything is drawn
        self.clip, self.kernel = clip, kernel
        names = ("t (frames)", "y (pixels)", "x (pixels)")
        places = responses(clip, kernel).shape
        super().__init__(
            self._draw,
            {
                axis: Control(name, range(count), first)
                for axis, name, count, first in zip("tyx", names, places, start, strict=True)
            },
            about="a kernel moved over the clip by hand, every multiplication shown.",
            height=620,
        )

    def _draw(self, t: int, y: int, x: int) -> None:
        here = step(self.clip, self.kernel, t, y, x)
        show(step_figure(here, title="Window × kernel, added up"), alt=here.sentence)
