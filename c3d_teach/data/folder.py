"""A folder of videos, one sub-folder a class."""

from pathlib import Path, PurePosixPath

from c3d_teach.data.frame_cache import FrameCache
from c3d_teach.data.hold_out import held_part
from c3d_teach.data.labelled import LabelledVideos
from c3d_teach.data.listing import SUFFIXES, list_videos
from c3d_teach.data.transforms import FRAME_SIZE
from c3d_teach.errors import UsageError, VideoError


class VideoFolder(LabelledVideos):
    """Labelled clips from ``root/CLASS/VIDEO``: every ``stride`` frames a clip.

    Items and attributes are those of ``LabelledVideos``.

    Args:
        root: folder with one sub-folder a class; the sorted folder names are the classes.
        length: frames in a clip.
        stride: frames from one clip's start to the next; the paper's training clips do not
            overlap (16).
        size: height and width that frames are resized to, 128×171 in the paper.
        hold_out: which share of each class's videos to keep: None for all, ``"val"`` for a
            fifth (at least one) and ``"train"`` for the others. Whole videos are kept apart,
            for clips of one video are near-duplicates, and so are videos whose names tell
            that they belong to one group (see ``list_videos``).
        cache: folder for decoded frames, or a ``FrameCache``; None decodes every time.

    Raises:
        UsageError: when the folder does not look like that.
        VideoError: when no video in it can be used.
        KitError: when the frames do not fit into the cache.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        length: int = 16,
        stride: int = 16,
        size: tuple[int, int] = FRAME_SIZE,
        hold_out: str | None = None,
        cache: str | Path | FrameCache | None = None,
    ) -> None:
        root = Path(root)
        if not root.is_dir():
            raise UsageError(f"There is no folder {root}.")
        classes = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name[0] != ".")
        if not classes:
            raise UsageError(f"{root} has no sub-folders; videos lie in {root.name}/CLASS/VIDEO.")
        listed = sorted(list_videos(root).videos, key=lambda video: (video.label, video.name))
        videos = [video for video in listed if len(PurePosixPath(video.name).parts) == 2]
        if not videos:
            raise VideoError(
                f"No video under {root} lies in a sub-folder of its own class; videos lie in "
                f"{root.name}/CLASS/VIDEO and end in {' '.join(sorted(SUFFIXES))}."
            )
        self.hold_out = hold_out
        super().__init__(
            root,
            held_part(videos, hold_out),
            classes,
            length=length,
            stride=stride,
            size=size,
            cache=cache,
            about={"hold_out": hold_out},
        )
