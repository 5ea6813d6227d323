"""Move a window of sixteen frames over a film and read what a net says of it."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.models.classifier import Classifier
from c3d_teach.models.verdict import verdict
from c3d_teach.viz.notebook import show
from c3d_teach.viz.video_charts import clip_chart
from c3d_teach.viz.widgets.explorer import Control, Explorer


class ClipWindow(Explorer):
    """A clip of a film to choose by its number and the stride; the net answers at once.

    Args:
        film: ``(L, H, W, 3)`` uint8.
        classifier: a net for colour clips.
        strides: frames from one clip's start to the next, to choose from.

    Raises:
        UsageError: for a film shorter than a clip of the net.
    """

    def __init__(
        self, film: ArrayLike, classifier: Classifier, *, strides: Sequence[int] = (16, 8, 4)
    ) -> None:
        self.film = np.asarray(film)
        self.classifier = classifier
        self.length = classifier.preprocess.length
        last = len(self.film) - self.length
        if last < 0:
            raise UsageError(
                f"The film has {len(self.film)} frames, and a clip takes {self.length}."
            )
        most = last // min(strides)
        super().__init__(
            self._draw,
            {
                "number": Control("clip number", range(most + 1), min(1, most)),
                "stride": Control("stride (frames)", list(strides)),
            },
            about="A clip of the film, the frames it takes, and the net's answer.",
            height=470,
        )

    def _draw(self, number: int, stride: int) -> None:
        whole = (len(self.film) - self.length) // stride
        count = min(number, whole)  # beyond the last whole clip it stays there
        start = count * stride
        clip = torch.from_numpy(self.film[start : start + self.length].copy())
        (found,) = self.classifier.predict(clip[None])
        said = verdict(self.classifier.classes, found)
        last = start + self.length - 1
        title = f"Clip {count} takes frame {start} to {last}: {said}"
        if count < number:
            title = f"Clip {count} is the last whole one, frame {start} to {last}: {said}"
        show(
            clip_chart(
                self.film, start, self.length, self.classifier.classes, found.numpy(), title=title
            ),
            alt=f"{title}. Six of its frames, and the probability of each class.",
        )
