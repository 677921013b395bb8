"""`forecast tune`: trials as nested runs, a config file that `train` takes, a clean stop."""

import contextlib
import json
import signal
import tomllib

import mlflow
import optuna
import pytest

from forecasting import Forecaster
from forecasting.models.spec import ModelSpec
from forecasting.store.home import home, tracking_uri
from forecasting.training.callbacks import ReportProgress
from pipelines.jobs import tune
from pipelines.jobs.watch import watched
from tests.pipelines.conftest import QUICKLY


def client():
    return mlflow.MlflowClient(tracking_uri())


def arguments(files, out, *more):
    """Return a call of `tune`, its studies beside the result: the same search of another test is not gone on with."""
    storage = studies_of(out.parent)
    return ["tune", files / "hourly.parquet", "--horizon", 6, "--windows", 2, "--storage", storage, "--out", out, *more]


def studies_of(folder):
    return f"sqlite:///{folder / 'tuning.db'}"


def trials_of(study, folder):
    return optuna.load_study(study_name=study, storage=studies_of(folder)).trials


NETWORK = ["--model", "ff-ar:units=8,width=4,layers=1", "--context", 24, *QUICKLY, "--set", "training.refit=false"]


def test_what_is_found_is_trained_by_its_config_file(forecast, files, tmp_path):
    out = tmp_path / "best.toml"
    ended = forecast(*arguments(files, out, *NETWORK, "--trials", 2, "--json"))
    assert ended.code == 0, ended.err
    found = ended.json
    assert [row["state"] for row in found["trials"]] == ["complete", "complete"]
    assert found["best"]["score"] == min(row["score"] for row in found["trials"])
    assert found["defaults"]["number"] == 0
    config = tomllib.loads(out.read_text())
    assert config == found["config"]
    assert config["context"] == 24
    assert {"steps", "batch_size", "learning_rate", "weight_decay", "refit"} <= {*config["training"]}
    assert set(found["best"]["choices"]) == {"model.dropout", "scaling", "training.learning_rate",
                                             "training.weight_decay"}  # fmt: skip
    trained = forecast("train", "--config", out, "--no-track", "--out", tmp_path / "model", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["mase"] == found["best"]["score"]
    model = Forecaster.load(tmp_path / "model")
    assert model.spec == ModelSpec.parse(config["model"])
    assert model.spec.alias == "ff-ar"
    assert (model.spec.config.units, model.spec.config.layers) == (8, 1)
    assert model.choices.training.learning_rate == found["best"]["choices"]["training.learning_rate"]
    runs = children(found["run_id"])
    assert [run.data.params["trial"] for run in runs] == ["0", "1"]
    for run, row in zip(runs, found["trials"], strict=True):
        assert run.data.metrics["score"] == run.data.metrics["mase"] == row["score"]
        assert run.data.params["training.learning_rate"] == str(row["choices"]["training.learning_rate"])
        assert run.data.params["state"] == "complete"


def children(run_id):
    experiment = client().get_run(run_id).info.experiment_id
    found = client().search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
    return sorted(found, key=lambda run: int(run.data.params["trial"]))


def test_the_same_command_goes_on_in_the_same_run_and_then_has_nothing_to_do(forecast, files, tmp_path):
    def call(trials):
        return forecast(*arguments(files, tmp_path / "best.json", "--model", "ar", "--trials", trials, "--json"))

    first, more, same = call(1), call(2), call(2)
    assert (first.code, more.code, same.code) == (0, 0, 0)
    assert len(more.json["trials"]) == 2
    assert same.json == more.json
    assert "2 of 2 trials done" in same.err
    assert json.loads((tmp_path / "best.json").read_text()) == more.json["config"]
    assert len(children(first.json["run_id"])) == 2
    run = client().get_run(first.json["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["study"] == first.json["study"]
    assert run.data.params["seed"] == "1"
    assert run.data.metrics["best_mase"] == more.json["best"]["score"]
    names = {file.path for file in client().list_artifacts(run.info.run_id)}
    assert {"optimisation_history.png", "trials.json", "best.toml", "asked.json"} <= names


def test_a_time_limit_is_that_of_the_call_and_never_of_a_training(forecast, files, tmp_path):
    out = tmp_path / "best.json"

    def call(seconds):
        limits = ["--trials", 1, "--time-limit", seconds]
        return forecast(*arguments(files, out, *NETWORK, *limits, "--no-track", "--json"))

    over = call(1e-9)
    assert over.code != 0
    assert "the time is up" in over.err
    assert not out.exists()
    ended = call(3600)
    assert ended.code == 0, ended.err
    assert [row["state"] for row in ended.json["trials"]] == ["stopped", "complete"]  # the same study goes on
    config = json.loads(out.read_text())
    assert "time-limit" not in config
    assert "time_limit" not in config["training"]


def test_an_interrupt_leaves_what_was_found_and_the_trial_for_the_next_call(forecast, files, tmp_path, monkeypatch):
    begun = 0

    @contextlib.contextmanager
    def pressed(label):
        nonlocal begun
        begun += 1
        with watched(label) as watch:
            if begun == 2:
                watch.callbacks.append(ReportProgress(lambda now: signal.raise_signal(signal.SIGINT)))
            yield watch

    monkeypatch.setattr(tune, "watched", pressed)
    call = arguments(files, tmp_path / "best.toml", *NETWORK, "--study", "pressed", "--trials", 2, "--no-track")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        ended = forecast(*call)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ended.code, ended.out) == (130, "")
    assert "Interrupted" in ended.err
    assert tomllib.loads((tmp_path / "best.toml").read_text())["horizon"] == 6
    trials = trials_of("pressed", tmp_path)
    assert [trial.state.name for trial in trials] == ["COMPLETE", "FAIL", "WAITING"]
    _, stopped, waiting = trials
    assert stopped.user_attrs["reason"] == "interrupted"
    assert waiting.system_attrs["fixed_params"] == stopped.params


@pytest.mark.parametrize(
    ("more", "code", "part"),
    [
        (["--model", "naive"], 3, "nothing to search about naive"),
        (["--model", "gru:unit=3"], 3, "Unknown field 'unit'"),
        (["--model", "ar", "--metric", "mse"], 3, "`metric` must be one of mae"),
        (["--model", "ar", "--trials", 0], 2, "--trials"),
        (["--model", "ar", "--time-limit", 0], 2, "--time-limit"),
        (["--model", "ar", "--storage", "odd://me:secret@host/x"], 3, "odd://me:***@host/x"),
        (["--model", "ar", "--storage", "sqlite:////nowhere/at/all.db"], 5, "does not answer"),
        (["--model", "ar", "--hold-out", 1000], 3, "long enough"),
        (["--set", "training.step=3"], 3, "Unknown field 'step'"),
    ],
)
def test_wrong_use_is_refused_before_any_trial(forecast, files, tmp_path, more, code, part):
    ended = forecast(*arguments(files, tmp_path / "best.toml", "--no-track", *more))
    assert ended.code == code, ended.err
    assert part in ended.err
    assert "secret" not in ended.err
    assert not (tmp_path / "best.toml").exists()


def test_a_config_file_holds_no_address_of_a_database(forecast, files, tmp_path):
    url = f"sqlite:///{files / 'hourly.db'}?timeout=5"
    ended = forecast("tune", url, "--query", "select * from hourly", "--horizon", 6, "--windows", 2, "--model", "ar",
                     "--trials", 1, "--no-track", "--study", "by-address", "--out", tmp_path / "best.toml")  # fmt: skip
    assert ended.code == 0, ended.err
    assert [trial.state.name for trial in trials_of("by-address", home())] == ["COMPLETE"]
    config = tomllib.loads((tmp_path / "best.toml").read_text())
    assert "data" not in config
    assert config["query"] == "select * from hourly"
    assert "timeout" not in (tmp_path / "best.toml").read_text()


def test_a_config_file_that_train_does_not_read_is_refused(forecast, files, tmp_path):
    assert forecast(*arguments(files, tmp_path / "best.yaml")).code == 2


def test_a_study_of_something_else_is_refused_and_the_table_is_for_people(forecast, files, tmp_path):
    call = arguments(files, tmp_path / "best.toml", "--no-track", "--model", "ar", "--study", "once", "--trials", 1)
    ended = forecast(*call)
    assert ended.code == 0, ended.err
    assert "as given" in ended.out
    assert "forecast train --config" in ended.out
    ended = forecast(*call, "--season", "12")
    assert ended.code == 3
    assert "its season is [null]" in ended.err.replace("None", "null")
