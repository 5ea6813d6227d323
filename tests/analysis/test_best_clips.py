"""The best clips are those that looking at every activation finds, whatever the batches."""

import numpy as np
import pytest
import torch

from c3d_teach import CameraMotion, MotionDigits, VideoFolder, load
from c3d_teach.analysis.excitation import best_clips as module
from c3d_teach.analysis.excitation.best_clips import best_clips
from c3d_teach.data.embedded import BothWays
from c3d_teach.data.export import write_video
from c3d_teach.errors import UsageError, VideoError
from c3d_teach.models.arithmetic import Conv, Full
from c3d_teach.models.builder import ConvNet
from c3d_teach.models.classifier import Classifier


@pytest.fixture(scope="module")
def net():
    return load("motion-d3")


@pytest.fixture(scope="module")
def source():
    return MotionDigits(300, split="test")


@pytest.fixture(scope="module")
def seen(source):
    return source.batch(range(300))


@torch.inference_mode()
def every_activation(net, clips, layer):
    parts = [net.model.activations(net.preprocess(part), layer) for part in clips.split(50)]
    return torch.cat(parts).numpy()


@pytest.mark.parametrize("layer", ["conv3", "pool2", "fc6"])
def test_the_best_are_those_that_sorting_all_activations_gives(net, source, seen, layer):
    every = every_activation(net, seen["clip"], layer)
    found = best_clips(net, layer, source, batch_size=64)
    assert [one.unit.channel for one in found.units] == list(range(every.shape[1]))
    assert found.looked == 300
    strongest = every.reshape(300, every.shape[1], -1).max(2)
    for one, values in zip(found.units, strongest.T, strict=True):
        expected = np.sort(values)[::-1][:9]
        expected = expected[expected > 0]
        assert one.activations == pytest.approx(expected, rel=1e-4)
        assert len(set(one.numbers.tolist())) == len(one)
        for k, number in enumerate(one.numbers.tolist()):
            assert one.activations[k] == pytest.approx(values[number], rel=1e-4)
            assert np.array_equal(one.clips[k], seen["clip"][number])
            assert one.labels["motion"][k] == source.motions[seen["motion"][number]]
            assert one.labels["digit"][k] == source.things[seen["digit"][number]]
            if every.ndim == 5:
                t, y, x = one.places[k]
                assert every[number, one.unit.channel, t, y, x] == pytest.approx(
                    one.activations[k], rel=1e-4
                )
            else:
                assert (one.places[k] == -1).all()
                assert one.boxes[k].tolist() == [[0, 16], [0, 32], [0, 32]]
    assert found.silent == (strongest.max(0) <= 0).sum()


def test_nothing_outside_of_the_box_matters(net, source):
    found = best_clips(net, "conv2", source, units=[3], count=4).units[0]
    assert len(found) == 4
    for k, clip in enumerate(found.clips):
        (t0, t1), (y0, y1), (x0, x1) = found.boxes[k].tolist()
        assert t0 <= found.moments[k] < t1
        alone = np.zeros_like(clip)
        alone[t0:t1, y0:y1, x0:x1] = clip[t0:t1, y0:y1, x0:x1]
        t, y, x = found.places[k]
        answer = every_activation(net, torch.from_numpy(alone)[None], "conv2")[0, 3, t, y, x]
        assert answer == pytest.approx(found.activations[k], rel=1e-4)
        alone[t0:t1, y0:y1, x0:x1] = 0
        without = every_activation(net, torch.from_numpy(alone)[None], "conv2")[0, 3, t, y, x]
        assert without < 0.9 * answer


def test_the_batch_size_changes_nothing(net):
    source = MotionDigits(120, split="test")
    whole = best_clips(net, "conv5", source, batch_size=120)
    for size in (7, 50):
        other = best_clips(net, "conv5", source, batch_size=size)
        for one, two in zip(whole.units, other.units, strict=True):
            assert one.numbers.tolist() == two.numbers.tolist()
            assert one.places.tolist() == two.places.tolist()


class Repeated(torch.utils.data.Dataset):
    """Ten times the same clip, then ten times another."""

    def __init__(self):
        self.clips = MotionDigits(2, noise=0).batch(range(2))["clip"].repeat_interleave(10, 0)

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return {"clip": self.clips[index]}


def test_of_equals_the_earlier_win(net):
    for size in (1, 3, 20):
        for one in best_clips(net, "conv3", Repeated(), batch_size=size, count=4).units:
            if len(one):
                first = one.numbers[0]
                assert first in (0, 10)
                assert one.numbers.tolist() == list(range(first, first + 4))


def test_at_most_so_many_of_one_picture(net):
    source = MotionDigits(200, split="test")
    image = source.images(range(200)).numpy()
    every = every_activation(net, source.batch(range(200))["clip"], "fc8")
    for most in (1, 2):
        found = best_clips(net, "fc8", source, per_video=most, batch_size=32)
        for one, values in zip(found.units, every.T, strict=True):
            greedy, used = [], {}
            for number in np.argsort(-values, kind="stable").tolist():
                if used.setdefault(image[number], 0) < most and len(greedy) < 9:
                    used[image[number]] += 1
                    greedy.append(number)
            assert one.numbers.tolist() == greedy


def test_class_units_are_excited_by_their_class(net, source):
    for one, name in zip(best_clips(net, "fc8", source).units, net.classes, strict=True):
        most, count = next(iter(one.counts("motion").items()))
        assert most == name and count >= 6
        assert f"{count} of them are “{name}”" in one.sentence
        with pytest.raises(UsageError, match="no label 'photo'; there is motion, digit"):
            one.counts("photo")


def by_hand(weight, layers=None):
    layers = layers or (Conv("conv1", len(weight), (1, 1, 1)), Full("fc8", 2))
    model = ConvNet(layers, (1, 16, 32, 32), dropout=0, config={})
    with torch.no_grad():
        model.conv1.weight.copy_(torch.tensor(weight).view(-1, 1, 1, 1, 1))
        model.conv1.bias.zero_()
    digits = load("motion-d3")
    return Classifier(model.eval(), digits.preprocess, ("a", "b"))


def test_a_unit_that_no_clip_excites_has_none(source):
    net = by_hand([1.0, -1.0, 0.0])
    # the digits' background is darker than the mean, so minus one fires as well
    found = best_clips(net, "conv1", source)
    assert [len(one) for one in found.units] == [9, 9, 0]
    assert found.silent == 1 and "No clip excites 1 of them" in found.sentence
    assert "No clip excites conv1 unit 2" in found.of(2).sentence
    brightest = found.of(0)
    for k, clip in enumerate(brightest.clips):
        t, y, x = brightest.places[k]
        assert clip[t, y, x, 0] == clip.max()
        assert brightest.boxes[k].tolist() == [[t, t + 1], [y, y + 1], [x, x + 1]]


def test_a_net_of_single_frames_sees_one_frame(source):
    frame = best_clips(load("motion-frame"), "conv2", source, units=[0, 1])
    assert {tuple(box[0]) for one in frame.units for box in one.boxes.tolist()} == {(8, 9)}
    stacked = best_clips(load("motion-stacked"), "conv2", source, units=[0, 1])
    assert {tuple(box[0]) for one in stacked.units for box in one.boxes.tolist()} == {(0, 16)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos of digits that move left, one that is cut off, one that is none."""
    root = tmp_path_factory.mktemp("videos")
    clips = MotionDigits(32, split="test").batch(range(32))["clip"]
    for k, name in enumerate(("left/a", "left/b", "cut")):
        film = clips[8 * k].repeat(3, 4, 4, 1)[:40]
        (root / name).parent.mkdir(exist_ok=True)
        write_video(root / f"{name}.mp4", film)
    whole = (root / "cut.mp4").read_bytes()
    (root / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (root / "none.mp4").write_bytes(b"no film")
    return root


def test_a_folder_of_videos_gives_moments_of_videos(net, folder):
    found = best_clips(net, "conv5", folder, units=[0, 5], progress=False)
    broken = dict(found.broken)
    assert {"cut.mp4", "none.mp4"} == set(broken) and all(broken.values())
    assert found.looked >= 4
    assert "2 videos could not be read to the end" in found.sentence
    for one in found.units:
        assert set(zip(one.videos, one.starts.tolist(), strict=True)) <= {
            (f"left/{name}.mp4", start) for name in "ab" for start in (0, 16)
        } | {("cut.mp4", 0), ("cut.mp4", 16)}
        assert one.starts.tolist() == (16 * one.numbers).tolist()
        assert set(one.labels["class"]) <= {"left", "no class"}
        assert all(clip.shape == (16, 32, 32, 1) for clip in one.clips)


def test_one_clip_of_each_video_where_that_is_asked_for(net, folder):
    found = best_clips(net, "conv5", folder / "left", stride=4, per_video=1)
    assert found.looked == 2 * 7
    for one in found.units:
        assert len(set(one.videos)) == len(one)
    alone = best_clips(net, "conv5", folder / "left" / "a.mp4", stride=24, count=2)
    assert alone.looked == 2
    assert {start for one in alone.units for start in one.starts.tolist()} == {0, 24}


def test_a_labelled_set_of_videos_gives_the_same_as_its_folder(net, folder):
    labelled = VideoFolder(folder, size=(32, 32))
    found = best_clips(net, "fc8", labelled, units=[0], per_video=2)
    assert found.looked == 4 and found.units[0].labels == {"class": ("left",) * 4}
    assert {(v, s) for v in ("a.mp4", "b.mp4") for s in (0, 16)} == set(
        zip(found.units[0].videos, found.units[0].starts.tolist(), strict=True)
    )


def test_a_folder_without_a_readable_clip_says_why(net, tmp_path):
    (tmp_path / "none.mp4").write_bytes(b"no film")
    with pytest.raises(VideoError, match=r"No clip could be read .* none.mp4: "):
        best_clips(net, "conv5", tmp_path)


def test_colour_clips_and_clips_played_both_ways(net):
    camera = best_clips(load("camera-d1"), "conv2a", CameraMotion(8), units=[0], count=2)
    assert set(camera.units[0].labels) == {"motion", "photo"}
    both = best_clips(net, "fc8", BothWays(MotionDigits(16)), units=[0], count=4)
    assert both.looked == 32 and both.units[0].counts("motion") == {"left": 4}


def test_the_shared_net_is_left_as_it_was(net, source):
    before = [p.requires_grad for p in net.model.parameters()]
    best_clips(net, "conv1", source, units=[0])
    assert [p.requires_grad for p in net.model.parameters()] == before
    assert not any(m._forward_hooks for m in net.model.modules())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": "conv9"}, "no layer 'conv9'"),
        ({"units": [16]}, "no unit 16 in conv1"),
        ({"units": []}, "at least one unit"),
        ({"units": [1, 1]}, "each one once"),
        ({"count": 0}, "count is 0"),
        ({"stride": 0}, "stride is 0"),
        ({"per_video": 0}, "per_video is 0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"source": 7}, "cannot be taken from int"),
        ({"source": [1, 2]}, "from a set of int"),
        ({"source": "nowhere"}, "no file or folder nowhere"),
        ({"source": torch.zeros(2, 16, 32, 32, 1)}, "Give a set"),
    ],
)
def test_what_cannot_be_is_refused(net, source, change, message):
    given = {"layer": "conv1", "source": source} | change
    with pytest.raises(UsageError, match=message):
        best_clips(net, **given)


def test_clips_that_would_fill_the_memory_are_refused_at_once(net, source, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 100 * 16 * 32 * 32)
    best_clips(net, "conv1", MotionDigits(100), count=9)
    with pytest.raises(UsageError, match="may be 144 clips, and 100 of this net's fit"):
        best_clips(net, "conv1", source)


def test_a_net_that_is_not_finite_is_refused(source):
    net = by_hand([float("nan")])
    with pytest.raises(UsageError, match="NaN or infinite"):
        best_clips(net, "conv1", source)
