"""`forecast train`: one model or the best of several, recorded, saved and registered."""

import json

import mlflow
import pytest

from forecasting import Forecaster, Training
from forecasting.models.spec import ModelSpec
from forecasting.store import registry
from forecasting.store.home import tracking_uri
from pipelines.jobs import train
from pipelines.jobs.forecasters import trainings_of
from tests.conftest import make_frame
from tests.pipelines.conftest import QUICKLY


def client():
    return mlflow.MlflowClient(tracking_uri())


def test_one_model_is_trained_tracked_and_saved(forecast, files, tmp_path):
    out = tmp_path / "model"
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--context", 24, "--windows", 2,
                     "--model", "gru:units=8,width=8,segment=6", *QUICKLY, "--out", out, "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.json["model"] == "gru:units=8,width=8,segment=6"
    assert ended.json["task"]["horizon"] == 6
    assert ended.json["series"] == 2
    assert Forecaster.load(out).spec.config.units == 8
    run = client().get_run(ended.json["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["model"] == "gru"
    assert run.data.params["model.units"] == "8"
    assert run.data.params["training.seed"] == "1"
    assert run.data.params["training.steps"] == run.data.params["run.best_steps"] in ("10", "20")
    assert run.data.params["fingerprint"] == ended.json["fingerprint"]
    assert {"mase", "smape", "coverage_80", "loss", "val_mae"} <= set(run.data.metrics)
    assert len(client().get_metric_history(run.info.run_id, "loss")) >= 2
    assert run.inputs.dataset_inputs[0].dataset.name == "hourly.parquet"
    files_of_run = {file.path for file in client().list_artifacts(run.info.run_id)}
    assert {"backtest.json", "fan_chart.png", "error_by_step.png", "leaderboard.png"} <= files_of_run
    assert run.outputs.model_outputs


def test_the_winner_learns_from_all_rows_for_as_many_steps_as_its_backtest_found_best(forecast, files, tmp_path):
    arguments = ["train", files / "hourly.parquet", "--horizon", 6, "--context", 24, "--model", "ff-ar:units=8,width=8",
                 "--no-track", *QUICKLY]  # fmt: skip
    ended = forecast(*arguments, "--windows", 2, "--out", tmp_path / "scored")
    assert ended.code == 0, ended.err
    training = Forecaster.load(tmp_path / "scored").choices.training
    assert training.validation_windows == 0
    assert training.steps in (10, 20)
    assert "refit" not in ended.err.partition("on all data")[2]
    alone = forecast(*arguments, "--windows", 0, "--out", tmp_path / "alone", "--set",
                     f"training.steps={training.steps}", "--set", "training.validation_windows=0")  # fmt: skip
    assert alone.code == 0, alone.err
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("scored", "alone")]
    assert weights[0] == weights[1]
    kept = forecast(*arguments, "--windows", 2, "--out", tmp_path / "kept", "--set", "training.refit=false")
    assert kept.code == 0, kept.err
    assert Forecaster.load(tmp_path / "kept").choices.training.validation_windows == Training().validation_windows


def test_auto_shows_and_records_its_candidates(forecast, files, tmp_path):
    arguments = ["train", files / "hourly.parquet", "--horizon", 6, "--context", 24, "--windows", 0,
                 "--model", "auto:candidates=naive+seasonal-naive+ar,windows=2", "--time-limit", 300]  # fmt: skip
    ended = forecast(*arguments, "--out", tmp_path / "model", "--json")
    assert ended.code == 0, ended.err
    assert [row["model"] for row in ended.json["candidates"]] == ["naive", "seasonal-naive", "ar"]
    assert sum(row["weight"] for row in ended.json["candidates"]) == pytest.approx(1, abs=1e-3)
    run = client().get_run(ended.json["run_id"])
    assert run.data.params["training.time_limit"] == "300.0"
    assert "candidates.json" in {file.path for file in client().list_artifacts(run.info.run_id)}
    assert Forecaster.load(tmp_path / "model").spec.alias.startswith("auto")
    shown = forecast(*arguments, "--no-track", "--out", tmp_path / "again")
    assert "Candidates of auto" in shown.out
    assert "MASE at origins" in shown.out
    assert "seasonal-naive: error" in shown.err
    means = "auto:candidates=naive+seasonal-naive,windows=2,head=point:loss=squared"
    shown = forecast(*arguments[:8], "--model", means, "--no-track", "--out", tmp_path / "means")
    assert "mean square of the errors scaled as in MASE" in " ".join(shown.out.split())


def test_the_best_of_several_is_registered(forecast, files):
    arguments = ["train", files / "hourly.csv", "--horizon", 12, "--windows", 2, "--register", "best", "--json",
                 "--model", "naive", "--model", "seasonal-naive:period=24", "--model", "ar"]  # fmt: skip
    first = forecast(*arguments)
    assert first.code == 0, first.err
    ranked = [row["model"] for row in first.json["leaderboard"]]
    assert sorted(ranked) == ["ar", "naive", "seasonal-naive:period=24"]
    assert first.json["model"] == ranked[0]
    assert first.json["registered"]["aliases"] == ["champion"]
    children = client().search_runs(
        [client().get_experiment_by_name("best").experiment_id],
        f"tags.mlflow.parentRunId = '{first.json['run_id']}'",
    )
    assert {run.info.run_name for run in children} == set(ranked)
    assert all("mase" in run.data.metrics for run in children)
    assert forecast(*arguments).json["registered"]["aliases"] == ["challenger"]
    assert registry.champion("best").version == "1"
    assert forecast("promote", "best", "challenger", "--json").json["version"] == "2"
    assert forecast("rollback", "best", "--json").json["version"] == "1"
    assert forecast("promote", "best", 9).code == 3
    assert forecast(*arguments, "--skip-code", 99).code == 99


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["--model", "gruu"], 3, "Unknown model 'gruu'"),
        (["--model", "gru:unit=3"], 3, "Unknown field 'unit'"),
        (["--set", "training.step=3"], 3, "Unknown field 'step'"),
        (["--set", "training.learning_rate=fast"], 3, "learning_rate"),
        (["--model", "ar", "--model", "ar"], 2, "twice"),
        (["--model", "ar", "--model", "naive", "--windows", 0], 3, "--windows"),
        (["--register", "x"], 2, "--no-track"),
        (["--freq", "D"], 3, "frequency 'D'"),
    ],
)
def test_choices_that_mean_nothing_are_refused_before_training(forecast, files, arguments, code, part):
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--no-track", *arguments)
    assert ended.code == code
    assert part in ended.err


def test_a_learner_goes_to_the_models_that_it_teaches_and_the_others_are_named(capsys):
    specs = [ModelSpec.parse(name) for name in ("rnn:decoding=recursive", "seasonal-naive", "ar")]
    asked = Training(learner="truncated:chunk=24", steps=50)
    first, *others = trainings_of(specs, asked)
    assert first == asked
    assert others == [Training(steps=50)] * 2
    assert "Learner 'truncated' does not teach seasonal-naive, ar" in " ".join(capsys.readouterr().err.split())


def test_a_learner_that_teaches_none_of_the_models_stays_so_that_training_says_why(capsys):
    asked = Training(learner="ekf")
    assert trainings_of([ModelSpec.parse("naive"), ModelSpec.parse("ar")], asked) == [asked] * 2
    assert not capsys.readouterr().err


def test_a_name_that_no_model_may_have_is_refused(forecast, files):
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--register", "Bad Name")
    assert ended.code == 3
    assert "small letters" in ended.err


def test_training_goes_on_without_mlflow(forecast, files, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    arguments = ["train", files / "hourly.parquet", "--horizon", 6, "--model", "naive", "--windows", 1]
    ended = forecast(*arguments, "--out", tmp_path / "m", "--json")
    assert ended.code == 0
    assert "MLflow does not take this run" in ended.err
    assert ended.json["run_id"] is None
    assert Forecaster.load(tmp_path / "m").horizon == 6
    ended = forecast(*arguments, "--register", "unreachable")
    assert ended.code == 5
    assert "Saved in" in ended.err


def test_short_series_are_trained_on_without_a_backtest(forecast, tmp_path):
    (tmp_path / "short.csv").write_text("ds,y\n" + "".join(f"{step},{step % 3}\n" for step in range(12)))
    arguments = ["train", tmp_path / "short.csv", "--horizon", 11, "--model", "naive", "--no-track", "--json"]
    ended = forecast(*arguments, "--out", tmp_path / "m")
    assert ended.code == 0, ended.err
    assert "No backtest" in ended.err


def test_a_run_that_fails_is_recorded_as_failed(forecast, files, monkeypatch):
    def fail(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit_on_all_data", fail)
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--model", "naive", "--windows", 1,
                     "--register", "failing")  # fmt: skip
    assert ended.code == 130
    experiment = client().get_experiment_by_name("failing").experiment_id
    assert [run.info.status for run in client().search_runs([experiment])] == ["FAILED"]


def test_the_summary_is_for_people(forecast, files):
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--model", "naive", "--model", "drift",
                     "--windows", 1, "--no-track")  # fmt: skip
    assert ended.code == 0
    assert "Leaderboard" in ended.out
    assert "6 steps of h" in ended.out
    with pytest.raises(json.JSONDecodeError):
        ended.json  # noqa: B018


def test_a_calibrated_model_is_trained_and_says_on_how_many_windows(forecast, files, tmp_path):
    out = tmp_path / "model"
    ended = forecast("train", files / "hourly.parquet", "--horizon", 6, "--windows", 2, "--model", "seasonal-naive",
                     "--calibrate", 5, "--out", out, "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    found = ended.json["calibration"]
    assert found["windows"] == Forecaster.load(out).predictor.calibration.windows > 19
    assert {"coverage_80", "winkler_80", "width_80", "scaled_crps", "pinball_0.1"} <= set(ended.json["metrics"])
    assert ended.json["leaderboard"][0]["calibration_windows"] > 0
    run = client().get_run(ended.json["run_id"])
    assert run.data.params["training.calibration_windows"] == "5"
    files_of_run = {file.path for file in client().list_artifacts(run.info.run_id)}
    assert {"coverage.png", "interval_width.png", "pit_histogram.png"} <= files_of_run


def test_a_calibrated_baseline_is_backtested_with_intervals(forecast, files):
    arguments = ["backtest", files / "hourly.parquet", "--horizon", 6, "--windows", 2, "--level", "80", "--json",
                 "--model", "seasonal-naive"]  # fmt: skip
    same = forecast(*arguments, "--set", "training.calibration_windows=5")
    ended = forecast(*arguments, "--calibrate", 5)
    assert ended.json == same.json
    assert ended.json["calibrate"] == 5
    assert 0 < ended.json["metrics"]["seasonal-naive"]["coverage_80"] <= 1
    assert "coverage_80" not in forecast(*arguments).json["metrics"]["seasonal-naive"]


@pytest.fixture
def monthly(tmp_path):
    """Sixty months of one series: five windows of a year would leave none to learn from."""
    make_frame(series=1, rows=60, freq="MS", season=12).to_parquet(tmp_path / "monthly.parquet")
    return tmp_path / "monthly.parquet"


def test_fewer_windows_are_backtested_where_more_would_leave_too_little_to_learn_from(forecast, monthly):
    ended = forecast("leaderboard", monthly, "--horizon", 12, "--model", "ar", "--model", "seasonal-naive", "--json")
    assert ended.code == 0, ended.err
    assert ended.err.count("3 of 5 windows are backtested") == 1
    assert {entry["model"] for entry in ended.json["leaderboard"]} == {"ar", "seasonal-naive"}
    assert ended.json["left_out"] == {}
    ended = forecast("train", monthly, "--horizon", 12, "--model", "ar", "--no-track", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["metrics"]["mase"] > 0


def test_a_model_that_cannot_be_scored_is_left_out_and_says_why(forecast, monthly, tmp_path):
    models = ["--model", "naive", "--model", "ff-ar:head=poisson"]
    ended = forecast("leaderboard", monthly, "--horizon", 12, *models, "--json")
    assert ended.code == 0, ended.err
    assert [entry["model"] for entry in ended.json["leaderboard"]] == ["naive"]
    assert "forecasts counts" in ended.json["left_out"]["ff-ar:head=poisson"]
    assert "is left out" in ended.err
    ended = forecast("train", monthly, "--horizon", 12, *models, "--no-track", "--out", tmp_path / "m", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["model"] == "naive"
    assert list(ended.json["left_out"]) == ["ff-ar:head=poisson"]
    assert forecast("leaderboard", monthly, "--horizon", 12, "--model", "ff-ar:head=poisson").code == 3
