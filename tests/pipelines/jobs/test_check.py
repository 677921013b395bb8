"""`forecast check`: findings, repairs, and plans that are carried out again."""

import json

import pandas as pd

from tests.conftest import make_frame


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
