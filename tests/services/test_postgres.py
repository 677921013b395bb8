"""PostgreSQL: series read from a query, and a search that lives in it."""

import subprocess
import sys

import numpy as np
import optuna
import pandas as pd
import pytest
from sqlalchemy import Column, DateTime, Float, MetaData, Numeric, Table, Text, create_engine
from sqlalchemy.pool import NullPool

from forecasting import Forecaster
from forecasting.errors import ForecastingError
from forecasting.tuning import Limits, Measure, Place, tune
from forecasting.tuning.study import connect
from tests.conftest import make_frame
from tests.places import ROOT

MEASURE = Measure(windows=2)
SALES = "select unique_id, ds, y from sales"


@pytest.fixture(scope="module")
def frame():
    return make_frame(rows=150, missing=0.03)


@pytest.fixture(scope="module")
def shop(postgres, frame):
    """A database of sales: times with a zone, numbers as decimals and as floats, and what is missing as NULL."""
    url = postgres.create("shop")
    engine = create_engine(url, poolclass=NullPool)
    sales = Table(
        "sales",
        MetaData(),
        Column("unique_id", Text),
        Column("ds", DateTime),
        Column("at", DateTime(timezone=True)),
        Column("y", Float),
        Column("price", Numeric(12, 4)),
    )
    rows = frame.assign(at=frame["ds"].dt.tz_localize("UTC"), price=frame["y"].round(4)).astype(object)
    with engine.begin() as connection:
        sales.create(connection)
        connection.execute(sales.insert(), rows.where(rows.notna(), None).to_dict("records"))
    engine.dispose()
    return url


def test_a_query_is_checked_like_a_file(forecast, shop, frame, tmp_path):
    frame.to_parquet(tmp_path / "sales.parquet")
    of_file = forecast("check", tmp_path / "sales.parquet", "--json")
    of_query = forecast("check", shop, "--query", SALES, "--json")
    assert of_query.code == of_file.code, of_query.err
    differs = {"source", "data", "inputs"}
    found, wanted = ({k: v for k, v in ended.json.items() if k not in differs} for ended in (of_query, of_file))
    assert found == wanted


@pytest.mark.parametrize(
    "query",
    [
        SALES,
        "select unique_id, ds, price as y from sales",
        "select unique_id, at as ds, y from sales order by y",
        "select unique_id, ds::date + ds::time as ds, y::real::float8 as y from sales",
    ],
)
def test_every_type_of_the_server_gives_the_forecast_of_the_file(forecast, shop, frame, tmp_path, query):
    choices = ("--horizon", 6, "--model", "seasonal-naive", "--windows", 0, "--no-track", "--json")
    ended = forecast("train", shop, "--query", query, *choices, "--out", tmp_path / "model")
    assert ended.code == 0, ended.err
    wanted = Forecaster("seasonal-naive", 6).fit(frame).predict()["seasonal-naive"]
    ended = forecast(
        "predict", shop, "--query", query, "--model", tmp_path / "model", "--out", tmp_path / "out.parquet"
    )
    assert ended.code == 0, ended.err
    found = pd.read_parquet(tmp_path / "out.parquet")["seasonal-naive"]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.parametrize(
    ("query", "message"),
    [("select nothing from sales", 'column "nothing" does not exist'), ("selekt 1", "syntax error")],
)
def test_a_query_that_the_server_refuses_is_the_users_to_mend(forecast, shop, query, message):
    ended = forecast("check", shop, "--query", query)
    assert ended.code == 3
    assert message in " ".join(ended.err.split())
    assert "s3cret" not in ended.err


def test_a_wrong_password_and_a_server_that_is_down_are_told_without_the_password(forecast, postgres, shop):
    wrong = forecast("check", shop.replace("s3cret", "gu3ssed"), "--query", SALES)
    assert (wrong.code, "gu3ssed" in wrong.err) == (5, False)
    assert "password authentication failed" in " ".join(wrong.err.split())
    with postgres.stopped():
        down = forecast("check", shop, "--query", SALES)
        with pytest.raises(ForecastingError, match="does not answer") as caught:
            tune(make_frame(rows=150), [Forecaster("ar", 12)], MEASURE, Limits(1), Place(storage=shop))
    assert (down.code, "s3cret" in down.err) == (5, False)
    assert caught.value.code == "storage_unavailable"
    assert "s3cret" not in str(caught.value)
    assert forecast("check", shop, "--query", SALES).code == 0


@pytest.fixture
def storage(postgres, request):
    return postgres.create(request.node.name)


def test_a_search_goes_on_and_finds_what_it_finds_in_sqlite(storage, tmp_path):
    frame, models = make_frame(rows=150), [Forecaster("ar", 12)]
    elsewhere = tune(frame, models, MEASURE, Limits(3), Place(storage=f"sqlite:///{tmp_path / 'studies.db'}"))
    assert len(tune(frame, models, MEASURE, Limits(2), Place(storage=storage)).rows) == 2
    found = tune(frame, models, MEASURE, Limits(3), Place(storage=storage))
    assert found.study == elsewhere.study
    assert [(row.choices, row.score) for row in found.rows] == [(row.choices, row.score) for row in elsewhere.rows]


BESIDE = """
import sys
from forecasting import Forecaster
from forecasting.tuning import Limits, Place, tune
from tests.conftest import make_frame
from tests.services.test_postgres import MEASURE

tune(make_frame(rows=150), [Forecaster("ar", 12)], MEASURE, Limits(6), Place("shared", sys.argv[1]))
"""


def test_processes_share_a_search_and_try_nothing_twice(storage):
    command = [sys.executable, "-c", BESIDE, storage]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, shown = process.communicate(timeout=240)
        assert process.returncode == 0, shown
    trials = optuna.load_study(study_name="shared", storage=connect(storage)).trials
    complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
    assert 6 <= len(complete) <= 7, "the last ones of two processes may both be under way"
    assert len({tuple(sorted(trial.params.items())) for trial in complete}) == len(complete)
