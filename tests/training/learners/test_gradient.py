"""Training by gradient: what is drawn, what is kept, what it never sees."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.config.learner import LEARNERS
from forecasting.config.task import Task
from forecasting.config.training import LOSS_SCALES
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, PanelError
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from forecasting.training import clock
from forecasting.training.batches import draw_batches, shortened
from forecasting.training.fit import fit_model
from forecasting.training.learner import Teaching
from forecasting.training.loss_scale import weigher
from forecasting.training.precision import computing_in, hidden_layers
from forecasting.training.source import WindowSource
from forecasting.training.trainer import XLA_FROM_STEPS, WindowTrainer, interval_of
from tests.conftest import BRIEF, QUICK, make_frame

H, L = 6, 24


def forecaster(**training):
    return Forecaster("ff-ar", H, context_length=L, units=8, layers=1, width=4, training=Training(**(QUICK | training)))


def weights(fitted):
    return np.concatenate([np.ravel(weight) for weight in fitted.predictor.network.get_weights()])


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    frame = make_frame(rows=120)
    first, second, other = (weights(forecaster(**BRIEF, seed=seed).fit(frame)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_fit_is_always_fresh():
    frame = make_frame(rows=120)
    model = forecaster().fit(frame)
    before = weights(model)
    np.testing.assert_array_equal(weights(model.fit(frame)), before)


def test_the_best_weights_are_kept_when_there_is_no_refit():
    frame = make_frame(rows=160)
    model = forecaster(steps=200, validate_every=10, learning_rate=0.05, patience=30, refit=False).fit(frame)
    history = model.learned_.history
    best = min(history, key=lambda row: row["val_loss"])
    assert model.learned_.steps == best["step"]
    assert best["step"] < history[-1]["step"], "the test needs a training whose last look is not its best"
    source = WindowSource.of(Panel.from_frame(frame), model.predictor.task)
    _, (origins, firsts) = source.split(model.choices.training.validation_windows)
    windows = source.windows(origins, firsts)
    loss, _ = model.predictor.network.loss_and_error(*windows)
    assert float(loss) == pytest.approx(best["val_loss"], rel=1e-4)


def later_changed(panel, ends):
    """Return the panel with other values after `ends`."""
    y = panel.y.copy()
    for begin, end, stop in zip(panel.offsets[:-1], panel.offsets[:-1] + ends, panel.offsets[1:], strict=True):
        y[end:stop] = 3 * y[end:stop] + np.arange(stop - end)
        assert begin < end < stop
    return dataclasses.replace(panel, y=y)


@pytest.mark.parametrize(
    ("model", "learner"),
    [
        ("ff-ar:units=8,layers=1,width=4,scaling=shift", ""),
        ("rnn:units=4,segment=1,decoding=recursive,head=point,scaling=shift", "truncated:chunk=12"),
    ],
)
def test_rows_that_say_when_to_stop_are_not_learnt_from(model, learner):
    """With one look nothing is left to choose: the weights are those of all rows before, the losses their own."""
    whole = Panel.from_frame(make_frame(rows=160))
    ends = whole.lengths - [30, 42]
    known, spec = whole.truncate(ends), ModelSpec.parse(model)
    task = Task(H, L, "h", (24,), quantile_levels=(0.5,) if spec.has_quantiles else (), calendar=("hour_sin",))
    training = Training(**(QUICK | {"steps": 10, "validate_every": 10, "refit": False, "learner": learner}))

    def fitted(stopped_by, **choices):
        chosen = dataclasses.replace(training, **choices)
        return fit_model(Teaching.of(spec, chosen), task, known, stopped_by=stopped_by)

    alone = fitted(None, validation_windows=0)
    first, other = fitted(whole), fitted(later_changed(whole, ends))
    for one in (first, other):
        assert one.learned.windows == alone.learned.windows
        np.testing.assert_array_equal(weights(one), weights(alone))
    losses = [one.learned.history[-1]["val_loss"] for one in (first, other)]
    assert losses[0] != losses[1]


def test_rows_that_say_when_to_stop_do():
    """The error over every window after the ends is least at the step whose weights are kept."""
    whole = Panel.from_frame(make_frame(rows=160))
    ends = whole.lengths - 30
    spec, task = ModelSpec.parse("ff-ar:units=8,layers=1,width=4"), Task(H, L, "h", (24,), quantile_levels=(0.5,))
    many = {"steps": 200, "validate_every": 10, "learning_rate": 0.05, "patience": 30, "refit": False}
    teaching = Teaching.of(spec, Training(**(QUICK | many)))
    fit = fit_model(teaching, task, whole.truncate(ends), stopped_by=whole)
    best = min(fit.learned.history, key=lambda row: row["val_loss"])
    assert fit.learned.steps == best["step"] < fit.learned.history[-1]["step"]
    steps = np.concatenate([np.arange(end - 1, length - H) for end, length in zip(ends, whole.lengths, strict=True)])
    series = np.repeat(np.arange(whole.n_series), len(steps) // whole.n_series)
    source = WindowSource.of(whole, task)
    first = source.arrays.first[series]
    loss, _ = fit.predictor.network.loss_and_error(*source.windows(first + steps, first))
    assert float(loss) == pytest.approx(best["val_loss"], rel=1e-4)


def test_refitting_uses_all_windows_for_the_best_number_of_steps():
    model = forecaster(refit=True).fit(make_frame(rows=160))
    held_out = forecaster(refit=False).fit(make_frame(rows=160))
    assert model.learned_.windows > held_out.learned_.windows
    assert model.learned_.notes["refit"].startswith("on all windows")


def test_held_out_rows_move_no_weight():
    frame = make_frame(series=1, rows=160)
    changed = frame.copy()
    changed.loc[changed.index[-H * 4 :], "y"] = 1e9
    model, other = (forecaster(refit=False, steps=10).fit(one) for one in (frame, changed))
    np.testing.assert_array_equal(weights(model), weights(other))


def test_series_too_short_to_spare_a_tail_train_on_all_windows():
    model = forecaster().fit(make_frame(rows=2 * H))
    assert "val_loss" not in model.learned_.history[0]
    assert model.learned_.steps == QUICK["steps"]


def test_every_window_is_drawn_about_equally_often():
    frame = make_frame(series=3, rows=60)
    source = WindowSource.of(Panel.from_frame(frame), forecaster().choices.task_for(Panel.from_frame(frame)))
    index = source.all_windows()
    training = Training(batch_size=64, seed=0, truncation=0.0)
    batches = list(draw_batches(index, training, L).take(100).as_numpy_iterator())
    origins, counts = np.unique(np.concatenate([batch[0] for batch in batches]), return_counts=True)
    expected = np.unique(index.locate(np.arange(index.count))[0])
    np.testing.assert_array_equal(origins, expected)
    assert counts.std() < 3 * np.sqrt(counts.mean())
    for batch_origins, firsts in batches:
        assert (firsts <= batch_origins).all()
        assert np.isin(firsts, source.arrays.first).all()


def test_a_shortened_window_begins_at_a_random_step_of_the_context_and_keeps_its_origin():
    origins, firsts = tf.range(1000, 1500, dtype=tf.int64), tf.fill([500], tf.constant(990, tf.int64))
    kept = (origins - shortened(origins, firsts, L, [1, 2]) + 1).numpy()
    assert set(kept) == set(range(1, L + 1))
    late = shortened(origins, origins - 3, L, [1, 2])
    assert (late >= origins - 3).numpy().all(), "rows of the series before must stay out of reach"


def test_the_share_of_windows_that_is_shortened_is_the_one_asked_for():
    panel = Panel.from_frame(make_frame(series=3, rows=60))
    source = WindowSource.of(panel, forecaster().choices.task_for(panel))
    training = Training(batch_size=2000, truncation=0.25)
    _, firsts = next(iter(draw_batches(source.all_windows(), training, L)))
    share = 1 - np.isin(firsts.numpy(), source.arrays.first).mean()
    assert 0.2 < share <= 0.3


def test_a_step_compiled_by_xla_is_the_same_step():
    panel = Panel.from_frame(make_frame(series=3, rows=60))
    model = forecaster(steps=XLA_FROM_STEPS)
    task = model.choices.task_for(panel)
    source = WindowSource.of(panel, task)
    trainer = WindowTrainer(build_network(model.spec, task, seed=1), source, model.choices.training)
    origins, firsts = (tf.constant(part) for part in source.all_windows().locate(np.arange(16)))
    assert trainer.take_step is not trainer._take_step
    found = []
    for step in (trainer.take_step, trainer._take_step):
        trainer.restart()
        losses = [float(step(origins, firsts)) for _ in range(3)]
        found.append(np.concatenate([losses, *(np.ravel(weight) for weight in trainer.network.get_weights())]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-6)


def test_mixed_precision_multiplies_in_bfloat16_while_training_and_never_answers_in_it(tmp_path):
    frame = make_frame(series=3, rows=120)
    panel = Panel.from_frame(frame)
    many = {"steps": 200, "validate_every": 100, "refit": False}
    model, exact = (forecaster(precision=name, **many) for name in ("mixed_bfloat16", "float32"))
    task = model.choices.task_for(panel)
    source, network = WindowSource.of(panel, task), build_network(model.spec, task, seed=1)
    step = tf.function(WindowTrainer(network, source, model.choices.training).windows_loss, autograph=False)

    def types_of_products():
        origins, firsts = (tf.constant(part) for part in source.all_windows().locate(np.arange(16)))
        operations = step.get_concrete_function(origins, firsts).graph.get_operations()
        return {one.outputs[0].dtype for one in operations if one.type == "MatMul"}

    with computing_in(model.choices.training.precision, network):
        assert types_of_products() == {tf.bfloat16, tf.float32}, "hidden layers, and the readout"

    model.fit_panel(panel), exact.fit_panel(panel)
    assert not np.array_equal(weights(model), weights(exact))
    assert [one.learned_.notes["precision"] for one in (model, exact)] == ["mixed_bfloat16", "float32"]
    assert model.learned_.history[-1]["val_loss"] == pytest.approx(exact.learned_.history[-1]["val_loss"], rel=0.1)
    assert {layer.dtype_policy.name for layer in hidden_layers(model.predictor.network)} == {"float32"}
    model.save(tmp_path / "model")
    again = Forecaster.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(frame)["ff-ar"], model.predict()["ff-ar"])


def test_mixed_precision_that_changes_nothing_is_said(caplog):
    training = Training(**QUICK, precision="mixed_bfloat16")
    model = Forecaster("rnn:units=4,segment=1", H, context_length=L, training=training).fit(make_frame(rows=120))
    assert model.learned_.notes["precision"] == "float32"
    assert "precision='mixed_bfloat16' changes nothing" in caplog.text


def test_a_single_row_is_no_training_set():
    single = Forecaster("ff-ar", H, freq="h", context_length=L)
    with pytest.raises(PanelError, match="at least 2"):
        single.fit(make_frame(series=1, rows=1))


@pytest.mark.parametrize(
    ("field", "value"),
    [("steps", 0), ("learning_rate", -1.0), ("truncation", 1.0), ("seed", True), ("precision", "half")],
)
def test_a_training_field_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=field):
        Training(**{field: value})


def test_learners_are_found_by_their_files():
    assert {"gradient", "least-squares", "nothing"} <= set(LEARNERS.names())


def test_windows_with_a_constant_context_move_no_weight():
    frame = make_frame(series=1, rows=120)
    frame["y"] = 5.0
    model = forecaster().fit(frame)
    assert all(np.isfinite(row["loss"]) for row in model.learned_.history)
    np.testing.assert_allclose(model.predict()["ff-ar"], 5.0, rtol=1e-9)


def test_zeros_gaps_and_jumps_give_a_finite_loss_at_every_step():
    frame = make_frame(series=2, rows=160, missing=0.3)
    frame.loc[frame.index[:80], "y"] = 0.0
    frame.loc[frame.index[100:104], "y"] = 1e12
    model = forecaster(steps=100, truncation=0.9).fit(frame)
    assert all(np.isfinite(value) for row in model.learned_.history for value in row.values())
    assert model.learned_.history[-1]["step"] == 100, "no step was cut off"


def test_a_time_limit_ends_a_training_at_its_next_look_with_the_best_weights_so_far(monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(clock, "now", lambda: float(next(ticks)))  # a second from one look to the next
    frame, choices = make_frame(rows=160), {"steps": 100, "validate_every": 10, "patience": 100}
    model = forecaster(time_limit=3, refit=False, **choices).fit(frame)
    assert len(model.learned_.history) == 3
    assert model.learned_.notes["ended"] == "by time_limit after 30 of 100 steps"
    assert model.facts.training["time_limit"] == 3
    refitted = forecaster(time_limit=4, **choices).fit(frame)
    assert len(refitted.learned_.history) == 2, "a refit takes as long again"
    assert refitted.learned_.notes["refit"].startswith("on all windows")


def test_a_training_that_is_through_when_the_time_is_up_was_not_ended_by_it(monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(clock, "now", lambda: float(next(ticks)))
    model = forecaster(steps=30, validate_every=10, time_limit=3, refit=False).fit(make_frame(rows=160))
    assert len(model.learned_.history) == 3
    assert "ended" not in model.learned_.notes


def test_without_validation_windows_everything_is_learnt_from_for_all_steps():
    model = forecaster(steps=20, validation_windows=0).fit(make_frame(rows=160))
    assert model.learned_.steps == 20
    assert model.learned_.notes["refit"] == "no"
    assert "val_loss" not in model.learned_.history[0]


@pytest.mark.parametrize("validated", [False, True])
def test_the_weights_that_are_kept_are_the_moving_average_of_those_after_each_step(validated):
    panel = Panel.from_frame(make_frame(rows=160 if validated else 2 * H))
    model = forecaster(averaging=0.8, steps=10, validate_every=10, refit=False, steps_per_execution=1).fit_panel(panel)
    task, training = model.predictor.task, model.choices.training
    source = WindowSource.of(panel, task)
    trainer = WindowTrainer(build_network(model.spec, task, seed=training.seed), source, training)
    index, validation = source.split(training.validation_windows)
    assert (validation is not None) == validated
    average = None
    for origins, firsts in draw_batches(index, training, L).take(training.steps):
        trainer.take_step(origins, firsts)
        now = np.concatenate([np.ravel(weight) for weight in trainer.network.get_weights()])
        average = now if average is None else 0.8 * average + 0.2 * now
    np.testing.assert_allclose(weights(model), average, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("head", "power"), [("point", 1), ("point:loss=squared", 2)])
@pytest.mark.parametrize("loss_scale", LOSS_SCALES)
def test_errors_are_weighed_by_the_scale_that_is_asked_for(loss_scale, head, power):
    rng = np.random.default_rng(0)
    context, target = rng.normal(size=(5, L)).cumsum(axis=1) + 20, rng.normal(size=(5, H)) + 20
    context[2, 3:9] = np.nan
    task = Task(H, L, "h", (7,))
    network = build_network(ModelSpec.of("ff-ar", {"units": 4, "width": 4}, head=head), task, seed=1)
    windows = context, np.zeros((5, L + H, 0), "float32"), target, None
    loss, _ = network.loss_and_error(*windows, weigher(network, loss_scale))
    error = np.abs(np.asarray(network(*windows[:2]))[..., 0] - target) ** power
    own = np.nanstd(context, axis=1)
    scale = {
        "window": own,
        "smape": np.nanmean(np.abs(context), axis=1),
        "mase": np.nanmean(np.abs(context[:, 7:] - context[:, :-7]), axis=1),
        "units": np.ones(len(context)),
    }[loss_scale]
    np.testing.assert_allclose(
        loss, np.sum(error.mean(axis=1) / scale**power) / np.sum((own / scale) ** power), rtol=1e-5
    )


def test_a_likelihood_has_no_other_scale():
    model = Forecaster("ff-ar", H, context_length=L, head="normal", training=Training(**QUICK, loss_scale="smape"))
    with pytest.raises(ConfigError, match="`loss_scale` must be 'window'"):
        model.fit(make_frame(rows=60))


def test_no_more_steps_are_taken_than_asked_for():
    model = forecaster(steps=7, validate_every=100, refit=False).fit(make_frame(rows=160))
    assert model.learned_.steps == 7


@pytest.mark.parametrize(
    ("steps", "every", "taken", "looks"),
    [(150, 100, 150, 2), (7, 100, 7, 1), (1200, 100, 1200, 12), (250, 100, 250, 5), (7, 2, 7, 7)],
)
def test_no_more_steps_are_taken_than_asked_for_however_often_one_looks(steps, every, taken, looks):
    interval = interval_of(Training(steps=steps, validate_every=every))
    assert interval <= every
    assert (steps // interval * interval, steps // interval) == (taken, looks)


@pytest.mark.parametrize("tail", [np.nan, 3.0], ids=["missing", "constant"])
def test_rows_that_say_nothing_do_not_say_when_to_stop(tail, caplog):
    frame = make_frame(series=1, rows=160)
    frame.loc[frame.index[-(4 * H + (0 if np.isnan(tail) else L)) :], "y"] = tail
    model = forecaster(steps=40, validate_every=10).fit(frame)
    assert model.learned_.steps == 40
    assert "val_loss" not in model.learned_.history[-1]
    assert "training takes all its steps" in caplog.text


def test_constant_rows_say_when_to_stop_where_nothing_is_scaled():
    frame = make_frame(series=1, rows=160)
    frame.loc[frame.index[-(4 * H + L) :], "y"] = 3.0
    model = Forecaster("ff-ar", H, context_length=L, scaling="none", units=4, training=Training(**QUICK)).fit(frame)
    assert "val_loss" in model.learned_.history[-1]


def test_an_average_is_kept_where_the_time_ends_a_training_that_nothing_validates(monkeypatch):
    """The weights are the average of two steps; those of a training that is not averaged are the second's."""
    time = iter([0.0, 100.0])
    monkeypatch.setattr(clock, "now", lambda: next(time))
    choices = {"steps": 4, "validate_every": 2, "steps_per_execution": 1, "validation_windows": 0}
    frame = make_frame(rows=120)
    short = forecaster(averaging=0.9, time_limit=1.0, **choices).fit(frame)
    assert short.learned_.steps == 2
    monkeypatch.undo()
    whole = forecaster(averaging=0.9, **choices | {"validate_every": 2})
    panel = Panel.from_frame(frame)
    task = whole.choices.task_for(panel)
    source = WindowSource.of(panel, task)
    trainer = WindowTrainer(
        build_network(whole.spec, task, whole.choices.training.seed), source, whole.choices.training
    )
    average = None
    for origins, firsts in draw_batches(source.all_windows(), whole.choices.training, L).take(2):
        trainer.take_step(origins, firsts)
        now = np.concatenate([np.ravel(weight) for weight in trainer.network.get_weights()])
        average = now if average is None else 0.9 * average + 0.1 * now
    np.testing.assert_allclose(weights(short), average, rtol=1e-4, atol=1e-6)
