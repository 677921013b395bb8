"""Static conditioning: a vector that is true of a series at all times enters every network."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, ModelSpec, Task, Training
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.encoders import STACKS
from forecasting.network.build import build_network
from tests.conftest import BRIEF, make_frame

L, H = 16, 4
STATICS = ("size", "kind")


@pytest.fixture(scope="module")
def frame():
    frame = make_frame(series=4, rows=60)
    number = frame["unique_id"].map({name: n for n, name in enumerate(sorted(frame["unique_id"].unique()))})
    return frame.assign(size=number * 1000.0, kind=number.map(lambda n: "odd" if n % 2 else "even"))


def forecaster(model="gru", steps=4, **choices):
    sizes = {"units": 8} | ({"segment": 4} if model == "gru" else {"layers": 1})
    training = Training(**(BRIEF | {"steps": steps}))
    return Forecaster(model, H, context_length=L, static_covariates=STATICS, training=training, **sizes, **choices)


def twins(model, **choices):
    """Return the forecasts [2, H] and the loss that first weights give of one past with two vectors of statics."""
    sizes = {"units": 8} | ({"segment": 4} if model == "gru" else {"layers": 1})
    spec = ModelSpec.of(model, sizes | choices, head="point")
    task = Task(H, L, "h", (4,), calendar=("hour_sin",), static_covariates=(("size", ()), ("kind", ("even", "odd"))))
    network = build_network(spec, task, seed=1)
    rng = np.random.default_rng(0)
    context, target = rng.normal(size=(1, L)).repeat(2, axis=0), rng.normal(size=(2, H))
    known, statics = np.ones((2, L + H, 1), "float32"), np.array([[0, 1], [3, 2]], "float32")
    forecasts = np.asarray(network(context, known, statics))[:, :, 0]
    return forecasts, float(network.training_loss(context, known, target, statics, 0.5))


@pytest.mark.parametrize("decoding", DECODINGS.names())
@pytest.mark.parametrize("model", ["gru", "ff-ar"])
def test_the_same_past_with_other_statics_has_another_forecast(model, decoding):
    (first, second), loss = twins(model, decoding=decoding)
    assert not np.allclose(first, second)
    assert np.isfinite(loss)


@pytest.mark.parametrize("stack", STACKS.names())
def test_every_stack_takes_statics(stack):
    (first, second), loss = twins("gru", stack=stack)
    assert not np.allclose(first, second)
    assert np.isfinite(loss)


def test_series_that_differ_in_their_statics_alone_are_told_apart():
    """The level after a jump depends on the kind; nothing of the past says which it will be."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        kind = "up" if number % 2 else "down"
        y = rng.normal(0, 1, 20)
        y[16:] += 8 if kind == "up" else -8
        rows.append(pd.DataFrame({"unique_id": f"s{number}", "ds": np.arange(20), "y": y, "kind": kind}))
    frame = pd.concat(rows)
    # One look at the end: the refit, which sees the jump, then takes as many steps.
    training = Training(steps=200, batch_size=32, validate_every=200, validation_windows=1, truncation=0.0)
    errors = {}
    for statics in ((), ("kind",)):
        model = Forecaster(
            "gru", 4, season=4, context_length=16, segment=4, units=16, head="point", static_covariates=statics,
            training=training,
        )  # fmt: skip
        forecast = model.fit(frame).predict(frame[frame["ds"] < 16])
        truth = frame[frame["ds"] >= 16].sort_values(["unique_id", "ds"])["y"].to_numpy()
        errors[statics] = np.abs(forecast.sort_values(["unique_id", "ds"])["gru"].to_numpy() - truth).mean()
    assert errors[("kind",)] < 0.4 * errors[()]


def test_a_new_category_is_forecast_as_an_unknown_one(frame, caplog):
    fitted = forecaster(steps=20).fit(frame)
    forecast = fitted.predict(frame.assign(kind="never seen"))
    assert np.isfinite(forecast["gru"]).all()
    assert "not seen in training" in caplog.text


def test_numbers_are_standardised_by_the_training_series(frame):
    network = forecaster().fit(frame).predictor.network
    np.testing.assert_allclose(network.statics.center, [1500])
    np.testing.assert_allclose(network.statics.scale, [np.std([0, 1000, 2000, 3000])], rtol=1e-6)


def test_saving_and_loading_give_the_same_forecast(frame, tmp_path):
    fitted = forecaster(steps=20).fit(frame)
    expected = fitted.predict()["gru"]
    loaded = Forecaster.load(fitted.save(tmp_path / "model"))
    np.testing.assert_allclose(loaded.predict(frame)["gru"], expected, rtol=1e-6)


def test_baselines_let_statics_pass(frame):
    plain = Forecaster("seasonal-naive", H, context_length=L, season=4).fit(frame).predict()
    told = Forecaster("seasonal-naive", H, context_length=L, season=4, static_covariates=STATICS).fit(frame).predict()
    np.testing.assert_array_equal(plain["seasonal-naive"], told["seasonal-naive"])
