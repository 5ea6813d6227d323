"""From the activations of clips to the descriptor of a video: mean first, then L2."""

from typing import Any

import numpy as np


class VideoDescriptor:
    """The paper's video descriptor (section 3.4 and 4.1), fed clip by clip.

    Only a running sum is kept, in float64, so a film takes no more memory than a second of it.

    Args:
        dimension: D, features of a clip.
    """

    def __init__(self, dimension: int) -> None:
        self.clips = 0
        self._sum = np.zeros(dimension, np.float64)

    def add(self, clip_features: Any) -> None:
        """Take in ``(n, D)`` activations."""
        for row in np.asarray(clip_features):  # one after the other: batches change no bit
            self._sum += row
            self.clips += 1

    def value(self) -> np.ndarray:
        """float32 ``(D,)`` of length 1; zeros when all activations were."""
        mean = self._sum / max(1, self.clips)
        norm = np.sqrt(np.square(mean).sum())
        return (mean / norm if norm > 0 else mean).astype(np.float32)


def video_descriptor(clip_features: Any) -> np.ndarray:
    """Descriptor float32 ``(D,)`` of a video from its clips' activations ``(clips, D)``.

    The mean over the clips, then L2-normalised; zeros stay zeros. Normalising each clip first
    would give weak clips the weight of strong ones.

    Raises:
        ValueError: for an array that is not two-dimensional.
    """
    features = np.asarray(clip_features)
    if features.ndim != 2:
        raise ValueError(f"clip features have the shape (clips, D), not {features.shape}")
    whole = VideoDescriptor(features.shape[1])
    whole.add(features)
    return whole.value()
