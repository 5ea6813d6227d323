"""Neighbours in descriptor space: counted by hand, told from chance, true to the nets."""

import numpy as np
import pytest
import torch

from c3d_teach import CameraMotion, MotionDigits, load
from c3d_teach.analysis.descriptors.clip_embedding import embed_clips
from c3d_teach.errors import UsageError


@pytest.fixture(scope="module")
def net():
    return load("motion-d3")


@pytest.fixture(scope="module")
def data():
    return MotionDigits(150, split="test")


@pytest.fixture(scope="module")
def found(net, data):
    return embed_clips(net, data, count=120)


def shares(x, labels):
    """Of each point's 10 nearest others the share with its label, one point at a time."""
    kept = []
    for i in range(len(x)):
        far = np.linalg.norm(x - x[i], axis=1)
        far[i] = np.inf
        kept.append(np.mean(labels[np.argsort(far)[:10]] == labels[i]))
    return np.mean(kept)


@pytest.mark.parametrize("layer", ["fc6", "conv3"])
def test_neighbours_are_those_counted_one_by_one(net, data, layer):
    found = embed_clips(net, data, layer=layer, count=120)
    made = data.batch(range(120))
    x = net.descriptor(made["clip"], layer).numpy()
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    for label, key in ((found.how, "motion"), (found.what, "digit")):
        truth = made[key].numpy()
        assert np.array_equal(label.numbers, truth) and label.kind == key
        assert label.descriptor == pytest.approx(shares(x, truth), abs=0.01)
        assert label.plane == pytest.approx(shares(found.coordinates, truth), abs=0.01)
        pairs = truth[:, None] == truth[None]
        assert label.chance == pytest.approx((pairs.sum() - 120) / (120 * 119))


def test_the_plane_is_the_one_of_the_two_largest_variances(net, data, found):
    x = net.descriptor(data.batch(range(120))["clip"]).double()
    x = x / x.norm(dim=1, keepdim=True)
    x -= x.mean(0)
    left, sizes, _ = torch.linalg.svd(x, full_matrices=False)
    expected = (left * sizes)[:, :2].abs().numpy()
    assert np.allclose(np.abs(found.coordinates), expected, atol=1e-4)
    variance = (sizes[:2] ** 2).sum() / (sizes**2).sum()
    assert found.explained == pytest.approx(float(variance), rel=1e-4)


def test_the_trained_net_keeps_how_and_drops_what(found):
    assert found.how.descriptor > 0.95
    assert found.what.descriptor < found.what.chance + 0.08
    assert f"{found.how.descriptor:.0%} share its motion" in found.sentence


def test_a_net_without_depth_keeps_little_of_how(data, found):
    flat = embed_clips(load("motion-d1"), data, count=120)
    assert flat.how.descriptor < 0.5 < found.how.descriptor


def test_t_sne_brings_motions_together_and_repeats_itself(net, data):
    one, two = (embed_clips(net, data, count=100, method="tsne", seed=4) for _ in range(2))
    assert np.array_equal(one.coordinates, two.coordinates)
    assert one.how.plane > 0.9 and one.explained is None
    assert "t-SNE" in one.sentence


def test_photographs_have_labels_too():
    found = embed_clips(load("camera-d1"), CameraMotion(12), count=512, layer="pool5")
    assert found.coordinates.shape == (12, 2)
    assert found.what.kind == "photo" and len(found.how.names) == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": "conv9"}, "no layer 'conv9'"),
        ({"method": "umap"}, "method is 'umap'"),
        ({"count": 10}, "There are 10 clips"),
        ({"seed": -1}, "seed"),
        ({"data": [1, 2]}, "from a list"),
    ],
)
def test_what_cannot_be_is_refused(net, data, change, message):
    given = {"data": data} | change
    with pytest.raises(UsageError, match=message):
        embed_clips(net, given.pop("data"), **given)
