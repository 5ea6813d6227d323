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
    "LateAverageNet": "models.baselines",
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
    "read_features": "analysis.descriptors.feature_files",
    "FeatureTable": "analysis.descriptors.feature_files",
    "linear_probe": "analysis.descriptors.linear_probe",
    "compactness": "analysis.descriptors.compactness",
    "embedding": "analysis.descriptors.embedding",
    "extract": "analysis.descriptors.features",
    "video_descriptor": "analysis.descriptors.descriptor",
    "read_caffe_features": "analysis.descriptors.caffe_features",
    "Unit": "analysis.units",
    "kernel_view": "analysis.filters.kernels",
    "view_of_kernel": "analysis.filters.kernels",
    "kernel_statistics": "analysis.filters.kernels",
    "tuning": "analysis.filters.tuning",
    "flow_tuning": "analysis.filters.flow_tuning",
    "moving_gabor": "analysis.filters.motion_filters",
    "filter_net": "analysis.filters.motion_filters",
    "receptive_field": "analysis.fields.receptive_fields",
    "measured_field": "analysis.fields.measured_fields",
    "field_in_clip": "analysis.fields.clip_fields",
    "best_clips": "analysis.excitation.best_clips",
    "excite": "analysis.excitation.excite",
    "attribute": "analysis.attribution.attribute",
    "sanity_check": "analysis.attribution.sanity",
    "embed_clips": "analysis.descriptors.clip_embedding",
    "with_random_weights": "models.transfer",
    "claim": "experiments.claims",
    "dead_slices": "models.dead_slices",
    "arrow_of_time": "models.arrow_of_time",
    "UNet3D": "models.unet",
    "UNet2D": "models.unet",
    "Segmenter": "models.segmenter",
    "load_segmenter": "models.segmenter",
    "save_segmenter": "models.segmenter",
    "shipped_segmenters": "models.segmenter",
    "MotionSegmentation": "data.segmentation",
    "train_segmenter": "training.segmentation",
    "evaluate_masks": "training.segmentation",
    "intersection_over_union": "training.segmentation",
    "gradient_check": "training.precision",
    "write_onnx": "models.onnx_file",
}
__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from c3d_teach.analysis.alterations import alter as alter
    from c3d_teach.analysis.attribution.attribute import attribute as attribute
    from c3d_teach.analysis.attribution.sanity import sanity_check as sanity_check
    from c3d_teach.analysis.descriptors.caffe_features import (
        read_caffe_features as read_caffe_features,
    )
    from c3d_teach.analysis.descriptors.clip_embedding import embed_clips as embed_clips
    from c3d_teach.analysis.descriptors.compactness import compactness as compactness
    from c3d_teach.analysis.descriptors.descriptor import video_descriptor as video_descriptor
    from c3d_teach.analysis.descriptors.embedding import embedding as embedding
    from c3d_teach.analysis.descriptors.feature_files import FeatureTable as FeatureTable
    from c3d_teach.analysis.descriptors.feature_files import read_features as read_features
    from c3d_teach.analysis.descriptors.features import extract as extract
    from c3d_teach.analysis.descriptors.linear_probe import linear_probe as linear_probe
    from c3d_teach.analysis.excitation.best_clips import best_clips as best_clips
    from c3d_teach.analysis.excitation.excite import excite as excite
    from c3d_teach.analysis.fields.clip_fields import field_in_clip as field_in_clip
    from c3d_teach.analysis.fields.measured_fields import measured_field as measured_field
    from c3d_teach.analysis.fields.receptive_fields import receptive_field as receptive_field
    from c3d_teach.analysis.filters.flow_tuning import flow_tuning as flow_tuning
    from c3d_teach.analysis.filters.kernels import kernel_statistics as kernel_statistics
    from c3d_teach.analysis.filters.kernels import kernel_view as kernel_view
    from c3d_teach.analysis.filters.kernels import view_of_kernel as view_of_kernel
    from c3d_teach.analysis.filters.motion_filters import filter_net as filter_net
    from c3d_teach.analysis.filters.motion_filters import moving_gabor as moving_gabor
    from c3d_teach.analysis.filters.tuning import tuning as tuning
    from c3d_teach.analysis.units import Unit as Unit
    from c3d_teach.data.camera import CameraMotion as CameraMotion
    from c3d_teach.data.embedded import BothWays as BothWays
    from c3d_teach.data.folder import VideoFolder as VideoFolder
    from c3d_teach.data.frame_cache import FrameCache as FrameCache
    from c3d_teach.data.listing import list_videos as list_videos
    from c3d_teach.data.motion import MotionDigits as MotionDigits
    from c3d_teach.data.random_clips import RandomClips as RandomClips
    from c3d_teach.data.repeated import Repeated as Repeated
    from c3d_teach.data.segmentation import MotionSegmentation as MotionSegmentation
    from c3d_teach.data.transforms import Preprocess as Preprocess
    from c3d_teach.data.ucf101 import HMDB51 as HMDB51
    from c3d_teach.data.ucf101 import UCF101 as UCF101
    from c3d_teach.data.video import open_clips as open_clips
    from c3d_teach.data.video import probe as probe
    from c3d_teach.data.video import read_clips as read_clips
    from c3d_teach.errors import KitError as KitError
    from c3d_teach.experiments.claims import claim as claim
    from c3d_teach.models.arithmetic import describe as describe
    from c3d_teach.models.arrow_of_time import arrow_of_time as arrow_of_time
    from c3d_teach.models.baselines import FrameNet as FrameNet
    from c3d_teach.models.baselines import LateAverageNet as LateAverageNet
    from c3d_teach.models.baselines import StackedFramesNet as StackedFramesNet
    from c3d_teach.models.builder import initialise as initialise
    from c3d_teach.models.c3d import C3D as C3D
    from c3d_teach.models.c3d import SearchNet as SearchNet
    from c3d_teach.models.classifier import Classifier as Classifier
    from c3d_teach.models.dead_slices import dead_slices as dead_slices
    from c3d_teach.models.onnx_file import write_onnx as write_onnx
    from c3d_teach.models.segmenter import Segmenter as Segmenter
    from c3d_teach.models.segmenter import load_segmenter as load_segmenter
    from c3d_teach.models.segmenter import save_segmenter as save_segmenter
    from c3d_teach.models.segmenter import shipped_segmenters as shipped_segmenters
    from c3d_teach.models.transfer import freeze as freeze
    from c3d_teach.models.transfer import with_new_head as with_new_head
    from c3d_teach.models.transfer import with_random_weights as with_random_weights
    from c3d_teach.models.unet import UNet2D as UNet2D
    from c3d_teach.models.unet import UNet3D as UNet3D
    from c3d_teach.models.verdict import judge_video as judge_video
    from c3d_teach.models.verdict import verdict as verdict
    from c3d_teach.models.weights import load as load
    from c3d_teach.models.weights import save as save
    from c3d_teach.models.weights import shipped as shipped
    from c3d_teach.training.evaluate import evaluate as evaluate
    from c3d_teach.training.history import History as History
    from c3d_teach.training.precision import gradient_check as gradient_check
    from c3d_teach.training.recipe import Recipe as Recipe
    from c3d_teach.training.segmentation import evaluate_masks as evaluate_masks
    from c3d_teach.training.segmentation import intersection_over_union as intersection_over_union
    from c3d_teach.training.segmentation import train_segmenter as train_segmenter
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
