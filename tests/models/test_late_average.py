"""LateAverageNet: a net of one frame asked about every frame, its answers averaged."""

import pytest
import torch

from c3d_teach import Classifier, FrameNet, MotionDigits, Preprocess, describe, load, save
from c3d_teach.errors import UsageError
from c3d_teach.models.baselines import LateAverageNet

SHAPE = (3, 6, 32, 40)


@pytest.fixture
def nets():
    """The net, and the net of one frame with the same weights."""
    torch.manual_seed(0)
    net = LateAverageNet(5, clip_shape=SHAPE, width=1 / 16).eval()
    one = FrameNet(5, clip_shape=(SHAPE[0], 1, *SHAPE[2:]), width=1 / 16).eval()
    one.load_state_dict(net.state_dict())
    return net, one


def frame_by_frame(ask, x):
    """Mean over frames of ``ask`` of clips that are one frame long."""
    total = sum(ask(x[:, :, t : t + 1]) for t in range(x.shape[2]))
    return total / x.shape[2]


@torch.inference_mode()
def test_its_answer_is_the_mean_of_the_answers_to_each_frame(nets):
    net, one = nets
    x = torch.rand(3, *SHAPE)
    assert net(x).shape == (3, 5)
    torch.testing.assert_close(net(x), frame_by_frame(one, x))


@torch.inference_mode()
@pytest.mark.parametrize("layer", ["conv1", "conv3", "pool5", "fc6", "fc8"])
def test_activations_are_means_over_frames_too(nets, layer):
    net, one = nets
    x = torch.rand(2, *SHAPE)
    (shape,) = (row.shape for row in describe(net) if row.name == layer)
    found = net.activations(x, layer)
    assert found.shape == (2, *shape)
    torch.testing.assert_close(found, frame_by_frame(lambda f: one.activations(f, layer), x))
    assert net.descriptor(x, layer).shape == (2, net.features(layer))


@torch.inference_mode()
def test_clips_of_a_batch_do_not_mix(nets):
    net, _ = nets
    x = torch.rand(4, *SHAPE)
    torch.testing.assert_close(net(x), torch.cat([net(clip[None]) for clip in x]))
    assert (net(x[:1]) - net(x[1:2])).abs().max() > 1e-4


def test_every_frame_gets_the_same_share_of_the_gradient(nets):
    net, _ = nets
    x = torch.rand(1, 3, 1, 32, 40).expand(1, *SHAPE).clone().requires_grad_()
    net(x)[0, 2].backward()
    shares = x.grad.abs().sum((0, 1, 3, 4))
    torch.testing.assert_close(shares, shares[:1].expand(6))
    assert shares[0] > 0


def test_it_has_the_weights_and_the_table_of_one_frame(nets):
    net, one = nets
    assert tuple(describe(net)) == tuple(describe(one))
    assert describe(net).parameters == sum(p.numel() for p in net.parameters())


def test_it_comes_back_from_its_file(tmp_path):
    data = MotionDigits(16)
    torch.manual_seed(0)
    net = LateAverageNet(8, clip_shape=data.clip_shape, width=1 / 16).eval()
    clips = data.batch(range(16))["clip"]
    preprocess = Preprocess.fit(clips, net.clip_shape, standardise=True)
    whole = Classifier(net, preprocess, data.classes, {}, "late")
    save(whole, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    assert type(again.model) is LateAverageNet and again.model.config == net.config
    assert torch.equal(again.predict(clips), whole.predict(clips))
    assert again.predict(clips[:0]).shape == (0, 8)


def test_clips_of_another_length_are_refused(nets):
    net, _ = nets
    with pytest.raises(UsageError, match="N×3×6×32×40.* was given 2×3×7×32×40"):
        net(torch.rand(2, 3, 7, 32, 40))
    with pytest.raises(UsageError, match="There is no layer 'conv9'"):
        net.activations(torch.rand(2, *SHAPE), "conv9")
