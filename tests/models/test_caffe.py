"""Caffe's files, read against bytes that are put together by hand here."""

import struct

import numpy as np
import pytest
import torch

from c3d_teach.errors import UsageError, WeightsError
from c3d_teach.models.caffe import read_caffemodel, read_mean, write_caffemodel, write_mean

NUMBER, RUN, FLOAT = 0, 2, 5  # ways in which protobuf writes a field


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3 | NUMBER) + varint(value)


def run(field, *parts):
    data = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return varint(field << 3 | RUN) + varint(len(data)) + data


def floats(values, kind="f"):
    return struct.pack(f"<{values.numel()}{kind}", *values.flatten().tolist())


def sizes(*shape):
    return b"".join(number(i, n) for i, n in enumerate(shape, 1))


def blob_of_c3d(values, diff=b""):
    return sizes(*(1,) * (5 - values.ndim), *values.shape) + run(6, floats(values)) + diff


def blob_of_caffe(values):
    return run(5, floats(values)) + run(7, run(1, *(varint(n) for n in values.shape)))


def layer_of_c3d(name, *blobs):
    return run(
        2, run(2, "in"), run(3, "out"), run(4, name), number(5, 30), *(run(6, b) for b in blobs)
    )


def layer_of_caffe(name, *blobs):
    return run(100, run(1, name), run(2, "NdConvolution"), *(run(7, b) for b in blobs))


def fields(data):
    """Every (field, value) of a message, taken apart by hand."""
    found, at = [], 0

    def take():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = take()
        assert tag & 7 in (NUMBER, RUN)
        value = take()
        if tag & 7 == RUN:
            value, at = data[at : at + value], at + value
        found.append((tag >> 3, value))
    return found


@pytest.fixture
def weights():
    g = torch.Generator().manual_seed(0)
    return torch.randn(4, 3, 3, 2, 1, generator=g), torch.randn(4, generator=g)


@pytest.fixture
def file(tmp_path):
    def write(*parts):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(b"".join(parts))
        return path

    return write


@pytest.mark.parametrize(
    ("layer", "blob"),
    [(layer_of_c3d, blob_of_c3d), (layer_of_caffe, blob_of_caffe), (layer_of_c3d, blob_of_caffe)],
)
def test_weights_of_both_dialects_are_read(file, weights, layer, blob):
    w, b = weights
    path = file(run(1, "a net"), layer("relu1a"), layer("conv1a", blob(w), blob(b)))
    read = read_caffemodel(path)
    assert list(read) == ["conv1a"]  # layers without weights are left out
    assert torch.equal(read["conv1a"][0], w)
    assert torch.equal(read["conv1a"][1].flatten(), b)
    assert read["conv1a"][0].dtype == torch.float32


def test_the_shape_is_the_stored_one(file, weights):
    w, b = weights
    read = read_caffemodel(file(layer_of_c3d("conv1a", blob_of_c3d(w), blob_of_c3d(b))))
    assert [tuple(blob.shape) for blob in read["conv1a"]] == [(4, 3, 3, 2, 1), (1, 1, 1, 1, 4)]
    read = read_caffemodel(file(layer_of_caffe("conv1a", blob_of_caffe(w), blob_of_caffe(b))))
    assert [tuple(blob.shape) for blob in read["conv1a"]] == [(4, 3, 3, 2, 1), (4,)]


def test_the_oldest_layers_are_read(file, weights):
    w, _ = weights
    read = read_caffemodel(file(run(2, run(1, run(1, "conv1a"), run(50, blob_of_c3d(w))))))
    assert torch.equal(read["conv1a"][0], w)


def test_four_old_sizes_and_doubles_are_read(file):
    values = torch.arange(6.0).view(1, 1, 2, 3)
    old = sizes(1, 1, 2, 3) + run(5, floats(values))
    double = run(8, floats(values, "d")) + run(7, run(1, varint(2), varint(3)))
    read = read_caffemodel(file(layer_of_caffe("fc6", old, double)))
    assert torch.equal(read["fc6"][0], values)
    assert torch.equal(read["fc6"][1], values.view(2, 3))


def test_gradients_do_not_pass_for_weights(file, weights):
    w, _ = weights
    read = read_caffemodel(file(layer_of_c3d("conv1a", blob_of_c3d(w, run(7, floats(-w))))))
    assert torch.equal(read["conv1a"][0], w)
    read = read_caffemodel(file(layer_of_caffe("conv1a", blob_of_caffe(w) + run(6, floats(-w)))))
    assert torch.equal(read["conv1a"][0], w)


def test_a_length_of_0_is_1_as_in_files_older_than_lengths(file):
    blob = number(1, 2) + number(2, 1) + number(4, 1) + number(5, 3) + run(6, floats(torch.ones(6)))
    assert read_caffemodel(file(layer_of_c3d("fc", blob)))["fc"][0].shape == (2, 1, 1, 1, 3)


def test_what_is_written_is_a_net_of_c3d_1_0(tmp_path, weights):
    w, b = weights
    path = tmp_path / "sub" / "out.caffemodel"
    write_caffemodel({"conv1a": [w, b], "fc6": [w.view(8, 9), b.double()]}, path, "a net")
    name, *layers = fields(path.read_bytes())
    assert name == (1, b"a net")
    assert [field for field, _ in layers] == [2, 2]
    for (_, layer), title, kind, shape in zip(
        layers, (b"conv1a", b"fc6"), (30, 14), ((4, 3, 3, 2, 1), (1, 1, 1, 8, 9)), strict=True
    ):
        parts = fields(layer)
        assert parts[:2] == [(4, title), (5, kind)]
        (_, first), (_, second) = parts[2:]
        assert [field for field, _ in parts[2:]] == [6, 6]
        assert fields(first) == [*enumerate(shape, 1), (6, floats(w))]
        assert fields(second) == [*enumerate((1, 1, 1, 1, 4), 1), (6, floats(b))]
    assert torch.equal(read_caffemodel(path)["conv1a"][0], w)


def test_a_mean_cube_is_read_and_written(tmp_path):
    cube = torch.rand(3, 4, 5, 6) * 255
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(blob_of_c3d(cube[None]))
    assert torch.equal(read_mean(path), cube)
    write_mean(cube, tmp_path / "again.binaryproto")
    assert (tmp_path / "again.binaryproto").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((b"",), "not a caffemodel with weights"),
        ((run(1, "a net"), layer_of_c3d("data")), "not a caffemodel with weights"),
        ((b'name: "DeepConv3DNet"\nlayers {\n',), "not a caffemodel"),
        ((layer_of_c3d("conv1a", blob_of_c3d(torch.ones(2, 3)))[:-2],), "cut off"),
        ((layer_of_c3d("c", sizes(1, 1, 1, 2, 4) + run(6, b"1234" * 6)),), "'c'.*8 values.*6 are"),
        (
            (layer_of_c3d("c", sizes(1, 1, 1, 2, 3) + run(6, b"1234" * 6 + b"0")),),
            "6.25 are stored",
        ),
        ((layer_of_c3d("c", sizes(1, 1, 1, 2, 3)),), "no values in layer 'c'"),
        ((layer_of_c3d("c", sizes(1, 1, 1, 1, 1) + run(7, b"1234")),), "no values in layer 'c'"),
        ((layer_of_c3d("c", sizes(1, 1, 1, 0, 3) + run(6, b"1234")),), "1×1×1×0×3"),
        ((layer_of_caffe("c", run(5, b"1234") + run(7, b"\xff")),), "shape of layer 'c'"),
        (
            (layer_of_c3d("c", sizes(1, 1, 1, 1, 1) + varint(6 << 3 | FLOAT) + b"1234"),),
            "one by one",
        ),
        ((2 * layer_of_c3d("c", blob_of_c3d(torch.ones(2, 3))),), "two layers named 'c'"),
    ],
)
def test_a_file_that_is_no_net_says_why(file, parts, said):
    with pytest.raises(WeightsError, match=said):
        read_caffemodel(file(*parts))


def test_a_missing_file_and_a_foreign_mean_say_why(tmp_path):
    with pytest.raises(WeightsError, match="Cannot read .*No such file"):
        read_caffemodel(tmp_path / "none")
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(blob_of_c3d(torch.ones(1, 1, 2, 2)))
    with pytest.raises(WeightsError, match="1×1×2×2 values; the mean cube of C3D has 3×16×128×171"):
        read_mean(path)
    path.write_bytes(b"\xff\xff")
    with pytest.raises(WeightsError, match="not a mean file"):
        read_mean(path)


def test_what_protobuf_cannot_hold_is_said_before_it_is_tried(tmp_path):
    path = tmp_path / "net.caffemodel"
    with path.open("wb") as file:
        file.truncate(2**31)  # a hole: takes no room on the disk
    with pytest.raises(WeightsError, match="2.1 GB.*no message over 2 GB"):
        read_caffemodel(path)
    huge = torch.zeros(1).expand(2**29, 2)
    with pytest.raises(UsageError, match="4.3 GB; a caffemodel ends at 2 GB"):
        write_caffemodel({"fc6": [huge]}, path)


def test_numbers_are_those_of_an_array_of_the_same_bytes(file):
    values = np.array([1e-40, -0.0, np.inf, 3.4e38], "<f4")  # no rounding on the way
    blob = sizes(1, 1, 1, 1, 4) + run(6, values.tobytes())
    read = read_caffemodel(file(layer_of_c3d("fc", blob)))["fc"][0]
    assert read.numpy().tobytes() == values.tobytes()
