"""The linear autoregression against scikit-learn, and against a process whose coefficients are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from forecasting import Forecaster
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError
from tests.conftest import make_frame

L, H = 24, 6


def windows_of(panel):
    """Materialise what the product never does: last-value-scaled windows of every series, as rows."""
    x, y = [], []
    for series in range(panel.n_series):
        values = panel.y[panel.offsets[series] : panel.offsets[series + 1]]
        for origin in range(L - 1, len(values) - H):
            context, target = values[origin - L + 1 : origin + 1], values[origin + 1 : origin + H + 1]
            observed = context[~np.isnan(context)]
            center, scale = observed[-1], observed.std()
            x.append(np.nan_to_num((context - center) / scale, nan=0.0))
            y.append((target - center) / scale)
    return np.array(x), np.array(y)


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_the_kernel_is_that_of_a_ridge_over_materialised_windows(missing):
    frame = make_frame(rows=150, freq=1, missing=missing)
    forecaster = Forecaster("ar", H, freq=1, season=24, context_length=L, ridge=1e-2).fit(frame)
    kernel = np.asarray(forecaster.predictor.network.core.kernel)
    x, y = windows_of(Panel.from_frame(frame, 1))
    for step in range(H):
        seen = ~np.isnan(y[:, step])
        rows = np.c_[x[seen], np.ones(seen.sum())]
        penalty = 1e-2 * np.trace(rows.T @ rows) / (L + 1)
        oracle = Ridge(alpha=penalty, solver="cholesky").fit(x[seen], y[seen, step])
        np.testing.assert_allclose(kernel[:-1, step], oracle.coef_, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(kernel[-1, step], oracle.intercept_, rtol=1e-6, atol=1e-9)


def test_a_noiseless_autoregression_is_continued_exactly():
    # y_t = 2 cos(w) y_{t-1} - y_{t-2}: a sine is an AR(2) process.
    step = np.arange(400)
    frame = pd.DataFrame({"ds": step, "y": 5 + np.sin(0.3 * step)})
    for decoding in ("mimo", "recursive"):
        forecaster = Forecaster("ar", 12, season=21, context_length=40, ridge=1e-12, decoding=decoding).fit(frame)
        expected = 5 + np.sin(0.3 * np.arange(400, 412))
        np.testing.assert_allclose(forecaster.predict()["ar"], expected, atol=1e-4)


def test_recursion_feeds_the_forecast_back():
    frame = make_frame(series=1, rows=150, freq=1)
    recursive = Forecaster("ar", 3, season=24, context_length=L, decoding="recursive").fit(frame)
    one = Forecaster("ar", 1, season=24, context_length=L, decoding="recursive").fit(frame)
    kernel = np.asarray(recursive.predictor.network.core.kernel)[:, 0]
    series = list(frame["y"])
    for _ in range(3):
        lags = np.array(series[-L:])
        center, scale = lags.mean(), lags.std()
        series.append(center + scale * (np.r_[(lags - center) / scale, 1] @ kernel))
    np.testing.assert_allclose(recursive.predict()["ar"], series[-3:], rtol=1e-9)
    assert one.predict()["ar"].iloc[0] == pytest.approx(recursive.predict()["ar"].iloc[0], rel=1e-3)


def test_without_rescaling_the_recursion_is_that_of_the_textbooks():
    frame = make_frame(series=1, rows=150, freq=1)
    choices = {"season": 24, "context_length": L, "scaling": "none", "decoding": "recursive", "rescale": False}
    forecaster = Forecaster("ar", 3, **choices).fit(frame)
    kernel = np.asarray(forecaster.predictor.network.core.kernel)[:, 0]
    series = list(frame["y"])
    for _ in range(3):
        series.append(np.r_[series[-L:], 1] @ kernel)
    np.testing.assert_allclose(forecaster.predict()["ar"], series[-3:], rtol=1e-9)


def test_rescaling_is_a_choice_of_the_recursion_alone():
    with pytest.raises(ConfigError, match="does not read it"):
        Forecaster("ar", 3, rescale=False)
