"""`forecast leaderboard` and `forecast backtest`: several models on the same origins."""

import pandas as pd
import pytest

from tests.pipelines.conftest import QUICKLY


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
