"""Put a figure or a clip on a notebook page, always with words for who cannot see it."""

from base64 import b64encode
from html import escape
from io import BytesIO
from textwrap import fill

from IPython.display import HTML, display
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image as Picture

from c3d_teach.viz.movie import animation

_DPI = 120
_LETTERS = 88  # in a line of a cell's output
_SCREEN_DPI = 96  # a browser's pixels in an inch: the figure is drawn finer than shown


def png(figure: Figure) -> bytes:
    """The figure as a PNG with a palette of 256 colours, half as large as one without."""
    raw, small = BytesIO(), BytesIO()
    figure.savefig(raw, format="png", dpi=_DPI, facecolor="white")
    picture = Picture.open(raw).convert("RGB")
    picture.quantize(256, dither=Picture.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display a figure with its text alternative.

    Args:
        figure: from :mod:`c3d_teach.viz.static`, or any other matplotlib figure.
        alt: what the figure shows, in a sentence or two.
    """
    width = round(figure.get_figwidth() * _SCREEN_DPI)
    # the words are the plain text, too: that is what terminals show and what tests compare
    bundle = {"image/png": b64encode(png(figure)).decode(), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"width": width, "alt": alt}})


def play(clips: dict[str, ArrayLike], *, alt: str, fps: float = 8, scale: int = 6) -> None:
    """Display clips that play side by side for ever, each above its name.

    Args:
        clips: name → clip ``(L, H, W, C)`` uint8.
        alt: what there is to see.
        fps: frames a second.
        scale: screen pixels a side for each pixel of the clip.
    """
    blocks = []
    for name, clip in clips.items():
        data = b64encode(animation(clip, fps=fps, scale=scale)).decode()
        height, width = (int(n) * scale for n in clip.shape[1:3])  # type: ignore[union-attr]
        blocks.append(
            f'<figure style="display:inline-block;margin:0 16px 8px 0">'
            f'<img alt="{escape(alt)} ({escape(name)})" width="{width}" height="{height}" '
            f'src="data:image/webp;base64,{data}">'
            f"<figcaption>{escape(name)}</figcaption></figure>"
        )
    display(HTML(f"<div>{''.join(blocks)}</div>"))


def say(text: str) -> None:
    """Print a paragraph in lines that no notebook breaks, nor begins with a per cent sign."""
    print(fill(text.replace(" %", "\N{NO-BREAK SPACE}%"), _LETTERS), end="\n\n")
