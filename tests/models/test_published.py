"""Published layouts: read right, written for others, and never misread in silence."""

import os
import pickle
from fractions import Fraction
from itertools import product

import pytest
import safetensors.torch
import torch
from torch.nn import functional as F

from c3d_teach import C3D, Classifier, Preprocess, SearchNet, save
from c3d_teach.data.transforms import horizontal_flip
from c3d_teach.errors import KitError, UsageError, WeightsError
from c3d_teach.models.arithmetic import Pool
from c3d_teach.models.builder import MaxPool
from c3d_teach.models.caffe import read_caffemodel, write_caffemodel, write_mean
from c3d_teach.models.layouts import LAYERS, LAYOUTS, recognise
from c3d_teach.models.published import read_published, write_published

ENDINGS = {"caffe": "", "pytorch": ".pth.tar", "features": ".pth", "toolbox": ".pth"}
SMALL = 1 / 32
PUBLISHED = (
    (64, 3),
    (128, 64),
    (256, 128),
    (256, 256),
    (512, 256),
    (512, 512),
    (512, 512),
    (512, 512),
)


def small(classes=10, pool5="ceil", seed=0):
    torch.manual_seed(seed)
    net = C3D(classes, width=SMALL, pool5=pool5).eval()
    preprocess = Preprocess((112, 112), 128, (90.0, 98.0, 102.0), (1.0,) * 3, channel_order="bgr")
    return Classifier(net.channels_last(), preprocess, tuple(map(str, range(classes))))


@pytest.fixture(scope="module")
def clips():
    return torch.randint(256, (2, 16, 120, 170, 3), dtype=torch.uint8)


@pytest.fixture(scope="module")
def x():
    x = torch.randn(2, 3, 16, 112, 112) * 50
    return x.contiguous(memory_format=torch.channels_last_3d)


@pytest.fixture(scope="module")
def state():
    return {key: value.clone() for key, value in small().model.state_dict().items()}


def saved(path, held):
    torch.save(held, path)
    return path


def in_layout(state, layout, classes=10):
    """A state dict under the keys of a layout, as a file of the net itself has them."""
    keys = {layer: LAYOUTS[layout].key(layer, classes) for layer in LAYERS}
    return {f"{keys[k.rpartition('.')[0]]}.{k.rpartition('.')[2]}": v for k, v in state.items()}


@torch.inference_mode()
def same(a, b, x):
    return torch.equal(a.model(x), b.model(x))


@pytest.mark.parametrize(("layout", "classes"), [*product(LAYOUTS, (10, 101, 487))])
def test_a_net_written_in_a_layout_and_read_back_answers_to_the_last_bit(
    layout, classes, tmp_path, x, clips
):
    net = small(classes, "symmetric")
    path = tmp_path / f"net{ENDINGS[layout]}"
    write_published(net, path, layout)
    again = read_published(path, pool5="symmetric")
    assert again.card["layout"] == layout
    assert same(net, again, x)
    net.preprocess = again.preprocess
    assert torch.equal(net.predict(clips), again.predict(clips))
    assert again.model.config == net.model.config
    assert again.name == str(path) and again.classes[-1] == f"class {classes - 1}"
    assert all(p.requires_grad for p in again.model.parameters()) and not again.model.training


@pytest.mark.parametrize(("source", "target"), [*product(LAYOUTS, LAYOUTS)])
def test_every_layout_converts_to_every_other(source, target, tmp_path, x):
    net = small()
    caffes = {"trained": "caffe"}
    write_published(net, tmp_path / "a", source)
    write_published(read_published(tmp_path / "a", **caffes), tmp_path / "b", target)
    again = read_published(tmp_path / "b", **caffes)
    assert again.card["layout"] == target
    assert same(net, again, x)


def test_full_size_keys_and_shapes_are_those_of_the_published_files(tmp_path):
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in C3D(101).state_dict().items()}
    for layer, (out, into) in zip(LAYERS[:8], PUBLISHED, strict=True):
        assert shapes[f"{layer}.weight"] == (out, into, 3, 3, 3)
    assert shapes["fc6.weight"] == (4096, 8192) and shapes["fc8.weight"] == (101, 4096)
    # as the code of each layout spells them
    net = small(101)
    for layout, some in {
        "pytorch": {"conv1.weight", "conv2.bias", "conv3a.weight", "conv5b.bias", "fc6.weight"},
        "features": {"features.0.weight", "features.18.bias", "classifier.0.weight"},
        "toolbox": {"backbone.conv1a.conv.weight", "backbone.fc6.weight", "cls_head.fc_cls.bias"},
    }.items():
        write_published(net, tmp_path / layout, layout)
        held = torch.load(tmp_path / layout, weights_only=True)
        wrapped = {
            "pytorch": {"epoch", "state_dict", "opt_dict"},
            "toolbox": {"meta", "state_dict"},
        }
        if layout in wrapped:
            assert held.keys() == wrapped[layout]
            held = held["state_dict"]
        assert some < held.keys() and len(held) == 22
    for classes, names in {
        101: {"conv1a", "fc6", "fc8"},
        487: {"conv1a", "fc6-1", "fc8-1"},
    }.items():
        write_published(small(classes), tmp_path / "caffe", "caffe")
        assert names < read_caffemodel(tmp_path / "caffe").keys()
    write_published(small(487), tmp_path / "bare", "pytorch")  # as its loader reads Sports-1M's
    assert "conv1.weight" in torch.load(tmp_path / "bare", weights_only=True)


@pytest.mark.parametrize(
    ("layout", "classes", "order", "mean", "size", "offset", "pool5"),
    [
        ("caffe", 487, "bgr", (100.6, 108.0, 107.8), (128, 171), (8, 29), "ceil"),
        ("caffe", 101, "bgr", (95.1, 102.9, 107.8), (128, 171), (8, 29), "ceil"),
        ("features", 487, "bgr", (100.6, 108.0, 107.8), (128, 171), (8, 29), "ceil"),
        ("pytorch", 487, "bgr", (100.6, 108.0, 107.8), (128, 171), (8, 29), "ceil"),
        ("pytorch", 101, "bgr", (90.0, 98.0, 102.0), (128, 171), (8, 30), "symmetric"),
        ("toolbox", 101, "rgb", (104.0, 117.0, 128.0), None, None, "symmetric"),
    ],
)
def test_each_layout_gets_the_preprocessing_its_weights_were_trained_on(
    layout, classes, order, mean, size, offset, pool5, tmp_path
):
    write_published(small(classes), tmp_path / "net", layout)
    read = read_published(tmp_path / "net")
    p = read.preprocess
    assert (p.channel_order, p.mean, p.frame_size, p.offset) == (order, mean, size, offset)
    assert p.std == (1.0, 1.0, 1.0) and p.crop == (112, 112) and p.length == 16
    assert read.model.config["pool5"] == pool5
    said = read.card["preprocessing"]
    assert order.upper() in said and f"pool5 {pool5}" in said and f"{mean[0]:g}" in said


def test_what_the_keys_cannot_tell_can_be_given(tmp_path):
    write_published(small(101), tmp_path / "net", "pytorch")
    read = read_published(tmp_path / "net", trained="caffe", channel_order="rgb", offset=(0, 0))
    assert read.model.config["pool5"] == "ceil"
    assert read.preprocess.mean == (95.1, 102.9, 107.8)
    assert (read.preprocess.channel_order, read.preprocess.offset) == ("rgb", (0, 0))
    assert read_published(tmp_path / "net", mean=(1, 2, 3)).preprocess.mean == (1.0, 2.0, 3.0)
    for wrong, said in (
        ({"trained": "here"}, "trained is 'here'"),
        ({"layout": "keras"}, "no layout 'keras'.*caffe, pytorch, features, toolbox"),
        ({"pool5": "floor"}, "pool5 is 'floor'"),
        ({"bgr": True}, "no setting 'bgr'.*channel_order"),
        ({"mean": (1, 2)}, "three numbers; 2 were given"),
        ({"classes": ["a", "b"]}, "2 class names were given; the net .* has 101"),
    ):
        with pytest.raises(UsageError, match=said):
            read_published(tmp_path / "net", **wrong)


def test_a_pixel_goes_where_caffe_puts_it_and_comes_out_as_caffe_computes_it(tmp_path):
    write_published(small(487), tmp_path / "net", "caffe")
    clip = torch.zeros(1, 16, 128, 171, 3, dtype=torch.uint8)
    clip[0, 4, 8 + 3, 29 + 5] = torch.tensor([10, 20, 30], dtype=torch.uint8)  # red green blue
    y = read_published(tmp_path / "net").preprocess(clip)
    assert y.shape == (1, 3, 16, 112, 112)
    torch.testing.assert_close(y[0, :, 4, 3, 5], torch.tensor([30 - 100.6, 20 - 108.0, 10 - 107.8]))
    torch.testing.assert_close(y[0, :, 4, 3, 6], torch.tensor([-100.6, -108.0, -107.8]))

    cube = torch.rand(3, 16, 128, 171) * 255
    write_mean(cube, tmp_path / "mean.binaryproto")
    p = read_published(tmp_path / "net", mean=tmp_path / "mean.binaryproto").preprocess
    expected = torch.tensor([30.0, 20.0, 10.0]) - cube[:, 4, 11, 34]
    y = p(clip)
    torch.testing.assert_close(y[0, :, 4, 3, 5], expected)
    # the cube is BGR even where the net is not
    as_rgb = read_published(
        tmp_path / "net", mean=tmp_path / "mean.binaryproto", channel_order="rgb"
    ).preprocess
    torch.testing.assert_close(as_rgb(clip), y.flip(1))
    # the mean goes before the flip: a mirrored pixel keeps the mean of where it was
    g = torch.Generator().manual_seed(0)
    mirrored, _ = horizontal_flip(y, torch.zeros(1, dtype=torch.long), [0], 1.0, g)
    torch.testing.assert_close(mirrored[0, :, 4, 3, 111 - 5], expected)


def test_pool5_takes_other_windows_and_most_outputs_differ():
    """Rounding up pools (1,2)(3,4)(5,6)(7) of seven rows, padding (1)(2,3)(4,5)(6,7)."""
    pools = {align: MaxPool(Pool("pool5", (2, 2, 2), align)) for align in ("ceil", "symmetric")}
    windows = {}
    for align, pool in pools.items():
        seen = [set() for _ in range(4)]
        for row in range(7):
            one = torch.zeros(1, 1, 2, 7, 7)
            one[..., row, :] = 1
            for out in pool(one)[0, 0, 0, :, 0].nonzero().flatten().tolist():
                seen[out].add(row + 1)
        windows[align] = [tuple(sorted(s)) for s in seen]
    assert windows["ceil"] == [(1, 2), (3, 4), (5, 6), (7,)]
    assert windows["symmetric"] == [(1,), (2, 3), (4, 5), (6, 7)]

    # of independent values the largest in both windows together is in what they share
    shares = []
    for i, j in product(range(4), repeat=2):
        a, b = ({*product(windows[w][i], windows[w][j])} for w in ("ceil", "symmetric"))
        shares.append(1 - Fraction(len(a & b), len(a | b)))
    expected = sum(shares) / 16
    assert round(float(expected), 3) == 0.791
    maps = torch.rand(200, 8, 2, 7, 7, generator=torch.Generator().manual_seed(0))
    differ = (pools["ceil"](maps) != pools["symmetric"](maps)).float().mean().item()
    assert differ == pytest.approx(float(expected), abs=0.01)


def test_writing_says_what_other_code_will_do_otherwise(tmp_path):
    net = small(487)
    assert any(
        "pool5 is symmetric; here it is ceil" in s
        for s in write_published(net, tmp_path / "a", "pytorch")
    )
    again = read_published(tmp_path / "a", trained="port")
    assert write_published(again, tmp_path / "b", "pytorch") == ()
    said = " ".join(write_published(again, tmp_path / "c", "toolbox"))
    assert "order of channels is rgb; here it is bgr" in said and "mean" in said


def test_caffes_own_code_answers_the_same(tmp_path):
    write_published(small(101), tmp_path / "a", "caffe")
    again = read_published(tmp_path / "a")
    assert write_published(again, tmp_path / "b", "caffe") == ()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_both_names_of_the_full_layers_are_read_whatever_the_classes(tmp_path, state, x):
    named = {k.replace(".", "-1.", 1) if k[:2] == "fc" else k: v for k, v in state.items()}
    assert "fc6-1.weight" in named
    assert same(small(), read_published(saved(tmp_path / "net.pth", named)), x)
    both = named | {"fc6.bias": state["fc6.bias"]}
    with pytest.raises(WeightsError, match=r"1 not of this net: fc6.bias\."):
        read_published(saved(tmp_path / "net.pth", both))


def test_a_net_in_use_does_not_change_with_its_file(tmp_path, state):
    path = saved(tmp_path / "net.pth", in_layout(state, "features"))
    read = read_published(path)
    with path.open("r+b") as file:  # in place, as a copy over it does
        file.write(bytes(path.stat().st_size))
    assert torch.equal(read.model.fc6.weight, state["fc6.weight"])


def test_the_released_size_is_read_whole(tmp_path):
    with torch.device("meta"):
        net = C3D(487)
    net = net.to_empty(device="cpu").eval()
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
        net.fc8.bias.copy_(torch.arange(487.0))
    whole = Classifier(net, small().preprocess, tuple(map(str, range(487))))
    write_published(whole, tmp_path / "conv3d_deepnetA_sport1m_iter_1900000", "caffe")
    read = read_published(tmp_path / "conv3d_deepnetA_sport1m_iter_1900000")
    assert sum(p.numel() for p in read.model.parameters()) == 79_991_015
    assert torch.equal(read.model.fc8.bias, torch.arange(487.0))
    (tmp_path / "conv3d_deepnetA_sport1m_iter_1900000").unlink()  # 320 MB


def test_stored_halves_doubles_and_prefixes_of_parallel_training_are_read(tmp_path, state, x):
    net = small()
    for kind in (torch.float16, torch.float64):
        held = {f"module.{k}": v.to(kind) for k, v in in_layout(state, "features").items()}
        read = read_published(saved(tmp_path / "net.pth", {"state_dict": held}))
        assert {p.dtype for p in read.model.parameters()} == {torch.float32}
        if kind == torch.float64:
            assert same(net, read, x)


def test_safetensors_and_old_torch_files_are_read(tmp_path, state, x):
    net, plain = small(), in_layout(state, "pytorch")
    safetensors.torch.save_file(
        {k: v.contiguous() for k, v in plain.items()}, tmp_path / "a.safetensors"
    )
    torch.save(plain, tmp_path / "b.pickle", _use_new_zipfile_serialization=False)
    for name in ("a.safetensors", "b.pickle"):
        assert same(net, read_published(tmp_path / name, trained="caffe"), x)


def test_caffe_files_of_both_generations_are_one_net(tmp_path, state, x):
    """Without ones in front of the sizes, as C3D v1.1 and others write them, all is the same."""
    blobs = {
        LAYOUTS["caffe"].key(layer, 10): [state[f"{layer}.weight"], state[f"{layer}.bias"]]
        for layer in LAYERS
    }
    write_caffemodel(blobs, tmp_path / "conv3d_deepnet_iter_9")
    assert same(small(), read_published(tmp_path / "conv3d_deepnet_iter_9"), x)
    saved(tmp_path / "net.pth", in_layout(state, "caffe"))  # Caffe's names in a file of torch
    assert same(small(), read_published(tmp_path / "net.pth"), x)


def test_a_file_without_fc8_gives_descriptors_and_says_so(tmp_path, state, x, clips):
    bare = {k: v for k, v in in_layout(state, "toolbox").items() if "fc_cls" not in k}
    read = read_published(saved(tmp_path / "net.pth", bare))
    assert read.preprocess.channel_order == "bgr"  # the converted start of a fine-tuning
    assert read.model.config["pool5"] == "ceil" and read.classes == ("class 0",)
    assert "say nothing" in read.card["fc8"]
    with torch.inference_mode():
        assert torch.equal(read.model.descriptor(x), small().model.descriptor(x))
    three = read_published(tmp_path / "net.pth", classes=["a", "b", "c"])
    assert three.classes == ("a", "b", "c") and three.descriptor(clips).shape[0] == 2
    with pytest.raises(UsageError, match="probabilities say nothing.*can be fine-tuned"):
        three.predict(clips)


def test_class_names_come_from_a_file_with_or_without_numbers(tmp_path):
    write_published(small(3), tmp_path / "net", "features")
    for text in ("archery\nski jump\nyoyo\n", "1 archery\n2 ski jump\n3 yoyo\n\n"):
        (tmp_path / "names.txt").write_text(text)
        read = read_published(tmp_path / "net", classes=tmp_path / "names.txt")
        assert read.classes == ("archery", "ski jump", "yoyo")
    with pytest.raises(KitError, match="Cannot read class names"):
        read_published(tmp_path / "net", classes=tmp_path / "none.txt")


class Hostile:
    def __reduce__(self):
        return os.mkdir, (os.environ["C3D_TEACH_HOSTILE"],)


@pytest.mark.parametrize("kind", ["zip", "old", "pickle"])
def test_a_hostile_file_runs_no_code(kind, tmp_path, state, monkeypatch):
    trap = tmp_path / "trap"
    monkeypatch.setenv("C3D_TEACH_HOSTILE", str(trap))
    held = in_layout(state, "pytorch") | {"extra": Hostile()}
    path = tmp_path / "net.pth"
    if kind == "pickle":
        path.write_bytes(pickle.dumps({"extra": Hostile()}, protocol=2))
    else:
        torch.save(held, path, _use_new_zipfile_serialization=kind == "zip")
    with pytest.raises(WeightsError, match=r"holds more than weights \(posix.mkdir\)"):
        read_published(path)
    assert not trap.exists()
    torch.load(path, weights_only=False) if kind != "pickle" else pickle.loads(path.read_bytes())
    assert trap.exists()  # the trap was a trap


def test_wrong_weights_are_listed_key_by_key(tmp_path, state):
    plain = in_layout(state, "pytorch")
    cases = [
        ({"conv3a.bias": None}, "1 missing: conv3a.bias."),
        ({"extra.weight": torch.ones(1)}, "1 not of this net: extra.weight."),
        ({"fc7.bias": torch.ones(5)}, r"1 of another shape: fc7.bias \(5, expected 128\)."),
        (
            {"fc6.weight": torch.ones(128, 16 * 9)},  # of clips of 96 pixels, say
            r"clips of 3×16×112×112: 1 of another shape: fc6.weight \(128×144, expected 128×256\)",
        ),
        ({"conv2.weight": torch.ones(4, 2, 3, 3)}, r"conv2.weight \(4×2×3×3, expected 4×2×3×3×3\)"),
        (
            {"fc7.bias": torch.ones(128, dtype=torch.long)},
            r"1 without decimals: fc7.bias \(int64\)",
        ),
        (
            {"conv1.weight": torch.ones(2, 1, 3, 3, 3)},
            r"1 of .* conv1.weight \(2×1×3×3×3, expected 2×3",
        ),
        ({"conv1.weight": None}, "1 missing: conv1.weight.$"),
        ({"fc8.bias": None}, "1 missing: fc8.bias"),
        ({"fc8.weight": torch.tensor(1.0)}, "fc8.weight"),
    ]
    for change, said in cases:
        held = {k: v for k, v in (plain | change).items() if v is not None}
        with pytest.raises(WeightsError, match=said) as error:
            read_published(saved(tmp_path / "net.pth", held))
        assert "net.pth" in str(error.value) and "pytorch layout" in str(error.value)


def test_other_nets_and_other_files_are_refused_in_one_sentence(tmp_path, state):
    resnet = {f"layer{i}.{j}.conv1.weight": torch.ones(2) for i in range(4) for j in range(2)}
    for held, said in (
        ({"conv1.weight": torch.ones(64, 3, 7, 7), **resnet}, "layer0.0.conv1.weight.* and 5 more"),
        ({}, "no tensors"),
        (torch.ones(3), "holds a Tensor"),
        ([1, 2], "holds a list"),
    ):
        with pytest.raises(WeightsError, match=said):
            read_published(saved(tmp_path / "net.pth", held))
    with pytest.raises(WeightsError, match="features has features.0.weight, classifier.0.weight"):
        recognise(resnet)
    save(small(), tmp_path / "kit.safetensors")  # which has the keys of Caffe
    with pytest.raises(WeightsError, match="file of this kit.*without naming a layout"):
        read_published(tmp_path / "kit.safetensors")
    empty = {k: v.to("meta") for k, v in in_layout(state, "pytorch").items()}
    with pytest.raises(WeightsError, match="no tensors"):
        read_published(saved(tmp_path / "net.pth", empty))
    with pytest.raises(WeightsError, match="toolbox layout.*16 missing: conv1a.conv.weight"):
        read_published(saved(tmp_path / "net.pth", in_layout(state, "pytorch")), layout="toolbox")
    whole = saved(tmp_path / "net.pth", in_layout(state, "pytorch")).read_bytes()
    torch.save(in_layout(state, "pytorch"), tmp_path / "old", _use_new_zipfile_serialization=False)
    old = (tmp_path / "old").read_bytes()
    safetensors.torch.save_file({"a": torch.ones(9)}, tmp_path / "s")
    safe = (tmp_path / "s").read_bytes()
    for data in (whole[: len(whole) // 2], whole[:100], old[: len(old) // 2], old[:50], safe[:-5]):
        (tmp_path / "cut.pth").write_bytes(data)
        with pytest.raises(WeightsError, match="cut.pth is damaged or cut off"):
            read_published(tmp_path / "cut.pth")
    (tmp_path / "text.pth").write_text("<html>not found</html>")
    with pytest.raises(WeightsError, match="not a file of torch"):
        read_published(tmp_path / "text.pth")
    (tmp_path / "text").write_text("<html>not found</html>")
    with pytest.raises(WeightsError, match="not a caffemodel"):
        read_published(tmp_path / "text")
    with pytest.raises(WeightsError, match="Cannot read .*No such file"):
        read_published(tmp_path / "none.pth")


def test_only_a_c3d_with_kernel_depth_3_has_a_layout(tmp_path):
    preprocess = Preprocess((112, 112), 128, (0.0,) * 3, (1.0,) * 3)
    nets = (
        SearchNet(5, width=SMALL),
        C3D(5, width=SMALL, kernel_depth=1),
        C3D(5, width=SMALL, clip_shape=(1, 16, 64, 64)),
    )
    for net in nets:
        with pytest.raises(UsageError, match="Only C3D with kernel depth 3"):
            write_published(Classifier(net, preprocess, tuple("abcde")), tmp_path / "a", "caffe")
    with pytest.raises(UsageError, match="no layout"):
        write_published(small(), tmp_path / "a", "keras")


def test_the_net_is_the_one_that_caffe_computes(tmp_path, state, x):
    """The same weights through functions alone, with Caffe's pooling."""
    write_published(small(), tmp_path / "net", "caffe")
    blobs = read_caffemodel(tmp_path / "net")
    y = x
    for i, name in enumerate(LAYERS[:8]):
        weight, bias = blobs[name]
        y = F.relu(F.conv3d(y, weight, bias.flatten(), padding=1))
        if name in ("conv1a", "conv2a", "conv3b", "conv4b", "conv5b"):
            y = F.max_pool3d(y, (1 if i == 0 else 2, 2, 2), ceil_mode=True)
    y = y.flatten(1)
    for name in ("fc6", "fc7", "fc8"):
        weight, bias = (blob.flatten(0, -2) if blob.ndim > 2 else blob for blob in blobs[name])
        y = F.linear(y, weight, bias.flatten())
        y = F.relu(y) if name != "fc8" else y
    with torch.inference_mode():
        torch.testing.assert_close(read_published(tmp_path / "net").model(x), y)
