"""Series that ended long ago, that have one point, and that differ in length: predict, batch and REST agree on each."""

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster
from tests.conftest import make_frame
from tests.doors import run_batch
from tests.serving.conftest import loaded_app, post

NOW = "2024-01-31"


@pytest.fixture(scope="module")
def frame():
    """Daily: one series to now, one that ended six years before, one of a single row, one of nine rows."""
    y = make_frame(series=1, rows=90, freq="D", season=7)["y"].to_numpy()
    parts = {"now": (NOW, 90), "old": ("2018-06-30", 60), "new": (NOW, 1), "young": (NOW, 9)}
    return pd.concat(
        pd.DataFrame({"unique_id": name, "ds": pd.date_range(end=end, periods=rows, freq="D"), "y": y[-rows:]})
        for name, (end, rows) in parts.items()
    )


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    forecaster = Forecaster("ar", 4, "D", context_length=14).fit(frame)
    return forecaster.save(tmp_path_factory.mktemp("unequal") / "model")


def test_each_is_forecast_from_its_own_end_through_every_door(frame, folder, tmp_path):
    found = Forecaster.load(folder).predict(frame).set_index("unique_id")
    status = {name: part["status"].unique().tolist() for name, part in found.groupby("unique_id")}
    assert status == {"now": ["ok"], "old": ["ok"], "new": ["padded"], "young": ["padded"]}
    assert found.loc["old", "ds"].iloc[0] == pd.Timestamp("2018-07-01")
    assert found.loc["new", "ds"].iloc[0] == pd.Timestamp("2024-02-01")
    np.testing.assert_allclose(found.loc["new", "ar"], frame["y"].iloc[150])
    for name, part in frame.groupby("unique_id"):  # alone as beside the others
        alone = Forecaster.load(folder).predict(part) if name in ("old", "young") else None
        if alone is not None:
            np.testing.assert_allclose(alone["ar"], found.loc[name, "ar"], rtol=1e-6)

    frame.to_parquet(tmp_path / "data.parquet")
    batch = run_batch(tmp_path / "data.parquet", folder, tmp_path / "out", "--as-of", NOW).set_index("unique_id")
    status = {name: part["status"].unique().tolist() for name, part in batch.groupby("unique_id")}
    assert status == {"now": ["ok"], "old": ["ended_early"], "new": ["padded"], "young": ["padded"]}

    series = [
        {"unique_id": name, "ds": [str(one.date()) for one in part["ds"]], "y": part["y"].tolist()}
        for name, part in frame.groupby("unique_id")
    ]
    answer = post(loaded_app(folder).test_client(), {"series": series})
    for one in answer.json["forecasts"]:
        name = one["unique_id"]
        np.testing.assert_allclose(one["point"], found.loc[name, "ar"], rtol=1e-6)
        np.testing.assert_allclose(batch.loc[name, "ar"], found.loc[name, "ar"], rtol=1e-6)
        assert one["ds"] == [str(ds.date()) for ds in found.loc[name, "ds"]] or one["ds"][0].startswith(
            str(found.loc[name, "ds"].iloc[0].date())
        )
