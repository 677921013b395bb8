"""Sources: every kind of data becomes the same frame, and everything unreadable names file and column."""

import os
import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click import UsageError

from forecasting.config.task import Task
from pipelines.files.readers import SourceError
from pipelines.files.request import Columns, DataRequest
from pipelines.files.sources import DataSource
from pipelines.terminal.exits import JobError, NoDataError, exit_code

pytestmark = pytest.mark.fast


@pytest.fixture
def frame():
    ds = pd.date_range("2024-01-01", periods=3).as_unit("us")
    return pd.DataFrame({"unique_id": ["a"] * 3, "ds": ds, "y": [1.0, 2.0, 3.0]})


def source_of(location, covariates=(), **choices):
    return DataSource.open(DataRequest(str(location), **choices), Columns(covariates))


def read(location, covariates=(), **choices):
    return source_of(location, covariates, **choices).frame()


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def refused(location, **choices):
    with pytest.raises(SourceError) as caught:
        read(location, **choices)
    assert exit_code(caught.value) == 3
    return str(caught.value)


def test_every_kind_of_data_reads_the_same(files):
    wanted = read(files / "hourly.parquet")
    assert list(wanted.columns) == ["unique_id", "ds", "y"]
    url = f"sqlite:///{files / 'hourly.db'}"
    for location, choices in (
        (files / "hourly.csv", {}),
        (files / "many", {}),
        (files / "many" / "*.parquet", {}),
        (url, {"query": "select * from hourly"}),
    ):
        pd.testing.assert_frame_equal(read(location, **choices), wanted)


def test_a_csv_is_read_by_its_declared_dialect(tmp_path):
    path = written(tmp_path / "a.csv", 'name;when;amount\r\n"x\ny";2024-01-01;1,5\r\nNA;2024-01-02;\r\n', "latin-1")
    choices = {"sep": ";", "decimal": ",", "encoding": "latin-1"}
    names = {"id_column": "name", "time_column": "when", "target_column": "amount"}
    found = read(path, **choices, **names)
    assert found["unique_id"].tolist() == ["x\ny", "NA"]
    assert found["y"].tolist()[0] == 1.5
    assert np.isnan(found["y"].tolist()[1])


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert len(read(written(tmp_path / "a.csv", "\ufeffds,y\n2024-01-01,1\n"))) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("unique_id;ds;y\na;2024-01-01;1\n", "--sep"),
        ("ds,y\n2024-01-01,1,5\n", "Expected 2 columns, got 3"),
        ("unique_id,ds,y\na,2024-01-01\n", "Expected 3 columns, got 2"),
        ('ds,y\n2024-01-01,"1,5"\n', "'y'"),
        ("ds,y\n2024-01-01,abc\n", "'y'"),
        ("ds,y\n01/02/2024,1\n", "'ds' holds '01/02/2024' in data row 1"),
        ("ds,y\nnow,1\n", "ISO 8601"),
        ("ds,y\n2024-02-30,1\n", "ISO 8601"),
        ("ds,y\n2024-01-01T00:00Z,1\n2024-01-01T01:00,1\n", "some without"),
        ("ds,y,y\n2024-01-01,1,2\n", "more than one column 'y'"),
        ("when,y\n2024-01-01,1\n", "no column 'ds'"),
    ],
)
def test_a_csv_that_does_not_fit_is_refused(tmp_path, text, part):
    message = refused(written(tmp_path / "bad.csv", text))
    assert "bad.csv" in message
    assert part in message
    assert "Fix:" in message


def test_a_csv_in_another_encoding_is_refused(tmp_path):
    path = written(tmp_path / "bad.csv", "unique_id,ds,y\né,2024-01-01,1\n", "latin-1")
    assert "'unique_id'" in refused(path)
    assert "UTF" in refused(written(tmp_path / "bad.csv", "ds,y\n2024-01-01,1\n", "utf-16")).upper()
    assert "nope" in refused(path, encoding="nope")


def test_times_of_a_csv_keep_their_offset(tmp_path):
    one = read(written(tmp_path / "a.csv", "ds,y\n2024-01-01T00:00:00+01:00,1\n"))
    assert one["ds"].iloc[0] == pd.Timestamp("2023-12-31T23:00:00Z")
    assert read(written(tmp_path / "a.csv", "ds,y\n5,1\n6,2\n"))["ds"].tolist() == [5, 6]


def test_damaged_files_are_refused(tmp_path, frame):
    path = tmp_path / "bad.parquet"
    path.write_text("no parquet")
    assert "not a complete Parquet file" in refused(path)
    frame.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert "not a complete Parquet file" in refused(path)
    path.write_bytes(whole[:8] + os.urandom(60) + whole[68:])
    assert "bad.parquet" in refused(path)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"y": ["a", "b", "c"]}, "column 'y'"),
        ({"ds": [1.5, 2.5, 3.5]}, "column 'ds'"),
        ({"unique_id": [b"a", b"b", b"c"]}, "column 'unique_id'"),
        ({"ds": pd.to_datetime([1, 2, 3], unit="ns")}, "microseconds"),
    ],
)
def test_columns_of_a_wrong_type_are_refused(tmp_path, frame, changes, part):
    frame.assign(**changes).to_parquet(tmp_path / "bad.parquet")
    message = refused(tmp_path / "bad.parquet")
    assert "bad.parquet" in message
    assert part in message


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit_are_read(tmp_path, frame, unit):
    frame.assign(ds=frame["ds"].astype(f"M8[{unit}]")).to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read(tmp_path / "a.parquet"), frame)


def test_encodings_of_other_writers_are_read(tmp_path, frame):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, tmp_path / "int96.parquet", use_deprecated_int96_timestamps=True)
    pd.testing.assert_frame_equal(read(tmp_path / "int96.parquet"), frame)
    coded = {"unique_id": frame["unique_id"].astype("category"), "y": frame["y"].astype("int16")}
    frame.assign(**coded).to_parquet(tmp_path / "category.parquet")
    pd.testing.assert_frame_equal(read(tmp_path / "category.parquet"), frame)
    frame.assign(ds=frame["ds"].dt.date).to_parquet(tmp_path / "date.parquet")
    pd.testing.assert_frame_equal(read(tmp_path / "date.parquet"), frame)


def test_a_zone_is_kept(tmp_path, frame):
    frame.assign(ds=frame["ds"].dt.tz_localize("Europe/Berlin")).to_parquet(tmp_path / "a.parquet")
    assert str(read(tmp_path / "a.parquet")["ds"].dt.tz) == "Europe/Berlin"


def test_a_column_twice_is_refused(tmp_path, frame):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.append_column("y", table["y"]), tmp_path / "bad.parquet")
    assert "more than one column 'y'" in refused(tmp_path / "bad.parquet")


def test_files_that_differ_are_refused(tmp_path, frame):
    frame.to_parquet(tmp_path / "1.parquet")
    frame.assign(ds=frame["ds"].dt.tz_localize("UTC")).to_parquet(tmp_path / "2.parquet")
    assert "2.parquet: column 'ds'" in refused(tmp_path)
    frame.drop(columns="unique_id").to_parquet(tmp_path / "2.parquet")
    assert "2.parquet: column 'unique_id'" in refused(tmp_path)
    (tmp_path / "2.parquet").rename(tmp_path / "2.csv")
    assert "several kinds" in refused(tmp_path)


def test_no_rows_is_its_own_error(tmp_path, frame):
    frame.head(0).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(NoDataError, match=r"none\.parquet"):
        read(tmp_path / "none.parquet")
    with pytest.raises(NoDataError):
        read(written(tmp_path / "none.csv", "ds,y\n"))
    with pytest.raises(NoDataError):
        read(written(tmp_path / "none.csv", ""))


def test_paths_that_lead_nowhere_are_refused(tmp_path):
    assert "nothing.parquet" in refused(tmp_path / "nothing.parquet")
    assert "no data files" in refused(tmp_path)
    assert "ending" in refused(written(tmp_path / "a.json", "{}"))


def test_databases_are_asked_safely(files, tmp_path):
    url = f"sqlite:///{files / 'hourly.db'}"
    with pytest.raises(UsageError, match="--query"):
        read(url)
    with pytest.raises(UsageError):
        read(files / "hourly.csv", query="select 1")
    assert "no such table" in refused(url, query="select * from missing")
    assert "There is no SQLite file" in refused(f"sqlite:///{tmp_path / 'none.db'}", query="select 1")
    assert not (tmp_path / "none.db").exists()
    secret = refused("mysql://user:secret@127.0.0.1:9/x", query="select 1")
    assert "secret" not in secret
    with pytest.raises(NoDataError):
        read(url, query="select * from hourly where 0")


def test_a_locked_database_is_worth_another_try(files):
    with sqlite3.connect(files / "hourly.db", isolation_level=None) as connection:
        connection.execute("begin exclusive")
        with pytest.raises(JobError) as caught:
            read(f"sqlite:///{files / 'hourly.db'}?timeout=0.05", query="select * from hourly")
        connection.execute("rollback")
    connection.close()
    assert exit_code(caught.value) == 5


def test_other_columns_are_kept_on_demand(tmp_path, frame):
    frame.assign(temp=1.0, y_old=2).rename(columns={"y": "load"}).assign(y=9.0).to_parquet(tmp_path / "a.parquet")
    source = source_of(tmp_path / "a.parquet", target_column="load")
    found = source.frame(others=True)
    assert list(found.columns) == ["unique_id", "ds", "y", "temp", "y_old"]
    assert found["y"].tolist() == [1.0, 2.0, 3.0]


def test_grouped_digits_are_read_where_the_mark_was_declared(tmp_path):
    text = "ds;y\n2024-01-01;1.234,5\n2024-01-02;-12\n2024-01-03;\n2024-01-04;NA\n2024-01-05;1.000.000\n"
    path = written(tmp_path / "a.csv", text)
    assert "1.234,5" in refused(path, sep=";", decimal=",")
    found = read(path, sep=";", decimal=",", thousands=".")["y"]
    np.testing.assert_array_equal(found, [1234.5, -12, np.nan, np.nan, 1e6])
    for wrong in ("1.23", "1.2345", "1,5,0", "12a"):
        bad = written(tmp_path / "bad.csv", f"ds;y\n2024-01-01;1\n2024-01-02;{wrong}\n")
        message = refused(bad, sep=";", decimal=",", thousands=".")
        assert f"'{wrong}' in data row 2" in message
        assert "declare its marks" in message


@pytest.mark.parametrize("mark", [".", "5", "-", "+", "e"])
def test_a_grouping_mark_that_is_a_part_of_numbers_is_refused(tmp_path, mark):
    path = written(tmp_path / "a.csv", "ds,y\n2024-01-01,1.5\n")
    with pytest.raises(UsageError, match="would be read as 15"):
        read(path, thousands=mark)


def test_another_grouping_mark_is_another_way_to_read_the_same_file(tmp_path):
    path = written(tmp_path / "a.csv", "ds,y\n2024-01-01,1.500\n")
    manifests = [source_of(path, decimal=",", thousands=mark).manifest() for mark in ("", ".", " ")]
    assert [one[0].get("thousands") for one in manifests] == [None, ".", " "]


def test_a_future_without_target_is_read_by_the_marks_of_the_data(tmp_path):
    path = written(tmp_path / "a.csv", "ds;y;temp\n2024-01-01;1.234,5;1,5\n")
    ahead = written(tmp_path / "b.csv", "ds;temp\n2024-01-02;2,5\n")
    source = source_of(path, ("temp",), sep=";", decimal=",", thousands=".")
    assert source.frame()[["y", "temp"]].to_numpy().tolist() == [[1234.5, 1.5]]
    assert source.future(str(ahead), ("temp",)).frame()["temp"].tolist() == [2.5]


def test_a_database_is_asked_once(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript("create table t (ds text, y real); insert into t values ('2024-01-01', 1)")
        source = source_of(f"sqlite:///{tmp_path / 'a.db'}", query="select * from t")
        named = source.manifest()
        connection.execute("insert into t values ('2024-01-02', 2)")
        connection.commit()
    connection.close()
    task = Task(horizon=1, context_length=1, freq="D", season=(7,))
    again = source.reading(Columns.of(task))
    assert again.frame()["y"].tolist() == [1.0]
    assert again.manifest() == named


def test_a_password_in_the_query_part_of_a_url_is_shown_nowhere():
    for url in (
        "mysql://127.0.0.1:9/shop?user=u&password=s3cret",
        "mysql://u:pa/s3cret@127.0.0.1:9/shop",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BPWD%3Ds3cret",
    ):
        source = source_of(url, query="select 1")
        assert "s3cret" not in source.name
        assert source.name.startswith(url.partition("://")[0])
        assert "s3cret" not in refused(url, query="select 1")


def test_the_whole_column_of_a_csv_says_what_it_is(tmp_path, monkeypatch):
    """The first block holds whole numbers, empty cells, numbers, words; the later ones 1,5, numbers, a word."""
    monkeypatch.setattr("pipelines.files.readers.csv_file.BLOCK_BYTES", 300)
    days = pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d")
    late = ["1;;1;yes;true;7,0;2024-01-01"] * 60 + ["1,5;2;x1;no;false;8,0;2024-01-02"] * 40
    rows = [f"{day};{number};{cells}" for number, (day, cells) in enumerate(zip(days, late, strict=True))]
    path = written(tmp_path / "a.csv", "ds;y;late;empty;mixed;word;truth;plain;day\n" + "\n".join(rows) + "\n")
    names = ("late", "empty", "mixed", "word", "truth", "plain", "day")
    found = read(path, names, sep=";", decimal=",")
    assert found["late"].tolist() == [1.0] * 60 + [1.5] * 40
    assert found["empty"].isna().tolist() == [True] * 60 + [False] * 40
    assert found["empty"].dtype == found["plain"].dtype == float
    assert found["mixed"].tolist() == ["1"] * 60 + ["x1"] * 40
    assert found["word"].tolist() == ["yes"] * 60 + ["no"] * 40
    assert found["truth"].tolist() == [True] * 60 + [False] * 40
    assert not isinstance(found["day"][0], str), "times are told from categories"
    whole = source_of(path, sep=";", decimal=",").frame(others=True)
    assert whole["late"].tolist() == [1.0] * 60 + [1.5] * 40


def test_a_point_is_no_part_of_a_number_with_a_decimal_comma(tmp_path):
    path = written(tmp_path / "a.csv", "ds;y;temp\n2024-01-01;1;1.5\n2024-01-02;1;2,5\n")
    assert read(path, ("temp",), sep=";", decimal=",")["temp"].tolist() == ["1.5", "2,5"]


def test_a_column_that_is_empty_in_one_file_is_of_the_type_of_the_others(tmp_path, frame):
    text = "ds,y,promo,temp,never\n2024-01-0{},1,{},{},\n"
    for number, cells in enumerate([("", ""), ("yes", ""), ("", "2")], start=1):
        written(tmp_path / f"{number}.csv", text.format(number, *cells))
    covariates = ("promo", "temp", "never")
    source = source_of(tmp_path, covariates)
    kinds = {
        tuple(str(table.schema.field(name).type) for name in source.columns.covariates) for table in source.tables()
    }
    assert kinds == {("string", "double", "null")}
    found = source.frame()
    assert found["temp"].tolist()[2] == 2.0
    assert found["promo"].isna().tolist() == [True, False, True]
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    for number, promo in enumerate([None, "yes"]):
        columns = pa.Table.from_pandas(frame.assign(promo=promo), preserve_index=False)
        pq.write_table(columns, parquet / f"{number}.parquet")
    found = read(parquet, ("promo",))
    assert found["promo"].isna().tolist() == [True] * 3 + [False] * 3


def test_files_that_disagree_about_a_covariate_are_refused_by_name(tmp_path, frame):
    for number, promo in enumerate([None, 1.0, "yes"]):
        frame.assign(promo=promo).to_parquet(tmp_path / f"{number}.parquet")
    message = refused(tmp_path, covariates=("promo",))
    assert "2.parquet: column 'promo' is string, and double in the files before" in message
    with pytest.raises(SourceError, match="different types") as caught:
        source_of(tmp_path).frame(others=True)
    assert caught.value.code == "mixed_schemas"


def test_the_data_check_gets_unreadable_cells_as_they_are(tmp_path):
    path = written(tmp_path / "a.csv", "ds,y\n2024-01-01,1\n2024-01-02,n/k\n31.12.2024,3\n2024-01-04,\n")
    with pytest.raises(SourceError):
        read(path)
    found = source_of(path).raw_frame()
    assert found["y"].tolist()[:3] == ["1", "n/k", "3"]
    assert found["ds"].tolist()[2] == "31.12.2024"
    assert found["y"].isna().tolist() == [False, False, False, True]
    whole = source_of(written(tmp_path / "b.csv", "ds,y\n2024-01-01,1\n2024-01-02,2\n"))
    pd.testing.assert_frame_equal(whole.raw_frame(), whole.frame())
