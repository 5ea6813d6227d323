"""Fine-tuning: what is frozen stays, what the net brings is kept, and runs are told apart."""

from dataclasses import replace

import pytest
import torch

from c3d_teach import MotionDigits, Recipe, freeze, load, train, with_new_head
from c3d_teach.errors import CheckpointError, UsageError

BRIEF = replace(Recipe.finetune(), stop=1, unit="epochs", lr=0.01, flip=0.0)


def run(origin, out, *, until="conv3", recipe=BRIEF, classes=9, seed=0, **more):
    torch.manual_seed(0)
    model = with_new_head(origin.model, classes, dropout=recipe.dropout)
    if until:
        freeze(model, until)
    sets = (
        MotionDigits(96, label="digit", seed=seed),
        MotionDigits(16, split="val", label="digit"),
    )
    preprocess = origin.preprocess
    return train(
        model, *sets, recipe, out=out, preprocess=preprocess, progress=False, device="cpu", **more
    )


def test_frozen_layers_keep_their_bits_and_the_others_change(tmp_path):
    origin = load("motion-d3")
    run(origin, tmp_path)
    tuned = load(tmp_path)
    for name, before in origin.model.state_dict().items():
        layer, after = name.split(".")[0], tuned.model.state_dict()[name]
        if layer != "fc8":
            assert torch.equal(before, after) == (layer in ("conv1", "conv2", "conv3")), name
    assert tuned.preprocess == origin.preprocess  # not fitted anew to the new clips
    assert tuned.classes == MotionDigits(1, label="digit").classes


def test_a_run_from_other_weights_or_with_other_layers_frozen_is_another_run(tmp_path):
    origin = load("motion-d3")
    run(origin, tmp_path)
    again = run(origin, tmp_path)
    assert len(again.epochs) == 1  # the same run: nothing was left to do
    with pytest.raises(CheckpointError, match="trained layers was .*conv4.*is .*conv5"):
        run(origin, tmp_path, until="conv4")
    with torch.no_grad():
        origin.model.conv1.weight[0, 0, 0, 0, 0] += 1
    with pytest.raises(CheckpointError, match="start was"):
        run(origin, tmp_path)


def test_a_head_for_other_classes_than_the_data_has_is_refused(tmp_path):
    with pytest.raises(UsageError, match="5 outputs and the training data 9 classes"):
        run(load("motion-d3"), tmp_path, classes=5)


def test_fingerprints_tell_weights_and_preprocessing_apart():
    net = load("motion-d1")
    same, moved = load("motion-d1"), load("motion-d1")
    assert net.fingerprint() == same.fingerprint()
    moved.preprocess = replace(moved.preprocess, mean=(0.0,))
    assert moved.fingerprint() != net.fingerprint()
    assert load("motion-d3").fingerprint() != net.fingerprint()
