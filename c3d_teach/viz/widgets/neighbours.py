"""Which clips a net takes for alike: a query clip and its nearest neighbours by descriptor."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from c3d_teach.errors import UsageError
from c3d_teach.viz.neighbour_charts import neighbour_strips
from c3d_teach.viz.notebook import show
from c3d_teach.viz.widgets.explorer import Control, Explorer

_SHOWN = 3


class Neighbours(Explorer):
    """Choose a clip and how many principal components count; see its nearest neighbours.

    Args:
        clips: ``(N, L, H, W, C)`` uint8.
        descriptors: ``(N, D)``, their descriptors.
        names: what is known of each clip, for the rows.
        queries: which clips can be asked for; the first 12 by default.
        dimensions: numbers of principal components to choose from; those above ``D`` or
            ``N - 1`` are left out, and all of ``D`` is always a choice.

    Raises:
        UsageError: for fewer than four clips, or lengths that do not agree.
    """

    def __init__(
        self,
        clips: ArrayLike,
        descriptors: ArrayLike,
        names: Sequence[str],
        *,
        queries: Sequence[int] = range(12),
        dimensions: Sequence[int] = (2, 10, 50),
    ) -> None:
        self.clips, self.names = np.asarray(clips), list(names)
        x = np.asarray(descriptors, dtype=float)
        if not len(self.clips) == len(x) == len(self.names) or len(x) <= _SHOWN:
            raise UsageError(
                f"Neighbours was given {len(self.clips)} clips, {len(x)} descriptors and "
                f"{len(self.names)} names; give one of each for every clip, four clips or more."
            )
        self._spaces = {"all of fc6": x}
        middle = x - x.mean(0)
        axes = np.linalg.svd(middle, full_matrices=False)[2]
        for n in dimensions:
            if n < min(x.shape[1], len(x)):
                self._spaces[f"{n} components"] = middle @ axes[:n].T
        super().__init__(
            self._show,
            {
                "query": Control("clip", list(queries)),
                "space": Control("compare by", list(self._spaces)),
            },
            about="choose a clip and see which three others the net finds most alike.",
            height=470,
        )

    def nearest(self, query: int, space: str = "all of fc6") -> tuple[list[int], list[float]]:
        """The three clips of largest cosine with clip ``query``, and the cosines."""
        x = self._spaces[space]
        x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        cosines = x @ x[query]
        cosines[query] = -np.inf
        found = np.argsort(-cosines, kind="stable")[:_SHOWN]
        return [int(k) for k in found], [float(cosines[k]) for k in found]

    def figure(self, query: int, space: str = "all of fc6") -> Figure:
        """The clip and its neighbours as film strips."""
        found, cosines = self.nearest(query, space)
        rows = [query, *found]
        return neighbour_strips(
            [self.clips[k] for k in rows],
            [f"asked:\n{self.names[query]}", *(self.names[k] for k in found)],
            title=f"The three clips most alike, by {space}",
            similar=cosines,
        )

    def _show(self, query: int, space: str) -> None:
        names = ", ".join(self.names[k] for k in self.nearest(query, space)[0])
        show(self.figure(query, space), alt=f"{self.names[query]}: its neighbours are {names}.")
