"""The shipped maps of clips are what the library computes."""

import numpy as np
import pytest

from c3d_teach.analysis.descriptors.clip_embedding import embed_descriptors, nearest
from c3d_teach.errors import UsageError
from c3d_teach.experiments import clip_maps


def test_one_map_measured_anew() -> None:
    found = clip_maps.measure("motion-stacked", "fc6")
    shipped = clip_maps.shipped("motion-stacked", "fc6", "pca")
    again = embed_descriptors(found)
    # PCA is free in the sign of each axis
    for axis in range(2):
        one, other = shipped.embedding.coordinates[:, axis], again.coordinates[:, axis]
        assert abs(np.corrcoef(one, other)[0, 1]) > 0.9999
    same = [nearest(found, k)[0][:5] == shipped.neighbours[k][:5].tolist() for k in range(256)]
    assert np.mean(same) > 0.95  # neighbours of nearly one distance may change places
    assert shipped.embedding.how.descriptor == pytest.approx(again.how.descriptor, abs=0.01)
    assert shipped.embedding.what.names == again.what.names


@pytest.mark.parametrize("net", clip_maps.NETS)
@pytest.mark.parametrize("layer", clip_maps.LAYERS)
def test_every_map_is_there(net: str, layer: str) -> None:
    for method in clip_maps.METHODS:
        found = clip_maps.shipped(net, layer, method)
        assert found.embedding.coordinates.shape == (len(found.neighbours), 2)
        assert np.all(np.diff(found.cosines, axis=1) <= 0) and found.cosines.max() <= 1.0001
        assert not (found.neighbours == np.arange(len(found.neighbours))[:, None]).any()


def test_what_was_not_mapped_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"There is no pca map of fc6 of nothing"):
        clip_maps.shipped("nothing")
