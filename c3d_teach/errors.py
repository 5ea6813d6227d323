"""The one error type of the kit: a sentence a user can act on.

Every problem a user can cause (a missing file, a clip of the wrong shape, a damaged
checkpoint) is raised as a :class:`KitError` or a subclass. The message is a single
sentence or two that say what was given, what was expected and what to do. The command
line prints it and exits with 1; the dashboard shows it; notebooks show it as the last
line of the traceback.
"""


class KitError(Exception):
    """Something was given that cannot be used; the message says what to do about it."""


class UsageError(KitError, ValueError):
    """An argument has a value that can never work (wrong name, wrong shape, wrong range)."""


class VideoError(KitError, OSError):
    """A video cannot be read: missing, not a video, damaged, or too short."""


class WeightsError(KitError, OSError):
    """A file of weights cannot be loaded: missing, damaged, or not a file of this kit."""


class CheckpointError(KitError, OSError):
    """A training run cannot be resumed from the checkpoint that is there."""
