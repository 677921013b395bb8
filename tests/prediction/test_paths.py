"""Paths: drawn step by step inside the graph, read as quantiles, the same whatever stands beside a window."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, ModelSpec, Task, Training
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, PanelError, RequestError
from forecasting.layers.paths import PATHS, common_chance, quantiles_of_paths
from forecasting.network.build import build_network
from forecasting.prediction.paths import Draw, sample_panel
from tests.conftest import BRIEF, make_frame

H, L = 4, 12
SMALL = {"context_length": L, "units": 8, "segment": 1, "training": Training(**BRIEF)}


def counts(**choices):
    frame = make_frame(**choices)
    return frame.assign(y=(frame["y"] / 5).round())


@pytest.fixture(scope="module")
def drawn():
    """A small model of the next step whose steps are drawn from Student's t."""
    return Forecaster("gru", H, decoding="recursive", head="student-t", lower=0.0, **SMALL).fit(make_frame(rows=120))


@pytest.fixture(scope="module")
def counted():
    return Forecaster("gru", H, decoding="recursive", head="negative_binomial", **SMALL).fit(counts(rows=120))


def test_chance_is_common_even_and_without_order():
    chance = common_chance(PATHS, 6)
    np.testing.assert_allclose(np.sort(chance, axis=0), np.repeat((np.arange(PATHS) + 0.5)[:, None] / PATHS, 6, 1))
    np.testing.assert_array_equal(chance[:, :3], common_chance(PATHS, 3))
    assert np.abs(np.corrcoef(chance.T) - np.eye(6)).max() < 0.2


@pytest.mark.parametrize(("is_whole", "method"), [(False, "weibull"), (True, "inverted_cdf")])
def test_quantiles_of_paths_are_those_of_numpy(is_whole, method):
    levels = np.array([0.001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.999])
    paths = np.round(np.random.default_rng(0).normal(0, 9, (3, PATHS, 5)))
    expected = np.quantile(paths, levels, axis=1, method=method).transpose(1, 2, 0)
    np.testing.assert_allclose(quantiles_of_paths(paths, levels, is_whole), expected, atol=1e-12)


@pytest.mark.parametrize("name", ["drawn", "counted"])
def test_the_quantiles_of_an_answer_are_those_of_its_paths(name, request):
    forecaster = request.getfixturevalue(name)
    network, task = forecaster.predictor.network, forecaster.predictor.task
    panel = forecaster.panel()
    many = sample_panel(forecaster.predictor, panel, forecaster.predictor.question(H), Draw(n=4000))
    answer = forecaster.predictor.predict_panel(panel, forecaster.predictor.question(quantile_levels=(0.1, 0.5, 0.9)))
    levels = np.array([0.1, 0.5, 0.9])
    slack = 4 * np.sqrt(levels * (1 - levels) / PATHS)  # of a share that is seen in so many paths
    below = (many[..., None] < answer.quantiles[:, None]).mean(axis=1)
    up_to = (many[..., None] <= answer.quantiles[:, None]).mean(axis=1)
    assert network.draws_paths
    assert task.horizon == H
    assert (below <= levels + slack).all()
    assert (up_to >= levels - slack).all()
    np.testing.assert_array_equal(answer.at(0.5), answer.median)
    if name == "counted":
        np.testing.assert_array_equal(many, np.round(many))
        np.testing.assert_array_equal(answer.quantiles, np.round(answer.quantiles))
    assert many.min() >= 0


def test_an_answer_depends_on_its_own_window_alone(drawn, monkeypatch):
    panel = Panel.from_frame(make_frame(series=5, rows=60))
    together = drawn.predictor.predict_panel(panel, drawn.predictor.question(quantile_levels=(0.1, 0.9)))
    backwards = drawn.predictor.predict_panel(
        panel.select(np.arange(5)[::-1]), drawn.predictor.question(quantile_levels=(0.1, 0.9))
    )
    np.testing.assert_allclose(backwards.quantiles[::-1], together.quantiles, rtol=1e-5)
    monkeypatch.setattr(drawn.predictor, "chunk", 2)
    chunked = drawn.predictor.predict_panel(panel, drawn.predictor.question(quantile_levels=(0.1, 0.9)))
    np.testing.assert_allclose(chunked.quantiles, together.quantiles, rtol=1e-5)
    np.testing.assert_allclose(chunked.median, together.median, rtol=1e-5)


def test_each_step_is_drawn_from_what_the_model_says_after_the_steps_drawn_before(drawn):
    """The step after a drawn one has the distribution of a forecast whose history ends with it."""
    panel = Panel.from_frame(make_frame(series=1, rows=60))
    network = drawn.predictor.network
    paths = sample_panel(drawn.predictor, panel, drawn.predictor.question(2), Draw(n=2000))[0]
    shares = []
    context, known, statics = contexts(drawn, panel)
    scaled = network.scaler(context)
    raw = np.asarray(network.core(network.inputs_of(scaled, known, statics)))
    at_first = np.asarray(network.head(raw[:, :1], scaled))[0, 0]
    for level, quantile in zip(network.head.levels, at_first, strict=True):
        shares.append((paths[:, 0] <= quantile).mean() - level)
    assert np.abs(shares).max() < 0.04
    # a higher first step moves the second one as feeding it back does
    slope = np.polyfit(paths[:, 0], paths[:, 1], 1)[0]
    expected = fed_slope(network, context, known, statics, paths[:, 0])
    assert slope == pytest.approx(expected, abs=0.15)


def contexts(forecaster, panel):
    task = forecaster.predictor.task
    from forecasting.data.windows import layout

    arrays = layout(panel.tail(L), task.calendar, task.horizon)
    return arrays.y[:L][None], arrays.known[: L + H][None].astype("float32"), np.zeros((1, 0), "float32")


def fed_slope(network, context, known, statics, firsts):
    """Return how the median of the second step moves with the first one, where that is fed as the truth."""
    from forecasting.network.single import teacher_of

    scaled = network.scaler(context)
    low, high = np.quantile(firsts, [0.1, 0.9])
    middle = []
    for first in (low, high):
        target = np.full((1, H), first)
        inputs = network.inputs_of(scaled, known, statics)._replace(teacher=teacher_of(target, scaled, 1.0))
        raw = network.core(inputs, training=False)
        middle.append(float(scaled.original(network.head.point(raw, scaled))[0, 1]))
    return (middle[1] - middle[0]) / (high - low)


def test_samples_are_a_frame_that_a_seed_repeats_and_longer_ones_go_on(drawn):
    found = drawn.sample(horizon=6, n=3, seed=5)
    assert list(found.columns) == ["unique_id", "ds", "sample", "y"]
    assert len(found) == 2 * 3 * 6
    assert found["y"].dtype == float
    pd.testing.assert_frame_equal(found, drawn.sample(horizon=6, n=3, seed=5))
    assert not found["y"].equals(drawn.sample(horizon=6, n=3, seed=6)["y"])
    assert len(drawn.sample(horizon=6, n=3, seed=2**63 - 1)) == len(found)
    cold = drawn.sample(n=2, temperature=0.0)
    assert cold.groupby(["unique_id", "ds"])["y"].nunique().max() == 1


def test_draws_that_mean_nothing_are_refused(drawn, counted, trained):
    with pytest.raises(RequestError, match="`top_k` means nothing for head 'student-t'"):
        drawn.sample(top_k=3)
    with pytest.raises(RequestError, match="`temperature` means nothing for head 'negative-binomial'"):
        counted.sample(temperature=0.5)
    with pytest.raises(ConfigError, match="gives each step alone"):
        trained.sample()


def test_a_distribution_of_the_next_step_is_taught_by_the_truth():
    for model, choices in [("gru", {"decoding": "recursive"}), ("deepar", {}), ("ff-ar", {"decoding": "recursive"})]:
        assert Forecaster(model, H, head="normal", **choices).spec.config.forcing == "teacher"
    assert Forecaster("seq2seq", H, head="normal").spec.config.forcing == "free"
    assert Forecaster("gru", H, decoding="recursive").spec.config.forcing == "free"
    assert Forecaster("deepar", H).spec.head == "student-t"
    for forcing in ("free", "linear", 0.5):
        with pytest.raises(ConfigError, match="`forcing` must be 'teacher' with head 'normal'"):
            Forecaster("gru", H, decoding="recursive", head="normal", forcing=forcing)
    for choices in ({"decoding": "recursive"}, {"decoding": "seq2seq", "forcing": "teacher"}):
        with pytest.raises(ConfigError, match="`head` 'quantiles' does not fit"):
            Forecaster("gru", H, head="quantiles", **choices)


def test_a_truth_that_is_certain_is_a_teacher():
    task = Task(H, L, "h", (24,), (0.1, 0.5, 0.9))
    for forcing in ("teacher", 1.0):
        spec = ModelSpec.of("seq2seq", {"forcing": forcing, "units": 4}, head="normal")
        assert build_network(spec, task).draws_paths
    assert not ModelSpec.of("seq2seq", {"forcing": 0.0, "units": 4}, head="normal").config.feeds_back


def test_a_series_without_a_value_has_no_path(drawn):
    frame = make_frame(rows=120)
    with pytest.raises(RequestError, match="'s1' has no observed value in its last") as caught:
        drawn.sample(frame.assign(y=frame["y"].where(frame["unique_id"] == "s0")))
    assert (caught.value.code, caught.value.series) == ("no_observations", "s1")


def test_a_teacher_forced_decoder_with_attention_draws_its_paths():
    frame = make_frame(rows=120)
    choices = {**SMALL, "forcing": "teacher", "head": "normal", "segment": 2}
    forecaster = Forecaster("attention", H, **choices).fit(frame)
    assert forecaster.predictor.network.draws_paths
    assert np.isfinite(forecaster.predict(level=[80]).iloc[:, 3:].to_numpy()).all()
    assert len(forecaster.sample(n=5)) == 2 * 5 * H
    assert forecaster.attention()["weight"].between(0, 1).all()


def test_bounds_hold_for_a_fit_and_what_breaks_them_is_said():
    frame = make_frame(rows=120, series=1)
    frame["y"] = (frame["y"] - 52).clip(0, 5)
    choices = {"context_length": L, "units": 8, "training": Training(**BRIEF), "lower": 0, "upper": 5}
    fitted = Forecaster("ff-ar", H, **choices).fit(frame)
    found = fitted.predict(level=[80, 95]).iloc[:, 3:].to_numpy()
    assert found.min() >= 0
    assert found.max() <= 5
    for model in ("drift", "naive", "ar"):
        plain = Forecaster(model, H, context_length=L, lower=0, upper=5).fit(frame).predict()[model]
        assert plain.between(0, 5).all()
    with pytest.raises(PanelError, match=r"below `lower`=1. Got 0 in row \d+ of series 's0', and \d+ more") as caught:
        Forecaster("naive", H, lower=1.0).fit(frame)
    assert (caught.value.code, caught.value.field) == ("bounds", "y")
    for bounds, message in [({"lower": 3, "upper": 3}, "above `lower` 3"), ({"upper": np.nan}, "a finite number")]:
        with pytest.raises(ConfigError, match=message):
            Forecaster("naive", H, **bounds).fit(frame)


def test_counts_must_be_counts():
    frame = counts(rows=60)
    for value, got in [(-1.0, "-1"), (2.5, "2.5"), (1e12, "1e\\+12")]:
        wrong = frame.copy()
        wrong.loc[len(frame) - 3, "y"] = value
        with pytest.raises(PanelError, match=f"forecasts counts: 0, 1, 2, ... Got {got} in row .* of series 's1'"):
            Forecaster("ff-ar", H, head="poisson", context_length=L).fit(wrong)
    for model in ("ff-ar:head=poisson", "ensemble:members=naive+ff-ar:head=poisson"):
        with pytest.raises(ConfigError, match=r"Counts are at least 0 by nature.* Got lower=None, upper=9\."):
            Forecaster(model, H, upper=9)
