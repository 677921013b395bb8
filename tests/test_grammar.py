"""Times, integer steps, numbers and missing words mean the same at every door, or are refused at all of them.

A door takes rows of one series and returns when they begin, in which zone, and the last number in them; None where it
refuses the rows. The model of the service repeats that number.
"""

import datetime
import math

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster
from forecasting.data.grammar.iso import LARGEST_INTEGER, offset_zone
from forecasting.data.panel import Panel
from forecasting.errors import ForecastingError
from pipelines.files.request import DataRequest
from pipelines.files.sources import DataSource
from tests.conftest import make_frame
from tests.serving.conftest import loaded_app


class Doors:
    """The doors of one model.

    Args:
        folder: for files and the model.
        freq: step of its times.
    """

    def __init__(self, folder, freq):
        self.folder, self.freq = folder, freq
        Forecaster("naive", horizon=1, freq=freq, season=24).fit(make_frame(freq=freq)).save(folder / "model")
        self.client = loaded_app(folder / "model").test_client()

    def csv_file(self, rows):
        rows.astype(object).to_csv(self.folder / "rows.csv", index=False)
        return self.read(lambda: DataSource.open(DataRequest(str(self.folder / "rows.csv"))).frame())

    def parquet_file(self, rows):
        rows.to_parquet(self.folder / "rows.parquet")
        return self.read(lambda: DataSource.open(DataRequest(str(self.folder / "rows.parquet"))).frame())

    def frame(self, rows):
        return self.read(lambda: rows)

    def read(self, frame):
        try:
            panel = Panel.from_frame(frame(), self.freq)
        except ForecastingError:
            return None
        return panel.starts[0].item(), panel.timezone, panel.y[~np.isnan(panel.y)][-1]

    def rest(self, rows):
        answer = self.client.post("/v1/forecast", json={"series": [rows.to_dict("list")]})
        if answer.status_code == 422:
            return None
        (one,) = answer.json["forecasts"]
        return self.answered(rows, one["ds"][0], one["point"][0])

    def records(self, rows):
        return self.invoked(rows, json={"dataframe_records": rows.to_dict("records")})

    def csv_body(self, rows):
        return self.invoked(rows, data=rows.astype(object).to_csv(index=False), content_type="text/csv")

    def invoked(self, rows, **body):
        answer = self.client.post("/invocations", **body)
        if answer.status_code == 422:
            return None
        (one,) = answer.json["predictions"]
        return self.answered(rows, one["ds"], one["naive"])

    def answered(self, rows, ds, last):
        if isinstance(ds, int):
            return ds - len(rows), None, last
        time = datetime.datetime.fromisoformat(ds)
        offset = time.utcoffset()
        instant = time.replace(tzinfo=None) - (offset or datetime.timedelta())
        zone = None if offset is None else offset_zone(int(offset.total_seconds()) // 60)
        return instant - len(rows) * datetime.timedelta(hours=1), zone, last


@pytest.fixture(scope="module")
def hours(tmp_path_factory):
    return Doors(tmp_path_factory.mktemp("hours"), "h")


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    return Doors(tmp_path_factory.mktemp("steps"), 1)


ALL = ["csv_file", "parquet_file", "frame", "rest", "records", "csv_body"]

#: Texts, the instants they mean, and their zones.
TIMES = {
    "2026-01": ("2026-01-01", None),
    "2026-01-31": ("2026-01-31", None),
    "2026-01-31T13:05": ("2026-01-31T13:05", None),
    "2026-01-31 13:05:06": ("2026-01-31T13:05:06", None),
    " 2026-01-31\t": ("2026-01-31", None),
    "2026-01-31T13:05:06Z": ("2026-01-31T13:05:06", "UTC"),
    "2026-01-31T13:05:06+00:00": ("2026-01-31T13:05:06", "UTC"),
    "2026-01-31 13:05:06 +0530": ("2026-01-31T07:35:06", "UTC+05:30"),
    "2026-01-31T13:05-08": ("2026-01-31T21:05", "UTC-08:00"),
    "2026-01-31T13:05:06.5": ("2026-01-31T13:05:06.5", None),
    "2026-01-31T13:05:06,25Z": ("2026-01-31T13:05:06.25", "UTC"),
    "2026-01-31T13:05:06.123456": ("2026-01-31T13:05:06.123456", None),
    "2026-01-31T13:05:06.123456000": ("2026-01-31T13:05:06.123456", None),
    "0001-01-01": ("0001-01-01", None),
}
NO_TIMES = [
    *("2026-01-31T13:05:06.1234567", "2026-01-31T13:05:06.123456001Z", "2026-01-31T13:05:06.1234560000"),
    *("now", "today", "NaT", "", "NaN", "01/02/2026", "2026-W01", "2026-1-1", "2026-01-31T13", "12:00"),
    *("2026-02-30", "2026-13-01", "2026-01-01T24:00:00", "2026-01-01T00:60:00", "2026-01-01T00:00:60"),
    *("0000-01-01", "10000-01-01", "0001-01-01T00:00:00+01:00", "9999-12-31T23:00:00-01:00"),
    *("2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00z", "2026-01-01Z", "2026-01-01T00:00:00  Z"),
]


@pytest.mark.parametrize("text", TIMES)
@pytest.mark.parametrize("door", ALL)
def test_a_time_is_the_same_at_every_door(hours, door, text):
    meant, zone = TIMES[text]
    rows = pd.DataFrame({"ds": [text], "y": [1.0]})
    assert getattr(hours, door)(rows) == (np.datetime64(meant, "us").item(), zone, 1.0)


@pytest.mark.parametrize("text", NO_TIMES)
@pytest.mark.parametrize("door", ALL)
def test_what_is_no_time_is_none_at_any_door(hours, door, text):
    assert getattr(hours, door)(pd.DataFrame({"ds": [text], "y": [1.0]})) is None


@pytest.mark.parametrize("texts", [["2026-01-31T13:00", "2026-01-31T14:00Z"], ["2026-01-31T13:00", 5]])
@pytest.mark.parametrize("door", ALL)
def test_times_of_two_kinds_are_refused_at_every_door(hours, door, texts, tmp_path):
    rows = pd.DataFrame({"ds": pd.Series(texts, dtype=object), "y": [1.0, 2.0]})
    if door == "parquet_file" and 5 in texts:
        pytest.skip("a Parquet column has one type")
    assert getattr(hours, door)(rows) is None


@pytest.mark.parametrize("step", [0, 7, -3, LARGEST_INTEGER - 2, -LARGEST_INTEGER])
@pytest.mark.parametrize("door", ALL)
def test_an_integer_step_is_the_same_at_every_door(steps, door, step):
    assert getattr(steps, door)(pd.DataFrame({"ds": [step], "y": [1.0]})) == (step, None, 1.0)


@pytest.mark.parametrize("step", [LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, 2**62, -(2**63)])
@pytest.mark.parametrize("door", ALL)
def test_an_integer_that_is_not_exact_everywhere_is_refused_at_every_door(steps, door, step):
    assert getattr(steps, door)(pd.DataFrame({"ds": [step], "y": [1.0]})) is None


def test_the_refusal_of_a_large_integer_says_what_to_do(tmp_path):
    rows = pd.DataFrame({"ds": [2**60], "y": [1.0]})
    rows.to_csv(tmp_path / "a.csv", index=False)
    rows.to_parquet(tmp_path / "a.parquet")
    for read in (
        lambda: DataSource.open(DataRequest(str(tmp_path / "a.csv"))).frame(),
        lambda: DataSource.open(DataRequest(str(tmp_path / "a.parquet"))).frame(),
        lambda: Panel.from_frame(rows, 1),
    ):
        with pytest.raises(ForecastingError, match=f"beyond {LARGEST_INTEGER}.*Fix: give larger ones as timestamps"):
            read()


#: Where all is text; the cell after the number 1.5, and the last number then.
NUMBERS = {
    **{text: float(text) for text in ("7", "-1.5", "+.5", "1.", "2E3", " 8 ", "007")},
    **dict.fromkeys(("", "NA", "n/a", "#N/A", "NaN", "-nan", "<NA>", "None", "NULL", "nUlL", " NA ", "1.#IND"), 1.5),
    **dict.fromkeys(("x", "1_000", "1,5", "0x10", "１", "1 2", "inf", "-Infinity", "1e999", "nan(1)", "true")),
}


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize("door", ["csv_file", "csv_body"])
def test_a_number_in_text_is_the_same_at_both_doors(steps, door, text):
    found = getattr(steps, door)(pd.DataFrame({"ds": ["0", "1"], "y": ["1.5", text]}))
    assert found == (None if NUMBERS[text] is None else (0, None, NUMBERS[text]))


@pytest.mark.parametrize("door", ["frame", "records", "parquet_file"])
def test_where_cells_have_types_a_missing_number_is_nan(steps, door):
    found = getattr(steps, door)(pd.DataFrame({"ds": [0, 1], "y": [1.5, math.nan]}))
    assert found == (0, None, 1.5)
