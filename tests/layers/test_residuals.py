"""A network around another forecast: what it begins at, what it reads, and what is solved for it."""

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.config.task import QUANTILE_GRID, Task
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from forecasting.heads import HEADS
from forecasting.heads.base import BaseHead
from forecasting.heads.spec import HeadSpec
from forecasting.layers.residuals import RESIDUALS
from forecasting.layers.scaling import UNIT
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from forecasting.training import ridge
from forecasting.training.ridge import solve_base
from forecasting.training.source import WindowSource
from tests.conftest import BRIEF, make_frame

L, H = 48, 12
SIZES = {"units": 4, "layers": 1, "width": 4}


def solved(frame, validation_windows=0, horizon=H):
    """Return the kernel of the regression of an untrained network, from the windows that would train it."""
    panel = Panel.from_frame(frame)
    model = Forecaster("ff-ar", horizon, context_length=L, scaling="last", residual="linear", **SIZES)
    task = model.choices.task_for(panel)
    network, source = build_network(model.spec, task, seed=1), WindowSource.of(panel, task)
    solve_base(network, source, source.split(validation_windows)[0])
    return np.array(network.core.regression.kernel)


def test_a_network_that_adds_nothing_around_the_line_is_the_ridge_regression():
    frame = make_frame(missing=0.05)
    quiet = Training(**BRIEF | {"steps": 1, "learning_rate": 1e-12})
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
    kernel = solved(frame, validation_windows=4)
    assert kernel.any()
    np.testing.assert_array_equal(solved(changed, validation_windows=4), kernel)
    assert not np.array_equal(solved(frame), kernel)


@pytest.mark.parametrize(("name", "value"), [("MOST_WINDOWS", 150), ("MOST_SUMS", 10)])
def test_of_many_windows_some_are_summed_and_of_large_sums_one_is_shared(name, value, monkeypatch):
    frame = make_frame(rows=400, missing=0.01)
    whole = solved(frame)
    monkeypatch.setattr(ridge, name, value)
    assert 0.5 < np.corrcoef(solved(frame).ravel(), whole.ravel())[0, 1] < 1 - 1e-9


@pytest.mark.parametrize("name", [name for name in HEADS.names() if HeadSpec(name).traits.has_location])
def test_moved_raw_numbers_mean_the_same_further_on(name):
    spec = HeadSpec(name)
    head = spec.build(Task(H, L, "h", (24,), QUANTILE_GRID if spec.traits.has_quantiles else ()))
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(2, H, head.parameters)).astype("float32")
    forecast = rng.normal(size=(2, H))
    np.testing.assert_allclose(
        head(head.shifted(raw, forecast), UNIT), head(raw, UNIT) + forecast[..., None], atol=1e-5
    )


def test_heads_without_a_location_are_refused():
    for name in HEADS.names():
        assert (HEADS.load(name).Head.shifted is not BaseHead.shifted) == HeadSpec(name).traits.has_location
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


@pytest.mark.parametrize("pattern", ["nothing", "at random", "at night"])
def test_steps_that_share_a_sum_are_near_those_that_have_their_own(pattern, monkeypatch):
    """No window of two days is complete then, and the line is found all the same."""
    frame, horizon = make_frame(rows=3000, missing=0.3 if pattern == "at random" else 0.0), 48
    if pattern == "at night":
        frame.loc[~frame["ds"].dt.hour.between(8, 19), "y"] = np.nan
    whole = solved(frame, horizon=horizon)
    monkeypatch.setattr(ridge, "MOST_SUMS", 30 * len(whole) ** 2)  # a day's hours, and not two days'
    shared = solved(frame, horizon=horizon)
    assert np.corrcoef(shared.ravel(), whole.ravel())[0, 1] > 0.98
    assert np.abs(shared).sum() == pytest.approx(np.abs(whole).sum(), rel=0.1)


def test_where_nothing_varies_there_is_no_line_and_the_network_answers():
    frame = make_frame(rows=120).assign(y=7.0)
    assert not solved(frame).any()
    model = Forecaster("ff-ar", H, context_length=L, residual="linear", training=Training(**BRIEF), **SIZES).fit(frame)
    np.testing.assert_allclose(model.predict()["ff-ar"], 7.0)
