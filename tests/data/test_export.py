"""Embedded clips in UCF101's form: splits that share no picture."""

import pytest
import torch

from c3d_teach import CameraMotion, MotionDigits
from c3d_teach.data.export import export
from c3d_teach.data.ucf101 import UCF101
from c3d_teach.errors import UsageError

SHAPE = (1, 16, 16, 16)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    data = MotionDigits(240, split="test", clip_shape=SHAPE)
    root = tmp_path_factory.mktemp("export") / "digits"
    return data, root, export(data, root, layout="ucf101")


def test_each_clip_tells_its_picture_without_being_made():
    for data in (MotionDigits(80), CameraMotion(20)):
        made = data.batch(range(len(data)))
        assert torch.equal(made["image"], data.images(range(len(data))))
    assert torch.equal(made["image"], made["photo"])
    digits = MotionDigits(400, noise=0.0, speed=0.0)
    batch = digits.batch(range(400))
    for image in batch["image"].unique():  # one picture shows one digit
        assert len(batch["digit"][batch["image"] == image].unique()) == 1


def test_no_picture_is_on_both_sides_of_a_split(exported):
    data, root, files = exported
    image = dict(zip([f.name for f in files], data.images(range(240)).tolist(), strict=True))
    group = {name: name.rsplit("_", 2)[1] for name in image}
    assert len(set(group.values())) == 25
    for picture in set(image.values()):  # whatever the class
        assert len({group[name] for name in image if image[name] == picture}) == 1
    tested = []
    for split in (1, 2, 3):
        sides = []
        for part in ("train", "test"):
            lines = (root / "ucfTrainTestlist" / f"{part}list0{split}.txt").read_text().split("\n")
            sides.append({line.split()[0].split("/")[1] for line in lines if line})
        assert sides[0] | sides[1] == image.keys()
        assert not {image[n] for n in sides[0]} & {image[n] for n in sides[1]}
        assert not {group[n] for n in sides[0]} & {group[n] for n in sides[1]}
        tested.append({group[n] for n in sides[1]})
    assert tested == [{f"g{g:02d}" for g in range(a, a + 7)} for a in (1, 8, 15)]


def test_ucf101_reads_what_export_writes(exported):
    data, root, files = exported
    train, test = (UCF101(root, 2, part, size=(16, 16)) for part in (True, False))
    assert len(train) + len(test) == 240 and train.skipped == test.skipped == []
    names = ("Left", "Right", "Up", "Down", "RotateClockwise", "RotateCounterClockwise")
    assert train.classes == (*names, "ZoomIn", "ZoomOut")
    assert train.mirrored == (1, 0, 2, 3, 5, 4, 6, 7)
    index = {str(path): k for k, path in enumerate(files)}
    for k in (0, 7, len(test) - 1):
        original = data[index[test[k]["path"]]]
        assert test[k]["label"] == original["motion"]
        grey = test[k]["clip"].float().mean(-1, keepdim=True)
        assert (grey - original["clip"].float()).abs().mean() < 3


def test_few_pictures_make_few_groups(tmp_path):
    photos = CameraMotion(18, split="test", clip_shape=(3, 16, 16, 16))  # 3 photographs
    export(photos, tmp_path / "three", layout="ucf101")
    tests = [UCF101(tmp_path / "three", k, False, size=(16, 16)).videos for k in (1, 2, 3)]
    assert sorted(sum(tests, ())) == sorted(set(sum(tests, ()))) and sum(map(len, tests)) == 18
    with pytest.raises(UsageError, match="made from one picture"):
        export(MotionDigits(1), tmp_path / "one", layout="ucf101")
    assert not (tmp_path / "one").exists()
    with pytest.raises(UsageError, match="'folder' or 'ucf101'"):
        export(photos, tmp_path / "other", layout="kinetics")
