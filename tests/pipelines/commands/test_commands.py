"""`forecast check`, `backtest`, `leaderboard`, `predict`, `doctor`, `serve`."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from forecasting import Forecaster
from tests.conftest import make_frame
from tests.pipelines.conftest import QUICKLY


def test_check_passes_good_data(forecast, files):
    ended = forecast("check", files / "hourly.csv", "--json")
    assert ended.code == 0
    assert ended.json["ok"] is True
    assert ended.json["frequency"] == "h"
    assert "rows" in forecast("check", files / "hourly.csv").out


def test_check_finds_errors_and_repairs_them(forecast, tmp_path):
    frame = make_frame(series=1, rows=60).assign(temp=20.0)
    messy = pd.concat([frame.drop(index=[5, 6]), frame.iloc[[10]]]).sample(frac=1, random_state=0)
    messy.to_csv(tmp_path / "messy.csv", index=False)
    ended = forecast("check", tmp_path / "messy.csv", "--json")
    assert ended.code == 3
    codes = {finding["code"] for finding in ended.json["findings"]}
    assert {"duplicate_timestamp", "missing_timestamps"} <= codes
    assert "missing_timestamps" in forecast("check", tmp_path / "messy.csv").out
    ended = forecast("check", tmp_path / "messy.csv", "--fix", tmp_path / "clean.parquet", "--json")
    assert ended.code == 0
    assert ended.json["usable"] is True
    assert sum(change["rows"] for change in ended.json["fix"]["changes"]) >= 3
    assert forecast("check", tmp_path / "clean.parquet").code == 0
    assert "temp" in pd.read_parquet(tmp_path / "clean.parquet")
    repaired = forecast("check", tmp_path / "messy.csv", "--fix", tmp_path / "clean.csv")
    assert "Repaired" in repaired.out
    assert repaired.err.count("Columns that were not asked for") == 1


def test_check_says_what_takes_a_person(forecast, tmp_path):
    (tmp_path / "bad.csv").write_text("ds,y\n2024-01-01,1\n")
    ended = forecast("check", tmp_path / "bad.csv", "--fix", tmp_path / "x.csv")
    assert ended.code == 3
    assert not (tmp_path / "x.csv").exists()


def test_check_reports_every_series_and_carries_out_a_plan_again(forecast, tmp_path):
    frame = make_frame(series=2, rows=80)
    raw = pd.concat([frame.drop(index=[5, 6]), frame.iloc[[10]].assign(y=999.0)]).sample(frac=1, random_state=0)
    raw.astype({"y": object}).replace({"y": {frame.loc[30, "y"]: "n/k"}}).to_csv(tmp_path / "raw.csv", index=False)
    found = forecast("check", tmp_path / "raw.csv", "--json").json
    (dtype,) = [one for one in found["findings"] if one["code"] == "y_dtype"]
    assert (dtype["count"], len(dtype["places"])) == (1, 1)
    fixing = ["check", tmp_path / "raw.csv", "--plan", tmp_path / "plan.json", "--json", "--fix"]
    assert forecast(*fixing, tmp_path / "no.csv").code == 3  # texts take a decision
    assert not (tmp_path / "plan.json").exists()
    chosen = ["--do", "y_dtype=missing", "--do", "duplicate_timestamp=first"]
    first = forecast(*fixing, tmp_path / "one.parquet", *chosen)
    assert first.code == 0, first.err
    codes = {one["code"]: one["rows"] for one in first.json["fix"]["changes"]}
    assert codes["y_dtype"] == codes["duplicate_timestamp"] == 1
    assert codes["missing_timestamps"] == 2
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert (plan["freq"], plan["actions"]["y_dtype"]) == ("h", "missing")
    assert forecast(*fixing, tmp_path / "two.parquet").code == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    clean = forecast("check", tmp_path / "one.parquet", "--json").json
    assert [one["rows"] for one in clean["per_series"]] == [80, 73]
    assert [one["missing"] for one in clean["per_series"]] == [3, 0]
    assert forecast("check", tmp_path / "raw.csv", "--do", "outliers=missing").code == 2
    assert "one of keep, missing" in forecast(*fixing, tmp_path / "x.csv", "--do", "outliers=mean").err


def test_leaderboard_ranks(forecast, files):
    arguments = ["leaderboard", files / "hourly.parquet", "--horizon", 6, "--windows", 2]
    ended = forecast(*arguments, "--model", "naive", "--model", "ar", "--json")
    assert ended.code == 0, ended.err
    board = ended.json["leaderboard"]
    assert board[0]["mase"] <= board[1]["mase"]
    assert all(row["artifact_bytes"] > 0 and row["predict_milliseconds"] > 0 for row in board)
    assert "predict ms" in forecast(*arguments, "--model", "naive").out


@pytest.mark.parametrize(("model", "options"), [("ff-ar:units=4,width=4", QUICKLY), ("ar", ["--refit"])])
def test_backtest_sets_models_side_by_side(forecast, files, tmp_path, model, options):
    out = tmp_path / "backtest.parquet"
    ended = forecast("backtest", files / "hourly.parquet", "--horizon", 6, "--windows", 3, "--step", 4, "--level", 80,
                     "--model", "naive", "--model", model, *options, "--out", out, "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert set(ended.json["metrics"]) == {"naive", model}
    frame = pd.read_parquet(out)
    assert len(frame) == ended.json["rows"] == 2 * 3 * 6
    assert list(frame.columns)[:5] == ["unique_id", "ds", "cutoff", "y", "naive"]
    assert (f"{model}-lo-80" in frame) == (model != "ar")
    assert frame["cutoff"].nunique() >= 3
    assert "Backtest" in forecast("backtest", files / "hourly.csv", "--horizon", 6, "--model", "naive").out


def test_predict_answers_as_the_library_does(forecast, files, model, tmp_path):
    out = tmp_path / "forecast.parquet"
    data = files / "hourly.parquet"
    ended = forecast("predict", data, "--model", model, "--level", "80,95", "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["rows"] == 24
    wanted = Forecaster.load(model).predict(pd.read_parquet(data), level=[80, 95])
    pd.testing.assert_frame_equal(pd.read_parquet(out), wanted, check_dtype=False)
    printed = forecast("predict", data, "--model", model, "--horizon", 2)
    assert printed.out.splitlines()[0] == "unique_id,ds,status,gru"
    assert len(printed.out.splitlines()) == 5
    assert len(forecast("predict", data, "--model", model, "--horizon", 2, "--json").json["forecast"]) == 4
    one = forecast("predict", data, "--model", model, "--horizon", 2, "--only", "s1", "--json").json["forecast"]
    assert [row["unique_id"] for row in one] == ["s1", "s1"]
    nobody = forecast("predict", data, "--model", model, "--only", "nobody")
    assert nobody.code == 3
    assert "no series 'nobody'" in nobody.err
    longer = forecast("predict", data, "--model", model, "--horizon", 20)
    assert longer.code == 0
    assert "rolled out" in longer.err
    assert "rolled_out" in longer.out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--model", "nothing"], "not in the registry"),
        (["--model", "../x"], "NAME@alias"),
        (["--model", "MODEL", "--horizon", 100_000], "`horizon` must be from 1"),
        (["--model", "MODEL", "--level", 99], "Quantile levels"),
        (["--model", "MODEL", "--level", "80,80"], "twice"),
    ],
)
def test_predict_refuses_what_the_model_cannot(forecast, files, model, arguments, part):
    chosen = [model if one == "MODEL" else one for one in arguments]
    ended = forecast("predict", files / "hourly.parquet", *chosen)
    assert ended.code == 3
    assert part in ended.err


def test_a_damaged_model_is_refused(forecast, files, trained, tmp_path):
    folder = trained.save(tmp_path / "m")
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    ended = forecast("predict", files / "hourly.parquet", "--model", folder)
    assert ended.code == 3
    assert "sha256" in ended.err


def test_doctor_examines(forecast, monkeypatch):
    ended = forecast("doctor", "--json")
    assert ended.code == 0, ended.err
    facts = ended.json
    assert facts["versions"]["tensorflow"].startswith("2.")
    assert "CPU:0" in facts["compute"]["devices"]
    assert facts["compute"]["kernels"] == {"lstm": "block-lstm", "gru": "loop"}
    assert facts["compute"]["build"]["cuda"] is bool(facts["compute"]["build"]["cuda_version"])
    assert facts["home"]["writable"] is True
    assert facts["tracking"]["reachable"] is True
    assert "gru" in facts["known"]["models"]
    assert "quantiles" in facts["known"]["heads"]
    assert "lstm" in facts["known"]["cells"]
    assert "tensorflow" in forecast("doctor").out


def test_doctor_names_problems_and_no_passwords(forecast, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    ended = forecast("doctor", "--json")
    assert ended.code == 3
    assert ended.json["tracking"]["reachable"] is False
    assert "secret" not in ended.out + ended.err


def test_serve_becomes_the_service(model, tmp_path):
    arguments = ["serve", "--model", model, "--port", "9123", "--workers", "2", "--print-settings"]
    environment = {**os.environ, "FORECAST_HOME": str(tmp_path), "FORECAST_DEBUG": "1"}
    code = "import sys\nfrom pipelines.cli import main\nmain(sys.argv[1:])"
    ended = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    settings = json.loads(ended.stdout)
    assert settings["models"] == [str(model)]
    assert (settings["port"], settings["workers"]) == (9123, 2)
    assert "misspelt" not in ended.stderr
