"""The training loop: what it learns, what it writes, how it goes on, what it refuses."""

import json
from dataclasses import replace

import pytest
import torch

from c3d_teach import (
    Classifier,
    History,
    MotionDigits,
    Recipe,
    SearchNet,
    VideoFolder,
    evaluate,
    load,
    train,
)
from c3d_teach.data.export import export
from c3d_teach.errors import CheckpointError, KitError, UsageError
from c3d_teach.training import checkpoint, sitting
from c3d_teach.training.intervals import wilson
from c3d_teach.training.run import Run

SHORT = replace(Recipe.classroom(), stop=2, dropout=0.5)


def tiny(classes=8, seed=0, **changes):
    torch.manual_seed(seed)
    arguments = {"clip_shape": (1, 16, 32, 32), "width": 0.05, "dropout": 0.5} | changes
    return SearchNet(classes, **arguments)


def data():
    return MotionDigits(96), MotionDigits(32, split="val")


def run(out, recipe=SHORT, model=None, **more):
    return train(model or tiny(), *data(), recipe, out=out, progress=False, **more)


def weights(folder):
    return load(folder).model.state_dict()


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return out, run(out)


def test_a_run_writes_net_history_and_card(unbroken):
    out, history = unbroken
    assert [e.epoch for e in history.epochs] == [1, 2]
    assert history.epochs[0].step == 3 and history.final.step == 6
    assert History.load(out / "history.json") == history
    net = load(out)
    assert net.classes == MotionDigits.motions
    assert net.card["seed"] == 0 and net.card["recipe"]["name"] == "classroom"
    assert net.card["data"]["size"] == 96 and net.card["seconds"] > 0
    result = evaluate(net, data()[1])
    assert result.accuracy == pytest.approx(history.final.val_accuracy)
    assert result.loss == pytest.approx(history.final.val_loss, rel=1e-4)
    assert result.confusion.sum() == 32
    json.dumps(result.to_dict())


def test_two_runs_of_one_seed_agree_to_the_last_bit_and_other_seeds_differ(unbroken, tmp_path):
    out, _ = unbroken
    run(tmp_path / "again")
    assert same(weights(out), weights(tmp_path / "again"))
    run(tmp_path / "other", seed=1)
    assert not same(weights(out), weights(tmp_path / "other"))


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_a_run_stopped_anywhere_ends_as_if_it_had_not(unbroken, tmp_path, monkeypatch, stop_at):
    out, _ = unbroken
    monkeypatch.setattr(sitting, "CHECKPOINT_EVERY", 0.0)  # after every step
    real, steps = Run._train_on, []

    def interrupted(self, *batch):
        if len(steps) == stop_at:
            raise KeyboardInterrupt
        steps.append(1)
        real(self, *batch)

    monkeypatch.setattr(Run, "_train_on", interrupted)
    with pytest.raises(KitError, match=f"Stopped at step {stop_at} of 6"):
        run(tmp_path)
    monkeypatch.setattr(Run, "_train_on", real)
    history = run(tmp_path, model=tiny(seed=99))  # the checkpoint's weights count
    assert same(weights(out), weights(tmp_path))
    assert len(history.epochs) == 2


def test_a_run_stopped_while_it_validates_goes_on_with_the_validation(
    unbroken, tmp_path, monkeypatch
):
    out, first = unbroken
    for stopped_epoch in (1, 2):
        real, calls = sitting.evaluate, []

        def interrupted(*arguments, real=real, calls=calls, last=stopped_epoch, **more):
            calls.append(1)
            if len(calls) == last:
                raise KeyboardInterrupt
            return real(*arguments, **more)

        folder = tmp_path / str(stopped_epoch)
        monkeypatch.setattr(sitting, "evaluate", interrupted)
        with pytest.raises(KitError, match="goes on"):
            run(folder)
        monkeypatch.setattr(sitting, "evaluate", real)
        history = run(folder)
        assert same(weights(out), weights(folder))
        assert history.column("val_loss") == first.column("val_loss")
        assert history.column("train_loss") == first.column("train_loss")


def test_a_run_stopped_within_a_step_goes_on_from_the_checkpoint_before(
    unbroken, tmp_path, monkeypatch
):
    out, _ = unbroken
    real, calls = torch.optim.AdamW.step, []

    def interrupted(self, *arguments, **more):
        calls.append(1)
        if len(calls) == 5:  # within the second epoch
            next(iter(self.param_groups[0]["params"])).data.zero_()
            raise KeyboardInterrupt
        return real(self, *arguments, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", interrupted)
    with pytest.raises(KitError, match="goes on"):
        run(tmp_path)
    monkeypatch.setattr(torch.optim.AdamW, "step", real)
    run(tmp_path)
    assert same(weights(out), weights(tmp_path))


def test_a_finished_run_is_not_trained_again(unbroken, monkeypatch):
    out, first = unbroken
    monkeypatch.setattr(Run, "_train_on", lambda *a: pytest.fail("trained again"))
    assert run(out).epochs == first.epochs


def test_resuming_refuses_another_recipe_net_or_data_and_names_the_difference(unbroken):
    out, _ = unbroken
    with pytest.raises(CheckpointError, match="recipe lr was 0.003, is 0.1"):
        run(out, replace(SHORT, lr=0.1))
    with pytest.raises(CheckpointError, match=r"net kernel_depth was 3, is \[3, 3, 5, 5, 7\]"):
        run(out, model=tiny(kernel_depth=(3, 3, 5, 5, 7)))
    with pytest.raises(CheckpointError, match="seed was 0, is 4"):
        run(out, seed=4)
    with pytest.raises(CheckpointError, match="data size was 96, is 64"):
        train(tiny(), MotionDigits(64), data()[1], SHORT, out=out, progress=False)
    run(out, seed=4, resume=False)
    run(out, resume=False)


def test_damaged_and_hostile_checkpoints_are_refused(tmp_path):
    run(tmp_path)
    path = tmp_path / checkpoint.NAME
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint"):
        run(tmp_path)
    harm = tmp_path / "harm"

    class Hostile:
        def __reduce__(self):
            return (harm.write_text, ("ran",))

    torch.save({"model": Hostile(), "fingerprint": {}, "step": 0}, path)
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint"):
        run(tmp_path)
    assert not harm.exists()
    torch.save({"something": 1}, path)
    with pytest.raises(CheckpointError, match="holds something else"):
        run(tmp_path)


def test_what_does_not_fit_is_refused_before_training(tmp_path):
    with pytest.raises(UsageError, match="num_classes=8"):
        run(tmp_path, model=tiny(classes=5))
    digits = MotionDigits(32, label="digit"), MotionDigits(32, split="val", label="digit")
    with pytest.raises(UsageError, match="a mirrored digit is no digit"):
        train(tiny(9), *digits, replace(SHORT, flip=0.5), out=tmp_path, progress=False)
    with pytest.raises(UsageError, match="given was a Linear"):
        run(tmp_path, model=torch.nn.Linear(2, 2))
    with pytest.raises(UsageError, match="no device 'cuda:77'"):
        run(tmp_path, device="cuda:77")
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(KitError, match="Cannot write to the folder"):
        run(blocked / "run")


def test_diverging_is_said_and_leaves_no_net(tmp_path):
    model = tiny()
    with torch.no_grad():
        model.fc8.weight.mul_(1e6)
    with pytest.raises(KitError, match="training has diverged"):
        run(tmp_path, model=model)
    assert not (tmp_path / "net.safetensors").exists()


def test_what_is_seen_can_be_learnt_too(tmp_path):
    """A few steps on the digits lower the loss; the label decides the question."""
    sets = MotionDigits(512, label="digit"), MotionDigits(64, split="val", label="digit")
    model = tiny(9, width=0.1, dropout=0.0)
    history = train(model, *sets, replace(SHORT, stop=4), out=tmp_path, progress=False)
    losses = history.column("train_loss")
    assert losses[-1] < losses[0] - 0.1
    assert load(tmp_path).classes[4] == "digit 4"


def test_flips_and_random_crops_while_training(tmp_path):
    sets = MotionDigits(64, clip_shape=(1, 16, 40, 40)), MotionDigits(16, split="val")
    recipe = replace(SHORT, flip=0.5, crop="random", stop=1)
    history = train(tiny(), *sets, recipe, out=tmp_path, progress=False)
    assert history.final.val_loss < 10


def test_a_folder_of_videos_trains_and_is_evaluated(tmp_path):
    export(MotionDigits(24), tmp_path / "videos")
    part = {"size": (40, 40)}
    sets = [VideoFolder(tmp_path / "videos", hold_out=h, **part) for h in ("train", "val")]
    model = tiny(clip_shape=(3, 16, 32, 32))
    recipe = replace(Recipe.search(), stop=1, batch=8)
    history = train(model, *sets, recipe, out=tmp_path / "run", progress=False, workers=1)
    assert history.final.epoch == 1
    result = evaluate(load(tmp_path / "run"), VideoFolder(tmp_path / "videos", **part))
    assert result.clips == 24
    # a net with the library's own names and order is asked about folders with hyphens
    torch.manual_seed(0)
    data = MotionDigits(24)
    preprocess = load(tmp_path / "run").preprocess
    net = Classifier(model, preprocess, data.classes).model.eval()
    other = evaluate(
        Classifier(net, preprocess, data.classes), VideoFolder(tmp_path / "videos", **part)
    )
    assert other.confusion.sum(1).tolist() == [3] * 8 and other.classes == data.motions
    with pytest.raises(UsageError, match="must be the same"):
        evaluate(load(tmp_path / "run"), MotionDigits(8, label="digit"))


def test_the_wait_for_clips_is_shown_and_what_helps(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(sitting, "_LONG", 0.0)  # whatever it is, it is too long
    export(MotionDigits(24), tmp_path / "videos")
    kept = tmp_path / "frames"
    for name, cache, workers in (("decoded", None, 0), ("worker", None, 1), ("cached", kept, 0)):
        data = VideoFolder(tmp_path / "videos", size=(32, 32), cache=cache)
        model = tiny(clip_shape=(3, 16, 32, 32))
        recipe = replace(SHORT, stop=2)
        history = train(model, data, data, recipe, out=tmp_path / name, workers=workers)
        said = "".join(capfd.readouterr())
        assert "of it waiting for clips" in said
        assert said.count("--cache FOLDER keeps decoded frames") == (cache is None)  # once
        assert ("--workers 2" in said) == (name == "decoded")
        assert all(0 <= share <= 1 for share in history.column("waiting"))
        assert History.load(tmp_path / name / "history.json") == history
    older = history.to_dict()
    for epoch in older["epochs"]:
        del epoch["waiting"]
    assert History.from_dict(older).column("waiting") == [0, 0]


def test_a_run_says_what_comes_next_when_it_is_stopped_and_where_it_goes_on(
    tmp_path, capfd, monkeypatch
):
    real, stop = Run._train_on, []

    def stopped(self, *batch):
        if len(stop) == 2:
            raise KeyboardInterrupt
        stop.append(1)
        real(self, *batch)

    monkeypatch.setattr(Run, "_train_on", stopped)
    with pytest.raises(KitError, match=r"Stopped at step 2 of 6. The same command goes on from th"):
        run(tmp_path)
    monkeypatch.setattr(Run, "_train_on", real)
    train(tiny(), *data(), SHORT, out=tmp_path)
    assert "Going on from step 2 of 6." in "".join(capfd.readouterr())

    def within(self, *arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.optim.AdamW, "step", within)
    with pytest.raises(KitError, match="starts anew: there is no checkpoint yet"):
        run(tmp_path / "other")


def test_wilson_interval():
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-3)
    assert wilson(0.0, 10)[0] == 0 and wilson(1.0, 10)[1] == 1
