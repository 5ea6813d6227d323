"""A figure that is drawn over and over in the same place while something goes on."""

from base64 import b64encode

from IPython.display import DisplayHandle
from matplotlib.figure import Figure

from c3d_teach.viz.notebook import png


class LiveFigure:
    """Shows its first figure, then puts each next one in its place (ours).

    A notebook keeps the last one only.
    """

    def __init__(self) -> None:
        self._place: DisplayHandle | None = None

    def show(self, figure: Figure, alt: str) -> None:
        """Put ``figure`` where the one before was.

        Args:
            figure: any matplotlib figure.
            alt: what it shows, in a sentence or two.
        """
        bundle = {"image/png": b64encode(png(figure)).decode(), "text/plain": alt}
        about = {"image/png": {"width": round(figure.get_figwidth() * 96), "alt": alt}}
        if self._place is None:
            self._place = DisplayHandle()
            self._place.display(bundle, raw=True, metadata=about)
        else:
            self._place.update(bundle, raw=True, metadata=about)
