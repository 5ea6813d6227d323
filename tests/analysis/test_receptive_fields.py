"""Receptive fields: what the arithmetic says, what trying says, what one clip says."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from c3d_teach import C3D, CameraMotion, FrameNet, MotionDigits, SearchNet, describe, load
from c3d_teach.analysis.fields.clip_fields import field_in_clip
from c3d_teach.analysis.fields.measured_fields import measured_field
from c3d_teach.analysis.fields.receptive_fields import receptive_field
from c3d_teach.errors import UsageError

DEPTHS = (1, 3, 5, 7, (3, 3, 5, 5, 7), (7, 5, 5, 3, 3))
WAYS = ("gradient", "perturbation")


@cache
def net_of(name):
    with torch.device("meta"):  # nothing is asked of their weights
        if name == "C3D":
            return C3D()
        if name == "C3D, pool5 symmetric":
            return C3D(pool5="symmetric")
        return SearchNet(kernel_depth=name)


@cache
def clip_of(name):
    data = CameraMotion if name.startswith("camera") else MotionDigits
    return data(4, split="test").batch(range(4))["clip"]


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("name", ["C3D", "C3D, pool5 symmetric", *DEPTHS], ids=str)
def test_measured_fields_are_those_of_the_arithmetic_in_every_layer(name, by):
    net = net_of(name)
    for row in describe(net):
        if name == "C3D, pool5 symmetric" and row.name not in ("pool4", "pool5"):
            continue
        field = measured_field(net, row.name, by=by)
        assert field.agrees and "exactly what the arithmetic says" in field.sentence
        if field.at is None:
            assert (field.start, field.stop) == ((0, 0, 0), net.clip_shape[1:])
            continue
        assert field.size == row.receptive_field, row.name
        start = tuple(b + p * s for b, p, s in zip(row.start, field.at, row.step, strict=True))
        assert field.start == start, row.name
        # the input ends beyond the field on all sides, so a larger field would have shown
        assert min(field.start) >= 1
        assert all(b < n for b, n in zip(field.stop, field.clip, strict=True))


def test_c3d_sees_what_is_known_of_it():
    assert measured_field(net_of("C3D"), "conv5b").size == (68, 134, 134)
    assert receptive_field(net_of("C3D"), "conv5b").size == (68, 134, 134)


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("at", [(0, 0, 0), (1, 2, 0), (3, 0, 5), (2, 4, 3)])
def test_neighbouring_outputs_are_a_step_apart(at, by):
    for name, layer in (("C3D", "conv3b"), ((3, 3, 5, 5, 7), "pool3"), (1, "conv4")):
        field = measured_field(net_of(name), layer, by=by, at=at)
        (row,) = (row for row in describe(net_of(name)) if row.name == layer)
        start = [b + p * s for b, p, s in zip(row.start, at, row.step, strict=True)]
        stop = [a + f for a, f in zip(start, row.receptive_field, strict=True)]
        assert field.at == at and field.agrees
        assert field.start == tuple(max(a, 0) for a in start)
        assert field.stop == tuple(map(min, stop, field.clip))


def test_a_wrong_arithmetic_would_be_noticed(monkeypatch):
    real = measured_field(net_of(3), "conv2")
    import c3d_teach.analysis.fields.measured_fields as module

    def shrunk(net, layer):
        from dataclasses import replace

        (row,) = (row for row in describe(net) if row.name == layer)
        return replace(row, receptive_field=(3, 3, 3), start=(0, 0, 0))

    monkeypatch.setattr(module, "layer_row", shrunk)
    for by in WAYS:
        field = measured_field(net_of(3), "conv2", by=by, at=(4, 4, 4))
        assert not field.agrees and "the arithmetic has 3×3×3" in field.sentence
    assert real.agrees


@pytest.mark.parametrize(
    "make",
    [
        lambda: SearchNet(3, clip_shape=(1, 17, 33, 21), width=0.05, kernel_depth=1),
        lambda: SearchNet(3, clip_shape=(1, 19, 33, 32), width=0.05, kernel_depth=3),
        lambda: SearchNet(
            3,
            clip_shape=(1, 19, 33, 32),
            width=0.05,
            pool_depth=(1, 2, 1, 2, 1),
            stride=(1, 2, 1, 3, 1),
        ),
        lambda: C3D(3, clip_shape=(3, 19, 38, 50), width=0.02, pool5="symmetric"),
    ],
)
def test_the_part_on_the_clip_is_what_gradients_reach_at_the_ends_too(make):
    """At every output's place, for clips that the pools do not divide evenly."""
    net = make().eval()
    for p in net.parameters():
        nn.init.constant_(p, 1.0 if p.ndim > 1 else 0.0)
    for row in describe(net):
        ends = [(0, 0, 0), tuple(n - 1 for n in row.shape[1:])] if len(row.shape) > 1 else [None]
        for at in ends:
            field = receptive_field(net, row.name, at=at)
            # a max pool passes its largest value on; light one end of the clip at a time
            for axis in range(3):
                for index, inside in (
                    (field.seen_start[axis], True),
                    (field.seen_start[axis] - 1, False),
                    (field.seen_stop[axis] - 1, True),
                    (field.seen_stop[axis], False),
                ):
                    if not 0 <= index < net.clip_shape[axis + 1]:
                        continue
                    x = torch.zeros(1, *net.clip_shape)
                    x.select(axis + 2, index).fill_(1.0)
                    with torch.inference_mode():
                        answer = net.activations(x, row.name)[0, 0]
                    value = answer if at is None else answer[at]
                    assert bool(value > 0) == inside, (row.name, at, axis, index)


def test_fields_in_words():
    net = load("motion-d3")
    field = receptive_field(net, "conv2")
    assert (field.size, field.step, field.at) == ((5, 8, 8), (1, 2, 2), (8, 8, 8))
    assert (field.start, field.stop) == ((6, 13, 13), (11, 21, 21))
    assert (field.seen_start, field.seen_stop) == (field.start, field.stop)
    assert field.coverage == 5 * 8 * 8 / (16 * 32 * 32) and field.padding == 0
    assert "sees 5×8×8" in field.sentence and "1.95% of the 16×32×32 clip" in field.sentence
    corner = receptive_field(net, "conv2", at=(0, 0, 15))
    assert (corner.seen_start, corner.seen_stop) == ((0, 0, 27), (3, 5, 32))
    assert corner.padding == 1 - 3 * 5 * 5 / 320 and "in padding" in corner.sentence


def test_a_fully_connected_layer_sees_the_whole_clip():
    for layer in ("fc6", "fc7", "fc8"):
        field = receptive_field(load("camera-c3d"), layer)
        assert field.at is None and field.coverage == 1
        assert field.sentence.endswith("each of its units sees the whole clip.")


def test_2d_nets_see_one_frame_or_all():
    one, all_frames = load("motion-frame"), load("motion-stacked")
    assert receptive_field(one, "conv3").size == (1, 18, 18)
    assert receptive_field(one, "conv3").seen_start[0] == 8
    assert "6.25% of the clip" in receptive_field(one, "fc6").sentence
    field = receptive_field(all_frames, "conv1")
    assert (field.size, field.start[0], field.stop[0]) == ((16, 3, 3), 0, 16)
    assert field.clip == (16, 32, 32)
    for net in (one, all_frames):
        gradient = field_in_clip(net, clip_of("motion")[0], "fc8", 0).gradient.sum((1, 2))
        assert np.flatnonzero(gradient).tolist() == ([8] if net is one else list(range(16)))


@pytest.mark.parametrize("name", ["motion-d3", "motion-d1", "camera-c3d", "motion-stacked"])
def test_no_gradient_leaves_the_field(name):
    net = load(name)
    for row in describe(net.model):
        for unit in range(2):
            field = field_in_clip(net, clip_of(name)[unit], row.name, unit)
            outside = field.gradient.copy()
            outside[tuple(map(slice, field.seen_start, field.seen_stop))] = 0
            assert not outside.any()
            assert field.fires == (field.reached > 0)
            if field.fires:
                inside = zip(field.seen_start, field.effective_start, strict=True)
                assert all(a <= b for a, b in inside)
                assert all(a <= b for a, b in zip(field.effective_size, field.size, strict=True))
                assert np.isfinite(field.spread).all()


def test_the_gradient_is_what_a_grey_level_changes():
    net, clip = load("motion-d3"), clip_of("motion")[1]
    field = field_in_clip(net, clip, "conv2", 1)
    model = load("motion-d3").model.double()  # small differences drown in single precision
    x = net.preprocess(clip[None]).double()
    place = (0, 1, *field.at)
    t, y, x0 = np.unravel_index(field.gradient.argmax(), field.gradient.shape)
    nudged = x.clone()
    nudged[0, 0, t, y, x0] += 1e-5 / net.preprocess.std[0]
    with torch.inference_mode():
        change = (model.activations(nudged, "conv2") - model.activations(x, "conv2"))[place] / 1e-5
        assert field.activation == pytest.approx(float(model.activations(x, "conv2")[place]))
    assert abs(float(change)) == pytest.approx(field.gradient.max(), rel=1e-3)


def test_the_strongest_output_is_chosen_and_another_can_be():
    net, clip = load("motion-d3"), clip_of("motion")[1]
    with torch.inference_mode():
        answers = net.model.activations(net.preprocess(clip[None]), "conv2")[0, 1]
    field = field_in_clip(net, clip, "conv2", 1)
    assert field.strongest and answers[field.at] == answers.max()
    assert field.activation == pytest.approx(float(answers.max()), rel=1e-5)
    given = field_in_clip(net, clip, "conv2", 1, at=(8, 8, 8))
    assert given.at == (8, 8, 8) and not given.strongest
    assert given.activation == pytest.approx(float(answers[8, 8, 8]), rel=1e-5)
    assert (given.start, given.stop) == ((6, 13, 13), (11, 21, 21))


def test_effective_size_of_a_profile_known_by_hand():
    """A convolution of one kernel: the gradient is the kernel itself."""
    net = load("motion-d3")
    with torch.no_grad():
        net.model.conv1.weight[0] = 0
        net.model.conv1.weight[0, 0, :, 1, 1] = torch.tensor([1.0, 8.0, 1.0])
        net.model.conv1.bias[0] = 1000.0  # on everywhere
    field = field_in_clip(net, clip_of("motion")[0], "conv1", 0, at=(8, 8, 8))
    level = 1 / net.preprocess.std[0]
    assert np.allclose(field.gradient[7:10, 8, 8], np.array([1, 8, 1]) * level)
    assert field.reached == 3 / 27 and field.size == (3, 3, 3)
    assert field.effective_size == (3, 1, 1)  # 8 of 10 is less than 95 %
    assert np.allclose(field.spread, [np.sqrt(0.2), 0, 0])


def test_a_unit_that_never_fires_says_so():
    net = load("motion-d3")
    with torch.no_grad():
        net.model.conv2.bias[3] = -1e6
    field = field_in_clip(net, clip_of("motion")[0], "conv2", 3)
    assert not field.fires and field.activation == 0 and field.effective_size == (0, 0, 0)
    assert field.reached == 0 and np.isnan(field.spread).all()
    assert "silent everywhere in this clip" in field.sentence
    given = field_in_clip(net, clip_of("motion")[0], "conv2", 3, at=(1, 2, 3))
    assert "silent at time 1, row 2, column 3" in given.sentence
    with torch.no_grad():
        net.model.conv1.bias[:] = -1e6
        net.model.conv2.bias[3] = 2.0
    constant = field_in_clip(net, clip_of("motion")[0], "conv2", 3)
    assert constant.activation == 2 and not constant.fires
    assert "whatever the pixels are" in constant.sentence


def test_looking_leaves_the_net_and_the_random_numbers_as_they_were():
    net = load("motion-d3")
    before, state = net.fingerprint(), torch.get_rng_state()
    wanted = [p.requires_grad for p in net.model.parameters()]
    with torch.inference_mode():  # as on a page that only ever asks
        field = field_in_clip(net, clip_of("motion")[0], "conv3", 1)
    for by in WAYS:
        measured_field(net, "conv3", by=by)
    assert net.fingerprint() == before and torch.equal(state, torch.get_rng_state())
    assert [p.requires_grad for p in net.model.parameters()] == wanted
    assert all(p.grad is None for p in net.model.parameters())
    again = field_in_clip(net, clip_of("motion")[0], "conv3", 1)
    assert np.array_equal(field.gradient, again.gradient)


@pytest.mark.parametrize(
    "ask, says",
    [
        (lambda net, clip: receptive_field(net, "conv9"), "no layer 'conv9'"),
        (lambda net, clip: receptive_field(net, "conv5", at=(2, 0, 0)), r"to \(1, 1, 1\)"),
        (lambda net, clip: receptive_field(net, "conv5", at=(0, 0)), "time, row and column"),
        (lambda net, clip: receptive_field(net, "fc6", at=(0, 0, 0)), "fc6 is fully connected"),
        (lambda net, clip: measured_field(net, "conv1", by="guess"), "by is 'guess'; it is"),
        (lambda net, clip: measured_field(net, "conv1", at=(-1, 0, 0)), "from 0"),
        (lambda net, clip: measured_field(net, "conv5", at=(9, 999, 999)), "too large"),
        (lambda net, clip: measured_field(net, "fc8", at=(0, 0, 0)), "fc8 is fully connected"),
        (lambda net, clip: field_in_clip(net, clip, "conv9", 0), "no layer 'conv9'"),
        (lambda net, clip: field_in_clip(net, clip, "conv1", 99), "no unit 99 in conv1"),
        (lambda net, clip: field_in_clip(net, clip[None], "conv1", 0), r"Take one of them"),
        (lambda net, clip: field_in_clip(net, clip[:8], "conv1", 0), "clips of 16 frames"),
        (lambda net, clip: field_in_clip(net, clip / 255, "conv1", 0), "uint8"),
        (lambda net, clip: field_in_clip(net, clip, "conv1", 0, at=(16, 0, 0)), "outputs of conv1"),
    ],
)
def test_bad_questions_are_refused(ask, says):
    with pytest.raises(UsageError, match=says):
        ask(load("motion-d3"), clip_of("motion")[0])


def test_frame_nets_take_the_frame_they_are_told():
    net = FrameNet(4, clip_shape=(3, 16, 40, 40), width=0.1, frame=2)
    assert receptive_field(net, "conv1").seen_start[0] == 2
    assert measured_field(net, "conv2").agrees
