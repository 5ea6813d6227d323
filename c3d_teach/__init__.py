"""c3d_teach: see, touch and test 3D convolution.

A teaching kit for "Learning Spatiotemporal Features with 3D Convolutional Networks"
(Tran, Bourdev, Fergus, Torresani, Paluri; ICCV 2015). The public names below are loaded
on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "C3D": "models.c3d",
    "SearchNet": "models.c3d",
    "FrameNet": "models.baselines",
    "StackedFramesNet": "models.baselines",
    "initialise": "models.builder",
    "describe": "models.arithmetic",
    "Classifier": "models.weights",
    "load": "models.weights",
    "save": "models.weights",
    "shipped": "models.weights",
    "judge_video": "models.verdict",
    "verdict": "models.verdict",
    "MotionDigits": "data.motion",
    "CameraMotion": "data.camera",
    "BothWays": "data.embedded",
    "read_clips": "data.video",
    "open_clips": "data.video",
    "Repeated": "data.repeated",
    "probe": "data.video",
    "VideoFolder": "data.folder",
    "Preprocess": "data.transforms",
    "Recipe": "training.recipe",
    "alter": "analysis.alterations",
    "animation": "viz.movie",
    "train": "training.trainer",
    "evaluate": "training.evaluate",
    "History": "training.history",
    "KitError": "errors",
}
__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from c3d_teach.analysis.alterations import alter as alter
    from c3d_teach.data.camera import CameraMotion as CameraMotion
    from c3d_teach.data.embedded import BothWays as BothWays
    from c3d_teach.data.folder import VideoFolder as VideoFolder
    from c3d_teach.data.motion import MotionDigits as MotionDigits
    from c3d_teach.data.repeated import Repeated as Repeated
    from c3d_teach.data.transforms import Preprocess as Preprocess
    from c3d_teach.data.video import open_clips as open_clips
    from c3d_teach.data.video import probe as probe
    from c3d_teach.data.video import read_clips as read_clips
    from c3d_teach.errors import KitError as KitError
    from c3d_teach.models.arithmetic import describe as describe
    from c3d_teach.models.baselines import FrameNet as FrameNet
    from c3d_teach.models.baselines import StackedFramesNet as StackedFramesNet
    from c3d_teach.models.builder import initialise as initialise
    from c3d_teach.models.c3d import C3D as C3D
    from c3d_teach.models.c3d import SearchNet as SearchNet
    from c3d_teach.models.verdict import judge_video as judge_video
    from c3d_teach.models.verdict import verdict as verdict
    from c3d_teach.models.weights import Classifier as Classifier
    from c3d_teach.models.weights import load as load
    from c3d_teach.models.weights import save as save
    from c3d_teach.models.weights import shipped as shipped
    from c3d_teach.training.evaluate import evaluate as evaluate
    from c3d_teach.training.history import History as History
    from c3d_teach.training.recipe import Recipe as Recipe
    from c3d_teach.training.trainer import train as train
    from c3d_teach.viz.movie import animation as animation


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'c3d_teach' has no attribute {name!r}")
    value = getattr(import_module(f"c3d_teach.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
