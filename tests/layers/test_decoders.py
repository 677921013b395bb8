"""Decodings: what is shared, what is fed back, and that the truth never reaches an answer."""

import numpy as np
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.layers.attention import ATTENTIONS
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.forcing import SCHEDULES, share_of_truth
from forecasting.layers.inputs import Encoded, Inputs, Teacher
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from tests.conftest import make_frame

L, H = 24, 8
FED_BACK = ("recursive", "seq2seq")


def network_of(model="gru", seed=1, calendar=("hour_sin",), **choices):
    spec = ModelSpec.of(model, {"units": 6} | ({"segment": 2} if model == "gru" else {}) | choices, head="point")
    return build_network(spec, Task(H, L, "h", (24,), (), calendar), seed)


def windows(batch=5, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(batch, L)),
        rng.normal(size=(batch, L + H, 1)).astype("float32"),
        rng.normal(size=(batch, H)),
    )


def inputs(teacher=None, progress=0.0):
    context, known, _ = windows()
    if teacher is not None:
        teacher = Teacher(*(tf.constant(part, tf.float32) for part in (teacher, np.ones_like(teacher), progress)))
    return Inputs(
        tf.constant(context),
        tf.ones_like(context, tf.float64),
        tf.constant(known),
        tf.zeros([len(context), 0]),
        teacher,
    )


def raw(network, *args, **kwargs):
    return np.asarray(network.core(inputs(*args, **kwargs), training=False))[:, :, 0]


@pytest.mark.parametrize("decoding", DECODINGS.names())
def test_steps_without_any_feature_are_forecast(decoding):
    """Integer steps have no calendar: what is known of a step ahead is then nothing."""
    context, known, _ = windows()
    found = network_of(decoding=decoding, calendar=())(context, known[:, :, :0])
    assert found.shape == (5, H, 1)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("decoding", FED_BACK)
def test_free_running_does_not_look_at_the_truth(decoding):
    network = network_of(decoding=decoding)
    truth = windows()[2]
    np.testing.assert_array_equal(raw(network), raw(network, truth))
    np.testing.assert_array_equal(raw(network), raw(network_of(decoding=decoding, forcing=0.0), truth))


@pytest.mark.parametrize("decoding", FED_BACK)
def test_a_probability_of_one_is_teacher_forcing(decoding):
    truth = windows()[2]
    taught = raw(network_of(decoding=decoding, forcing="teacher"), truth)
    np.testing.assert_array_equal(taught, raw(network_of(decoding=decoding, forcing=1.0), truth))
    assert not np.allclose(taught, raw(network_of(decoding=decoding), truth))


@pytest.mark.parametrize("decoding", FED_BACK)
@pytest.mark.parametrize("model", ["gru", "ff-ar"])
def test_a_forecast_under_teacher_forcing_reads_the_truth_before_it_and_none_after(decoding, model):
    network = network_of(model, decoding=decoding, forcing="teacher")
    segment = 2 if model == "gru" else 1
    truth = windows()[2]
    changed = truth.copy()
    changed[:, 4:] += 10
    plain, moved = raw(network, truth), raw(network, changed)
    np.testing.assert_array_equal(plain[:, : 4 + segment], moved[:, : 4 + segment])
    assert not np.allclose(plain[:, 4 + segment :], moved[:, 4 + segment :])


@pytest.mark.parametrize("decoding", FED_BACK)
def test_feeding_the_forecast_as_the_truth_is_free_running(decoding):
    free = raw(network_of(decoding=decoding))
    np.testing.assert_allclose(raw(network_of(decoding=decoding, forcing="teacher"), free), free, atol=1e-5)


def test_an_answer_never_reads_a_teacher():
    network = network_of(decoding="recursive", forcing="teacher")
    context, known, _ = windows()
    free = network_of(decoding="recursive")
    np.testing.assert_array_equal(network(context, known), free(context, known))


@pytest.mark.parametrize("decoding", FED_BACK)
def test_a_missing_truth_is_not_fed(decoding):
    network = network_of(decoding=decoding, forcing="teacher")
    context, known, target = windows()
    target[:, 3] = np.nan
    gone = network.training_loss(context, known, target, None, 0.0)
    assert np.isfinite(gone)


def test_coins_are_thrown_with_the_probability_of_the_schedule():
    network = network_of(decoding="recursive", forcing=0.5)
    truth = np.random.default_rng(0).normal(size=(5, H))
    found = {raw(network, truth).tobytes() for _ in range(5)}
    assert len(found) > 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_probabilities_that_never_rise(name):
    shares = np.array([float(share_of_truth(name, progress)) for progress in np.linspace(0, 1, 11)])
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (np.diff(shares) <= 0).all()


def test_a_schedule_weans_off_the_truth():
    network = network_of(decoding="recursive", forcing="linear")
    truth = windows()[2]
    taught, free = network_of(decoding="recursive", forcing="teacher"), network_of(decoding="recursive")
    np.testing.assert_array_equal(raw(network, truth, progress=0.0), raw(taught, truth))
    np.testing.assert_array_equal(raw(network, truth, progress=1.0), raw(free, truth))


@pytest.mark.parametrize("decoding", FED_BACK)
def test_teacher_forcing_on_white_noise_does_not_beat_the_noise(decoding):
    """Were the truth of a step visible while it is forecast, its loss would fall far below the noise."""
    rng = np.random.default_rng(0)
    frame = make_frame(series=4, rows=400)
    frame["y"] = rng.normal(size=len(frame))
    training = Training(steps=150, batch_size=64, validate_every=50, refit=False)
    model = Forecaster(
        "gru", H, context_length=L, head="point", decoding=decoding, forcing="teacher", units=16, segment=1,
        training=training,
    )  # fmt: skip
    history = model.fit(frame).learned_.history
    noise = np.sqrt(2 / np.pi)  # The mean absolute error of the best forecast, the median.
    assert min(row["loss"] for row in history) > 0.9 * noise
    assert history[-1]["val_loss"] < 1.3 * noise


@pytest.mark.parametrize("decoding", ["direct", "dirrec"])
def test_no_weight_of_a_step_reaches_another_step(decoding):
    network = network_of(decoding=decoding)
    core, before = network.core, raw(network)
    for weight in core.readouts[2].weights:
        weight.assign(weight + 1)
    after = raw(network)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0) > 1e-7)
    expected = [4, 5] if decoding == "direct" else [4, 5, 6, 7]
    np.testing.assert_array_equal(changed, expected)


def test_position_says_the_same_of_each_token_but_for_its_place_and_its_features():
    network = network_of(decoding="position")
    core, before = network.core, raw(network)
    place = np.array(core.place)
    assert len(place) == H // 2
    place[2] += 1
    core.place.assign(place)
    np.testing.assert_array_equal(np.flatnonzero(np.abs(raw(network) - before).max(axis=0) > 1e-7), [4, 5])
    core.place.assign(np.zeros_like(place))
    known = windows()[1]
    known[:, L:] = 0.5
    answer = np.asarray(core(inputs()._replace(known=tf.constant(known))))[:, :, 0].reshape(5, H // 2, 2)
    np.testing.assert_allclose(answer, answer[:, :1] + np.zeros_like(answer), atol=1e-6)
    assert np.ptp(answer, axis=0).min() > 1e-3, "the context is read"


def test_a_dirrec_network_reads_the_forecasts_before_it():
    core = network_of("ff-ar", decoding="dirrec").core
    widths = [encoder.hidden[0].kernel.shape[0] for encoder in core.encoders]
    assert widths == [3 * (L + step) for step in range(H)]


def test_direct_and_mimo_are_the_same_where_the_horizon_is_one_token():
    names = ("mimo", "direct", "dirrec")
    answers = [raw(network_of(decoding=name, segment=8)) for name in names]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[1], answers[2])


def test_a_bidirectional_encoder_refuses_recursion_and_takes_all_else():
    for decoding in DECODINGS.names():
        if decoding == "recursive":
            with pytest.raises(ConfigError, match="Use decoding"):
                network_of(decoding=decoding, stack="bidirectional")
        else:
            assert np.isfinite(raw(network_of(decoding=decoding, stack="bidirectional"))).all()


@pytest.mark.parametrize("name", ATTENTIONS.names())
def test_attention_weights_are_shares_and_the_context_their_mean(name):
    rng = np.random.default_rng(0)
    sequence, query = rng.normal(size=(3, 7, 5)).astype("float32"), rng.normal(size=(3, 4)).astype("float32")
    encoded = Encoded(tf.constant(sequence[:, -1]), tf.constant(sequence), [])
    attention = ATTENTIONS.load(name).Attention(4)
    context, weights = attention(tf.constant(query), attention.keys(encoded), encoded)
    if name == "none":
        np.testing.assert_array_equal(context, encoded.summary)
        assert weights.shape == (3, 0)
        return
    np.testing.assert_allclose(np.sum(weights, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(context, np.einsum("bt,btd->bd", weights, sequence), rtol=1e-5, atol=1e-6)


def test_attention_equals_its_equations():
    rng = np.random.default_rng(0)
    sequence, query = rng.normal(size=(2, 6, 5)).astype("float32"), rng.normal(size=(2, 4)).astype("float32")
    encoded = Encoded(tf.constant(sequence[:, -1]), tf.constant(sequence), [])
    for name in ("additive", "multiplicative"):
        attention = ATTENTIONS.load(name).Attention(4)
        _, weights = attention(tf.constant(query), attention.keys(encoded), encoded)
        key = np.asarray(attention.key.kernel)
        if name == "additive":
            w, b, v = (np.asarray(one) for one in (*attention.query.weights, attention.score.kernel))
            scores = np.tanh((query @ w + b)[:, None] + sequence @ key) @ v[:, 0]
        else:
            scores = np.einsum("bu,btu->bt", query, sequence @ key) / 2
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(weights, expected, rtol=1e-5)
