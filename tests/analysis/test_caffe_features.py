"""Feature files of the released C3D tools."""

import struct

import numpy as np
import pytest

from c3d_teach.analysis.descriptors.caffe_features import (
    read_blob,
    read_caffe_features,
    write_blob,
    write_caffe_features,
)
from c3d_teach.analysis.descriptors.descriptor import video_descriptor
from c3d_teach.errors import KitError, UsageError

FEATURES = np.random.default_rng(0).random((3, 7), dtype=np.float32) - 0.5


def test_a_file_is_five_whole_numbers_and_then_the_values(tmp_path):
    write_blob(tmp_path / "x", FEATURES[0])
    data = (tmp_path / "x").read_bytes()
    assert data[:20] == struct.pack("<5i", 1, 7, 1, 1, 1)
    assert struct.unpack("<7f", data[20:]) == tuple(FEATURES[0].tolist())


def test_the_width_runs_fastest(tmp_path):
    values = [float(n) for n in range(48)]
    head = struct.pack("<5i", 1, 2, 2, 3, 4)
    (tmp_path / "000001.pool5").write_bytes(head + struct.pack("<48f", *values))
    blob = read_blob(tmp_path / "000001.pool5")
    assert blob.shape == (1, 2, 2, 3, 4)
    assert blob[0, 1, 0, 2, 3] == 24 + 2 * 4 + 3
    assert read_caffe_features(tmp_path / "000001.pool5").tolist() == [values]
    write_blob(tmp_path / "again", blob)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "000001.pool5").read_bytes()


def test_a_folder_is_read_in_the_order_of_its_frames(tmp_path):
    starts = [17, 1, 1000001]  # in the order of names the last would come second
    paths = write_caffe_features(tmp_path, FEATURES, starts)
    assert [p.name for p in paths] == ["000017.fc6-1", "000001.fc6-1", "1000001.fc6-1"]
    (tmp_path / "notes.txt").touch()
    assert np.array_equal(read_caffe_features(tmp_path), FEATURES[[1, 0, 2]])


def test_the_descriptor_is_mean_then_l2(tmp_path):
    write_caffe_features(tmp_path, FEATURES, [1, 9, 17])
    mean = FEATURES.astype(np.float64).mean(0)
    found = video_descriptor(read_caffe_features(tmp_path))
    assert found.dtype == np.float32
    assert np.allclose(found, mean / np.sqrt((mean**2).sum()), atol=1e-7)
    assert (video_descriptor(read_caffe_features(tmp_path) * 0) == 0).all()


def test_several_layers_in_a_folder_are_asked_about(tmp_path):
    write_caffe_features(tmp_path, FEATURES, [1, 9, 17])
    write_caffe_features(tmp_path, FEATURES[:, :2], [1, 9, 17], "fc7-1")
    with pytest.raises(UsageError, match="files of fc6-1, fc7-1; say which layer"):
        read_caffe_features(tmp_path)
    assert read_caffe_features(tmp_path, "fc7-1").shape == (3, 2)
    with pytest.raises(UsageError, match="named like 000017.prob"):
        read_caffe_features(tmp_path, "prob")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin with five positive"),
        (struct.pack("<4i", 1, 7, 1, 1), "does not begin with five positive"),
        (struct.pack("<5i", 1, 0, 1, 1, 1), "does not begin with five positive"),
        (struct.pack("<5i", 1, -7, 1, 1, 1), "does not begin with five positive"),
        (struct.pack("<5i7f", 1, 8, 1, 1, 1, *range(7)), "1×8×1×1×1 numbers, which take 52 bytes"),
        (struct.pack("<5i7f", 1, 7, 1, 1, 1, *range(7)) + b"x", "take 48 bytes, and it has 49"),
        (struct.pack("<5i", *[2**31 - 1] * 5), "cut off or something else"),
    ],
)
def test_files_of_the_wrong_length_are_refused(tmp_path, data, said):
    (tmp_path / "000001.fc6-1").write_bytes(data)
    for source in (tmp_path, tmp_path / "000001.fc6-1"):
        with pytest.raises(KitError, match=said):
            read_caffe_features(source)


def test_what_does_not_belong_together_is_refused(tmp_path):
    write_caffe_features(tmp_path / "mixed", FEATURES, [1, 9, 17])
    write_blob(tmp_path / "mixed" / "000009.fc6-1", FEATURES[0, :5])
    with pytest.raises(KitError, match="000009.fc6-1 has 5 features a clip and the others have 7"):
        read_caffe_features(tmp_path / "mixed")
    with pytest.raises(UsageError, match="no file or folder"):
        read_caffe_features(tmp_path / "none")
    with pytest.raises(UsageError, match="no feature files"):
        read_caffe_features(tmp_path)
    with pytest.raises(UsageError, match="3 clips and 2 different starts"):
        write_caffe_features(tmp_path, FEATURES, [1, 9, 9])
    for shape in ((0, 4), (1, 1, 1, 1, 1, 1)):
        with pytest.raises(UsageError, match="one to five axes"):
            write_blob(tmp_path / "x", np.zeros(shape))
