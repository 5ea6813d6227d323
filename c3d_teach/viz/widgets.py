"""Controls for notebooks: a kernel to move by hand and a quiz that answers back.

Both are drawn by plain functions of their state, so that tests sweep the whole range
without a browser. Without a running kernel a page shows their text instead of controls.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from numpy.typing import ArrayLike

from c3d_teach.classroom.quiz import Question
from c3d_teach.viz.notebook import show
from c3d_teach.viz.stepping import responses, step, step_figure


class _Readable(widgets.VBox):
    """A box whose plain text is meant to be read where there is no kernel."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)  # ipywidgets would cut it at 110 characters
        return bundle


class Stepper(_Readable):
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
        self.last = tuple(n - 1 for n in responses(clip, kernel).shape)
        names = ("t (frames)", "y (pixels)", "x (pixels)")
        self.sliders = {
            axis: widgets.IntSlider(
                value=first,
                min=0,
                max=last,
                description=name,
                continuous_update=False,  # draw once, where the slider comes to rest
                style={"description_width": "6em"},
                layout=widgets.Layout(width="300px"),
            )
            for axis, name, first, last in zip("tyx", names, start, self.last, strict=True)
        }
        picture = widgets.interactive_output(self.draw, self.sliders)
        picture.layout.height = "620px"  # fixed, or the page jumps with every step
        controls = widgets.HBox(list(self.sliders.values()))
        controls.layout.flex_flow = "row wrap"
        super().__init__([controls, picture])

    def draw(self, t: int, y: int, x: int) -> None:
        """Show the step at ``(t, y, x)``."""
        here = step(self.clip, self.kernel, t, y, x)
        show(step_figure(here, title="Window × kernel, added up"), alt=here.sentence)

    def __repr__(self) -> str:
        return (
            "An interactive figure with sliders for t, y and x. Run the notebook in Jupyter "
            "to use it; the figure below shows one of its positions."
        )


class Quiz(_Readable):
    """Questions with radio buttons. A click is answered at once; try as often as you like."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        self.choices: list[widgets.RadioButtons] = []
        self.replies: list[widgets.HTML] = []
        blocks: list[widgets.Widget] = []
        for count, question in enumerate(self.questions, start=1):
            choice = widgets.RadioButtons(
                options=list(question.replies), value=None, layout={"width": "auto"}
            )
            reply = widgets.HTML(layout={"min_height": "2.4em"})
            self.choices.append(choice)
            self.replies.append(reply)
            choice.observe(lambda change, i=count - 1: self._answer(i), names="value")
            title = widgets.HTML(f"<b>{count}. {escape(question.text)}</b>")
            blocks += [title, choice, reply]
        super().__init__(blocks)

    def _answer(self, index: int) -> None:
        option = self.choices[index].value
        said = "" if option is None else self.questions[index].reply(option)
        mark = "" if option is None else ("✔ " if said.startswith("Yes.") else "✘ ")
        # "status" makes screen readers say the reply when it changes
        self.replies[index].value = f'<div role="status">{mark}{escape(said)}</div>'

    def __repr__(self) -> str:
        lines = []
        for count, question in enumerate(self.questions, start=1):
            lines.append(f"{count}. {question.text}")
            lines += [f"   ( ) {option}" for option in question.replies]
        return "\n".join(lines)
