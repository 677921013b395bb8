"""Online learners: their gradients and updates against what can be computed otherwise, and what they refuse."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.windows import layout
from forecasting.errors import ConfigError, TrainingError
from forecasting.layers.inputs import Inputs
from forecasting.layers.recurrent import CELLS
from forecasting.network.build import build_network
from forecasting.prediction.predictor import Predictor
from forecasting.training.callbacks import ReportProgress
from forecasting.training.learners.ekf import Config, KalmanRule
from forecasting.training.online.learner import token_of
from forecasting.training.online.passes import MOST_STATES, online_dynamics
from forecasting.training.online.sensitivity import Dynamics
from forecasting.training.source import WindowSource
from forecasting.training.trainer import WindowTrainer
from tests.conftest import make_frame

H, L = 4, 24
EMPTY = np.zeros((1, 0), "float32")
SMALL = {"units": 3, "width": 2, "segment": 1, "decoding": "recursive"}


def forecaster(learner, horizon=H, context_length=L, model="gru", **choices):
    seed = choices.pop("seed", 1)
    training = Training(learner=learner, seed=seed, learning_rate=choices.pop("learning_rate", 0.02))
    return Forecaster(model, horizon, context_length=context_length, training=training, **(SMALL | choices))


def weights(model):
    return np.concatenate([np.ravel(weight) for weight in model.predictor.network.get_weights()])


def tokens_and_known(rows, features, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows + 1, 1))
    observed = (rng.random((rows + 1, 1)) < 0.8).astype(float)
    known = rng.normal(size=(rows + 1, features))
    tokens = np.concatenate([values * observed, observed, known], axis=1).astype("float32")
    return tokens[:-1], known[1:].astype("float32"), values[1:, 0].astype("float32")


def network_of(cell, stack="plain", layers=1):
    choices = SMALL | {"cell": cell, "stack": stack, "layers": layers}
    model = Forecaster("recurrent", H, context_length=L, head="point", **choices)
    task = model.choices.task_for(Panel.from_frame(make_frame(rows=80)))
    return build_network(model.spec, task, 1), task


def is_small(cell):
    states = CELLS.load(cell).Layer(SMALL["units"]).get_initial_state(1)
    return sum(state.shape[1] for state in states) <= MOST_STATES


SMALL_CELLS = [cell for cell in CELLS.names() if is_small(cell)]


@pytest.mark.parametrize(
    ("cell", "stack", "layers"),
    [(cell, "plain", 1) for cell in SMALL_CELLS]
    + [(cell, stack, 2) for cell in ("elman", "gru", "lstm") for stack in ("plain", "dilated")],
)
def test_the_gradient_carried_forward_is_that_of_backpropagation_through_time(cell, stack, layers):
    network, task = network_of(cell, stack, layers)
    core = network.core
    tokens, known, target = tokens_and_known(8, len(task.calendar))
    with tf.GradientTape() as tape:
        sequence = core.encoder(tokens[None]).sequence[0]
        forecasts = core.readout(sequence, known[:, None])[:, 0, 0]
        loss = tf.reduce_sum(tf.abs(target - forecasts))
    wanted = np.concatenate([np.ravel(part) for part in tape.gradient(loss, core.trainable_variables)])
    dynamics = Dynamics(core)
    state = tf.constant(dynamics.initial)
    sensitivity = tf.zeros([len(dynamics.initial), dynamics.n_weights])
    take, found = tf.function(dynamics.step), 0.0
    for t in range(len(tokens)):
        step = take(state, sensitivity, tf.constant(tokens[t]), tf.constant(known[t]))
        np.testing.assert_allclose(step.forecast, forecasts[t], atol=1e-5)
        found = found - tf.sign(target[t] - step.forecast) * step.gradient
        state, sensitivity = step.state, step.sensitivity
    np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize("cell", [cell for cell in CELLS.names() if not is_small(cell)])
@pytest.mark.parametrize("learner", ["rtrl", "ekf"])
def test_a_cell_of_too_many_states_is_refused(cell, learner):
    with pytest.raises(ConfigError, match=f"states; at most 2,000 and {MOST_STATES} are taken") as caught:
        online_dynamics(network_of(cell)[0], learner)
    assert caught.value.code == "too_many_weights"


class Linear:
    """The forecast h'w of weights [3, 2], in place of a network."""

    def __init__(self):
        self.weights = [tf.Variable(tf.zeros([3, 1])), tf.Variable(tf.zeros([2]))]
        self.n_weights = 5

    def split(self, flat):
        return [tf.reshape(flat[:3], [3, 1]), flat[3:]]

    def flat(self):
        return tf.concat([tf.reshape(weight, [-1]) for weight in self.weights], axis=0)


def test_on_a_linear_problem_the_filter_is_ridge_regression():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(60, 5)), rng.normal(size=60)
    y = x @ np.arange(1, 6) + 0.1 * noise
    linear = Linear()
    rule = KalmanRule(linear, Config(covariance=4.0, measurement_noise=0.25, process_noise=0.0, largest_error=0.0))
    for row, target in zip(x.astype("float32"), y.astype("float32"), strict=True):
        rule.learn(tf.reduce_sum(linear.flat() * row), tf.constant(target), tf.constant(row))
    precision = x.T @ x / 0.25 + np.eye(5) / 4.0
    np.testing.assert_allclose(linear.flat(), np.linalg.solve(precision, x.T @ y / 0.25), atol=1e-5)
    np.testing.assert_allclose(rule.covariance, np.linalg.inv(precision), rtol=1e-5, atol=1e-8)


def test_process_noise_is_added_and_halves_and_wild_errors_are_cut():
    linear = Linear()
    rule = KalmanRule(linear, Config(process_noise=0.5, half_life=2, measurement_noise=1.0, largest_error=3.0))
    nothing = tf.zeros([5])
    for _ in range(3):
        rule.learn(tf.constant(0.0), tf.constant(1.0), nothing)
    np.testing.assert_allclose(np.diag(rule.covariance), 1 + 0.5 * (1 + 0.5**0.5 + 0.5), rtol=1e-12)
    rule = KalmanRule(linear, Config(process_noise=0.0, measurement_noise=1.0, largest_error=3.0))
    rule.learn(tf.constant(0.0), tf.constant(1e6), tf.constant([1.0, 0, 0, 0, 0]))
    assert float(linear.flat()[0]) == pytest.approx(0.5 * 3 * 2**0.5, rel=1e-6)


def sine(rows, period=25):
    step = np.arange(rows)
    return pd.DataFrame({"unique_id": "s", "ds": step, "y": np.sin(2 * np.pi * step / period)})


def one_step_error(predictor):
    """Return the mean absolute error one step ahead on the part of the sine that was not trained on."""
    steps = np.arange(200, 370)
    answer = predictor.predict_panel(Panel.from_frame(sine(400)), origins=Origins(np.zeros(len(steps), int), steps))
    return np.abs(answer.median[:, 0] - np.sin(2 * np.pi * (steps + 1) / 25)).mean()


def pattern_rule_errors(model, learning_rates):
    """Return the errors after one epoch of plain stochastic gradient descent, one window at a time, at some rates."""
    panel = Panel.from_frame(sine(190))
    task = model.choices.task_for(panel)
    source, network = WindowSource.of(panel, task), build_network(model.spec, task, 1)
    trainer = WindowTrainer(network, source, Training(batch_size=1))
    trainer.optimizer = keras.optimizers.SGD(global_clipnorm=1.0)
    trainer.optimizer.build(network.trainable_variables)
    step, index, start = tf.function(trainer._take_step), source.all_windows(), network.get_weights()
    predictor, errors = Predictor(model.spec, task, network), []
    for rate in learning_rates:
        network.set_weights(start)
        trainer.optimizer.learning_rate.assign(rate)
        for number in np.random.default_rng(0).permutation(index.count):
            step(*(tf.constant(part) for part in index.locate([number])))
        errors.append(one_step_error(predictor))
    return errors


def test_the_filter_learns_a_sine_from_observations_of_which_one_epoch_of_gradient_descent_makes_little():
    choices = {"horizon": 1, "context_length": 50, "units": 6, "scaling": "none", "season": 25}
    model = forecaster("ekf:measurement_noise=0.01", **choices).fit(sine(190))
    assert model.learned_.steps == 180, "every observation after the burn-in, once"
    assert one_step_error(model.predictor) < 0.02
    assert min(pattern_rule_errors(model, (0.03, 0.1, 0.3))) > 0.1


@pytest.mark.parametrize("learner", ["ekf", "rtrl", "rtrl:optimizer=sgd,passes=2"])
def test_the_forecasts_on_the_way_become_better(learner):
    frame = make_frame(series=2, rows=150, missing=0.05)
    model = forecaster(learner, units=4).fit(frame)
    first, last = (model.learned_.history[at]["mae"] for at in (0, -1))
    assert len(model.learned_.history) == int(model.learned_.notes["passes"])
    assert last <= first < 10, "the mean of the series is off by 6.4"
    assert np.isfinite(model.predict()["gru"]).all()


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_every_row_is_read_as_the_network_reads_it_in_a_window(scaling):
    frame = make_frame(series=1, rows=40)
    frame.loc[[0, 1, 7, 8, 20, 39], "y"] = np.nan
    model = forecaster("rtrl:burn_in=2", scaling=scaling).fit(frame)
    learner, network, task = model.fitted.online, model.predictor.network, model.predictor.task
    panel = Panel.from_frame(frame)
    known = layout(panel, task.calendar, H).known[None]
    learner.forget_series()
    for rows in range(1, len(frame) + 1):
        learner.learn(panel.truncate([rows]) if rows == 1 else panel.tail(len(frame) - rows + 1).truncate([1]))
        kept = {name: tf.constant(part.numpy()[0]) for name, part in learner.store.parts.items()}
        center, scale, _ = learner.scale(kept["moments"])
        y = panel.y[None, :rows]
        values = np.where(np.isnan(y), 0.0, (y - float(center)) / float(scale))
        inputs = Inputs(tf.constant(values), tf.constant((~np.isnan(y)).astype(float)), known[:, : rows + H], EMPTY)
        np.testing.assert_allclose(token_of(kept, center, scale), network.core.tokens.past(inputs)[0, -1], rtol=1e-6)


def test_a_state_that_does_not_know_the_last_observed_value_is_read():
    frame = make_frame(series=2, rows=60)
    model = forecaster("rtrl").fit(frame)
    state = model.fitted.online.state()
    old = {name: part for name, part in state.arrays.items() if name != "series/carried"}
    model.fitted.online.restore(dataclasses.replace(state, arrays=old))
    found = model.fitted.online.state().arrays
    assert found.keys() == state.arrays.keys()
    for name, part in state.arrays.items():
        np.testing.assert_array_equal(found[name], part)


def test_a_missing_observation_moves_the_state_and_no_weight():
    frame = make_frame(series=1, rows=60)
    model = forecaster("ekf").fit(frame)
    before, state = weights(model), model.fitted.online.state().arrays
    gap = pd.DataFrame(
        {"unique_id": "s0", "ds": frame["ds"].iloc[-1] + pd.to_timedelta([1, 2], "h"), "y": [np.nan] * 2}
    )
    model.update(gap)
    np.testing.assert_array_equal(weights(model), before)
    after = model.fitted.online.state().arrays
    np.testing.assert_array_equal(after["series/moments"], state["series/moments"])
    assert not np.array_equal(after["series/state"], state["series/state"])
    assert np.isnan(after["series/pending"][0, 1])


def test_the_first_observations_only_set_the_scale_and_constants_teach_nothing():
    frame = make_frame(series=1, rows=60)
    assert forecaster("rtrl:burn_in=40").fit(frame).learned_.steps == 20
    frame["y"] = 5.0
    with pytest.raises(TrainingError, match="constant"):
        forecaster("rtrl").fit(frame)


def test_wild_values_leave_numbers():
    frame = make_frame(series=1, rows=80)
    frame.loc[50, "y"] = 1e30
    for learner in ("ekf", "rtrl"):
        model = forecaster(learner).fit(frame)
        assert np.isfinite(weights(model)).all()
        assert np.isfinite(model.fitted.online.state().arrays["series/sensitivity"]).all()


def test_progress_is_told_up_to_the_last_observation():
    seen = []
    forecaster("rtrl:passes=2").fit(make_frame(series=2, rows=200), [ReportProgress(seen.append)])
    assert seen[-1].step == seen[-1].steps == 2 * (200 + 193)
    assert {"loss", "mae"} <= set(seen[-1].metrics)


@pytest.mark.parametrize("learner", ["ekf", "rtrl"])
@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"decoding": "mimo"}, "decoding='recursive'"),
        ({"segment": 2}, "segment=1"),
        ({"dropout": 0.1}, "dropout=0"),
        ({"scaling": "last"}, "'standard' or 'none'"),
        ({"units": 40}, "at most 2,000"),
        ({"model": "ff-ar"}, "recurrent model"),
        ({"model": "ar"}, "learns by 'least-squares'"),
    ],
)
def test_networks_that_cannot_be_taught_online_are_refused_with_the_fix(learner, choices, message):
    if choices.get("model") in ("ff-ar", "ar"):
        model = Forecaster(choices["model"], H, context_length=L, training=Training(learner=learner))
    else:
        model = forecaster(learner, head="point", **choices)
    with pytest.raises(ConfigError, match=message):
        model.fit(make_frame(rows=80))


@pytest.mark.parametrize(
    ("learner", "field"),
    [
        ("ekf:noise=1", "noise"),
        ("ekf:measurement_noise=0", "measurement_noise"),
        ("ekf:process_noise=-1", "process_noise"),
        ("rtrl:optimizer=newton", "optimizer"),
        ("rtrl:passes=0", "passes"),
    ],
)
def test_an_option_that_means_nothing_is_refused_by_name(learner, field):
    with pytest.raises(ConfigError) as caught:
        forecaster(learner).fit(make_frame(rows=80))
    assert caught.value.field == field


def test_more_series_than_can_be_kept_are_refused(monkeypatch):
    monkeypatch.setattr("forecasting.training.online.learner.MOST_NUMBERS", 500)
    with pytest.raises(ConfigError, match="2 series are too many"):
        forecaster("ekf").fit(make_frame(rows=80))
