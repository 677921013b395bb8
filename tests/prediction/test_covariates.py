"""Covariates in the network: what is known ahead moves the horizon, what is past-only never reaches it."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, Training
from forecasting.config.task import Task
from forecasting.data.covariates import Covariates
from forecasting.data.future import future_frame, panel_for, with_known_future
from forecasting.data.origins import Origins
from forecasting.data.windows import layout
from forecasting.errors import ConfigError, PanelError
from forecasting.layers.covariates import CovariateReader, features_of
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.encoders import STACKS
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from forecasting.prediction.attention import attention_frame
from forecasting.prediction.paths import Draw, sample_panel
from forecasting.prediction.predictor import Predictor
from tests.conftest import BRIEF, make_frame

L, H = 16, 4
KNOWN, PAST = ("temp", "promo"), ("load", "state")
TASK = Task(
    H, L, "h", (4,), calendar=("hour_sin",),
    known_covariates=(("temp", ()), ("promo", ("no", "yes"))),
    past_covariates=(("load", ()), ("state", ("off", "on"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    frame = make_frame(series=3, rows=60)
    rng = np.random.default_rng(0)
    return frame.assign(
        temp=rng.normal(0, 1, len(frame)),
        promo=rng.choice(["no", "yes"], len(frame)),
        load=rng.normal(0, 1, len(frame)),
        state=rng.choice(["on", "off", None], len(frame)),
    )


def forecaster(model="gru", **choices):
    sizes = {"units": 8} | ({"segment": 4} if model == "gru" else {"layers": 1})
    choices = {"known_covariates": KNOWN, "past_covariates": PAST, "training": Training(**BRIEF)} | choices
    return Forecaster(model, H, context_length=L, season=4, **sizes, **choices)


def predictor_of(model, **choices):
    sizes = {"units": 8} | ({"segment": 4} if model == "gru" else {"layers": 1})
    spec = ModelSpec.of(model, sizes | choices, head="point")
    return Predictor(spec, TASK, build_network(spec, TASK, seed=1))


def changed(panel, name, rows, value):
    """Return the panel with one covariate changed in some rows."""
    parts = {"known": dict(panel.covariates.known), "past": dict(panel.covariates.past)}
    for part in parts.values():
        if name in part:
            part[name] = part[name].copy()
            part[name][rows] = value
    return panel.with_covariates(Covariates(**parts))


def test_a_missing_cell_is_no_zero(frame):
    """Neither one of the data nor one of the scaled numbers, which is their mean."""
    predictor, panel = predictor_of("ff-ar"), panel_for(frame, TASK)
    predictor.network.covariates.adapt(layout(panel, TASK.calendar, H, TASK.covariate_kinds).known)
    ahead = panel.offsets[0] + 41 + np.arange(H)
    mean = panel.covariates.known["temp"].mean()
    origins = Origins(np.zeros(1, int), np.array([40]))
    missing, zero, average = (
        predictor.predict_panel(changed(panel, "temp", ahead, value), origins=origins).median
        for value in (np.nan, 0.0, mean)
    )
    assert np.isfinite(missing).all()
    assert (missing != zero).any()
    assert np.abs(missing - average).max() > 1e-3


@pytest.mark.parametrize("decoding", DECODINGS.names())
@pytest.mark.parametrize("model", ["gru", "ff-ar"])
def test_only_what_is_known_ahead_reaches_the_horizon(frame, model, decoding):
    predictor, panel = predictor_of(model, decoding=decoding), panel_for(frame, TASK)
    origin = 40
    ahead = panel.offsets[0] + origin + 1 + np.arange(H)
    last = panel.offsets[0] + origin

    def forecast(other, horizon=H):
        origins = Origins(np.array([0]), np.array([origin]))
        return predictor.predict_panel(other, predictor.question(horizon), origins).median[0]

    plain, rolled = forecast(panel), forecast(panel, 2 * H)
    np.testing.assert_allclose(rolled[:H], plain, rtol=1e-5)
    later = panel.offsets[0] + np.arange(origin + 1, panel.lengths[0])
    y = panel.y.copy()
    y[later] = 1e6
    for hidden in (changed(panel, "load", later, 99.0), changed(panel, "state", later, "on"), panel.with_values(y)):
        np.testing.assert_array_equal(forecast(hidden), plain)
        np.testing.assert_array_equal(forecast(hidden, 2 * H), rolled)
    for name, rows, value in (
        ("temp", ahead, 5.0), ("promo", ahead, "new"), ("temp", last, 5.0), ("load", last, 5.0), ("state", last, None)
    ):  # fmt: skip
        before = panel.covariates.known.get(name, panel.covariates.past.get(name))
        assert not np.allclose(forecast(changed(panel, name, rows, value)), plain), (name, before[rows])
    beyond = panel.offsets[0] + np.arange(origin + 1 + H, panel.lengths[0])
    moved = changed(panel, "temp", beyond, 5.0)
    np.testing.assert_array_equal(forecast(moved), plain)
    assert not np.allclose(forecast(moved, 2 * H)[H:], rolled[H:])


@pytest.mark.parametrize("stack", STACKS.names())
def test_every_stack_takes_covariates(frame, stack):
    predictor = predictor_of("gru", stack=stack)
    panel = panel_for(frame, TASK)
    origins = Origins(np.arange(3), np.array([30, 40, 5]))
    assert np.isfinite(predictor.predict_panel(panel, origins=origins).median).all()


def test_the_reader_is_numpys():
    """Standardised numbers, embeddings, flags; what is missing is 0 everywhere."""
    reader = CovariateReader((("size", ()), ("kind", ("a", "b"))))
    codes = np.array([[[1e9, 1], [np.nan, 2], [1e9 + 4, np.nan], [1e9 + 2, 0]]])
    reader.adapt(codes[0])
    read = np.asarray(reader(codes))[0]
    sizes = codes[0, [0, 2, 3], 0]
    np.testing.assert_allclose(read[[0, 2, 3], 2], (sizes - sizes.mean()) / sizes.std(), rtol=1e-6)
    np.testing.assert_array_equal(read[:, :2], [[1, 1], [0, 1], [1, 0], [1, 1]])
    table = np.asarray(reader.embeddings[0].embeddings)
    np.testing.assert_allclose(read[:, 3:], [table[1], table[2], 0 * table[0], table[0]], rtol=1e-6)
    assert read[1, 2] == 0
    assert read.shape[1] == features_of((("size", ()), ("kind", ("a", "b"))))


def test_values_hardly_met_in_training_are_taken_for_the_nearest_that_was():
    reader = CovariateReader((("rain", ()), ("price", ())))
    codes = np.stack([np.zeros(5000), np.linspace(-1, 1, 5000)], axis=1)
    codes[:4, 0] = 10.0  # four wet hours of five thousand: nothing that could be learnt from
    reader.adapt(codes)
    asked = np.array([[[0.0, 0.5], [30.0, 0.5], [0.0, 1.0], [0.0, 1e9]]])
    found = np.asarray(reader(asked))[0]
    np.testing.assert_array_equal(found[1], found[0])
    assert found[2, 3] > found[0, 3]
    np.testing.assert_allclose(found[3], found[2], atol=0.01)


def error_of(frame, name, as_known, as_past):
    """Return the mean absolute error of the last H rows of each series, told about a covariate or not."""
    rows = frame.groupby("unique_id").cumcount(ascending=False)
    history, rest = frame[rows >= H], frame[rows < H]
    training = Training(steps=300, batch_size=32, validate_every=300, validation_windows=0, learning_rate=1e-2)
    model = Forecaster(
        "ff-ar", H, season=4, context_length=8, units=32, layers=1, head="point", training=training,
        known_covariates=(name,) if as_known else (), past_covariates=(name,) if as_past else (),
    )  # fmt: skip
    forecast = model.fit(history).predict(future=rest.drop(columns="y"))
    return np.abs(forecast["ff-ar"].to_numpy() - rest.sort_values(["unique_id", "ds"])["y"].to_numpy()).mean()


def driven(lead):
    """Return series that are a linear function of a random column, `lead` rows earlier."""
    rng = np.random.default_rng(3)
    parts = []
    for number in range(8):
        driver = rng.normal(0, 1, 150 + lead)
        y = 20 + 3 * driver[: len(driver) - lead] + rng.normal(0, 0.05, 150)
        parts.append(pd.DataFrame({"unique_id": f"s{number}", "ds": np.arange(150), "y": y, "driver": driver[lead:]}))
    return pd.concat(parts, ignore_index=True)


def test_a_known_covariate_that_makes_the_series_is_learnt():
    frame = driven(0)
    assert error_of(frame, "driver", True, False) < 0.35 * error_of(frame, "driver", False, False)


def test_a_past_only_covariate_that_leads_is_learnt():
    frame = driven(H)
    assert error_of(frame, "driver", False, True) < 0.35 * error_of(frame, "driver", False, False)


def test_a_fitted_model_answers_the_same_from_everywhere(frame, tmp_path):
    rows = frame.groupby("unique_id").cumcount(ascending=False)
    history, future = frame[rows >= H], frame[rows < H].drop(columns=["y", *PAST])
    fitted = forecaster(holidays="DE-BY", static_covariates=("size",)).fit(history.assign(size=1.0))
    history = history.assign(size=1.0)
    expected = fitted.predict(future=future.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(
        fitted.make_future_frame(), expected[["unique_id", "ds"]], check_dtype=False, check_names=False
    )
    loaded = Forecaster.load(fitted.save(tmp_path / "model"))
    assert (loaded.choices.known_covariates, loaded.choices.past_covariates, loaded.choices.holidays) == (
        KNOWN,
        PAST,
        "DE-BY",
    )
    found = loaded.predict(history.sample(frac=1, random_state=1), future=future)
    np.testing.assert_allclose(found["gru"], expected["gru"], rtol=1e-6)
    whole = frame.assign(size=1.0, y=frame["y"].where(rows >= H))
    np.testing.assert_allclose(loaded.predict(whole)["gru"], expected["gru"], rtol=1e-6)
    with pytest.raises(PanelError, match="lack 12 of the 12 rows") as caught:
        loaded.predict(history)
    assert caught.value.code == "future_missing"
    backtest = fitted.backtest(history, windows=2)
    assert np.isfinite(backtest["gru"]).all()


def test_roll_outs_and_attention_read_what_is_known_ahead(frame):
    task = Task(H, L, "h", (4,), symbols=("a", "b"), known_covariates=(("temp", ()),))
    choices = {"units": 6, "decoding": "recursive", "segment": 1}
    spec = ModelSpec.of("gru", choices, head="categorical")
    sampler = Predictor(spec, task, build_network(spec, task, seed=1))
    panel = panel_for(frame.assign(y=np.where(frame["y"] > 60, "a", "b")), task)
    with pytest.raises(PanelError, match="must reach 4 steps beyond"):
        sample_panel(sampler, panel, sampler.question(), Draw(5))
    warm = with_known_future(panel, task, 6, future_frame(panel, 6).assign(temp=50.0))
    cold = with_known_future(panel, task, 6, future_frame(panel, 6).assign(temp=-50.0))
    drawn = [sample_panel(sampler, one, sampler.question(6), Draw(20, seed=3)) for one in (warm, warm, cold)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    looking = predictor_of("gru", decoding="seq2seq", attention="additive")
    plans = {"temp": 1.0, "promo": "yes"}
    panel = panel_for(frame, TASK)
    weights = attention_frame(looking, with_known_future(panel, TASK, H, future_frame(panel, H).assign(**plans)))
    np.testing.assert_allclose(weights.groupby(["unique_id", "ds"])["weight"].sum(), 1, rtol=1e-5)


def test_a_new_category_is_read_as_an_unknown_one(frame, caplog):
    fitted = forecaster("ff-ar").fit(frame)
    future = fitted.make_future_frame().assign(temp=0.0, promo="never seen")
    assert np.isfinite(fitted.predict(future=future)["ff-ar"]).all()
    assert "'promo' has a category that was not seen in training in 12 rows" in caplog.text


def test_streams_are_taught_with_covariates(frame):
    training = Training(**BRIEF, learner="truncated:chunk=4")
    fitted = forecaster(decoding="recursive", head="point", training=training).fit(frame)
    future = fitted.make_future_frame().assign(temp=0.0, promo="no")
    assert np.isfinite(fitted.predict(future=future)["gru"]).all()


def test_online_learners_refuse_covariates(frame):
    training = Training(learner="ekf")
    model = Forecaster(
        "rnn", H, context_length=L, units=2, segment=1, decoding="recursive", head="point", training=training,
        past_covariates=("load",),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="reads no covariates"):
        model.fit(frame)


@pytest.mark.parametrize("model", ["seasonal-naive", "ar"])
def test_models_without_covariates_let_them_pass_and_say_so(frame, model, caplog):
    caplog.set_level("INFO", "forecasting")
    choices = {"context_length": L, "season": 4}
    plain = Forecaster(model, H, **choices).fit(frame).predict()
    told = Forecaster(model, H, known_covariates=KNOWN, past_covariates=PAST, **choices).fit(frame)
    forecast = told.predict(future=told.make_future_frame().assign(temp=0.0, promo="no"))
    np.testing.assert_array_equal(plain[model], forecast[model])
    assert "reads no covariates and ignores temp, promo, load, state" in caplog.text
