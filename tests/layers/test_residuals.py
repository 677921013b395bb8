"""A network around another forecast: what it begins at, what it reads, and what is solved for it."""

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.config import QUANTILE_GRID, Task
from forecasting.errors import ConfigError
from forecasting.head_spec import HeadSpec
from forecasting.heads import HEADS
from forecasting.layers.residuals import RESIDUALS
from forecasting.layers.scaling import UNIT
from forecasting.model_spec import ModelSpec
from forecasting.network import build_network
from tests.conftest import QUICK, make_frame

L, H = 48, 12
SIZES = {"units": 4, "layers": 1, "width": 4}


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_a_network_that_adds_nothing_around_the_line_is_the_ridge_regression(missing):
    frame = make_frame(missing=missing)
    quiet = Training(**QUICK | {"steps": 1, "learning_rate": 1e-12})
    around = Forecaster(
        "ff-ar", H, context_length=L, head="point", scaling="last", residual="linear", training=quiet, **SIZES
    )
    fitted = around.fit(frame).predictor.network.core
    line = Forecaster("ar", H, context_length=L).fit(frame)
    np.testing.assert_allclose(fitted.regression.kernel, line.predictor.network.core.kernel, rtol=1e-7, atol=1e-9)
    for weight in fitted.core.readout.weights:
        weight.assign(weight * 0)
    np.testing.assert_allclose(around.predict()["ff-ar"], line.predict()["ar"], rtol=1e-5)


def test_rows_that_validate_have_no_part_in_the_line():
    frame = make_frame(series=1)
    changed = frame.copy()
    changed.loc[changed.index[-4 * H :], "y"] = 1e9
    training = Training(**QUICK | {"refit": False})
    model = Forecaster("ff-ar", H, context_length=L, residual="linear", training=training, **SIZES)
    kernels = [np.array(model.fit(one).predictor.network.core.regression.kernel) for one in (frame, changed)]
    assert kernels[0].any()
    np.testing.assert_array_equal(*kernels)


def test_of_many_windows_some_are_summed_and_of_large_sums_the_complete_ones(monkeypatch):
    from forecasting.training import least_squares

    frame = make_frame(rows=400, missing=0.01)
    model = Forecaster("ff-ar", H, context_length=L, residual="linear", training=Training(**QUICK), **SIZES)
    all_windows = np.array(model.fit(frame).predictor.network.core.regression.kernel)
    for name, value in (("MOST_WINDOWS", 150), ("MOST_SUMS", 10)):
        monkeypatch.setattr(least_squares, name, value)
        some = np.array(model.fit(frame).predictor.network.core.regression.kernel)
        assert 0.5 < np.corrcoef(some.ravel(), all_windows.ravel())[0, 1] < 1 - 1e-9


@pytest.mark.parametrize("name", [name for name in HEADS.names() if HeadSpec(name).has_location])
def test_moved_raw_numbers_mean_the_same_further_on(name):
    spec = HeadSpec(name)
    head = spec.build(Task(H, L, "h", (24,), QUANTILE_GRID if spec.has_quantiles else ()))
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(2, H, head.parameters)).astype("float32")
    forecast = rng.normal(size=(2, H))
    np.testing.assert_allclose(head(head.moved(raw, forecast), UNIT), head(raw, UNIT) + forecast[..., None], atol=1e-5)


def test_heads_without_a_location_are_refused():
    for name in HEADS.names():
        assert hasattr(HEADS.load(name).Head, "moved") == HeadSpec(name).has_location
    with pytest.raises(ConfigError, match="does not fit"):
        Forecaster("gru", H, head="poisson", residual="linear")
    with pytest.raises(ConfigError, match="Unknown residual 'cubic'"):
        Forecaster("gru", H, residual="cubic")


@pytest.mark.parametrize("residual", RESIDUALS.names())
def test_every_residual_answers_any_shape_of_task(residual):
    for horizon, length, season in ((3, 2, (1,)), (1, 1, (7,)), (30, 20, (4, 9)), (5, 150, (70,))):
        spec = ModelSpec.of("gru", SIZES | {"residual": residual}, head="point")
        network = build_network(spec, Task(horizon, length, 1, season), seed=1)
        context = np.random.default_rng(0).normal(size=(2, length))
        context[0, 1:] = np.nan
        answer = np.asarray(network(context, np.zeros((2, length + horizon, 0), "float32")))
        assert answer.shape == (2, horizon, 1)
        assert np.isfinite(answer).all()
