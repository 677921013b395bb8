"""Ensembles: the members' forecasts averaged, as one model behind every door."""

import numpy as np
import pytest

from forecasting import Forecaster, Training
from forecasting.config.task import QUANTILE_GRID, Task
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.errors import ArtifactError, ConfigError
from forecasting.models.spec import Member, ModelSpec, read_members
from forecasting.network.build import build_network
from forecasting.prediction.predictor import Predictor
from tests.conftest import BRIEF, make_frame, symbol_frame

H, L = 6, 24
MEMBERS = (
    {"spec": "gru:units=4,width=4", "weight": 3, "context_length": 24},
    {"spec": "ff-ar:units=4,head=student-t", "weight": 2, "context_length": 30},
)
POINT = {"spec": "seasonal-naive", "weight": 5, "context_length": 26}


def untrained(members, **task):
    spec = ModelSpec.of("ensemble", {"members": members})
    levels = QUANTILE_GRID if spec.has_quantiles else ()
    task = spec.widened(Task(H, L, "h", (24,), levels, ("hour_sin",), **task))
    return Predictor(spec, task, build_network(spec, task, seed=1))


def alone(ensemble):
    """Return a predictor for each member, with the network it has in the ensemble."""
    parts = zip(ensemble.spec.members, ensemble.network.members, strict=True)
    return [Predictor(member.spec, network.task, network) for member, network in parts]


@pytest.fixture(scope="module")
def panel():
    return Panel.from_frame(make_frame(rows=60, missing=0.05))


def test_quantiles_of_each_level_are_averaged_and_each_member_reads_its_own_context(panel):
    ensemble = untrained(MEMBERS)
    assert ensemble.task.context_length == 30
    assert [part.task.context_length for part in alone(ensemble)] == [24, 30]
    found = ensemble.predict_panel(panel, ensemble.question(quantile_levels=QUANTILE_GRID))
    parts = [one.predict_panel(panel, one.question(quantile_levels=QUANTILE_GRID)).quantiles for one in alone(ensemble)]
    np.testing.assert_allclose(found.quantiles, 0.6 * parts[0] + 0.4 * parts[1], rtol=1e-9)


def test_a_member_that_gives_a_point_moves_the_median_and_not_the_spread(panel):
    ensemble = untrained((*MEMBERS, POINT))
    found = ensemble.predict_panel(panel, ensemble.question(quantile_levels=QUANTILE_GRID))
    parts = [
        one.predict_panel(panel, one.question(quantile_levels=QUANTILE_GRID if one.task.quantile_levels else ()))
        for one in alone(ensemble)
    ]
    median = 0.3 * parts[0].median + 0.2 * parts[1].median + 0.5 * parts[2].median
    np.testing.assert_allclose(found.median, median, rtol=1e-9)
    spread = 0.6 * (parts[0].quantiles - parts[0].median[..., None])
    spread += 0.4 * (parts[1].quantiles - parts[1].median[..., None])
    np.testing.assert_allclose(found.quantiles, median[..., None] + spread, rtol=1e-9)
    assert (np.diff(found.quantiles, axis=2) >= 0).all()


def test_points_alone_give_a_point():
    ensemble = untrained(("naive", "drift"))
    assert ensemble.spec.head == "point"
    series = Panel.from_arrays(["a"], [np.datetime64("2024-01-01", "us")], [[0.0, 1.0]], Frequency.parse("h"))
    np.testing.assert_allclose(ensemble.predict_panel(series).median[0], 1 + np.arange(1, H + 1) / 2)


def test_bounds_hold_where_a_spread_is_put_at_another_median(panel):
    low = panel.with_values(np.where(np.arange(len(panel.y)) % 24 < 12, panel.y, 0.0))
    found = untrained((*MEMBERS, POINT), lower=0.0, upper=60.0).predict_panel(
        low, untrained((*MEMBERS, POINT), lower=0.0, upper=60.0).question(quantile_levels=QUANTILE_GRID)
    )
    assert found.quantiles.min() == 0
    assert found.quantiles.max() <= 60


def test_every_member_is_trained_in_its_own_way_and_the_artifact_answers_the_same(tmp_path):
    members = ("ar", {"spec": "ff-ar:units=4", "training": {"steps": 10, "seed": 5}, "context_length": 30})
    frame = make_frame(rows=120)
    model = Forecaster("ensemble", H, context_length=L, members=members, training=Training(**BRIEF)).fit(frame)
    assert model.learned_.steps <= 10
    assert {"member_0", "member_1", "member_1.refit"} <= set(model.learned_.notes)
    single = Forecaster("ff-ar", H, units=4, context_length=30, training=Training(**{**BRIEF, "steps": 10, "seed": 5}))
    panel = Panel.from_frame(frame)
    expected = single.fit(frame).predictor.predict_panel(panel).median
    linear = Forecaster("ar", H, context_length=30).fit(frame).predictor.predict_panel(panel).median
    np.testing.assert_allclose(model.predictor.predict_panel(panel).median, (expected + linear) / 2, rtol=1e-6)
    loaded = Forecaster.load(model.save(tmp_path / "model"))
    assert loaded.spec == model.spec
    columns = ["ensemble", "ensemble-lo-80", "ensemble-hi-80"]
    np.testing.assert_allclose(
        loaded.predict(frame, level=[80])[columns], model.predict(level=[80])[columns], rtol=1e-6
    )


def test_covariates_reach_the_members_that_read_them():
    frame = make_frame(rows=120)
    rng = np.random.default_rng(0)
    frame = frame.assign(promotion=rng.integers(0, 2, len(frame)).astype(float), size=1.0)
    choices = {"known_covariates": ["promotion"], "static_covariates": ["size"], "context_length": L}
    model = Forecaster("ensemble", H, members="ar+ff-ar:units=4", training=Training(**BRIEF), **choices).fit(frame)
    future = model.make_future_frame().assign(promotion=1.0, size=1.0)
    changed = model.predict(future=future.assign(promotion=0.0))["ensemble"].to_numpy()
    assert np.abs(model.predict(future=future)["ensemble"].to_numpy() - changed).max() > 0


def test_intervals_of_points_are_calibrated_on_top():
    training = Training(calibration_windows=4)
    model = Forecaster("ensemble", H, context_length=L, members="naive+ar", training=training).fit(make_frame(rows=200))
    found = model.predict(level=[60])
    assert (found["ensemble-lo-60"] < found["ensemble-hi-60"]).all()


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ((), "1 to 16 models"),
        (("naive",) * 17, "1 to 16 models"),
        (("gru:head=categorical",), "symbols"),
        (("ensemble",), "one model, and no 'ensemble'"),
        (("auto",), "one model, and no 'auto'"),
        (({"spec": "ar", "weight": 0},), "`weight` must be a finite number above 0"),
        (({"spec": "ar", "training": {"speed": 1}},), "Unknown field 'speed'"),
        (({"spec": "ar", "colour": 1},), "A member is a model such as"),
        (({"spec": "ar", "training": {"strategy": "mirrored"}},), "no `strategy` of its own"),
        (({"spec": "ar", "training": {"calibration_windows": 2}},), "no `calibration_windows` of its own"),
        ((3,), "A member is a model such as"),
        (({"spec": "ar", "training": "fast"},), "A member is a model such as"),
    ],
)
def test_members_that_mean_nothing_are_refused(members, problem):
    with pytest.raises(ConfigError, match=problem):
        ModelSpec.of("ensemble", {"members": members})


def test_members_are_written_in_one_text():
    members = read_members("ar + gru:units=64;layers=2")
    assert [member.spec.model for member in members] == ["ar", "gru"]
    assert members[1].spec.config.layers == 2
    assert Member.read(members[1].to_dict()) == members[1]


def test_what_has_no_meaning_for_an_ensemble_says_so(tmp_path):
    frame = make_frame(rows=80)
    with pytest.raises(ConfigError, match="each of its models scales its own windows"):
        Forecaster("ensemble", H, scaling="last")
    with pytest.raises(ConfigError, match="'ensemble' says its choices itself"):
        Forecaster(ModelSpec.of("ensemble", {"members": ["ar", "drift"]}), H, alias="two")
    with pytest.raises(Exception, match="symbols"):
        Forecaster("ensemble", H).fit(symbol_frame())
    model = Forecaster("ensemble", H, context_length=L).fit(frame)
    with pytest.raises(ConfigError, match="cannot be rolled out"):
        model.sample()
    with pytest.raises(ConfigError, match="no attention"):
        model.attention()
    folder = model.save(tmp_path / "model")
    (folder / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ArtifactError):
        Forecaster.load(folder)
