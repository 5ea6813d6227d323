"""Other classes on the same features, and layers that stay as they are."""

import pytest
import torch

from c3d_teach import C3D, SearchNet, freeze, load, with_new_head
from c3d_teach.errors import UsageError
from c3d_teach.models.transfer import trainable, with_random_weights


@pytest.fixture
def net():
    torch.manual_seed(0)
    return C3D(5, clip_shape=(3, 16, 32, 32), width=0.05).eval()


def test_a_new_head_leaves_the_features_as_they_are(net):
    torch.manual_seed(1)
    fresh = with_new_head(net, 9, dropout=0.1).eval()
    x = torch.randn(2, 3, 16, 32, 32)
    assert torch.equal(fresh.descriptor(x, "fc7"), net.descriptor(x, "fc7"))
    assert fresh(x).shape == (2, 9) and net(x).shape == (2, 5)
    assert fresh.config["num_classes"] == 9 and fresh.config["dropout"] == 0.1
    assert float(fresh.fc8.weight.detach().std()) == pytest.approx(0.01, rel=0.15)
    assert not fresh.fc8.bias.any()
    with torch.no_grad():
        fresh.conv1a.weight.zero_()
    assert net.conv1a.weight.abs().sum() > 0  # copies, not the same memory
    torch.manual_seed(1)
    assert torch.equal(with_new_head(net, 9).fc8.weight, fresh.fc8.weight)


def test_frozen_layers_get_no_gradient_and_the_others_do(net):
    names = freeze(net, "pool3")
    assert names == ("conv1a", "conv2a", "conv3a", "conv3b")
    assert trainable(net) == ("conv4a", "conv4b", "conv5a", "conv5b", "fc6", "fc7", "fc8")
    net(torch.randn(2, 3, 16, 32, 32)).sum().backward()
    for name, parameter in net.named_parameters():
        assert (parameter.grad is None) == (name.split(".")[0] in names)


def test_freezing_again_replaces_the_first(net):
    freeze(net, "fc7")
    assert trainable(net) == ("fc8",)
    freeze(net, "conv1a")
    assert trainable(net)[0] == "conv2a"


def test_what_cannot_be_frozen_is_said(net):
    with pytest.raises(UsageError, match="no layer 'conv9'; this net has conv1a, pool1"):
        freeze(net, "conv9")
    with pytest.raises(UsageError, match="leaves no layer to train"):
        freeze(net, "fc8")
    with pytest.raises(UsageError, match="at least 1 class"):
        with_new_head(SearchNet(3, clip_shape=(1, 16, 32, 32), width=0.05), 0)


def test_random_weights_differ_in_nothing_but_the_weights():
    trained = load("motion-d3")
    one, again, other = (with_random_weights(trained, seed) for seed in (0, 0, 1))
    assert one.preprocess == trained.preprocess and one.model.config == trained.model.config
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
    assert not torch.equal(one.model.conv1.weight, other.model.conv1.weight)
    assert not torch.equal(one.model.conv1.weight, trained.model.conv1.weight)
