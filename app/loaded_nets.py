"""Nets that visitors hand in: checked before anything is built, kept by their own session alone."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import safetensors
import streamlit as st
from display import plain

from c3d_teach import Classifier, KitError, describe, load
from c3d_teach.errors import WeightsError

MEGABYTES = 50  # of a file
VALUES = 64 << 20  # numbers in the output of the largest layer for one clip: 256 MB
NAME = "your net"
_KEPT = "filters: the visitor's net"
_SHORT_SIDES = 16  # times the crop, of the frames that a net is fed from


@dataclass
class Loaded:
    """A visitor's net, and what was found out about its units so far."""

    key: str
    file: str
    net: Classifier
    found: dict[Any, Any] = field(default_factory=dict)


def loaded_net(file: BinaryIO, name: str, key: str) -> Loaded:
    """The net in a file that somebody handed in; one is kept for each session.

    The file lies in a folder of its own, under a name of ours, only while it is read. No code
    in it runs, and nothing is built before its shapes are known to fit what it holds.

    Args:
        name: what the visitor calls the file.
        key: another one for every file.

    Raises:
        WeightsError: for what is no net of this kit, or one that is too large to be asked here.
    """
    kept = st.session_state.get(_KEPT)
    if kept is None or kept.key != key:
        forget_net()
        with st.spinner("Reading the net …"):
            kept = Loaded(key, name, read_net(file, name))
        st.session_state[_KEPT] = kept
    return kept


def forget_net() -> None:
    """Give back the memory of this session's net."""
    st.session_state.pop(_KEPT, None)


def read_net(file: BinaryIO, name: str) -> Classifier:
    """The net in ``file``, called ``NAME`` from now on.

    Raises:
        WeightsError: in words that name the file as its owner does.
    """
    content = file.read((MEGABYTES << 20) + 1)
    if not content:
        raise WeightsError(f"{plain(name)} is empty.")
    if len(content) > MEGABYTES << 20:
        raise WeightsError(
            f"{plain(name)} is larger than {MEGABYTES} MB, the most this page takes. In a "
            "notebook load() reads a file of any size; save(…, half=True) makes it half as large."
        )
    with tempfile.TemporaryDirectory(prefix="c3d-teach-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "net.safetensors"
        path.write_bytes(content)
        del content
        try:
            _check_kind(path)
            net = load(path)
        except (KitError, UnicodeError) as error:
            raise WeightsError(_in_words(error, path, name)) from error
    # its weights lie in the file, which is gone: into memory of their own
    net.model.load_state_dict(
        {k: v.clone() for k, v in net.model.state_dict().items()}, assign=True
    )
    _check_size(net, name)
    return replace(net, model=net.model.requires_grad_(True).eval(), name=NAME)


def _check_kind(path: Path) -> None:
    """Stop at a file that this kit did not write, and at sizes without sense."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            described: Mapping[str, str] = file.metadata() or {}
    except (safetensors.SafetensorError, OSError, ValueError):
        return  # load() says why it cannot be read
    if not described.get("format", "").startswith("c3d_teach "):
        raise WeightsError(
            f"{path} is a safetensors file of another program. This page reads nets that "
            "`c3d-teach train` or `save()` has written."
        )
    try:
        preprocess = json.loads(described.get("preprocess", "{}"))
        crop, short = preprocess["crop"], preprocess["short_side"]
        frames = preprocess.get("frame_size") or [short]
        sound = max(*frames, short) <= _SHORT_SIDES * max(crop) and min(*frames, short) >= 1
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return
    if not sound:
        raise WeightsError(f"{path} asks for frames of a size beyond all use.")


def _check_size(net: Classifier, name: str) -> None:
    """Stop at a net that is small in its file and huge when it is asked."""
    most = max(prod(row.shape) for row in describe(net.model))
    if max(most, prod(net.model.clip_shape)) > VALUES:
        raise WeightsError(
            f"{plain(name)} takes clips {'×'.join(map(str, net.model.clip_shape))}; a net that "
            "large cannot be asked on this page."
        )


def _in_words(error: Exception, path: Path, name: str) -> str:
    """The reason with the visitor's name for the file, and nothing in it that acts as markdown."""
    reason = str(error).replace(str(path), "\0")
    kept = "".join(c if c.isprintable() or c == "\0" else " " for c in reason)[:500]
    return plain(kept.replace("\0", "THEFILE"), 500).replace("THEFILE", plain(name))
