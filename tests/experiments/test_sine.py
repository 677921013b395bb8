"""The founding experiment in its small version, and the shape of its table."""

import numpy as np
import pytest

from forecasting.data.samples import load_sample
from forecasting.experiments import EXPERIMENTS, sine


@pytest.fixture(scope="module")
def result():
    return EXPERIMENTS.load("sine").run(quick=True)


def test_every_contender_has_an_error_for_every_step_shown(result):
    names = [one.name for one in sine.QUICK.contenders()]
    assert [row["model"] for row in result.rows] == [name for name in names for _ in (1, 4, 16)]
    assert all(np.isfinite(row["mae"]) and row["mae"] <= row["rmse"] + 1e-12 for row in result.rows)
    assert set(result.figures) == {"error_by_step", "drift"}


def test_the_naive_forecast_errs_by_the_noise_one_step_ahead(result):
    naive = result.rows[0]
    assert naive["mae"] == pytest.approx(0.16, abs=0.06)


def test_errors_are_measured_against_the_wave_and_against_the_observation():
    contender = sine.CONTENDERS[0]
    rows = sine.table_rows(contender, np.full((2, 5, 16), 0.5), np.full((2, 5, 16), -1.0), 0.1)
    assert [row["steps_ahead"] for row in rows] == [1, 4, 16]
    assert rows[0]["mae"] == rows[0]["rmse"] == 0.5
    assert rows[0]["mae_observed"] == rows[0]["rmse_observed"] == 1.0
    assert rows[0]["spread"] == 0


def test_every_network_learns_once_from_all_windows_of_the_training_data():
    contender = next(one for one in sine.QUICK.contenders() if one.is_random)
    learnt = sine.train_contender(contender, load_sample("sine"), sine.QUICK, 1).learned_
    assert learnt.notes["refit"] == "no"
    assert learnt.steps == sine.QUICK.steps
    assert learnt.windows >= sine.LEARNT - contender.reads - sine.QUICK.horizon + 1
    assert not any("val_loss" in row for row in learnt.history)


def test_the_full_version_forecasts_from_origins_that_nothing_was_learnt_after():
    origins = np.arange(sine.LEARNT - 1, sine.POINTS - sine.FULL.horizon, sine.FULL.every)
    assert origins[0] + 1 == sine.LEARNT
    assert origins[-1] + sine.FULL.horizon == sine.POINTS - 1
