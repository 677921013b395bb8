"""Searching: what is open, what is kept, what is stopped, and what is never tried twice."""

import contextlib
import shutil
import signal
import subprocess
import sys

import numpy as np
import optuna
import pytest

from forecasting import Forecaster, Training
from forecasting.config.space import Between, OneOf
from forecasting.errors import ConfigError, ForecastingError, TrainingError
from forecasting.models import MODELS
from forecasting.models.spec import ModelSpec
from forecasting.tuning import Candidate, Limits, Measure, Place, Search, tune
from tests.conftest import QUICK, make_frame
from tests.places import ROOT

MEASURE = Measure(windows=2)


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="module")
def frame():
    return make_frame(rows=150)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database without studies: to make its tables takes longer than all that most tests do with them."""
    path = tmp_path_factory.mktemp("empty") / "studies.db"
    optuna.storages.RDBStorage(f"sqlite:///{path}")
    return path


@pytest.fixture
def storage(empty, tmp_path):
    return f"sqlite:///{shutil.copy(empty, tmp_path / 'studies.db')}"


def small(**training):
    training = Training(**{**QUICK, "refit": False, **training})
    return Forecaster("ff-ar", 12, context_length=24, units=8, width=4, training=training)


def search_of(frame, *candidates, storage, name=None, measure=MEASURE):
    chosen = [one if isinstance(one, Candidate) else Candidate(one) for one in candidates]
    return Search.open(chosen[0].forecaster.panel(frame), chosen, measure, Place(name, storage))


def shapes(rows):
    return [(row.state, row.choices, row.score) for row in rows]


OF_OTHERS = {"auto", "ensemble"}


@pytest.mark.parametrize("name", sorted(OF_OTHERS))
def test_models_made_of_other_models_have_nothing_to_search(name, frame):
    candidate = Candidate(Forecaster(name, 12))
    assert candidate.spaces(candidate.forecaster.panel(frame)) == {}


@pytest.mark.parametrize("name", sorted({*MODELS.names()} - OF_OTHERS))
def test_spaces_hold_the_defaults_and_what_they_give_can_be_built_and_written(name, frame):
    candidate = Candidate(Forecaster(name, 12))
    panel = candidate.forecaster.panel(frame)
    spaces = candidate.spaces(panel)
    defaults = candidate.defaults(candidate.forecaster.choices.task_for(panel))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(10):
        trial = study.ask()
        made = candidate.with_choices({one: space.suggest(trial, one) for one, space in spaces.items()})
        assert ModelSpec.parse(made.spec.to_text()) == made.spec
        assert ModelSpec.parse(made.spec.to_text(made.spec.config.to_dict())) == made.spec
    for one, space in spaces.items():
        inside = space.options if isinstance(space, OneOf) else (space.low, space.high)
        assert defaults[one] in inside or inside[0] < defaults[one] < inside[1], one


def test_what_is_chosen_is_not_searched(frame):
    forecaster = Forecaster("gru", 12, layers=2, scaling="last", training=Training(steps=20))
    panel = forecaster.panel(frame)
    names = Candidate(forecaster, frozenset({"units", "training.learning_rate", "context_length"})).spaces(panel)
    chosen = {"model.layers", "model.units", "scaling", "training.steps", "training.learning_rate", "context_length"}
    assert not chosen & {*names}
    assert {"model.dropout", "model.segment", "training.batch_size", "training.weight_decay"} == {*names}
    online = Forecaster("rnn", 12, decoding="recursive", head="point", training=Training(learner="ekf"))
    assert {*Candidate(online).spaces(panel)} == {"context_length"}  # it has no rate, and needs a small network


def test_a_space_is_widened_to_the_value_that_was_the_default():
    assert OneOf((1, 2)).including(5).options == (1, 2, 5)
    assert Between(1, 3).including(7) == Between(1, 7)
    assert not Between(2, 2).is_open


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(frame, storage, tmp_path):
    ar = Forecaster("ar", 12)
    place = Place(storage=storage)
    whole = tune(frame, [ar], MEASURE, Limits(2), place)
    other = Place(storage=f"sqlite:///{tmp_path / 'other.db'}")
    begun = tune(frame, [ar], MEASURE, Limits(1), other)
    assert [row.number for row in begun.rows] == [0]
    ended = tune(frame, [ar], MEASURE, Limits(2), other)
    assert (ended.study, shapes(ended.rows)) == (whole.study, shapes(whole.rows))
    given, best = whole.rows[0], whole.best
    assert given.is_default
    assert whole.defaults == given
    assert best.score == min(row.score for row in whole.rows)
    found = whole.forecaster
    assert best.score == found.backtest_panel(found.panel(frame), 2).metrics()["mase"]
    again = tune(frame, [ar], MEASURE, Limits(2), place)
    assert again.rows == whole.rows


def test_rows_that_are_held_out_are_never_seen(frame, storage):
    measure = Measure(windows=2, hold_out=2)
    first = tune(frame, [Forecaster("ar", 12)], measure, Limits(2), Place(storage=storage))
    late = frame.groupby("unique_id").cumcount(ascending=False) < 2 * 12
    changed = frame.assign(y=np.where(late, 1e6, frame["y"]))
    same = tune(changed, [Forecaster("ar", 12)], measure, Limits(2), Place(storage=storage))
    assert (same.study, same.rows) == (first.study, first.rows)
    without = tune(frame[~late], [Forecaster("ar", 12)], MEASURE, Limits(2), Place(storage=storage))
    assert shapes(without.rows) == shapes(first.rows)


def test_several_models_share_a_study_and_each_is_first_tried_as_given(frame, storage):
    models = [Forecaster("ar", 12), Forecaster("hmm", 12, restarts=1, alias="chain")]
    found = tune(frame, models, MEASURE, Limits(2), Place(storage=storage))
    assert [row.choices["model"] for row in found.rows] == ["ar", "chain"]
    assert all(row.is_default for row in found.rows)
    assert "chain/model.states" in found.rows[1].choices
    assert "ar/model.ridge" not in found.rows[1].choices
    assert found.forecaster.spec.alias == found.best.choices["model"]
    with pytest.raises(ConfigError, match="at least 2, one for each model"):
        tune(frame, models, MEASURE, Limits(1), Place(storage=storage))


def fill(search, count, looks=0.0, score=0.0):
    """Add complete trials, with the same validation error after every tenth."""
    space = optuna.distributions.FloatDistribution(0, 1)
    for number in range(count):
        search.study.inner.add_trial(
            optuna.trial.create_trial(
                value=score,
                params={"filler": number / count},
                distributions={"filler": space},
                intermediate_values=dict.fromkeys(range(1, 11), looks),
            )
        )


def test_a_trial_of_the_worse_half_is_stopped_at_its_next_look(frame, storage):
    search = search_of(frame, small(validate_every=4, steps_per_execution=4), storage=storage)
    fill(search, 4)
    search.run(Limits(5))
    (pruned,) = [row for row in search.study.rows() if row.state == "pruned"]
    assert pruned.is_default
    assert pruned.score is None
    looks = search.study.trials()[pruned.number].intermediate_values
    assert [*looks] == [2]  # the first two tenths are free; the first look is after 4 of 20 steps
    assert "after 2 tenths" in pruned.reason


def test_time_that_is_up_stops_a_trial_at_its_next_step_and_puts_it_back(frame, storage):
    now = 0.0

    @contextlib.contextmanager
    def slow(attempt):
        nonlocal now
        now += 60 * attempt.number
        yield ()

    search = search_of(frame, small(), storage=storage)
    search.run(Limits(3, 50, clock=lambda: now), slow)
    complete, stopped = search.study.rows()
    assert (complete.state, stopped.state, stopped.reason) == ("complete", "stopped", "the time is up")
    assert search.found().best == complete
    assert search.study.finished == 1
    waiting = search.study.trials()[2]
    assert (waiting.state.name, waiting.system_attrs["fixed_params"]) == ("WAITING", stopped.choices)


def test_no_complete_trial_is_an_error_that_says_why(frame, storage):
    with pytest.raises(TrainingError, match="the time is up") as caught:
        tune(frame, [small()], MEASURE, Limits(2, 1e-9), Place(storage=storage))
    assert caught.value.code == "no_trial"


def test_a_trial_that_fails_leaves_the_others_and_says_why(frame, storage):
    constant = frame.assign(y=1.0)  # there is nothing to learn
    search = search_of(constant, Forecaster("ar", 12), storage=storage)
    search.run(Limits(2))
    assert [row.state for row in search.study.rows()] == ["failed", "failed"]
    assert all("cannot learn it" in row.reason for row in search.study.rows())
    assert search.study.finished == 2
    with pytest.raises(TrainingError, match="cannot learn it"):
        search.found()


KILLED = """
import contextlib, os, signal, sys
from forecasting import Forecaster
from forecasting.tuning import Limits, Measure, Place, tune
from tests.tuning.test_search import MEASURE, make_frame

@contextlib.contextmanager
def observe(attempt):
    if attempt.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    yield ()

tune(make_frame(rows=150), [Forecaster("ar", 12)], MEASURE, Limits(2), Place("killed", sys.argv[1]), observe)
"""


def test_a_killed_trial_is_tried_again(frame, storage):
    root = str(ROOT)
    ended = subprocess.run([sys.executable, "-c", KILLED, storage], cwd=root, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    found = tune(frame, [Forecaster("ar", 12)], MEASURE, Limits(2), Place("killed", storage))
    assert [row.state for row in found.rows] == ["complete", "stopped", "complete"]
    assert found.rows[1].reason == "its process was killed"
    assert found.rows[2].choices == found.rows[1].choices


def test_a_trial_that_kills_its_process_twice_is_left_and_one_of_a_living_process_too(frame, storage):
    search = search_of(frame, Forecaster("ar", 12), storage=storage)
    for kills in (1, 2):
        trial = search.study.ask()
        trial.set_user_attr("owner", {**trial.user_attrs["owner"], "started": 0.0})  # the number of another process now
        assert search.study.recover() == [trial.number]
        assert search.study.finished == kills - 1
    first, second = search.study.rows()
    assert (first.state, second.state, second.reason) == ("stopped", "failed", "its process was killed")
    living = search.study.ask()
    assert living.number == 2
    assert search.study.recover() == []
    search = search_of(frame, Forecaster("ar", 12), storage=storage)
    assert [row.state for row in search.study.rows()] == ["stopped", "failed", "running"]
    search.run(Limits(2))  # beside the other process
    assert [row.state for row in search.study.rows()] == ["stopped", "failed", "running", "complete"]


def test_a_trial_of_another_machine_is_gone_when_it_has_long_been_silent(frame, storage):
    search = search_of(frame, Forecaster("ar", 12), storage=storage)
    trial = search.study.ask()
    trial.set_user_attr("owner", {**trial.user_attrs["owner"], "host": "elsewhere"})
    assert search.study.recover() == []  # begun just now
    trial.set_user_attr("seen", 0.0)
    assert search.study.recover() == [trial.number]


def test_choices_that_matter_are_told_from_those_that_do_not(frame, storage):
    search = search_of(frame, Forecaster("ar", 12), storage=storage)
    spaces = {name: optuna.distributions.FloatDistribution(0, 1) for name in ("idle", "ruling")}
    rng = np.random.default_rng(1)
    for number in range(40):
        values = {name: float(rng.random()) for name in spaces}
        made = optuna.trial.create_trial(value=values["ruling"] ** 2, params=values, distributions=spaces)
        search.study.inner.add_trial(made)
        assert bool(search.study.importances()) == (number >= 9)
    shares = search.study.importances()
    assert [*shares] == ["ruling", "idle"]
    assert shares["ruling"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("models", "measure", "part"),
    [
        ([Forecaster("naive", 12)], MEASURE, "nothing to search about naive"),
        ([Forecaster("ar", 12)], Measure("wql"), "one that ar has"),
        ([Forecaster("ar", 12), Forecaster("ar", 12)], MEASURE, "different aliases"),
        ([Forecaster("ar", 12), Forecaster("gru", 6)], MEASURE, "the same for all models"),
        ([], MEASURE, "at least one forecaster"),
    ],
)
def test_a_search_that_means_nothing_is_refused(frame, storage, models, measure, part):
    with pytest.raises(ConfigError, match=part):
        tune(frame, models, measure, Limits(2), Place(storage=storage))


def test_fields_that_mean_nothing_are_refused():
    for wrong in ({"metric": "mse"}, {"windows": 0}, {"step": 0}, {"hold_out": -1}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Measure(**wrong)
    for wrong in ({"trials": 0}, {"seconds": 0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Limits(**wrong)
    with pytest.raises(ConfigError, match="no choice 'unit'"):
        Candidate(Forecaster("gru", 12), frozenset({"unit"}))


def test_a_study_of_something_else_is_not_gone_on_with(frame, storage):
    search_of(frame, Forecaster("ar", 12), storage=storage, name="mine")
    others = [
        (frame, Forecaster("ar", 6), "its horizon is"),
        (frame.assign(y=frame["y"] + 1), Forecaster("ar", 12), "its data is"),
        (frame, Forecaster("ar", 12, lower=0.0), "its lower is"),
        (frame, Forecaster("ar", 12, ridge=0.5), "its models is"),
    ]
    for data, forecaster, part in others:
        with pytest.raises(ConfigError, match=part) as caught:
            search_of(data, forecaster, storage=storage, name="mine")
        assert caught.value.code == "study_differs"
    foreign = optuna.create_study(storage=storage, study_name="foreign")
    foreign.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(ConfigError, match="not made by this program"):
        search_of(frame, Forecaster("ar", 12), storage=storage, name="foreign")


def test_a_database_that_cannot_be_used_is_named_without_its_password(frame, tmp_path):
    for url, code in (("nonsense", "storage"), ("odd://me:secret@host/x", "storage")):
        with pytest.raises(ConfigError, match="no database that can be opened") as caught:
            search_of(frame, Forecaster("ar", 12), storage=url)
        assert caught.value.code == code
        assert "secret" not in str(caught.value)
    (tmp_path / "text.db").write_text("no database at all, but a text of some length" * 100)
    for path in (tmp_path / "missing" / "x.db", tmp_path / "text.db"):
        with pytest.raises(ForecastingError, match="does not answer") as caught:
            search_of(frame, Forecaster("ar", 12), storage=f"sqlite:///{path}")
        assert caught.value.code == "storage_unavailable"
