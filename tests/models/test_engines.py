"""Other engines than the net itself: the same answers, or they are not taken."""

import subprocess
import sys
import warnings
from dataclasses import replace
from math import prod

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
    describe,
    load,
)
from c3d_teach.errors import UsageError
from c3d_teach.models.engines import engines, torch_engine

FAST = ("torch", "openvino")
NETS = {
    "C3D": lambda: C3D(5, clip_shape=(3, 16, 40, 40), width=0.125),
    "C3D, odd maps": lambda: C3D(5, clip_shape=(3, 16, 56, 56), width=0.125),
    "C3D, odd maps, symmetric": lambda: C3D(
        5, clip_shape=(3, 16, 56, 56), width=0.125, pool5="symmetric"
    ),
    "SearchNet": lambda: SearchNet(5, clip_shape=(1, 16, 32, 32), width=0.25),
    "SearchNet, frames dropped": lambda: SearchNet(5, clip_shape=(1, 21, 30, 34), width=0.25),
    "SearchNet, strides": lambda: SearchNet(
        5,
        clip_shape=(1, 16, 32, 32),
        width=0.25,
        pool_depth=(1, 1, 1, 1, 1),
        stride=(1, 2, 2, 2, 2),
    ),
    "SearchNet, depths": lambda: SearchNet(
        5, kernel_depth=(3, 3, 5, 5, 7), clip_shape=(1, 16, 32, 32), width=0.25
    ),
    "FrameNet": lambda: FrameNet(5, clip_shape=(1, 16, 32, 32), width=0.25),
    "StackedFramesNet": lambda: StackedFramesNet(5, clip_shape=(1, 16, 32, 32), width=0.25),
}


def classifier(net):
    channels, length, height, width = net.clip_shape
    preprocess = Preprocess(
        (height, width), min(height, width), (120.0,) * channels, (60.0,) * channels, length
    )
    return Classifier(net.eval(), preprocess, tuple("abcde"))


def clips(net, n=3):
    channels, length, height, width = net.clip_shape
    random = torch.Generator().manual_seed(1)
    shape = (n, length, height, width, channels)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize("name", NETS)
def test_an_engine_answers_as_the_net_itself(name, engine):
    torch.manual_seed(0)
    net = classifier(NETS[name]())
    asked = clips(net.model)
    right = net.predict(asked, engine="eager")
    prepared = net.prepared(engine=engine, precision="float32")
    assert (prepared.name, prepared.precision) == (engine, "float32")
    given = net.predict(asked, engine=engine, precision="float32")
    assert torch.allclose(given, right, atol=1e-5), (given - right).abs().max()
    for one in range(1, 6):  # any batch
        assert torch.allclose(
            net.predict(asked[:one], engine=engine, precision="float32"), right[:one], atol=1e-5
        )
    low = net.predict(asked, engine=engine, precision="bfloat16")
    assert 0 < (low - right).abs().max() < 0.02


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize("layer", ["conv1a", "pool1", "conv3b", "pool5", "fc6", "fc7", "fc8"])
def test_an_engine_gives_every_layer(engine, layer):
    torch.manual_seed(0)
    net = classifier(NETS["C3D, odd maps"]())
    asked = clips(net.model)
    right = net.descriptor(asked, layer, engine="eager")
    given = net.descriptor(asked, layer, engine=engine, precision="float32")
    assert given.shape == right.shape
    assert (given - right).abs().max() <= 1e-4 * right.abs().max()
    assert net.prepared(layer, engine=engine, precision="float32").name == engine


def test_small_nets_answer_themselves_and_large_ones_do_not():
    assert load("camera-c3d").prepared().name == "eager"
    assert load("motion-d3").prepared().name == "eager"
    large = classifier(SearchNet(5, clip_shape=(3, 16, 112, 112), width=0.25))
    assert large.prepared(precision="float32").name == "torch"


@pytest.mark.parametrize(("tiles", "taken"), [(False, "torch"), (True, "openvino")])
def test_in_bfloat16_auto_takes_what_suits_the_processor(tiles, taken, monkeypatch):
    monkeypatch.setattr(engines, "matrix_tiles", lambda: tiles)
    net = classifier(NETS["SearchNet"]())
    assert net.prepared(precision="bfloat16").name == taken
    assert net.prepared(precision="float32").name == "torch"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("few", [1, 2])
def test_large_maps_are_computed_for_a_few_clips_at_a_time(few, precision, monkeypatch):
    torch.manual_seed(0)
    net = classifier(NETS["C3D"]())
    asked = clips(net.model, 7)
    kind = getattr(torch, precision)
    largest = max(prod(row.shape) for row in describe(net.model)) * kind.itemsize
    monkeypatch.setattr(torch_engine, "_AT_HAND", few * largest)
    monkeypatch.setattr(torch_engine, "_LARGE", largest)
    engine = torch_engine.TorchEngine(net.model, "fc8", kind, 4)
    assert 0 < len(engine._large) < len(engine._steps)
    x = net.preprocess(asked)
    right = net.model(x)
    for n in (1, 3, 4, 7):
        error = (engine(x[:n]) - right[:n]).abs().max() / right.abs().max()
        assert error < (1e-5 if precision == "float32" else 0.02)


@pytest.mark.parametrize("kernel", [(1, 2, 2), (2, 2, 2)])
def test_maps_are_halved_to_the_last_bit(kernel):
    torch.manual_seed(0)
    maps = torch.randn(2, 24, 4, 6, 10).relu().bfloat16()
    maps[0, 0, 0, 0, 0] = torch.inf
    maps = maps.contiguous(memory_format=torch.channels_last_3d)
    halve = torch_engine._halved_in_time if kernel[0] == 2 else torch_engine._halved
    assert torch.equal(halve(maps), torch.nn.functional.max_pool3d(maps, kernel))


def test_shipped_nets_give_the_same_answers_in_bfloat16():
    for name, data in (("camera-c3d", CameraMotion), ("motion-d3", MotionDigits)):
        net, asked = load(name), data(64, split="test", seed=5).batch(range(64))["clip"]
        right = net.predict(asked)
        for engine in FAST:
            given = net.predict(asked, engine=engine, precision="bfloat16")
            sure = right.max(1).values > 0.6  # rounding may tip a clip that hangs in the balance
            assert torch.equal(given.argmax(1)[sure], right.argmax(1)[sure])


@pytest.mark.parametrize("engine", FAST)
def test_a_depth_1_net_stays_blind_to_the_arrow_of_time(engine):
    net, asked = load("motion-d1"), MotionDigits(32, split="test").batch(range(32))["clip"]
    there, back = (net.predict(c, engine=engine) for c in (asked, asked.flip(1)))
    assert torch.equal(there, back)


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize("how", ["optimiser", "data", "unit", "swap", "another tensor"])
def test_an_engine_does_not_outlive_its_weights(engine, how):
    torch.manual_seed(0)
    net = classifier(NETS["C3D"]())
    asked = clips(net.model)
    before = net.predict(asked, engine=engine, precision="float32")
    weight = net.model.fc8.weight
    if how == "optimiser":
        with torch.no_grad():
            weight.mul_(-1)
    elif how == "data":
        weight.data.mul_(-1)
    elif how == "unit":
        net.model.conv2a.weight.data[3] *= -2
    elif how == "swap":
        weight.data[[0, 1]] = weight.data[[1, 0]]
    else:
        weight.data = -weight.data
    after = net.predict(asked, engine=engine, precision="float32")
    assert not torch.allclose(after, before, atol=1e-4)
    assert torch.allclose(after, net.predict(asked, engine="eager"), atol=1e-5)


def test_no_unit_of_a_large_layer_can_change_unseen():
    net = C3D(5, clip_shape=(3, 16, 64, 64), width=0.25)
    weight = net.fc6.weight
    assert weight.numel() > engines._SMALL
    for unit in (0, 1, 500, len(weight) - 1):
        before = engines._stamp(net)
        weight.data[unit] *= -1
        assert engines._stamp(net) != before, unit
        assert engines._stamp(net) == engines._stamp(net)
    before = engines._stamp(net)
    weight.data[:, 7] = 0  # an input that no unit sees any more
    assert engines._stamp(net) != before


def test_a_hook_on_the_net_is_not_passed_by():
    net, seen = classifier(NETS["C3D"]()), []
    net.model.conv2a.register_forward_hook(lambda *a: seen.append(1))
    with pytest.warns(UserWarning, match="hooks"):
        net.predict(clips(net.model), engine="torch")
    assert seen


def test_a_net_with_its_own_way_through_its_layers_answers_itself():
    net = classifier(LateAverageNet(5, clip_shape=(1, 16, 32, 32), width=0.25))
    with pytest.warns(UserWarning, match="own way"):
        given = net.predict(clips(net.model), engine="openvino")
    assert torch.equal(given, net.predict(clips(net.model), engine="eager"))


@pytest.mark.parametrize("engine", FAST)
def test_an_engine_whose_answers_are_off_is_passed_over_with_a_word(engine, monkeypatch):
    net = classifier(NETS["C3D"]())
    real = engines._built

    def off(*arguments):
        compute = real(*arguments)
        return lambda x: compute(x) * 1.2

    monkeypatch.setattr(engines, "_built", off)
    with pytest.warns(UserWarning, match=r"off by 0\.2.*Taken instead: eager in float32"):
        given = net.predict(clips(net.model), engine=engine)
    assert torch.equal(given, net.predict(clips(net.model), engine="eager"))
    assert len(net.prepared(engine=engine).refused) >= 1


def test_an_engine_that_gives_no_numbers_is_passed_over(monkeypatch):
    net = classifier(NETS["C3D"]())
    monkeypatch.setattr(engines, "_built", lambda *a: lambda x: torch.full((len(x), 5), torch.nan))
    with pytest.warns(UserWarning, match="off by nan"):
        net.predict(clips(net.model), engine="torch")


def test_without_openvino_a_word_is_said_and_torch_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    net = classifier(NETS["C3D"]())
    with pytest.warns(UserWarning, match="pip install openvino"):
        net.predict(clips(net.model), engine="openvino")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    monkeypatch.setattr(engines, "WORTH", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nobody asked for it by name
        assert classifier(NETS["C3D"]()).prepared().name == "torch"


LET_GO = """
import faulthandler, os, signal
faulthandler.enable()
signal.signal(signal.SIGUSR1, lambda *_: print("heard"))
import torch
from c3d_teach import C3D
from c3d_teach.models.engines.openvino_engine import OpenVinoEngine
net = C3D(5, clip_shape=(3, 16, 32, 32), width=0.125)
held = [OpenVinoEngine(net, "conv2a", torch.float32) for _ in range(3)]
while held:
    del held[0]
    os.kill(os.getpid(), signal.SIGUSR1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGUSR1")
def test_signals_are_heard_after_engines_have_been_let_go_in_any_order():
    said = subprocess.run([sys.executable, "-c", LET_GO], capture_output=True, check=False)
    assert (said.returncode, said.stdout.split()) == (0, [b"heard"] * 3), said.stderr


def test_without_bfloat16_in_the_processor_auto_stays_in_float32(monkeypatch):
    monkeypatch.setattr(engines, "native_bfloat16", lambda: False)
    monkeypatch.setattr(engines, "WORTH", 0)
    assert classifier(NETS["C3D"]()).prepared().precision == "float32"


def test_torch_without_its_fused_convolution_answers_the_same(monkeypatch):
    from c3d_teach.models.engines import torch_engine

    monkeypatch.setattr(torch_engine, "_has_fused", lambda: False)
    net = classifier(NETS["C3D, odd maps"]())
    asked = clips(net.model)
    given = net.predict(asked, engine="torch", precision="float32")
    assert torch.allclose(given, net.predict(asked, engine="eager"), atol=1e-5)


def test_unknown_names_are_told_apart_from_known_ones():
    net = classifier(NETS["C3D"]())
    with pytest.raises(UsageError, match="no engine 'tensorrt'; there are auto, eager"):
        net.predict(clips(net.model), engine="tensorrt")
    with pytest.raises(UsageError, match="no precision 'int8'"):
        net.answering_by("torch", "int8")
    with pytest.raises(UsageError, match="no layer 'conv9'"):
        net.descriptor(clips(net.model), "conv9", engine="torch")


def test_a_classifier_keeps_its_engine():
    net = classifier(NETS["C3D"]()).answering_by("torch", "float32")
    assert (net.prepared().name, replace(net, name="other").engine) == ("torch", "torch")


def test_openvino_tells_nobody_that_it_is_used():
    """The package brings telemetry along for its converter of other programs' nets."""
    script = (
        "import sys\n"
        "asked = []\n"
        "names = ('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen')\n"
        "sys.addaudithook(lambda event, about: event in names and asked.append((event, about)))\n"
        "from c3d_teach import load, CameraMotion\n"
        "net = load('camera-c3d').answering_by('openvino')\n"
        "net.predict(CameraMotion(1, split='test').batch(range(1))['clip'])\n"
        "assert net.prepared().name == 'openvino'\n"
        "print(asked)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stdout + done.stderr
