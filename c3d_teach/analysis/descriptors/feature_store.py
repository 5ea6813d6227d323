"""A feature folder while features are being made: what it knows, what is new, what is written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from c3d_teach.analysis.descriptors import feature_files as files
from c3d_teach.analysis.descriptors import feature_work as work
from c3d_teach.analysis.descriptors.feature_final import commit, roll_forward, stage
from c3d_teach.analysis.descriptors.feature_work import Entry, Work
from c3d_teach.analysis.descriptors.folder_lock import locked
from c3d_teach.data.listing import ListedVideo, Listing
from c3d_teach.errors import CheckpointError, KitError
from c3d_teach.files import printable, write_json
from c3d_teach.training.checkpoint import differences

_Places = tuple[Path, Path]  # the files with the descriptors and with the clips' features


class Store:
    """Finished and new rows of a feature folder; of several processes the first has it.

    Args:
        out: the folder.
        settings: what decides the features.
        names: the videos to be described.

    Attributes:
        work: where this process puts down what it finishes.

    Raises:
        CheckpointError: when ``out`` holds features made with other settings, of other videos,
            or files of something else.
        KitError: when a process of another run is still at work there.
    """

    def __init__(self, out: Path, settings: dict[str, Any], names: set[str]) -> None:
        self.out, self.settings = out, settings
        self.dimension, self.keep_clips = int(settings["dimension"]), bool(settings["clips"])
        roll_forward(out)
        finished = (out / files.SETTINGS).is_file()
        headers = work.read_headers(out)
        there = [name for name in files.FILES if (out / name).exists()]
        if there and not finished and not headers:
            raise CheckpointError(
                f"{out} holds a {there[0]} that does not belong to features of this kit. Give "
                "another folder."
            )
        for was in ([files.read_settings(out)] if finished else []) + headers:
            _check(out, was, settings)
        self._finished = self._index() if finished else None
        others = [self._part(rank) for rank in work.other_ranks(out)]
        for part in others:
            with locked(part.folder):  # a process that has outlived its run may still write there
                part.open()
                part.close()
        self.work = self._part(0)
        self.work.open()
        self._parts = [self.work, *others]
        self._chosen: dict[str, tuple[Entry, _Places]] = {}
        done = {name for part in self._parts for name in part.entries}
        known = done.union(self._finished or ())
        if known and not known & names:
            self.work.close(discard=not done)
            raise CheckpointError(
                f"{out} holds features of other videos, such as {printable(min(known))}; "
                "they would be lost. Give another folder."
            )

    def knows(self, video: str, size: int, mtime: int) -> bool:
        """Whether a video is described, and its file unchanged since."""
        final = (self.out / files.DESCRIPTORS, self.out / files.CLIPS)
        for entries, places in (
            *((part.entries, part.row_files) for part in self._parts),
            (self._finished or {}, final),
        ):
            entry = entries.get(video)
            if entry and (entry.size, entry.mtime) == (size, mtime):
                self._chosen[video] = entry, places
                return True
        return False

    def take(self, rank: int, entries: Sequence[Entry]) -> None:
        """What a process has finished in this run is to be among the features.

        Raises:
            KitError: when its rows are not where this process can read them.
        """
        places = self._part(rank).row_files
        if entries and not places[0].is_file():
            raise KitError(
                f"There is no {places[0]}, where process {rank} has put what it did. Give a "
                "folder on a disk that all machines share."
            )
        for entry in entries:
            self._chosen[entry.video] = entry, places

    def close(self) -> None:
        self.work.close()

    def write(self, listing: Listing, skipped: Sequence[tuple[str, str]]) -> None:
        """Write the final files: every video of ``listing`` that is described, sorted by name."""
        out, keep, start = self.out, self.keep_clips, 0
        found = [(v, *self._chosen[v.name]) for v in listing.videos if v.name in self._chosen]
        entries = []
        for row, (_, entry, _) in enumerate(found):
            entries.append(replace(entry, row=row, start=start))
            start += entry.clips * keep
        splits = max((len(video.splits) for video in listing.videos), default=0)
        files.write_csv(
            stage(out, files.VIDEOS),
            files.video_columns(splits),
            (
                (v.name, v.label, v.group, e.frames, repr(round(e.fps, 6)), e.clips, *v.splits)
                for v, e, _ in found
            ),
        )
        files.write_csv(stage(out, files.SKIPPED), ("video", "reason"), skipped)
        stage(out, work.INDEX).write_bytes(work.index_lines(entries))
        write_json(stage(out, files.SETTINGS), self.settings)
        if self._finished is None or entries != list(self._finished.values()):
            self._write_arrays(found, start)
        self.work.close()
        commit(out)

    def _write_arrays(self, found: list[tuple[ListedVideo, Entry, _Places]], clips: int) -> None:
        def data(of_clips: bool) -> Iterator[bytes]:
            for _, entry, places in found:
                yield from work.chunks(places, entry, self.dimension, of_clips, rows=not of_clips)

        def written(name: str, rows: int, of_clips: bool) -> None:
            path = stage(self.out, name)
            files.write_array(path, (rows, self.dimension), data(of_clips))

        written(files.DESCRIPTORS, len(found), False)
        if self.keep_clips:
            written(files.CLIPS, clips, True)
            stride = int(self.settings["stride"])
            starts = ((v.name, k * stride) for v, e, _ in found for k in range(e.clips))
            files.write_csv(stage(self.out, files.CLIPS_TABLE), ("video", "start"), starts)

    def _part(self, rank: int) -> Work:
        return Work(self.out, self.settings, self.dimension, self.keep_clips, rank)

    def _index(self) -> dict[str, Entry] | None:
        """The finished rows, or None when the files are no longer what the index says."""
        found = work.read_index(self.out)
        clips = sum(entry.clips for entry in found.values())
        wanted = [(files.DESCRIPTORS, len(found))]
        wanted += [(files.CLIPS, clips)] * self.keep_clips
        try:
            whole = all(
                files.read_array(self.out / name).shape == (rows, self.dimension)
                for name, rows in wanted
            )
        except KitError:
            whole = False
        return found if whole else None


def _check(out: Path, was: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to mix features of two kinds in one table."""
    itself = {"engine": "eager in float32"}  # files of before name none
    was, now = itself | was, itself | now
    net, other = was.pop("net", {}), now.pop("net")
    found = []
    if net.get("fingerprint") != other["fingerprint"]:
        same = net.get("name") == other["name"]
        found.append(
            f"the net {other['name']} had other weights or preprocessing"
            if same
            else f"the net was {net.get('name')}, is {other['name']}"
        )
        for settings in (was, now):  # they follow from the net
            for key in ("preprocess", "dimension", "length", "frame_size"):
                settings.pop(key, None)
    if "layer" in was and was["layer"] != now["layer"]:
        was.pop("dimension", None), now.pop("dimension", None)
    found += differences(was, now)
    if found:
        raise CheckpointError(
            f"{out} holds features that were made differently: {'; '.join(found)}. Give another "
            f"folder, or delete {out} to make them anew."
        )
