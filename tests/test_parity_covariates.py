"""One predictor behind every door, with covariates of every kind: known ahead, past-only, static, and holidays."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecasting import Forecaster, Training, registry, tracking
from pipelines.cli import main
from tests.conftest import QUICK, make_frame
from tests.serving.conftest import loaded_app

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

NAME, H, L = "parity-covariates", 6, 24
KNOWN, PAST, STATIC = ("temp", "promo"), ("load", "state"), ("size", "kind")


@pytest.fixture(scope="module")
def frame():
    """Two series whose last rows are the future, across a holiday."""
    frame = make_frame(rows=60, missing=0.03)
    frame = frame[frame.groupby("unique_id").cumcount() < 50].reset_index(drop=True)
    rng = np.random.default_rng(0)
    texts = {"promo": ["no", "yes"], "state": ["on", "off", None]}
    covariates = {name: rng.choice(values, len(frame)) for name, values in texts.items()}
    numbers = {
        name: np.where(rng.random(len(frame)) < 0.1, np.nan, rng.normal(0, 1, len(frame))) for name in ("temp", "load")
    }
    first = frame["unique_id"] == "s0"
    ds = frame["ds"] - pd.Timedelta(hours=44)  # 1 January is in the horizon
    statics = {"size": np.where(first, 1.0, 3.0), "kind": np.where(first, "shop", "depot")}
    return frame.assign(ds=ds, **covariates, **numbers, **statics)


def parted(frame):
    """Return the history with all columns, and the future without what nobody can know."""
    rows = frame.groupby("unique_id")["ds"].rank(ascending=False)
    return frame[rows > H], frame[rows <= H][["unique_id", "ds", *KNOWN]]


@pytest.fixture(scope="module")
def trained(frame):
    model = Forecaster(
        "gru", H, context_length=L, segment=6, units=8, head="point", training=Training(**QUICK), holidays="DE-BY",
        known_covariates=KNOWN, past_covariates=PAST, static_covariates=STATIC,
    )  # fmt: skip
    return model.fit(parted(frame)[0])


@pytest.fixture(scope="module")
def champion(trained):
    with tracking.run("parity", "tests") as run:
        version = run.model(trained.predictor, trained.facts, NAME).version
    return registry.promote(NAME, version.version)


@pytest.fixture(scope="module")
def client(champion):
    return loaded_app(registry.resolve(f"{NAME}@champion")).test_client()


def by_notebook(frame, tmp_path, client):
    history, future = parted(frame)
    return Forecaster.load(f"{NAME}@champion").predict(history, future=future)


def by_batch(frame, tmp_path, client):
    history, future = parted(frame)
    history.to_parquet(tmp_path / "history.parquet")
    future.to_parquet(tmp_path / "future.parquet")
    arguments = ["batch", tmp_path / "history.parquet", "--future", tmp_path / "future.parquet", "--parts", "2"]
    result = CliRunner().invoke(
        main, [*map(str, arguments), "--model", f"{NAME}@champion", "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    parts = [pd.read_parquet(path) for path in sorted((tmp_path / "out").glob("run=*/part=*/data.parquet"))]
    return pd.concat(parts, ignore_index=True)


def nulls(column):
    """Return a column as JSON has it."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def by_rest(frame, tmp_path, client):
    history, future = (part.sort_values("ds") for part in parted(frame))
    series = []
    for name, part in history.groupby("unique_id"):
        ahead = future[future["unique_id"] == name]
        series.append(
            {
                "unique_id": name,
                "ds": [time.isoformat() for time in part["ds"]],
                "y": nulls(part["y"]),
                "known_covariates": {one: nulls(part[one]) + nulls(ahead[one]) for one in KNOWN},
                "past_covariates": {one: nulls(part[one]) for one in PAST},
                "static_covariates": {one: part[one].iloc[0] for one in STATIC},
            }
        )
    answer = client.post("/v1/forecast", json={"series": series})
    assert answer.status_code == 200, answer.text
    parts = [
        pd.DataFrame({"unique_id": one["unique_id"], "ds": pd.to_datetime(one["ds"]), "gru": one["point"]})
        for one in answer.get_json()["forecasts"]
    ]
    return pd.concat(parts, ignore_index=True)


def whole(frame):
    """Return one frame of history and future: the future has no y, and nothing that only the past knows."""
    _, future = parted(frame)
    ahead = frame.index.isin(future.index)
    return frame.assign(
        y=frame["y"].mask(ahead), load=frame["load"].mask(ahead), state=frame["state"].mask(ahead, None)
    )


def by_invocations(frame, tmp_path, client):
    rows = whole(frame).assign(ds=frame["ds"].map(lambda time: time.isoformat()))
    records = pd.DataFrame({name: pd.Series(nulls(rows[name]), dtype=object) for name in rows}).to_dict("records")
    answer = client.post("/invocations", json={"dataframe_records": records})
    assert answer.status_code == 200, answer.text
    found = pd.DataFrame(answer.get_json()["predictions"])
    return found.assign(ds=pd.to_datetime(found["ds"]))


def by_mlflow(frame, tmp_path, client):
    with registry.use_store():
        return mlflow.pyfunc.load_model(f"models:/{NAME}@champion").predict(whole(frame))


DOORS = [by_notebook, by_batch, by_rest, by_invocations, by_mlflow]


def same(frame):
    return frame


def shuffled(frame):
    return frame.sample(frac=1, random_state=3)


def renamed(frame):
    return frame.assign(unique_id=frame["unique_id"].map({"s0": "zebra", "s1": "ant"}))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("variant", [same, shuffled, renamed], ids=lambda variant: variant.__name__)
def test_every_door_gives_the_predictors_numbers(door, variant, trained, frame, client, tmp_path):
    expected = trained.predict(future=parted(frame)[1]).sort_values(["unique_id", "ds"])
    found = door(variant(frame), tmp_path, client)
    found = found.assign(unique_id=found["unique_id"].replace({"zebra": "s0", "ant": "s1"}))
    found = found.sort_values(["unique_id", "ds"])
    assert list(found["unique_id"]) == list(expected["unique_id"])
    assert list(pd.to_datetime(found["ds"])) == list(expected["ds"])
    np.testing.assert_allclose(found["gru"].astype(float), expected["gru"], rtol=1e-6)


def test_the_holiday_in_the_horizon_counts(trained, frame, monkeypatch):
    future = parted(frame)[1]
    expected = trained.predict(future=future)["gru"]
    monkeypatch.setattr("forecasting.data.holidays.holidays_between", lambda *years: np.zeros(0, "M8[D]"))
    assert not np.allclose(trained.predict(future=future)["gru"], expected, rtol=1e-4)
