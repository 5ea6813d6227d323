"""Random moments of videos: whole clips, everywhere, and the same again for the same seed."""

import pytest
import torch

from c3d_teach import MotionDigits, RandomClips, VideoFolder
from c3d_teach.data.export import write_video
from c3d_teach.errors import UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos whose frame k is a flat grey of 4 k, 16 and 40 frames long."""
    root = tmp_path_factory.mktemp("videos")
    for label, frames in (("one", 16), ("two", 40)):
        shades = (torch.arange(frames) * 4).to(torch.uint8).view(-1, 1, 1, 1)
        write_video(root / label / "video.mp4", shades.expand(frames, 32, 32, 3), crf=0)
    return VideoFolder(root, size=(16, 16))


def test_clips_start_where_they_say_and_everywhere_a_whole_one_fits(folder):
    clips = RandomClips(folder, 200)
    assert len(clips) == 400
    starts = {0: set(), 1: set()}
    for k in range(0, 400, 7):
        item = clips[k]
        assert item["clip"].shape == (16, 16, 16, 3)
        shown = item["clip"].float().mean((1, 2, 3))
        expected = 4.0 * (item["start"] + torch.arange(16))
        assert (shown - expected).abs().max() < 3
        assert folder.classes[item["label"]] == ("one", "two")[item["video"]]
    for k in range(400):
        video, start = clips._items[k]
        starts[video].add(start)
    assert starts == {0: {0}, 1: set(range(25))}


def test_the_moments_are_the_seeds_alone(folder):
    moments = RandomClips(folder, 10)._items
    assert RandomClips(folder, 10)._items == moments
    assert RandomClips(folder, 10, seed=1)._items != moments
    assert RandomClips(folder, 10).describe() != folder.describe()


def test_what_is_no_video_is_refused(folder):
    with pytest.raises(UsageError, match="given was a MotionDigits"):
        RandomClips(MotionDigits(4))
    with pytest.raises(UsageError, match="0 clips a video"):
        RandomClips(folder, 0)
