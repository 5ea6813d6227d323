"""Real files: probing, cutting into clips, refusing what cannot be read."""

import subprocess
import sys
import time

import av
import numpy as np
import odd_videos as odd
import pytest
import torch
from support import CLIPS, NO_CLIPS

from c3d_teach import CameraMotion, MotionDigits, VideoFolder, probe, read_clips
from c3d_teach.data import video as video_module
from c3d_teach.data.container import promised_frames, promised_size
from c3d_teach.data.decoding import ahead
from c3d_teach.data.export import export, write_video
from c3d_teach.errors import KitError, UsageError, VideoError

real = pytest.mark.skipif(not CLIPS.is_dir(), reason=NO_CLIPS)


def counting_video(path, frames, size=(48, 64)):
    """A video whose frame k is a flat grey of 4 k, so that frames can be recognised."""
    shades = (torch.arange(frames) * 4 % 256).to(torch.uint8)
    write_video(path, shades.view(-1, 1, 1, 1).expand(frames, *size, 3), crf=0)
    return path


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    return counting_video(tmp_path_factory.mktemp("video") / "counted.mp4", 59)


def test_probe(counted):
    info = probe(counted)
    assert (info.frames, info.height, info.width, info.fps) == (59, 48, 64, 8.0)


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("stride", [1, 8, 16, 20])
def test_clips_start_every_stride_and_a_partial_clip_is_dropped(counted, stride, isolated):
    clips = list(read_clips(counted, stride=stride, size=(24, 32), isolated=isolated))
    assert len(clips) == (59 - 16) // stride + 1
    for k, clip in enumerate(clips):
        assert clip.shape == (16, 24, 32, 3) and clip.dtype == torch.uint8
        expected = 4.0 * (k * stride + torch.arange(16))
        assert (clip.float().mean((1, 2, 3)) - expected).abs().max() < 3


@pytest.mark.parametrize("width", [32, 48, 64, 72, 86, 112, 171])
def test_every_width_gives_the_right_pixels(tmp_path, width):
    # decord 0.6 misreads widths such as 48 and 72: three channels come back as four
    ramp = torch.linspace(20, 230, 160).to(torch.uint8)
    clip = torch.stack([ramp, 250 - ramp, torch.full_like(ramp, 90)], -1)
    write_video(tmp_path / "ramp.mp4", clip.expand(16, 120, 160, 3), crf=0)
    (seen,) = read_clips(tmp_path / "ramp.mp4", size=(90, width))
    assert seen.shape == (16, 90, width, 3)
    place = (np.arange(width) + 0.5) * 160 / width - 0.5
    expected = np.interp(place, np.arange(160), ramp.numpy())
    middle = slice(2, -2)
    assert np.abs(seen[7, 45, :, 0].numpy() - expected)[middle].max() < 12
    assert np.abs(seen[7, 45, :, 1].numpy() - (250 - expected))[middle].max() < 12


@real
def test_frames_that_an_edit_list_hides_are_not_counted():
    # decord alone says 183 and 265, and repeats the last frame for those it cannot give
    assert probe(CLIPS / "sports" / "baseball.mp4").frames == 167
    assert probe(CLIPS / "sports" / "basketball.mp4").frames == 214
    for path in sorted(CLIPS.glob("*/*.m*")):
        with av.open(str(path)) as container:
            assert probe(path).frames == sum(1 for _ in container.decode(video=0)), path.name


@real
def test_real_clips_come_at_the_papers_size():
    first = next(read_clips(CLIPS / "asl" / "again.mkv"))
    assert first.shape == (16, 128, 171, 3)


def hostile_files(folder):
    good = folder / "good.mp4"
    write_video(good, CameraMotion(1, clip_shape=(3, 64, 64, 64))[0]["clip"])
    data = good.read_bytes()
    (folder / "text.mp4").write_text("this is not a video\n" * 100)
    (folder / "empty.mp4").touch()
    (folder / "truncated.mp4").write_bytes(data[: len(data) // 2])
    (folder / "noise.mp4").write_bytes(data[:100] + bytes(range(256)) * 200)
    counting_video(folder / "short.mp4", 9)
    (folder / "folder.mp4").mkdir()
    return {
        "missing.mp4": "There is no file",
        "text.mp4": "cannot be read as a video",
        "empty.mp4": "is empty",
        "truncated.mp4": "cannot be read as a video|breaks off",
        "noise.mp4": "cannot be read as a video|breaks off|brought the decoder down",
        "short.mp4": "has 9 frames, and a clip takes 16",
        "folder.mp4": "is a folder",
    }


@pytest.mark.parametrize("isolated", [False, True])
def test_what_cannot_be_read_is_refused_with_one_sentence(tmp_path, isolated):
    for name, said in hostile_files(tmp_path).items():
        with pytest.raises(VideoError, match=said) as refusal:
            list(read_clips(tmp_path / name, isolated=isolated))
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
def test_a_turned_video_comes_as_a_player_shows_it(tmp_path, degrees, corner, isolated):
    path = odd.write(tmp_path / "plain.mp4", 16)
    if degrees:
        path = odd.turned(tmp_path / "turned.mp4", path, degrees)
    upright = degrees % 180 == 0
    info = probe(path)
    assert (info.height, info.width) == ((48, 64) if upright else (64, 48))
    (clip,) = read_clips(path, size=(64, 48), isolated=isolated)  # one that is not the file's
    corners = {(y, x): clip[3, 5 if y == 0 else -6, 5 if x == 0 else -6]
               for y in (0, -1) for x in (0, -1)}  # fmt: skip
    red = [place for place, pixel in corners.items() if pixel[0] > 200 and pixel[1] < 60]
    assert red == [corner]


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_with_a_variable_frame_rate_every_frame_comes_once(tmp_path, ending):
    times = np.cumsum(np.random.default_rng(1).choice([33, 40, 100, 300], 40)).tolist()
    path = odd.write(tmp_path / f"uneven.{ending}", 40, times=times)
    assert probe(path).frames == 40
    clips = list(read_clips(path, stride=8, size=(48, 64)))
    for k, clip in enumerate(clips):
        shades = clip[:, 30:, 30:].float().mean((1, 2, 3))
        assert (shades - 4.0 * (8 * k + torch.arange(16))).abs().max() < 3
    assert len(clips) == 4


@pytest.mark.parametrize("isolated", [False, True])
def test_of_a_file_that_was_cut_off_the_clips_before_the_cut_come_first(tmp_path, isolated):
    whole = odd.write(tmp_path / "whole.mkv", 60)
    stream = read_clips(odd.cut(tmp_path / "cut.mkv", whole, 0.7), isolated=isolated)
    assert next(stream).shape == (16, 128, 171, 3)
    with pytest.raises(VideoError, match=r"breaks off after frame \d+: it has [\d,]+ of the"):
        list(stream)


def test_bytes_behind_the_end_and_unknown_lengths_are_no_damage(tmp_path):
    for ending in ("mp4", "mkv"):
        path = odd.write(tmp_path / f"whole.{ending}", 40)
        assert promised_size(path) == path.stat().st_size
        with path.open("ab") as file:
            file.write(b"\0" * 999)
        assert len(list(read_clips(path))) == 2
    avi = odd.write(tmp_path / "whole.avi", 40, codec="mpeg4")
    data = bytearray(avi.read_bytes())
    assert promised_frames(avi) == 40 and promised_size(avi) == len(data)
    data[4:8] = b"\xff" * 4  # as a writer leaves it that never came back to the header
    avi.write_bytes(data)
    assert len(list(read_clips(avi))) == 2
    live = odd.write(tmp_path / "live.mkv", 40, options={"live": "1"})
    assert promised_size(live) == 0
    with pytest.raises(VideoError, match="does not say how long it is.*live.mkv -c copy NEW.mkv"):
        next(read_clips(live))


def test_what_is_decoded_ahead_stays_bounded_and_keeps_its_place():
    made = []

    def numbers():
        try:
            for k in range(100):
                made.append(k)
                yield k
        finally:
            made.append("closed")

    stream = ahead(numbers(), 3)
    assert [next(stream) for _ in range(5)] == [0, 1, 2, 3, 4]
    time.sleep(0.2)
    assert len(made) <= 5 + 3 + 1
    stream.close()
    assert made[-1] == "closed" and len(made) < 15

    def fails():
        yield 1
        raise VideoError("here")

    stream = ahead(fails(), 3)
    assert next(stream) == 1
    with pytest.raises(VideoError, match="here"):
        next(stream)


def test_a_decoder_that_hangs_or_crashes_takes_nothing_with_it(counted, monkeypatch):
    real_popen = subprocess.Popen

    def child_that(does):
        def popen(command, **rest):
            return real_popen([sys.executable, "-c", does], **rest)

        return popen

    monkeypatch.setattr(video_module, "PATIENCE", 1.0)
    monkeypatch.setattr(subprocess, "Popen", child_that("import time; time.sleep(60)"))
    with pytest.raises(VideoError, match="kept the decoder busy"):
        list(read_clips(counted, isolated=True))
    monkeypatch.setattr(video_module, "PATIENCE", 20.0)
    monkeypatch.setattr(subprocess, "Popen", child_that("import os; os.abort()"))
    with pytest.raises(VideoError, match="brought the decoder down"):
        list(read_clips(counted, isolated=True))


def test_reading_can_be_left_early(counted):
    stream = read_clips(counted, stride=1, isolated=True)
    next(stream)
    stream.close()


def test_impossible_settings(counted):
    with pytest.raises(UsageError, match="at least 1"):
        next(read_clips(counted, stride=0))


def test_exported_clips_come_back_nearly_as_they_were(tmp_path):
    data = MotionDigits(16, split="test")
    files = export(data, tmp_path / "digits")
    assert len(files) == 16
    with pytest.raises(KitError, match="is not empty"):
        export(data, tmp_path / "digits")
    folder = VideoFolder(tmp_path / "digits", size=(32, 32))
    assert len(folder) == 16
    assert folder.classes == tuple(sorted(m.replace(" ", "-") for m in data.motions))
    assert folder.mirrored is not None and folder.skipped == []
    for item in (folder[i] for i in range(16)):
        index = int(item["path"].split("-")[-1].removesuffix(".mp4"))
        original = data[index]
        assert folder.classes[item["label"]] == data.motions[original["motion"]].replace(" ", "-")
        grey = item["clip"].float().mean(-1, keepdim=True)
        assert (grey - original["clip"].float()).abs().mean() < 2


def test_odd_sizes_are_written_too(tmp_path):
    write_video(tmp_path / "odd.mp4", torch.zeros(16, 33, 35, 1, dtype=torch.uint8))
    assert probe(tmp_path / "odd.mp4").height == 34


def test_video_folder_keeps_whole_videos_apart_and_names_what_it_skips(tmp_path):
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        for k in range(6):
            counting_video(tmp_path / label / f"{k}.mp4", 40)
    whole = VideoFolder(tmp_path)
    train, val = (VideoFolder(tmp_path, hold_out=part) for part in ("train", "val"))
    assert len(whole) == 24 and len(train) == 20 and len(val) == 4
    assert whole.mirrored == (1, 0)
    assert {train[i]["path"] for i in range(20)}.isdisjoint(val[i]["path"] for i in range(4))
    assert train.describe() != val.describe()
    (tmp_path / "left" / "bad.mp4").write_text("no video")
    counting_video(tmp_path / "left" / "tiny.mp4", 3)
    with pytest.warns(UserWarning, match="2 of the videos"):
        again = VideoFolder(tmp_path)
    assert sorted(p.name for p, _ in again.skipped) == ["bad.mp4", "tiny.mp4"]
    item = again[1]
    assert item["start"] == 16 and abs(float(item["clip"][0].float().mean()) - 64) < 3


def test_a_folder_of_another_form_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        VideoFolder(tmp_path / "none")
    with pytest.raises(UsageError, match="no sub-folders"):
        VideoFolder(tmp_path)
    (tmp_path / "class").mkdir()
    with pytest.raises(VideoError, match="No video under"):
        VideoFolder(tmp_path)
