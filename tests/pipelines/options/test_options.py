"""Options of the command line and of config files: the same words, read strictly."""

import tomllib

import pytest

from forecasting import Forecaster
from pipelines.options.config_file import to_toml


@pytest.mark.parametrize(("said", "features"), [("none", set()), ("weekday,hour", {"hour", "weekday"})])
def test_the_calendar_is_a_choice(forecast, files, tmp_path, said, features):
    ended = forecast("train", files / "hourly.csv", "--horizon", 6, "--model", "ar", "--windows", 0, "--calendar", said,
                     "--out", tmp_path / "model", "--no-track", "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert {name.split("_")[0] for name in ended.json["task"]["calendar"]} == features
    refused = forecast("train", files / "hourly.csv", "--horizon", 6, "--model", "ar", "--calendar", "minute")
    assert refused.code == 3
    assert "hour, weekday, weekend, year. Got 'minute'" in refused.err


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("", "'' is not a list of different cycles such as hour,weekday, or none."),
        ("hour,none", "'hour,none' names cycles, and none beside them."),
    ],
)
def test_what_is_no_calendar_is_refused_before_anything_is_read(forecast, files, said, message):
    refused = forecast("train", files / "missing.csv", "--horizon", 6, "--model", "ar", "--calendar", said)
    assert refused.code == 2
    assert message in " ".join(refused.err.split())


def test_a_config_file_says_the_same_as_options(forecast, files, tmp_path):
    config = tmp_path / "train.toml"
    config.write_text(
        f'data = "{files / "hourly.parquet"}"\nhorizon = 12\nmodel = "ar:ridge=0.1"\nseason = [12, 24]\n'
        "windows = 0\ntrack = false\ncontext = 24\n"
        "[training]\nsteps = 10\nvalidate_every = 10\nbatch_size = 4\n"
    )
    ended = forecast("train", "--config", config, "--horizon", 5, "--set", "training.batch_size=8",
                     "--out", tmp_path / "m", "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    task = ended.json["task"]
    assert (task["horizon"], task["season"], task["context_length"]) == (5, [12, 24], 24)
    assert ended.json["metrics"] is None
    assert ended.json["run_id"] is None
    trained = Forecaster.load(tmp_path / "m").choices.training
    assert (trained.steps, trained.batch_size) == (10, 8)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"horizn": 3}', "unknown key 'horizn'"),
        ('{"training": 5}', "`training` must be a table"),
        ("[1]", "one table"),
        ("{", "cannot be read"),
    ],
)
def test_a_config_file_is_read_strictly(forecast, tmp_path, text, part):
    (tmp_path / "c.json").write_text(text)
    ended = forecast("train", "x.csv", "--config", tmp_path / "c.json")
    assert ended.code == 2
    assert part in " ".join(ended.err.split())


def test_options_are_written_as_toml_reads_them():
    values = {
        "data": 'a "b"\\c\n\x7fé.csv',
        "season": [24, 168],
        "lower": 1e-05,
        "known": (),
        "freq": None,
        "track": False,
    }
    training = {"learning_rate": 3.5e-4, "refit": True, "learner": "truncated:chunk=24"}
    read = tomllib.loads(to_toml({**values, "training": training}, ["found by chance"]))
    said = {name: value for name, value in values.items() if name not in ("known", "freq")}
    assert read == {**said, "training": training}
