"""Questions with radio buttons, for the end of a lesson."""

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets

from c3d_teach.classroom.quiz import Question
from c3d_teach.viz.widgets.readable import Readable

_LINES = 'style="line-height:1.4"'  # else a question of two lines falls apart


class Quiz(Readable):
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
            title = widgets.HTML(f"<div {_LINES}><b>{count}. {escape(question.text)}</b></div>")
            blocks += [title, choice, reply]
        super().__init__(blocks)

    def _answer(self, index: int) -> None:
        option = self.choices[index].value
        said = "" if option is None else self.questions[index].reply(option)
        mark = "" if option is None else ("✔ " if said.startswith("Yes.") else "✘ ")
        # "status" makes screen readers say the reply when it changes
        self.replies[index].value = f'<div role="status" {_LINES}>{mark}{escape(said)}</div>'

    def __repr__(self) -> str:
        lines = []
        for count, question in enumerate(self.questions, start=1):
            lines.append(f"{count}. {question.text}")
            lines += [f"   ( ) {option}" for option in question.replies]
        return "\n".join(lines)

    def sweep(self) -> int:
        """Choose every option of every question once; how many there are."""
        clicks = 0
        for question, choice, reply in zip(self.questions, self.choices, self.replies, strict=True):
            for option in question.replies:
                choice.value = option
                if not reply.value:
                    raise RuntimeError(f"no reply to {option!r}")
                clicks += 1
            choice.value = None
        return clicks
