"""Recall questions: the lessons show them, and their right answers stay out of the pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from c3d_teach.errors import UsageError


@dataclass(frozen=True)
class Question:
    """A question with its options; every option has a reply of its own.

    Attributes:
        text: the question, plain text.
        replies: option → what to say to who chooses it.
        right: the option that is right.

    Raises:
        UsageError: where ``right`` is not one of the options.
    """

    text: str
    replies: Mapping[str, str]
    right: str

    def __post_init__(self) -> None:
        if self.right not in self.replies:
            raise UsageError(f"The right option {self.right!r} is none of {list(self.replies)}.")

    def reply(self, option: str) -> str:
        """``Yes.`` or ``Not quite.``, and why."""
        return f"{'Yes.' if option == self.right else 'Not quite.'} {self.replies[option]}"


def questions(lesson: int) -> tuple[Question, ...]:
    """The questions at the end of a lesson.

    Raises:
        UsageError: for a lesson without a quiz.
    """
    if lesson not in _QUESTIONS:
        raise UsageError(f"There is no quiz for lesson {lesson}; there is for {list(_QUESTIONS)}.")
    return _QUESTIONS[lesson]


_QUESTIONS = {
    1: (
        Question(
            "A clip is 3×16×112×112. What is 16?",
            {
                "the number of channels": "Channels come first: 3, for red, green and blue.",
                "the length in frames": "c×l×h×w: channels, length, height, width.",
                "the number of kernels": "The clip knows nothing of kernels.",
            },
            right="the length in frames",
        ),
        Question(
            "A kernel of size 3×5×5 lies on a clip with 1 channel. How many products are added "
            "up for one number of the output?",
            {
                "13": "The sizes are multiplied, not added.",
                "25": "That is one slice. The kernel is three frames deep.",
                "75": "3 × 5 × 5.",
            },
            right="75",
        ),
        Question(
            "A clip is played backwards. What happens to the largest response of a 1×3×3 kernel?",
            {
                "It stays the same, always": "Same frames, same responses, another order.",
                "It stays the same if the kernel is symmetric": (
                    "It needs no symmetry: each frame is treated alone, whatever the weights."
                ),
                "It falls": "It would need to know which frame comes next, and it sees only one.",
            },
            right="It stays the same, always",
        ),
        Question(
            "You flip the deep kernel in time. What does it now answer to?",
            {
                "still to motion to the right": "Read its slices in the new order.",
                "to motion to the left": "A kernel played backwards likes films played backwards.",
                "to nothing": "It has the same weights. They lie on the other slope.",
            },
            right="to motion to the left",
        ),
        Question(
            "Sixteen frames go into a 2D convolution as 16 channels. What is lost after it?",
            {
                "nothing": "Count the axes of what comes out.",
                "colour": "Grey clips have none, and yet something is lost.",
                "the time axis": "All 16 frames were added up into one image.",
            },
            right="the time axis",
        ),
    )
}
