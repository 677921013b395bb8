"""`forecast calibrate` and `forecast backtest --recalibrate`: intervals that follow the data, without training."""

import pandas as pd
import pytest

from tests.conftest import make_frame
from tests.pipelines.conftest import QUICKLY


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A file as it was when a model was trained, and as it is now."""
    folder = tmp_path_factory.mktemp("grown")
    frame = make_frame(series=2, rows=220)
    frame.groupby("unique_id").head(150).to_csv(folder / "then.csv", index=False)
    frame.to_csv(folder / "now.csv", index=False)
    return folder


def test_a_registered_model_gets_intervals_from_new_rows(forecast, grown, tmp_path):
    trained = forecast("train", grown / "then.csv", "--horizon", 6, "--windows", 0, "--model", "ar",
                       "--register", "grown", "--json")  # fmt: skip
    assert trained.code == 0, trained.err
    assert trained.json["calibration"] is None
    refused = forecast("predict", grown / "now.csv", "--model", "grown/1", "--level", 80)
    assert refused.code == 3
    assert "has no quantiles" in refused.err
    assert "`forecast calibrate`" in refused.err
    ended = forecast("calibrate", grown / "now.csv", "--model", "grown@champion", "--windows", 5,
                     "--register", "grown", "--out", tmp_path / "model", "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.json["calibration"]["windows"] == 2 * (5 * 6 - 6 + 1)
    assert ended.json["registered"]["version"] == "2"
    assert ended.json["registered"]["aliases"] == ["challenger"]
    paths = [tmp_path / f"{number}.csv" for number in range(3)]
    for model, path in zip(("grown/2", tmp_path / "model", "grown/1"), paths, strict=True):
        level = () if model == "grown/1" else ("--level", 80)
        assert forecast("predict", grown / "now.csv", "--model", model, *level, "--out", path).code == 0
    registered, saved, before = map(pd.read_csv, paths)
    pd.testing.assert_frame_equal(registered, saved)
    pd.testing.assert_frame_equal(before, saved.iloc[:, :4])
    assert (saved["ar-lo-80"] < saved["ar-hi-80"]).all()


def test_rows_that_trained_the_model_calibrate_nothing(forecast, grown, tmp_path):
    out = tmp_path / "model"
    forecast("train", grown / "now.csv", "--horizon", 6, "--windows", 0, "--model", "ar", "--out", out)
    ended = forecast("calibrate", grown / "now.csv", "--model", out, "--windows", 5, "--out", tmp_path / "other")
    assert ended.code == 3
    assert "The longest has 0 rows more, the horizon is 6" in ended.err
    assert forecast("calibrate", grown / "now.csv", "--model", out, "--out", tmp_path / "other").code == 3
    assert forecast("calibrate", grown / "now.csv", "--model", out, "--register", "x", "--no-track").code == 2


def test_a_backtest_calibrates_again_at_every_origin(forecast, grown):
    arguments = ["backtest", grown / "now.csv", "--horizon", 6, "--model", "ar", "--windows", 4, "--level", 80,
                 *QUICKLY, "--json"]  # fmt: skip
    once, moving = (forecast(*arguments, "--calibrate", 4, *more) for more in ((), ("--recalibrate",)))
    assert once.code == moving.code == 0, moving.err
    assert once.json["metrics"]["ar"]["mae"] == pytest.approx(moving.json["metrics"]["ar"]["mae"])
    assert once.json["metrics"]["ar"]["width_80"] != moving.json["metrics"]["ar"]["width_80"]
    refused = forecast(*arguments, "--recalibrate")
    assert refused.code == 3
    assert "to calibrate again" in refused.err
