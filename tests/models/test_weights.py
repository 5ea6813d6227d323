"""Saving and loading: one file carries the net, and nothing else is ever opened."""

import pickle

import pytest
import safetensors.torch
import torch

from c3d_teach import (
    C3D,
    Classifier,
    MotionDigits,
    Preprocess,
    SearchNet,
    load,
    save,
    shipped,
)
from c3d_teach.errors import UsageError, WeightsError
from c3d_teach.models.weights import _ASSETS


@pytest.fixture
def classifier():
    torch.manual_seed(0)
    data = MotionDigits(64)
    net = SearchNet(8, clip_shape=data.clip_shape, width=0.1).eval()
    preprocess = Preprocess.fit(data.batch(range(64))["clip"], net.clip_shape, standardise=True)
    return Classifier(net, preprocess, data.classes, {"command": "none"}, "small")


def inside(path):
    """What a file says of itself, and its tensors."""
    with safetensors.safe_open(path, "pt") as file:
        return file.metadata(), {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118


def test_a_net_written_and_read_back_answers_the_same(classifier, tmp_path):
    path = tmp_path / "net.safetensors"
    save(classifier, path)
    again = load(path)
    clips = MotionDigits(16, split="test").batch(range(16))["clip"]
    assert torch.equal(again.predict(clips), classifier.predict(clips))
    assert again.classes == classifier.classes
    assert again.card == classifier.card
    assert again.preprocess == classifier.preprocess
    assert again.model.config == classifier.model.config
    assert load(tmp_path).classes == again.classes  # the run's folder does as well
    assert all(p.requires_grad for p in again.model.parameters())


def test_probabilities_do_not_depend_on_the_batch(classifier):
    clips = MotionDigits(20).batch(range(20))["clip"]
    whole = classifier.predict(clips)
    assert whole.shape == (20, 8)
    torch.testing.assert_close(whole.sum(1), torch.ones(20))
    torch.testing.assert_close(whole, classifier.predict(clips, batch_size=3))
    assert classifier.predict(clips[:0]).shape == (0, 8)
    assert torch.equal(whole, classifier.predict(clips.numpy()))


@pytest.mark.parametrize(
    ("clips", "said"),
    [
        (torch.zeros(16, 32, 32, 1, dtype=torch.uint8), "batch dimension"),
        (torch.zeros(1, 16, 32, 32, 1), "uint8.*float32"),
        (torch.zeros(1, 8, 32, 32, 1, dtype=torch.uint8), "16 frames; given were 8"),
        (torch.zeros(1, 1, 16, 32, 32, dtype=torch.uint8), "channels last"),
        (torch.tensor(3), "N×L×H×W×C"),
    ],
)
def test_wrong_clips_are_refused(classifier, clips, said):
    with pytest.raises(UsageError, match=said):
        classifier.predict(clips)


def test_damaged_foreign_and_hostile_files_are_refused(classifier, tmp_path):
    good = tmp_path / "good.safetensors"
    save(classifier, good)
    half = tmp_path / "half.safetensors"
    half.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with pytest.raises(WeightsError, match="damaged, cut off"):
        load(half)

    harm = tmp_path / "harm"

    class Hostile:
        def __reduce__(self):
            return (harm.write_text, ("ran",))

    posing = tmp_path / "posing.safetensors"
    posing.write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(WeightsError, match="is a pickle"):
        load(posing)
    torch.save({"weight": torch.zeros(2)}, tmp_path / "old.pt")
    with pytest.raises(WeightsError, match="old.pt.*C3D"):
        load(tmp_path / "old.pt")
    assert not harm.exists()

    foreign = tmp_path / "foreign.safetensors"
    safetensors.torch.save_file({"w": torch.zeros(2)}, foreign)
    with pytest.raises(WeightsError, match="foreign.safetensors.*C3D"):
        load(foreign)
    with pytest.raises(WeightsError, match="folder without"):
        (tmp_path / "empty").mkdir()
        load(tmp_path / "empty")
    with pytest.raises(WeightsError, match="no net 'motion-d9'.*shipped nets are"):
        load("motion-d9")


def test_a_description_that_does_not_fit_is_refused(classifier, tmp_path):
    path = tmp_path / "net.safetensors"
    save(classifier, path)
    described, weights = inside(path)
    for key, value, said in [
        ("config", '{"net": "os.system"}', "no net 'os.system'"),
        ("config", described["config"].replace("0.1", "0.2", 1), "do not fit the net at"),
        ("config", "{", "damaged"),
        ("preprocess", "{}", "damaged"),
    ]:
        safetensors.torch.save_file(weights, path, metadata=described | {key: value})
        with pytest.raises(WeightsError, match=said):
            load(path)


def test_published_weights_come_and_go_by_the_name_of_their_layout(tmp_path):
    torch.manual_seed(0)
    net = C3D(7, width=1 / 32).eval()
    names = tuple("abcdefg")
    whole = Classifier(net, Preprocess((112, 112), 128, (90.0,) * 3, (1.0,) * 3), names)
    said = save(whole, f"toolbox:{tmp_path / 'tool.pth'}")
    assert any("pool5" in sentence for sentence in said)
    again = load(tmp_path / "tool.pth", classes=names)  # recognised without its name
    assert again.classes == names and again.model.config["pool5"] == "symmetric"
    save(load(f"toolbox:{tmp_path / 'tool.pth'}", pool5="ceil"), f"caffe:{tmp_path / 'x'}")
    back = load(f"caffe:{tmp_path / 'x'}")
    for name, value in net.state_dict().items():
        assert torch.equal(value, back.model.state_dict()[name])
    with pytest.raises(UsageError, match="motion-d1 brings its own.*pool5 is for published"):
        load("motion-d1", pool5="ceil")


def test_a_mean_cube_travels_with_the_net(tmp_path):
    cube = torch.rand(3, 16, 128, 171, generator=torch.Generator().manual_seed(0)) * 200
    preprocess = Preprocess(
        (112, 112), 128, (0.0,) * 3, (1.0,) * 3, frame_size=(128, 171), mean_volume=cube
    )
    torch.manual_seed(0)
    save(Classifier(C3D(2, width=1 / 64), preprocess, ("a", "b")), tmp_path / "net.safetensors")
    assert load(tmp_path).preprocess == preprocess


def test_a_huge_net_in_a_description_takes_no_memory(classifier, tmp_path):
    path = tmp_path / "net.safetensors"
    save(classifier, path)
    described, weights = inside(path)
    described["config"] = described["config"].replace('"width": 0.1', '"width": 1000.0')
    safetensors.torch.save_file(weights, path, metadata=described)
    with pytest.raises(WeightsError, match="do not fit"):
        load(path)


def test_saving_leaves_no_temporary_file_and_reports_a_folder_it_cannot_write(classifier, tmp_path):
    save(classifier, tmp_path / "a" / "net.safetensors")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["net.safetensors"]
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(Exception, match="Cannot write"):
        save(classifier, blocked / "net.safetensors")


def test_shipped_nets_are_there_with_their_cards():
    deep = ("d1", "d3", "d5", "d7", "decreasing", "frame", "increasing", "stacked")
    expected = ["camera-c3d", "camera-d1", *(f"motion-{name}" for name in deep)]
    assert list(shipped()) == expected
    for name in shipped():
        net = load(name)
        assert net.name == name
        assert net.card["command"].startswith("c3d-teach train")
        assert {"seed", "data", "recipe", "test", "made with"} <= net.card.keys()
    assert sum(file.stat().st_size for file in _ASSETS.iterdir()) < 25e6


def test_as_many_clips_at_once_as_fit_the_net(classifier):
    preprocess = Preprocess((112, 112), 128, (0.0,) * 3, (1.0,) * 3)
    # one clip's conv1a takes 51 MB in the full-size net, the largest of its layers
    assert Classifier(C3D(), preprocess, ()).fitting() == 8
    assert Classifier(C3D(width=0.25), preprocess, ()).fitting() == 33
    assert classifier.fitting() == 64


def test_published_weights_without_fc8_describe_but_do_not_answer(tmp_path):
    torch.manual_seed(0)
    net = C3D(3, width=1 / 32).eval()
    state = {
        k.replace("conv1a", "conv1").replace("conv2a", "conv2"): v
        for k, v in net.state_dict().items()
        if not k.startswith("fc8")
    }
    torch.save(state, tmp_path / "headless.pth")
    headless = load(tmp_path / "headless.pth")
    clips = torch.randint(0, 256, (1, 16, 128, 171, 3), dtype=torch.uint8)
    assert headless.descriptor(clips).abs().sum() > 0
    for ask in (headless.predict, lambda c: headless.descriptor(c, "prob")):
        with pytest.raises(UsageError, match="fc8 of .*headless.pth is not in the file"):
            ask(clips)


def test_weights_that_are_not_numbers_are_refused(classifier, tmp_path):
    with torch.no_grad():
        classifier.model.conv2.weight[0, 0, 0, 0, 0] = float("nan")
    save(classifier, tmp_path / "net.safetensors")
    with pytest.raises(WeightsError, match="conv2.weight holds NaN"):
        load(tmp_path)
    torch.manual_seed(0)
    net = C3D(3, width=1 / 32)
    with torch.no_grad():
        net.fc6.bias[0] = float("inf")
    preprocess = Preprocess((112, 112), 128, (0.0,) * 3, (1.0,) * 3)
    save(Classifier(net, preprocess, tuple("abc")), f"pytorch:{tmp_path / 'net.pth'}")
    with pytest.raises(WeightsError, match="NaN or infinite values: fc6.bias"):
        load(tmp_path / "net.pth")
