"""A net as an ONNX file: it answers as the net itself, in more than one reader, or is not kept."""

import json
import re
import sys

import numpy as np
import pytest
import torch

from c3d_teach import (
    C3D,
    CameraMotion,
    Classifier,
    FrameNet,
    LateAverageNet,
    MotionDigits,
    Preprocess,
    SearchNet,
    StackedFramesNet,
    load,
    load_segmenter,
)
from c3d_teach.errors import KitError, UsageError
from c3d_teach.models import onnx_file, onnx_graph
from c3d_teach.models.engines.openvino_engine import core
from c3d_teach.models.onnx_file import Parity, write_onnx

onnx = pytest.importorskip("onnx", reason="onnx is optional")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is optional")

NETS = {
    "C3D": lambda: C3D(5, clip_shape=(3, 16, 40, 40), width=0.0625),
    "C3D, odd maps": lambda: C3D(5, clip_shape=(3, 16, 56, 50), width=0.0625),
    "C3D, odd maps, symmetric": lambda: C3D(
        5, clip_shape=(3, 16, 56, 50), width=0.0625, pool5="symmetric"
    ),
    "C3D, even maps, symmetric": lambda: C3D(
        5, clip_shape=(3, 16, 32, 64), width=0.0625, pool5="symmetric"
    ),
    "C3D, depth 1": lambda: C3D(5, clip_shape=(3, 16, 40, 40), width=0.0625, kernel_depth=1),
    "SearchNet": lambda: SearchNet(5, clip_shape=(1, 16, 32, 32), width=0.125),
    "SearchNet, frames dropped": lambda: SearchNet(5, clip_shape=(1, 21, 30, 34), width=0.125),
    "SearchNet, pools of three": lambda: SearchNet(
        5, clip_shape=(1, 20, 32, 32), width=0.125, pool_depth=(1, 3, 2, 3, 1)
    ),
    "SearchNet, strides": lambda: SearchNet(
        5,
        clip_shape=(1, 15, 32, 32),
        width=0.125,
        pool_depth=(1, 1, 1, 1, 1),
        stride=(1, 2, 2, 2, 3),
    ),
    "SearchNet, depths": lambda: SearchNet(
        5, kernel_depth=(3, 3, 5, 5, 7), clip_shape=(1, 16, 32, 32), width=0.125
    ),
    "SearchNet, deep strides": lambda: SearchNet(
        5, kernel_depth=7, clip_shape=(1, 32, 32, 32), width=0.125, stride=(2, 1, 1, 1, 1)
    ),
    "FrameNet": lambda: FrameNet(5, clip_shape=(1, 16, 32, 32), width=0.125),
    "FrameNet, last frame": lambda: FrameNet(5, clip_shape=(3, 16, 32, 32), width=0.125, frame=15),
    "StackedFramesNet": lambda: StackedFramesNet(5, clip_shape=(3, 16, 32, 32), width=0.125),
}


def classifier(name="C3D, odd maps", **settings):
    torch.manual_seed(0)
    net = NETS[name]()
    channels, length, height, width = net.clip_shape
    preprocess = Preprocess(
        crop=(height, width),
        short_side=min(height, width),
        mean=(120.0, 100.0, 90.0)[:channels],
        std=(60.0, 50.0, 40.0)[:channels],
        length=length,
        **settings,
    )
    return Classifier(net.eval(), preprocess, tuple("abcde"), name=name)


def random_clips(n, *shape):
    random = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, *shape), generator=random, dtype=torch.uint8)


def clips_for(net, n=5):
    channels, *size = net.model.clip_shape
    return random_clips(n, *size, channels)


def opened(file):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1  # small nets, and other tests beside them
    return onnxruntime.InferenceSession(str(file), settings, providers=["CPUExecutionProvider"])


def run(file, clips, *outputs):
    session = opened(file)
    values = session.run(list(outputs) or ["probabilities"], {"clips": np.asarray(clips)})
    values = [torch.from_numpy(value) for value in values]
    return values if outputs else values[0]


def names_of(file):
    return [one.name for one in opened(file).get_outputs()]


@pytest.mark.parametrize("name", NETS)
def test_the_file_answers_as_the_net_itself(name, tmp_path):
    net, file = classifier(name), tmp_path / "net.onnx"
    parity = write_onnx(net, file)
    assert parity.clips == parity.same_top1 == 6 and parity.error < 1e-5
    onnx.checker.check_model(onnx.load(file), full_check=True)
    asked = clips_for(net)
    right = net.predict(asked, engine="eager")
    logits, given = run(file, asked, "logits", "probabilities")
    assert torch.allclose(given, right, atol=1e-5), (given - right).abs().max()
    assert torch.allclose(logits.softmax(1), right, atol=1e-5)
    for n in (1, 4):  # any batch
        assert torch.allclose(run(file, asked[:n]), right[:n], atol=1e-5)


@pytest.mark.parametrize("name", ["C3D, odd maps", "SearchNet, strides"])
def test_openvino_reads_the_file_and_answers_alike(name, tmp_path):
    pytest.importorskip("openvino", reason="openvino is optional")
    net, file = classifier(name, channel_order="bgr"), tmp_path / "net.onnx"
    write_onnx(net, file)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core().compile_model(core().read_model(file), "CPU", exact)
    for n in (1, 3):
        asked = clips_for(net, n)
        given = torch.from_numpy(compiled([asked.numpy()])["probabilities"])
        assert torch.allclose(given, net.predict(asked, engine="eager"), atol=1e-5)


@pytest.mark.parametrize("name", ["camera-c3d", "motion-d3", "motion-frame", "motion-stacked"])
def test_shipped_nets_judge_test_clips_alike(name, tmp_path):
    net, file = load(name), tmp_path / "net.onnx"
    data = CameraMotion if name.startswith("camera") else MotionDigits
    asked = data(64, split="test", seed=5).batch(range(64))["clip"]
    write_onnx(net, file)
    right, given = net.predict(asked), run(file, net.preprocess.seen(asked))
    assert torch.allclose(given, right, atol=1e-5)
    assert torch.equal(given.argmax(1), right.argmax(1))


@pytest.mark.parametrize("offset", [None, (3, 7)])
def test_mean_volume_and_channel_order_of_published_weights_are_in_the_graph(offset, tmp_path):
    volume = 80 + 60 * torch.rand(3, 16, 64, 86, generator=torch.Generator().manual_seed(2))
    settings = {"frame_size": (64, 86), "mean_volume": volume, "offset": offset}
    net = classifier("C3D, odd maps", channel_order="bgr", **settings)
    file = tmp_path / "net.onnx"
    write_onnx(net, file)
    frames = random_clips(3, 16, 64, 86, 3)  # as decoded: the crop is where the mean is cropped
    right = net.predict(frames, engine="eager")
    assert torch.allclose(run(file, net.preprocess.seen(frames)), right, atol=1e-5)
    # where the mean is cropped and which channel comes first makes a difference here
    elsewhere = classifier("C3D, odd maps", channel_order="bgr", **settings | {"offset": (8, 30)})
    seen = net.preprocess.seen(frames)
    for other in (elsewhere, classifier("C3D, odd maps", **settings)):
        assert (other.predict(seen, engine="eager") - right).abs().max() > 1e-4


def test_a_net_takes_clips_of_any_size_by_way_of_its_preprocessing(tmp_path):
    net, file = load("motion-d3"), tmp_path / "net.onnx"
    write_onnx(net, file)
    asked = random_clips(2, 16, 50, 70, 3)  # in colour, and larger
    assert torch.allclose(run(file, net.preprocess.seen(asked)), net.predict(asked), atol=1e-5)


@pytest.mark.parametrize("layer", ["pool1", "conv3b", "fc6", "fc8"])
def test_a_layer_is_one_more_output(layer, tmp_path):
    net, file = classifier(), tmp_path / "net.onnx"
    parity = write_onnx(net, file, layer=layer)
    assert names_of(file) == ["logits", "probabilities", layer]
    asked = clips_for(net, 2)
    right = net.descriptor(asked, layer, engine="eager")
    given, probabilities = run(file, asked, layer, "probabilities")
    assert given.shape == right.shape
    assert (given - right).abs().max() <= 1e-5 * right.abs().max()
    assert torch.allclose(probabilities, net.predict(asked, engine="eager"), atol=1e-5)
    assert parity.layer == layer and parity.descriptor is not None
    assert f"{layer} to within" in parity.sentence


def test_published_weights_without_their_last_layer_give_descriptors_alone(tmp_path):
    net, file = classifier(), tmp_path / "net.onnx"
    net.card["fc8"] = "not in the file: the probabilities say nothing"
    for layer in (None, "fc8"):
        with pytest.raises(UsageError, match="fc8 of .* is not in the file.*--layer fc6"):
            write_onnx(net, file, layer=layer)
    parity = write_onnx(net, file, layer="fc6")
    assert (parity.logits, parity.probabilities, parity.same_top1) == (None, None, None)
    assert "class" not in parity.sentence
    assert names_of(file) == ["fc6"]
    held = onnx.load(file)
    assert not [one.name for one in held.graph.initializer if one.name.startswith(("fc7", "fc8"))]
    assert json.loads({p.key: p.value for p in held.metadata_props}["classes"]) == []
    asked = clips_for(net, 2)
    right = net.descriptor(asked, "fc6", engine="eager")
    assert torch.allclose(run(file, asked, "fc6")[0], right, atol=1e-5)


def test_the_file_says_what_it_holds(tmp_path):
    net, file = load("camera-c3d"), tmp_path / "net.onnx"
    write_onnx(net, file)
    held = onnx.load(file)
    said = {one.key: one.value for one in held.metadata_props}
    assert tuple(json.loads(said["classes"])) == net.classes
    assert Preprocess.from_dict(json.loads(said["preprocess"])) == net.preprocess
    assert json.loads(said["net"]) == net.model.config
    assert said["fingerprint"] == net.fingerprint()
    assert (held.ir_version, held.opset_import[0].version, held.producer_name) == (
        8,
        17,
        "c3d_teach",
    )
    session = opened(file)
    (clips,) = session.get_inputs()
    assert (clips.name, clips.type) == ("clips", "tensor(uint8)")
    assert clips.shape == ["N", 16, 64, 64, 3]
    assert {one.name: one.shape for one in session.get_outputs()} == {
        "logits": ["N", 9],
        "probabilities": ["N", 9],
    }


def test_the_same_net_gives_the_same_bytes_and_stays_as_it_was(tmp_path):
    net = classifier()
    net.model.train()
    before = net.fingerprint()
    files = [tmp_path / f"{k}.onnx" for k in range(2)]
    for file in files:
        write_onnx(net, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert net.fingerprint() == before
    assert sorted(tmp_path.iterdir()) == files  # and nothing else is left there


def weights_off(monkeypatch):
    from onnx import numpy_helper

    real = numpy_helper.from_array
    monkeypatch.setattr(numpy_helper, "from_array", lambda a, name: real(a * a.dtype.type(2), name))


def pools_off(monkeypatch):
    real = onnx_graph._padding  # the same shapes, with the odd one first instead of last

    def turned(pool, size):
        pads = real(pool, size)
        return pads[3:] + pads[:3]

    monkeypatch.setattr(onnx_graph, "_padding", turned)


def not_a_number(monkeypatch):
    from onnx import numpy_helper

    real = numpy_helper.from_array
    monkeypatch.setattr(numpy_helper, "from_array", lambda a, name: real(a * np.nan, name))


@pytest.mark.parametrize("damage", [weights_off, pools_off, not_a_number])
def test_a_file_whose_answers_are_off_is_not_kept(damage, monkeypatch, tmp_path):
    damage(monkeypatch)
    with pytest.raises(KitError, match=r"not kept: by onnxruntime [\d.]+ its logits are off by"):
        write_onnx(classifier(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_layer_that_is_off_is_named(monkeypatch, tmp_path):
    net = classifier()
    net.card["fc8"] = "not in the file"
    pools_off(monkeypatch)
    with pytest.raises(KitError, match="its fc6 are off by"):
        write_onnx(net, tmp_path / "net.onnx", layer="fc6")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_run_is_not_kept_and_the_old_one_stays(monkeypatch, tmp_path):
    file = tmp_path / "net.onnx"
    write_onnx(classifier(), file)
    old = file.read_bytes()
    monkeypatch.setattr(onnx_graph, "OPSET", 9999)
    with pytest.raises(KitError, match=r"not kept: onnxruntime [\d.]+ cannot run it \(.*"):
        write_onnx(classifier(), file)
    assert file.read_bytes() == old and list(tmp_path.iterdir()) == [file]


def test_a_hook_that_changes_answers_is_noticed(tmp_path):
    net = classifier()
    net.model.conv3a.register_forward_hook(lambda module, given, out: out * 0)
    with pytest.raises(KitError, match="not kept"):
        write_onnx(net, tmp_path / "net.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named(package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(KitError, match=rf"missing here: {package}\..*pip install onnx onnxruntime"):
        write_onnx(classifier(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said_in_a_sentence(tmp_path):
    file = tmp_path / "net.onnx"
    own_way = classifier("FrameNet")
    own_way.model = LateAverageNet(5, clip_shape=(1, 16, 32, 32), width=0.125)
    with pytest.raises(UsageError, match="LateAverageNet goes its own way.*C3D, SearchNet"):
        write_onnx(own_way, file)
    with pytest.raises(UsageError, match="UNet3D goes its own way"):
        write_onnx(load_segmenter("motion-unet3d"), file)
    with pytest.raises(UsageError, match="no layer 'fc9'; this net has conv1a"):
        write_onnx(classifier(), file, layer="fc9")
    with pytest.raises(KitError, match="Cannot write"):
        (tmp_path / "blocked").touch()
        write_onnx(classifier(), tmp_path / "blocked" / "net.onnx")
    assert not file.exists()


def test_a_net_too_large_for_one_file_is_refused_before_it_is_copied(tmp_path):
    net = classifier()
    with torch.device("meta"):
        net.model = C3D(width=4)
    with pytest.raises(UsageError, match=r"weights take 4\.\d GiB, and one ONNX file holds less"):
        write_onnx(net, tmp_path / "net.onnx")


def test_the_sentence_says_where_another_class_comes_first():
    parity = Parity(6, 0.001, 0.0002, None, None, 1e-4, 5, "1.0")
    assert re.search("logits to within 1.0e-03, probabilities .* in 5 of them", str(parity))


def test_onnx_is_loaded_only_when_it_is_needed():
    assert not {"onnx", "onnxruntime"} & vars(onnx_file).keys()
