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
    "Classifier": "models.classifier",
    "load": "models.weights",
    "save": "models.weights",
    "shipped": "models.weights",
    "freeze": "models.transfer",
    "with_new_head": "models.transfer",
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
    "UCF101": "data.ucf101",
    "HMDB51": "data.ucf101",
    "FrameCache": "data.frame_cache",
    "RandomClips": "data.random_clips",
    "list_videos": "data.listing",
    "read_features": "analysis.feature_files",
    "FeatureTable": "analysis.feature_files",
    "linear_probe": "analysis.linear_probe",
    "compactness": "analysis.compactness",
    "embedding": "analysis.embedding",
    "extract": "analysis.features",
    "video_descriptor": "analysis.descriptor",
    "read_caffe_features": "analysis.caffe_features",
}
__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from c3d_teach.analysis.alterations import alter as alter
    from c3d_teach.analysis.caffe_features import read_caffe_features as read_caffe_features
    from c3d_teach.analysis.compactness import compactness as compactness
    from c3d_teach.analysis.descriptor import video_descriptor as video_descriptor
    from c3d_teach.analysis.embedding import embedding as embedding
    from c3d_teach.analysis.feature_files import FeatureTable as FeatureTable
    from c3d_teach.analysis.feature_files import read_features as read_features
    from c3d_teach.analysis.features import extract as extract
    from c3d_teach.analysis.linear_probe import linear_probe as linear_probe
    from c3d_teach.data.camera import CameraMotion as CameraMotion
    from c3d_teach.data.embedded import BothWays as BothWays
    from c3d_teach.data.folder import VideoFolder as VideoFolder
    from c3d_teach.data.frame_cache import FrameCache as FrameCache
    from c3d_teach.data.listing import list_videos as list_videos
    from c3d_teach.data.motion import MotionDigits as MotionDigits
    from c3d_teach.data.random_clips import RandomClips as RandomClips
    from c3d_teach.data.repeated import Repeated as Repeated
    from c3d_teach.data.transforms import Preprocess as Preprocess
    from c3d_teach.data.ucf101 import HMDB51 as HMDB51
    from c3d_teach.data.ucf101 import UCF101 as UCF101
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
    from c3d_teach.models.classifier import Classifier as Classifier
    from c3d_teach.models.transfer import freeze as freeze
    from c3d_teach.models.transfer import with_new_head as with_new_head
    from c3d_teach.models.verdict import judge_video as judge_video
    from c3d_teach.models.verdict import verdict as verdict
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
