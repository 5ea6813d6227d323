"""Descriptors of videos: mean of fc6 over the clips, then L2, and nothing lost on the way."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from feature_support import SIZE, contents, folder, net, video

from c3d_teach import read_clips
from c3d_teach.analysis.descriptors import feature_files, feature_work
from c3d_teach.analysis.descriptors.descriptor import VideoDescriptor, video_descriptor
from c3d_teach.analysis.descriptors.feature_files import read_features
from c3d_teach.analysis.descriptors.feature_work import Work
from c3d_teach.analysis.descriptors.features import extract
from c3d_teach.analysis.descriptors.folder_lock import locked
from c3d_teach.data.listing import ListedVideo, Listing
from c3d_teach.errors import CheckpointError, KitError, UsageError, VideoError

LENGTHS = {"walk/a.mp4": 59, "walk/b.mp4": 16, "run/c.mp4": 40, "run/d.mp4": 25}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("videos"), LENGTHS)


@pytest.fixture(scope="module")
def unbroken(videos, tmp_path_factory):
    out = tmp_path_factory.mktemp("features")
    extract(net(), videos, out, clips=True, progress=False)
    return out


def by_hand(path, module, stride, *, rectified):
    """Activations ``(clips, D)`` of one module, seen through a hook, a clip at a time."""
    classifier, seen = net(), []
    hook = getattr(classifier.model, module).register_forward_hook(
        lambda _, __, value: seen.append(value.detach().flatten().numpy().copy())
    )
    for clip in read_clips(path, stride=stride, size=SIZE):
        crop = clip[None, :, 2:34, 8:40].float()
        x = (crop - torch.tensor([100.0, 101, 102])) / torch.tensor([50.0, 51, 52])
        with torch.inference_mode():
            classifier.model(x.movedim(-1, 1).contiguous())
    hook.remove()
    rows = np.stack(seen).astype(np.float64)
    return np.maximum(rows, 0) if rectified else rows


def unit(row):
    return row / np.sqrt((row**2).sum())


@pytest.mark.parametrize("stride", [8, 16])
def test_a_row_is_the_mean_of_rectified_fc6_then_l2(videos, tmp_path, stride):
    done = extract(net(), videos, tmp_path, stride=stride, progress=False)
    table = read_features(tmp_path)
    assert table.videos == ("run/c.mp4", "run/d.mp4", "walk/a.mp4", "walk/b.mp4")
    assert table.labels == ("run", "run", "walk", "walk")
    assert table.descriptors.shape == (4, 128) and table.descriptors.dtype == np.float32
    for name, row in zip(table.videos, table.descriptors, strict=True):
        clips = by_hand(videos / name, "fc6", stride, rectified=True)
        assert len(clips) == (LENGTHS[name] - 16) // stride + 1
        assert np.allclose(row, unit(clips.mean(0)), atol=2e-5)
        if len(clips) > 1:  # the order matters: this is not the mean of unit vectors
            other = unit(np.mean([unit(clip) for clip in clips], axis=0))
            assert np.abs(row - other).max() > 2e-4
        raw = by_hand(videos / name, "fc6", stride, rectified=False)
        assert raw.min() < 0, "the ReLU has something to do"
    assert done.done == 4 and done.clips == sum((n - 16) // stride + 1 for n in LENGTHS.values())


@pytest.mark.parametrize(("layer", "module", "dimension"), [("fc7", "fc7", 128), ("pool5", 0, 16)])
def test_other_layers(videos, tmp_path, layer, module, dimension):
    extract(net(), videos / "run", tmp_path, layer=layer, progress=False)
    table = read_features(tmp_path)
    assert table.descriptors.shape == (2, dimension)
    clips = by_hand(videos / "run/c.mp4", module or layer, 8, rectified=bool(module))
    assert np.allclose(table.descriptors[0], unit(clips.mean(0)), atol=2e-5)


def test_probabilities(videos, tmp_path):
    extract(net(), videos / "run/c.mp4", tmp_path, layer="prob", clips=True, progress=False)
    clips = np.load(tmp_path / "clips.npy")
    assert clips.shape == (4, 5) and np.allclose(clips.sum(1), 1, atol=1e-5)
    logits = by_hand(videos / "run/c.mp4", "fc8", 8, rectified=False)
    odds = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.allclose(read_features(tmp_path).descriptors[0], unit(odds.mean(0)), atol=2e-5)


def test_clips_are_kept_as_they_are_and_a_partial_one_is_dropped(videos, unbroken):
    clips = np.load(unbroken / "clips.npy", mmap_mode="r")
    listed = list(feature_files.read_csv(unbroken / "clips.csv"))
    starts = [int(row["start"]) for row in listed if row["video"] == "walk/a.mp4"]
    assert starts == [0, 8, 16, 24, 32, 40]  # 59 frames: the clip from 48 on is not whole
    mine = clips[[row["video"] == "walk/a.mp4" for row in listed]]
    assert np.allclose(mine, by_hand(videos / "walk/a.mp4", "fc6", 8, rectified=True), atol=2e-4)
    row = read_features(unbroken).videos.index("walk/a.mp4")
    assert np.array_equal(video_descriptor(mine), read_features(unbroken).descriptors[row])


def test_the_size_of_batches_changes_nothing_that_matters(videos, unbroken, tmp_path):
    extract(net(), videos, tmp_path, batch_size=2, progress=False)
    a, b = read_features(tmp_path).descriptors, read_features(unbroken).descriptors
    assert np.allclose(a, b, atol=1e-5)


def test_mean_and_l2_of_nothing_is_nothing():
    assert (video_descriptor(np.zeros((3, 7))) == 0).all()
    assert (VideoDescriptor(7).value() == 0).all()
    assert np.linalg.norm(video_descriptor(np.random.rand(3, 7))) == pytest.approx(1)
    with pytest.raises(ValueError, match="clips, D"):
        video_descriptor(np.zeros(7))


def odd_listing(videos):
    names = ["a,b.mp4", 'say "hi".mp4', "two\nlines.mp4", "跑步/视频.mp4", "caf\udce9.mp4", "NA"]
    paths = [videos / name for name in LENGTHS] * 2
    return Listing(
        videos,
        "ucf101",
        tuple(
            ListedVideo(path, name, "NA", f"g{k}", ("train", "", "test"))
            for k, (name, path) in enumerate(sorted(zip(names, paths, strict=False)))
        ),
        (),
    )


def test_numpy_and_pandas_read_the_folder_whatever_the_names_are(videos, tmp_path):
    import pandas

    listing = odd_listing(videos)
    done = extract(net(), listing, tmp_path, progress=False)
    assert done.done == 6 and not done.skipped
    descriptors = np.load(tmp_path / "descriptors.npy", mmap_mode="r")
    table = pandas.read_csv(tmp_path / "videos.csv", keep_default_na=False)
    expected = [v.name.replace("\udce9", "\\udce9") for v in listing.videos]
    assert list(table["video"]) == expected == list(read_features(tmp_path).videos)
    assert list(table["label"]) == ["NA"] * 6 and len(descriptors) == 6
    assert list(table.columns[-3:]) == ["split1", "split2", "split3"]
    ours = read_features(tmp_path)
    assert ours.splits == (("train",) * 6, ("",) * 6, ("test",) * 6)
    assert ours.groups == tuple(f"g{k}" for k in range(6))
    assert isinstance(ours.descriptors, np.memmap)
    lengths = [LENGTHS[v.path.relative_to(videos).as_posix()] for v in listing.videos]
    assert list(table["frames"]) == lengths and list(table["fps"]) == [8.0] * 6
    assert extract(net(), listing, tmp_path, progress=False).reused == 6


def test_settings_say_how_it_was_made(unbroken):
    settings = json.loads((unbroken / "features.json").read_text(encoding="utf-8"))
    assert settings["layer"] == "fc6" and settings["stride"] == 8 and settings["l2"] is True
    assert settings["net"] == {"name": "tiny", "fingerprint": net().fingerprint()}
    assert settings["dimension"] == 128 and settings["preprocess"]["mean"] == [100, 101, 102]
    assert str(unbroken) not in "".join(map(repr, contents(unbroken).values()))


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from feature_support import net
from c3d_teach.analysis.descriptors.features import extract
left = [{after}]
def die(video, reason):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), 9)
extract(net(), Path({videos!r}), Path({out!r}), clips=True, progress=False, on_video=die)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
@pytest.mark.parametrize("after", [1, 3])
def test_killed_and_resumed_is_as_if_unbroken(videos, unbroken, tmp_path, after):
    here = str(Path(__file__).parent)
    code = KILLED.format(tests=here, videos=str(videos), out=str(tmp_path), after=after)
    ended = subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert ended.returncode == -9
    with pytest.raises(UsageError, match="not finished; the same"):
        read_features(tmp_path)
    done = extract(net(), videos, tmp_path, clips=True, progress=False)
    assert (done.reused, done.done) == (after, 4 - after)
    assert contents(tmp_path) == contents(unbroken)


def test_a_journal_cut_anywhere_loses_no_finished_row(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.random((3, 5), dtype=np.float32)
    clips = [rng.random((n, 5), dtype=np.float32) for n in (2, 1, 3)]
    known = [
        {"video": f"{k}", "size": 9, "mtime": k, "frames": 40, "fps": 8.0, "clips": len(clips[k])}
        for k in range(3)
    ]
    work = Work(tmp_path / "whole", {"layer": "fc6"}, 5, True)
    work.open()
    for k in range(3):
        work.begin()
        work.add_clips(clips[k])
        work.finish(rows[k], **known[k])
    work.add_clips(clips[0])  # the next video was not finished
    work.close()
    journal = (work.folder / "journal.jsonl").read_bytes()
    ends = [k + 1 for k, byte in enumerate(journal) if byte == ord("\n")]
    for cut in {*range(0, len(journal), 7), *ends, *(e - 1 for e in ends)}:
        out = tmp_path / f"cut-{cut}"
        shutil.copytree(tmp_path / "whole", out)
        (out / ".work/journal.jsonl").write_bytes(journal[:cut])
        again = Work(out, {"layer": "fc6"}, 5, True)
        again.open()
        finished = max(0, sum(end <= cut for end in ends) - 1)
        assert sorted(again.entries) == [str(k) for k in range(finished)]
        for k in range(finished, 3):
            again.begin()
            again.add_clips(clips[k])
            again.finish(rows[k], **known[k])
        again.close()
        assert (out / ".work/journal.jsonl").read_bytes() == journal
        assert (out / ".work/rows.f32").read_bytes() == rows.tobytes()
        assert (out / ".work/clips.f32").read_bytes() == np.concatenate(clips).tobytes()


def test_rows_that_a_power_cut_took_are_done_again(tmp_path):
    work = Work(tmp_path, {}, 4, False)
    work.open()
    for k in range(2):
        known = {"video": f"{k}", "size": 1, "mtime": 1, "frames": 16, "fps": 8.0, "clips": 1}
        work.finish(np.full(4, k + 1, np.float32), **known)
    work.close()
    rows = work.folder / "rows.f32"
    rows.write_bytes(bytes(16) + rows.read_bytes()[16:])
    work.open()
    assert list(work.entries) == ["1"]
    work.close()


def test_a_run_that_was_stopped_while_it_moved_the_files(videos, unbroken, tmp_path, monkeypatch):
    moved = []
    real = Path.replace

    def breaks_off(self, target):
        if self.parent.name == "final" and len(moved) == 2:
            raise PermissionError(13, "Permission denied")
        moved.append(self.name)
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", breaks_off)
        moved.clear()
        with pytest.raises(KitError, match="give the same command again"):
            extract(net(), videos, tmp_path, clips=True, progress=False)
    with pytest.raises(KitError, match="not finished|were being replaced"):
        read_features(tmp_path)
    done = extract(net(), videos, tmp_path, clips=True, progress=False)
    assert (done.done, done.reused) == (0, 4)
    assert contents(tmp_path) == contents(unbroken)


def test_only_new_and_changed_videos_are_done(videos, tmp_path):
    root, out = tmp_path / "videos", tmp_path / "out"
    shutil.copytree(videos, root)
    extract(net(), root, out, progress=False)
    first = read_features(out)
    before = dict(zip(first.videos, np.array(first.descriptors), strict=True))
    video(root / "run/bb.mp4", 30, seed=77)
    seen = []
    done = extract(net(), root, out, progress=False, on_video=lambda v, why: seen.append(v.name))
    assert (done.done, done.reused, seen) == (1, 4, ["run/bb.mp4"])
    table = read_features(out)
    assert table.videos == tuple(sorted([*LENGTHS, "run/bb.mp4"]))
    for name, row in zip(table.videos, table.descriptors, strict=True):
        assert name not in before or np.array_equal(row, before[name])
    video(root / "walk/a.mp4", 59, seed=78)  # another film under the same name
    (root / "run/c.mp4").unlink()
    done = extract(net(), root, out, progress=False)
    assert (done.done, done.reused) == (1, 3)
    table = read_features(out)
    assert "run/c.mp4" not in table.videos
    changed = table.descriptors[table.videos.index("walk/a.mp4")]
    assert not np.allclose(changed, before["walk/a.mp4"], atol=1e-3)
    fresh = tmp_path / "fresh"
    extract(net(), root, fresh, progress=False)
    assert contents(fresh) == contents(out)


def test_features_of_another_kind_are_not_mixed(videos, unbroken, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(unbroken, out)
    before = contents(out)
    for said, classifier, settings in (
        ("layer was fc6, is fc7", net(), {"layer": "fc7"}),
        ("stride was 8, is 16", net(), {"stride": 16}),
        ("clips was True, is False", net(), {"clips": False}),
        ("the net tiny had other weights", net(seed=1), {}),
        ("the net was tiny, is other", net(seed=1, name="other"), {}),
    ):
        with pytest.raises(CheckpointError, match=said) as refusal:
            extract(classifier, videos, out, **{"clips": True, "progress": False, **settings})
        assert "Give another folder" in str(refusal.value) and "\n" not in str(refusal.value)
    assert extract(net(name="renamed"), videos, out, clips=True, progress=False).reused == 4
    with pytest.raises(CheckpointError, match="of other videos, such as run/c.mp4"):
        extract(net(), videos / "run", out, clips=True, progress=False)
    kept = contents(out)
    assert kept.pop("features.json") != before.pop("features.json")  # the net's new name
    assert kept == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "videos.csv").write_text("my own list")
    with pytest.raises(CheckpointError, match="holds a videos.csv that does not belong"):
        extract(net(), videos, tmp_path / "mine", progress=False)


def test_two_runs_do_not_share_a_folder(videos, tmp_path):
    said = []

    def second(listed, reason):
        with pytest.raises(KitError, match="Another run .* is working in") as refusal:
            extract(net(), videos, tmp_path, progress=False)
        said.append(str(refusal.value))

    extract(net(), videos, tmp_path, progress=False, on_video=second)
    assert len(said) == 4 and f"(process {os.getpid()})" in said[0]
    assert not (tmp_path / ".lock").exists()


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path):
    code = (
        "import os, sys; from pathlib import Path\n"
        "from c3d_teach.analysis.descriptors.folder_lock import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(KitError, match=f"process {other.pid}"), locked(tmp_path):
            pass
        other.kill()
        other.wait()
    assert (tmp_path / ".lock").exists()
    with locked(tmp_path):
        pass
    assert not (tmp_path / ".lock").exists()


def test_the_summary_names_what_matters(videos, tmp_path, capsys):
    root = tmp_path / "videos"
    shutil.copytree(videos, root)
    (root / "notes.txt").write_text("mine")
    (root / "run/bad.mp4").write_text("no video")
    out = root / "features"  # may lie among the videos
    done = extract(net(), root, out)
    assert [name for name, _ in done.skipped] == ["run/bad.mp4"]
    assert [name for name, _ in done.others] == ["notes.txt"]
    text = str(done)
    assert "4 videos described" in text and "13 clips" in text
    assert "1 video could not be used" in text and "run/bad.mp4: it cannot be read" in text
    assert "skipped run/bad.mp4" in capsys.readouterr().err
    assert json.dumps(done.to_dict())
    again = extract(net(), root, out, progress=False)
    assert (again.done, again.reused, len(again.skipped)) == (0, 4, 1)
    assert [name for name, _ in again.others] == ["notes.txt"]
    shutil.copy(root / "run/c.mp4", root / "run/bad.mp4")
    assert extract(net(), root, out, progress=False).done == 1
    assert list(feature_files.read_csv(out / "skipped.csv")) == []


def test_wrong_use_is_refused_before_anything_is_written(videos, tmp_path):
    out = tmp_path / "out"
    for said, settings in (
        ("There is no layer 'fc9'", {"layer": "fc9"}),
        ("stride is 0", {"stride": 0}),
        ("batch_size is 0", {"batch_size": 0}),
    ):
        with pytest.raises(UsageError, match=said):
            extract(net(), videos, out, progress=False, **settings)
    with pytest.raises(UsageError, match="no file or folder"):
        extract(net(), tmp_path / "none", out, progress=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").touch()
    with pytest.raises(VideoError, match="no video in .*notes.txt"):
        extract(net(), empty, out, progress=False)
    assert not out.exists()


def test_what_is_no_feature_folder_is_refused(unbroken, tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        read_features(tmp_path / "none")
    with pytest.raises(UsageError, match="not a feature folder"):
        read_features(tmp_path)
    for name, data, said in (
        ("features.json", b"{}", "does not describe features"),
        ("features.json", b"{", "cannot be read"),
        ("descriptors.npy", b"\x93NUMPY", "cannot be read as an array"),
        ("videos.csv", b"video,label,group\na,b,c\n", "do not belong together"),
        ("videos.csv", b"name\na\n", "has no column 'video'"),
        ("videos.csv", b"video,label,group\na\n", "damaged at line 2"),
    ):
        out = tmp_path / f"{name}-{len(data)}"
        shutil.copytree(unbroken, out)
        (out / name).write_bytes(data)
        with pytest.raises(KitError, match=said):
            read_features(out)
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(KitError, match="float64 of shape"):
        feature_files.read_array(tmp_path / "x.npy")


def test_the_net_does_not_wait_for_the_decoder(videos, tmp_path, monkeypatch):
    from c3d_teach.data import decoding

    started = []
    real = decoding._Child
    monkeypatch.setattr(
        decoding, "_Child", lambda limits: started.append(time.time()) or real(limits)
    )
    extract(net(), videos, tmp_path, progress=False)
    assert len(started) == 1, "one decoder serves all videos"
    assert feature_work.read_index(tmp_path).keys() == LENGTHS.keys()
