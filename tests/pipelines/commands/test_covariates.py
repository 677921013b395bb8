"""Covariates on the command line: named once in training, their future in a file or in rows without target."""

import pandas as pd
import pytest

from tests.conftest import make_frame
from tests.doors import forecasts_in
from tests.pipelines.conftest import QUICKLY

H = 6


@pytest.fixture(scope="module")
def frame():
    frame = make_frame(series=4, rows=80)
    number = frame.index.to_numpy()
    return frame.assign(temp=number % 5 * 1.0, promo=pd.Series(number % 3 == 0).map({True: "yes", False: "no"}))


def parted(frame):
    rows = frame.groupby("unique_id").cumcount(ascending=False)
    return frame[rows >= H], frame[rows < H].drop(columns="y")


def read_batch(folder):
    return forecasts_in(folder).sort_values(["unique_id", "ds"], ignore_index=True)


def test_the_future_comes_from_a_file_or_from_rows_without_target(forecast, frame, tmp_path):
    history, future = parted(frame)
    history.to_csv(tmp_path / "sales.csv", index=False)
    (tmp_path / "ahead").mkdir()
    for name, part in future.sample(frac=1, random_state=0).groupby("unique_id"):
        part = part.astype({"temp": int if name == "s1" else float})  # files need not agree on how they write a number
        part.to_csv(tmp_path / "ahead" / f"{name}.csv", index=False)
    whole = frame.assign(y=frame["y"].where(frame.index.isin(history.index)))
    whole.to_csv(tmp_path / "whole.csv", index=False)
    model = tmp_path / "model"
    ended = forecast("train", tmp_path / "sales.csv", "--horizon", H, "--context", 24, "--windows", 0,
                     "--known", "temp,promo", "--holidays", "DE-BY", "--model", "ff-ar:units=8", *QUICKLY,
                     "--out", model, "--no-track", "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert [name for name, _ in ended.json["task"]["known_covariates"]] == ["temp", "promo"]
    assert "holiday:DE-BY" in ended.json["task"]["calendar"]
    given = forecast("predict", tmp_path / "sales.csv", "--model", model, "--future", tmp_path / "ahead", "--json")
    assert given.code == 0, given.err
    expected = pd.DataFrame(given.json["forecast"])
    assert len(expected) == 4 * H
    name = expected.columns[3]
    for number, options in enumerate(
        [(tmp_path / "sales.csv", "--future", tmp_path / "ahead"), (tmp_path / "whole.csv",)]
    ):
        out = tmp_path / f"out{number}"
        ended = forecast("batch", *options, "--model", model, "--out", out, "--parts", 2)
        assert ended.code == 0, ended.err
        pd.testing.assert_series_equal(read_batch(out)[name], expected[name], rtol=1e-6)
    lacking = future[~((future["unique_id"] == "s1") & (future["ds"] == future["ds"].max()))]
    lacking = lacking.drop(index=lacking[lacking["unique_id"] == "s1"].index[-1])
    lacking.to_parquet(tmp_path / "lacking.parquet")
    out = tmp_path / "lacking"
    ended = forecast("batch", tmp_path / "sales.csv", "--model", model, "--out", out, "--future",
                     tmp_path / "lacking.parquet", "--max-quarantine", 1)  # fmt: skip
    assert ended.code == 0, ended.err
    assert set(read_batch(out)["unique_id"]) == {"s0", "s2", "s3"}
    aside = pd.concat([pd.read_parquet(path) for path in out.glob("run=*/quarantine/*.parquet")])
    assert list(aside[["unique_id", "code"]].itertuples(index=False, name=None)) == [("s1", "future_missing")]
    ended = forecast("predict", tmp_path / "sales.csv", "--model", model)
    assert ended.code == 3
    assert "lack 24 of the 24 rows ahead" in ended.err


def test_training_checks_the_future_before_the_first_step(forecast, frame, tmp_path):
    history, future = parted(frame)
    history.to_csv(tmp_path / "sales.csv", index=False)
    future.to_csv(tmp_path / "plans.csv", index=False)
    future.iloc[:-1].to_csv(tmp_path / "short.csv", index=False)
    future.assign(promo="new").to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "model"
    train = ("train", tmp_path / "sales.csv", "--horizon", H, "--context", 24, "--windows", 0,
             "--model", "naive", "--no-track", "--out", out)  # fmt: skip
    lacking = forecast(*train, "--known", "temp,promo", "--future", tmp_path / "short.csv")
    assert lacking.code == 3
    assert "lack 1 of the 24 rows ahead" in lacking.err
    assert not out.exists()
    assert "on all data" not in lacking.err
    whole = forecast(*train, "--known", "temp", "--past", "promo", "--future", tmp_path / "plans.csv")
    assert whole.code == 0, whole.err
    assert "The future is complete: 6 steps of temp after each series." in whole.err
    unseen = forecast(*train, "--known", "temp,promo", "--future", tmp_path / "new.csv")
    assert unseen.code == 0, unseen.err
    assert "'new'" in unseen.err
    assert forecast(*train, "--future", tmp_path / "plans.csv").code == 2


def test_leaderboard_and_backtest_take_covariates(forecast, frame, tmp_path):
    frame.to_csv(tmp_path / "sales.csv", index=False)
    ended = forecast("leaderboard", tmp_path / "sales.csv", "--horizon", H, "--context", 24, "--windows", 1,
                     "--past", "temp", "--known", "promo", "--model", "seasonal-naive", "--model", "ff-ar:units=8",
                     *QUICKLY, "--json")  # fmt: skip
    assert ended.code == 0, ended.err
    assert len(ended.json["leaderboard"]) == 2
    ended = forecast("backtest", tmp_path / "sales.csv", "--horizon", H, "--known", "promo,promo")
    assert ended.code == 2
    ended = forecast("backtest", tmp_path / "sales.csv", "--horizon", H, "--known", "promo", "--past", "promo")
    assert ended.code == 3
    assert "named once" in ended.err
    ended = forecast("backtest", tmp_path / "sales.csv", "--horizon", H, "--model", "naive", "--holidays", "Narnia")
    assert ended.code == 3
    assert "no calendar of 'Narnia'" in ended.err


def test_a_batch_takes_files_with_a_covariate_that_is_empty_in_the_first(forecast, frame, tmp_path):
    history, future = parted(frame)
    for name, part in history.groupby("unique_id"):
        part = part.assign(temp=None, promo=None) if name == "s0" else part
        (tmp_path / "sales").mkdir(exist_ok=True)
        part.to_csv(tmp_path / "sales" / f"{name}.csv", index=False)
    future.to_csv(tmp_path / "ahead.csv", index=False)
    model = tmp_path / "model"
    ended = forecast("train", tmp_path / "sales", "--horizon", H, "--context", 24, "--windows", 0, "--known",
                     "temp,promo", "--model", "ff-ar:units=8", *QUICKLY, "--out", model, "--no-track")  # fmt: skip
    assert ended.code == 0, ended.err
    ended = forecast("batch", tmp_path / "sales", "--model", model, "--out", tmp_path / "out", "--future",
                     tmp_path / "ahead.csv", "--parts", 1)  # fmt: skip
    assert ended.code == 0, ended.err
    assert set(read_batch(tmp_path / "out")["unique_id"]) == {"s0", "s1", "s2", "s3"}
    history.head(1).assign(temp="warm").to_csv(tmp_path / "sales" / "s9.csv", index=False)
    ended = forecast("batch", tmp_path / "sales", "--model", model, "--out", tmp_path / "out", "--future",
                     tmp_path / "ahead.csv")  # fmt: skip
    assert ended.code == 3
    assert "s9.csv: column 'temp' is string" in ended.err
