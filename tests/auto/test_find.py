"""`auto`: what it chooses, what it may look at, and what it does when the time is up."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.auto import comparison
from forecasting.auto.find import ALL_ROWS, BEFORE_ORIGINS, seconds_to_refit
from forecasting.auto.held_out import HeldOut
from forecasting.auto.proposals import Proposal, Situation, by_rule
from forecasting.auto.tryout import Tryout
from forecasting.config.task import Task
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, PanelError, TrainingError
from forecasting.models.spec import Member, ModelSpec
from forecasting.training import clock as training_clock
from forecasting.training.fit import fit_model
from forecasting.training.learned import Fit, Learned
from tests.conftest import QUICK, make_frame, symbol_frame

H, L = 6, 24
SMALL = "naive+seasonal-naive+ar+ff-ar:units=4"
TRAINING = Training(**QUICK)
#: Seconds that a fit of each model takes by the clock of these tests.
SECONDS = {"naive": 0.0, "ff-ar": 10.0}


def auto(candidates=SMALL, **choices):
    choices = {"training": TRAINING, "seeds": 0, **choices}
    return Forecaster("auto", H, context_length=L, candidates=candidates, **choices)


#: What was fitted so far, by all that decides it.
FITS = {}
#: Seconds that no fit of these tests takes: a limit above has no part in what is learnt.
LONG = 100


def fit_once(teaching, task, panel, callbacks=(), *, stopped_by=None):
    """Fit as `fit_model` does, the same model on the same rows once for all tests: with one seed it is the same."""
    training = teaching.training
    if callbacks or (training.time_limit or LONG) < LONG:
        return fit_model(teaching, task, panel, callbacks, stopped_by=stopped_by)
    rows = [(tuple(one.ids), one.offsets.tobytes(), one.y.tobytes()) for one in (panel, stopped_by) if one is not None]
    key = teaching.spec, dataclasses.replace(training, time_limit=None), task, *rows
    if key not in FITS:
        FITS[key] = fit_model(teaching, task, panel, stopped_by=stopped_by)
    return FITS[key]


@pytest.fixture(scope="module", autouse=True)
def fits_are_shared():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "fit_model", fit_once)
        yield
    FITS.clear()


@pytest.fixture
def clock(monkeypatch):
    """A clock on which fits take the time above, and looking at it a moment; the fits themselves are real."""
    time = [0.0]
    real = comparison.fit_model

    def fit_model(teaching, *rest, **named):
        time[0] += SECONDS[teaching.spec.model]
        return real(teaching, *rest, **named)

    def now():
        time[0] += 0.01
        return time[0]

    monkeypatch.setattr(training_clock, "now", now)
    monkeypatch.setattr(comparison, "fit_model", fit_model)


@pytest.fixture(scope="module")
def frame():
    return make_frame(rows=160)


@pytest.fixture(scope="module")
def fitted(frame):
    return auto(seeds=1).fit(frame)


def rows_of(forecaster):
    return forecaster.leaderboard_.set_index("model")


def test_the_choice_is_one_model_with_its_leaderboard(fitted, frame, tmp_path):
    rows = rows_of(fitted)
    assert list(rows.index)[:4] == ["naive", "seasonal-naive", "ar", "ff-ar:units=4"]
    assert [name for name in rows.index if "seed" in name] == ["ff-ar:units=4, seed 2"]
    chosen = rows[rows["weight"] > 0]
    assert chosen["weight"].sum() == pytest.approx(1, abs=1e-3)
    assert set(chosen["fitted_on"]) == {ALL_ROWS}
    assert rows["error"].idxmin() in chosen.index
    assert fitted.spec.model == "auto"
    assert fitted.predictor.spec.alias == "auto"
    columns = ["auto", "auto-lo-80", "auto-hi-80"]
    found = fitted.predict(level=[80])
    loaded = Forecaster.load(fitted.save(tmp_path / "model"))
    np.testing.assert_allclose(loaded.predict(frame, level=[80])[columns], found[columns], rtol=1e-6)
    assert np.isfinite(found[columns]).all(axis=None)
    assert loaded.leaderboard_.empty


def test_nothing_after_a_cutoff_moves_the_choice_or_the_forecast(frame):
    model = auto("naive+ff-ar:units=4", training=dataclasses.replace(TRAINING, steps=10))
    assert not model.check_leakage(frame).leaks


def test_candidates_are_fitted_before_the_held_out_origins(frame):
    panel = Panel.from_frame(frame)
    task = Task(H, L, "h", (24,))
    held_out = HeldOut.of(panel, task, windows=3)
    assert held_out.known.lengths.tolist() == (panel.lengths - 3 * H).tolist()
    origins = [step for length in panel.lengths for step in range(length - 3 * H - 1, length - H)]
    assert held_out.origins.steps.tolist() == origins  # two series are few: so they are asked at every row
    rows = panel.offsets[:-1][held_out.origins.series] + held_out.origins.steps
    np.testing.assert_array_equal(held_out.y[:, 0], panel.y[rows + 1])
    before = panel.y[: held_out.origins.steps[0] + 1]
    assert held_out.scale[0] == pytest.approx(np.abs(before[24:] - before[:-24]).mean())


def test_candidates_that_were_asked_for_take_the_head_of_all_where_they_chose_none():
    text = "ar+ff-ar+gru:head=normal+gru:decoding=recursive;width=8"
    heads = [member.spec.head for member in auto(text, head="student-t").spec.config.candidates]
    assert heads == ["point", "student-t", "normal", "student-t"]
    recursive = auto(text, head="student-t").spec.config.candidates[-1].spec.config
    assert (recursive.forcing, recursive.width) == ("teacher", 8), "as where the head is said in the candidate's text"
    assert [member.spec.head for member in auto("ff-ar+gru", head="point").spec.config.candidates] == ["point"] * 2
    assert ModelSpec.from_dict(auto(text, head="student-t").spec.to_dict()) == auto(text, head="student-t").spec
    with pytest.raises(ConfigError, match="candidate 'gru:head=normal' is 'normal', which forecasts quantiles"):
        auto(text, head="point")


def test_means_of_networks_that_were_asked_for_are_averaged(frame):
    rows = rows_of(auto("naive+ff-ar:units=4", head="point:loss=squared").fit(frame))
    assert rows["error"].notna().all()


@pytest.mark.parametrize(("head", "degree"), [("point", 1), ("point:loss=squared", 2)])
def test_means_are_compared_by_squared_errors_and_medians_by_absolute_ones(head, degree, frame):
    model = auto("naive+seasonal-naive", head=head).fit(frame)
    panel = Panel.from_frame(frame)
    held_out = HeldOut.of(panel, model.predictor.task)
    last = panel.y[panel.offsets[held_out.origins.series] + held_out.origins.steps]
    errors = np.abs(held_out.y - last[:, None]) / held_out.scale[:, None]
    assert rows_of(model).loc["naive", "error"] == pytest.approx(np.mean(errors**degree) ** (1 / degree))


@pytest.mark.parametrize("seconds", [1000.0, 26.0, 12.0, 0.02])
def test_what_is_done_when_the_time_is_up(seconds, clock, frame):
    """A network takes 10 s, another seed of it too, and as much again each on all rows; 65 % is for the search."""
    model = auto("naive+ff-ar:units=4", seeds=1, time_limit=seconds).fit(frame)
    rows = rows_of(model)
    networks = rows[(rows["weight"] > 0) & (rows.index != "naive")]
    notes = rows.loc["ff-ar:units=4", "note"], rows.loc["ff-ar:units=4, seed 2", "note"]
    if seconds == 1000:
        assert notes == ("", "")
        assert set(networks["fitted_on"]) == {ALL_ROWS}
    else:
        assert set(networks["fitted_on"]) == {BEFORE_ORIGINS}
    if seconds == 26:
        assert rows["error"].notna().all(), "the second seed has fewer steps, as many as there is time for"
    if seconds == 12:
        assert notes == ("", "no time left: it takes about 10 s")
    if seconds == 0.02:
        assert notes[0] == "by time_limit after 10 of 20 steps", "levels need a model with quantiles: it has one look"
    assert np.isfinite(model.predict(level=[80])["auto-hi-80"]).all()


@pytest.mark.parametrize(
    ("history", "online", "expected"),
    [
        ([{"step": 100.0, "loss": 1.0}, {"step": 400.0, "loss": 1.0}], None, 12 - 8 * 0.75),
        ([], None, 12 * 1.5),
        ([{"step": 100.0, "mae": 1.0}], "goes on", 12 * 1.5),
    ],
    ids=["steps", "closed form", "online"],
)
def test_a_network_is_fitted_again_for_the_steps_that_were_best(history, online, expected):
    """Of 12 s it trained for 8, and the best weights came after a quarter; all rows are half as many again."""
    fit = Fit(None, Learned(8.0, 1, 100, history, online=online))
    tryout = Tryout(Proposal(Member(ModelSpec.parse("ff-ar")), "asked for"), fit, seconds=12.0)
    assert seconds_to_refit(tryout, 1.5) == pytest.approx(expected)


@pytest.mark.parametrize(("refit", "tried"), [(True, 1), (False, 2)])
def test_time_that_no_refit_takes_is_for_the_search(refit, tried, clock, frame):
    """16 seconds: a second network of 10 has 5 of them where nothing is fitted again, and none else."""
    training = dataclasses.replace(TRAINING, refit=refit)
    rows = rows_of(auto("naive+ff-ar:units=4", seeds=1, training=training, time_limit=16.0).fit(frame))
    assert rows["error"].notna().sum() == 1 + tried


def test_a_candidate_that_fails_is_reported_and_the_others_answer(frame):
    wild = {"spec": "ff-ar:units=4", "training": {"learning_rate": 1e30, "clip_norm": 1e30}}
    model = auto(["naive", "ar", wild], most_members=2).fit(frame)
    rows = rows_of(model)
    failed = rows[rows["note"].str.startswith("failed")]
    assert len(failed) == 1
    assert failed["error"].isna().all()
    assert rows["weight"].sum() == pytest.approx(1, abs=1e-3)
    with pytest.raises(TrainingError, match="No candidate of `auto` could be fitted"):
        auto([wild]).fit(frame)


def test_points_join_the_best_model_with_quantiles_where_levels_are_to_be_answered():
    step = np.arange(200)
    ds = pd.date_range("2024-01-01", periods=200, freq="h")
    line = pd.DataFrame({"unique_id": "a", "ds": ds, "y": 3.0 * step + np.sin(step / 7)})
    model = auto("drift+ff-ar:units=4").fit(line)
    rows = rows_of(model)
    assert rows.loc["drift", "weight"] == pytest.approx(0.95)
    found = model.predict(level=[80])
    assert (found["auto-lo-80"] < found["auto-hi-80"]).all()
    points = auto("drift+ff-ar:units=4", head="point").fit(line)
    assert rows_of(points).loc["drift", "weight"] == 1
    assert points.predictor.spec.model == "drift"


def test_series_too_short_to_hold_anything_out_are_answered_by_a_baseline():
    frame = make_frame(series=3, rows=18).groupby("unique_id").head(4)
    model = Forecaster("auto", H, short_series="fallback").fit(frame)
    assert model.predictor.spec.model == "naive"
    assert model.predictor.task.short_series == "fallback"
    np.testing.assert_allclose(model.predict()["auto"].to_numpy()[:H], frame["y"].iloc[3])


def test_calibration_windows_are_held_out_of_the_search_too(frame):
    training = dataclasses.replace(TRAINING, calibration_windows=5)
    changed = frame.copy()
    tail = changed.groupby("unique_id").cumcount(ascending=False) < 5 * H
    changed.loc[tail, "y"] += 5.0
    models = [auto("ar+naive", training=training).fit(one) for one in (frame, changed)]
    weights = [rows_of(model)["weight"].tolist() for model in models]
    assert weights[0] == weights[1]
    panel = Panel.from_frame(frame)
    medians = [model.predictor.predict_panel(panel).median for model in models]
    np.testing.assert_array_equal(*medians)
    assert models[0].facts.calibration_windows > 0


def test_rules_look_at_the_data_and_keep_to_what_was_said():
    task = Task(48, 168, "h", (24, 168))
    lengths, usual = np.full(10, 2000), Training()

    def rules(head, is_free, task=task, lengths=lengths, training=usual):
        return list(by_rule(Situation(task, lengths, head, is_free, training)))

    found = {one.name: one for one in rules("quantiles", True, lengths=np.full(100, 2000))}
    assert all(one.reason for one in found.values())
    assert {"naive", "seasonal-naive:period=24", "seasonal-naive:period=168", "ff-ar", "gru"} <= set(found)
    assert "gru, context 504" in found
    kept = [one.member.context_length for one in rules("quantiles", False)]
    assert set(kept) == {None}, "a context that the user gave is nobody's to lengthen"
    short = [one.name for one in rules("point", True, Task(4, 8, "YS", (1,)), np.full(10, 20))]
    assert not any("seasonal" in name for name in short)
    heads = {one.member.spec.head for one in rules("student-t", True)}
    assert heads == {"point", "student-t"}
    mixture = "mixture-density:components=5"
    assert {one.member.spec.head for one in rules(mixture, True)} == {"point", mixture}, "options of a head go with it"
    few = [one.name for one in rules("quantiles", True)]
    assert "gru:units=128, learning_rate 0.002, steps 400, validate_every 25" in few, (
        "ten series hold few horizons of 48"
    )
    assert few[-1] == "es-rnn:scaling=asinh", "it takes as long as all the others"
    assert list(found).index("es-rnn:scaling=asinh") < list(found).index("lstm")
    said = {one.name for one in rules("quantiles", True, training=Training(steps=10, learning_rate=1e-3))}
    assert "gru:units=128, validate_every 25" in said, "what the user chose, no rule changes"


def test_what_auto_does_not_do_it_says():
    with pytest.raises(ConfigError, match="each of its models scales its own windows"):
        ModelSpec.of("auto", scaling="last")
    with pytest.raises(ConfigError, match="most_members"):
        ModelSpec.of("auto", {"most_members": 0})
    with pytest.raises(ConfigError, match="does not teach model 'auto'"):
        auto(training=Training(learner="ekf")).fit(make_frame(rows=80))
    with pytest.raises(Exception, match="symbols"):
        auto().fit(symbol_frame())
    with pytest.raises(ConfigError, match="time_limit"):
        Forecaster("auto", H, time_limit=0)


def test_series_that_never_change_and_series_no_longer_than_two_horizons_are_answered():
    never = make_frame(rows=120).assign(y=1.0)
    found = auto("naive+ff-ar:units=4;residual=linear").fit(never)
    np.testing.assert_allclose(found.predict()["auto"], 1.0)
    assert rows_of(found)["fitted_on"].str.len().gt(0).any()
    short = make_frame(series=3, rows=30).groupby("unique_id").head(2 * H - 2)
    model = Forecaster("auto", H, candidates="naive+ff-ar:units=4", seeds=0, training=TRAINING).fit(short)
    assert np.isfinite(model.predict(level=[80])["auto-lo-80"]).all(), rows_of(model)["note"].tolist()


def test_what_cannot_be_fitted_on_all_rows_stays_as_it_was_measured(frame, monkeypatch):
    real = comparison.fit_model

    def fit_model(teaching, task, panel, callbacks, stopped_by):
        if stopped_by is None:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory\nfor all rows")
        return real(teaching, task, panel, callbacks, stopped_by=stopped_by)

    monkeypatch.setattr(comparison, "fit_model", fit_model)
    model = auto("ff-ar:units=4").fit(frame)
    row = rows_of(model).iloc[0]
    assert (row["fitted_on"], row["note"]) == (BEFORE_ORIGINS, "on all rows: no memory.")
    assert np.isfinite(model.predict()["auto"]).all()


def test_what_the_user_got_wrong_is_no_failed_candidate(frame):
    with pytest.raises(PanelError, match="forecasts counts"):
        auto("naive+ff-ar:units=4", head="poisson").fit(frame)
    with pytest.raises(ConfigError, match="`loss_scale` must be 'window'"):
        auto("naive+ff-ar", head="student-t", training=dataclasses.replace(TRAINING, loss_scale="mase")).fit(frame)


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_members_than_asked_for_and_levels_all_the_same(most):
    step = np.arange(200)
    ds = pd.date_range("2024-01-01", periods=200, freq="h")
    line = pd.DataFrame({"unique_id": "a", "ds": ds, "y": 3.0 * step + np.sin(step / 7)})
    rows = rows_of(model := auto("drift+naive+ff-ar:units=4", most_members=most).fit(line))
    assert (rows["weight"] > 0).sum() <= most
    assert rows["weight"].sum() == pytest.approx(1, abs=1e-3)
    found = model.predict(level=[80])
    assert (found["auto-lo-80"] < found["auto-hi-80"]).all()


@pytest.mark.parametrize(("own", "shared", "expected"), [(30.0, 600.0, 30.0), (600.0, 60.0, 60.0), (None, 60.0, 60.0)])
def test_a_member_has_no_more_time_than_it_and_all_of_them_have(own, shared, expected):
    member = Member(ModelSpec.parse("gru"), training=() if own is None else (("time_limit", own),))
    assert member.trained(Training(time_limit=shared)).time_limit == expected
