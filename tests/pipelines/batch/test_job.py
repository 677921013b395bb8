"""`forecast batch`: nothing is lost, nothing is done twice, nothing passes for what it is not."""

import json
import multiprocessing
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from forecasting import Forecaster
from forecasting.data.panel import Panel
from pipelines.batch import job
from pipelines.batch.parts import divide
from pipelines.batch.run_folder import RunFolder
from tests.conftest import make_frame

SERIES = 30


@pytest.fixture(scope="module")
def panel():
    """Thirty hourly series, all good."""
    return pd.concat(
        [make_frame(series=1, rows=80, seed=seed).assign(unique_id=f"s{seed:02}") for seed in range(SERIES)],
        ignore_index=True,
    )


@pytest.fixture
def data(panel, tmp_path):
    panel.to_parquet(tmp_path / "data.parquet")
    return tmp_path / "data.parquet"


def forecasts(run):
    parts = sorted(run.glob("part=*/data.parquet"))
    frame = pd.concat([pd.read_parquet(part, partitioning=None) for part in parts])
    return frame.sort_values(["unique_id", "ds"], ignore_index=True)


def quarantined(run):
    parts = sorted(run.glob("quarantine/*.parquet"))
    frame = pd.concat([pd.read_parquet(part, partitioning=None) for part in parts])
    return dict(zip(frame["unique_id"], frame["code"], strict=True))


def run_of(out):
    (run,) = out.glob("run=*")
    return run


def test_parts_give_what_the_library_gives(forecast, data, panel, model, tmp_path):
    out = tmp_path / "out"
    ended = forecast("batch", data, "--model", model, "--out", out, "--parts", 4, "--level", 80, "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["state"], ended.json["series_in"], ended.json["series_forecast"]) == ("complete", SERIES, SERIES)
    assert ended.json["parts"] > 1
    wanted = Forecaster.load(model).predict(panel, level=[80])
    found = forecasts(run_of(out))
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-6)
    assert sorted(path.name for path in run_of(out).iterdir() if not path.name.startswith("part=")) == [
        "_MANIFEST.json", "_SUCCESS", "quarantine", "state",
    ]  # fmt: skip
    one = tmp_path / "one"
    assert forecast("batch", data, "--model", model, "--out", one, "--parts", 1, "--level", 80).code == 0
    pd.testing.assert_frame_equal(forecasts(run_of(one)), found, rtol=1e-6)


def test_the_same_call_again_does_nothing(forecast, data, model, tmp_path):
    arguments = ["batch", data, "--model", model, "--out", tmp_path / "out", "--json"]
    assert forecast(*arguments).json["was_complete"] is False
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = forecast(*arguments)
    assert again.code == 0
    assert again.json["was_complete"] is True
    assert "already complete" in again.err
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before
    assert forecast(*arguments, "--skip-code", 99).code == 99
    assert forecast(*arguments, "--horizon", 3).json["was_complete"] is False
    assert len(forecast("batch-status", tmp_path / "out", "--json").json["runs"]) == 2


@pytest.fixture
def messy(panel, tmp_path):
    """The panel with one trouble in each of eight series, and rows without an id; shuffled."""
    frame = panel.copy()
    of = {name: frame.index[frame["unique_id"] == name] for name in frame["unique_id"].unique()}
    frame.loc[of["s00"][5], "y"] = np.inf
    frame.loc[of["s01"], "y"] = np.nan
    frame.loc[of["s02"][5], "ds"] = frame.loc[of["s02"][4], "ds"]
    frame.loc[of["s03"][5], "ds"] = frame.loc[of["s03"][5], "ds"] + pd.Timedelta("20min")
    frame.loc[of["s04"][5], "ds"] = pd.NaT
    frame.loc[of["s05"][-1], "unique_id"] = None
    frame.loc[of["s06"], "ds"] = pd.date_range("2024-01-01", periods=80, freq="D")
    frame = frame.drop(index=[of["s07"][5], of["s07"][9]])
    frame.sample(frac=1, random_state=0).to_parquet(tmp_path / "messy.parquet")
    return tmp_path / "messy.parquet"


TROUBLES = {
    "": "id_missing",
    "s00": "y_infinite",
    "s01": "no_observations",
    "s02": "duplicate_timestamp",
    "s03": "off_grid",
    "s04": "ds_missing",
    "s06": "freq_mismatch",
    "s07": "missing_timestamps",
}


@pytest.mark.parametrize("parts", [1, 3])
def test_a_bad_series_is_set_aside_alone(forecast, messy, model, tmp_path, parts):
    out = tmp_path / "out"
    arguments = ["batch", messy, "--model", model, "--out", out, "--parts", parts, "--max-quarantine", 0.5, "--json"]
    ended = forecast(*arguments)
    assert ended.code == 0, ended.err
    assert quarantined(run_of(out)) == TROUBLES
    counts = ended.json["series_in"], ended.json["series_forecast"], ended.json["series_quarantined"]
    assert counts == (SERIES + 1, SERIES + 1 - len(TROUBLES), len(TROUBLES))
    found = forecasts(run_of(out))
    assert not set(found["unique_id"]) & set(TROUBLES)
    assert found["gru"].notna().all()
    assert forecast("batch-verify", out).code == 0


def test_too_many_bad_series_are_exit_code_4(forecast, messy, model, tmp_path):
    out = tmp_path / "out"
    ended = forecast("batch", messy, "--model", model, "--out", out)
    assert ended.code == 4
    assert "8 of 31 series" in ended.err
    assert not (run_of(out) / "_SUCCESS").exists()
    assert len(forecasts(run_of(out))) > 0
    assert forecast("batch-status", out, "--json").json["runs"][0]["state"] == "over budget"
    assert forecast("batch-verify", out).code == 3
    assert forecast("batch", messy, "--model", model, "--out", out, "--max-quarantine", 0.5).code == 0


def test_a_part_of_bad_series_only_is_accounted_for(forecast, panel, model, tmp_path):
    panel[panel["unique_id"] < "s03"].assign(y=np.nan).to_parquet(tmp_path / "bad.parquet")
    arguments = ["batch", tmp_path / "bad.parquet", "--model", model, "--out", tmp_path / "out", "--json"]
    ended = forecast(*arguments, "--max-quarantine", 1)
    assert (ended.json["series_quarantined"], ended.json["rows_out"]) == (3, 0)
    assert list(forecasts(run_of(tmp_path / "out")).columns) == ["unique_id", "ds", "status", "gru"]
    panel.iloc[:3].assign(ds=pd.NaT).to_parquet(tmp_path / "bad.parquet")
    assert forecast(*arguments, "--max-quarantine", 1).json["series_quarantined"] == 1


def test_a_killed_run_goes_on_where_it_stopped(forecast, data, model, tmp_path, monkeypatch):
    out, work = tmp_path / "out", job.forecast_and_write
    done = []

    def killed(run, model, request, part):
        if len(done) == 2:
            run.data(part).parent.mkdir()
            (run.data(part).parent / ".tmp-1-data.parquet").write_text("half")
            run.quarantine(part).write_text("no state vouches for this")
            raise KeyboardInterrupt
        done.append(part)
        return work(run, model, request, part)

    def counted(run, model, request, part):
        done.append(part)
        return work(run, model, request, part)

    arguments = ["batch", data, "--model", model, "--out", out, "--parts", 5]
    monkeypatch.setattr(job, "forecast_and_write", killed)
    assert forecast(*arguments).code == 130
    status = forecast("batch-status", out, "--json").json["runs"][0]
    assert (status["state"], status["parts_done"]) == ("interrupted", 2)
    assert forecast("batch-verify", out).code == 3
    monkeypatch.setattr(job, "forecast_and_write", counted)
    monkeypatch.setattr(job, "sort_into_parts", lambda *arguments: pytest.fail("rows are sorted already"))
    assert forecast(*arguments).code == 0
    assert sorted(done) == sorted(set(done))
    assert forecast("batch-verify", out).code == 0
    assert not list(out.rglob(".tmp-*"))
    whole = tmp_path / "whole"
    monkeypatch.undo()
    assert forecast("batch", data, "--model", model, "--out", whole, "--parts", 5).code == 0
    contents = [{path.relative_to(one): path.read_bytes() for path in one.rglob("*.*")} for one in (out, whole)]
    assert contents[0] == contents[1]


@pytest.mark.parametrize("victim", ["part=*/data.parquet", "quarantine/*.parquet", "_MANIFEST.json", "_SUCCESS"])
@pytest.mark.parametrize("damage", ["flip", "delete"])
def test_verify_sees_every_damage(forecast, data, model, tmp_path, victim, damage):
    out = tmp_path / "out"
    assert forecast("batch", data, "--model", model, "--out", out, "--parts", 2).code == 0
    assert forecast("batch-verify", out, "--json").json["ok"] is True
    path = sorted(run_of(out).glob(victim))[0]
    content = path.read_bytes()
    path.unlink()
    if damage == "flip":
        path.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])
    ended = forecast("batch-verify", out, "--json")
    assert ended.code == 3
    assert ended.json["runs"][0]["problems"]


def test_verify_sees_strangers_and_lost_series(forecast, data, model, tmp_path):
    out = tmp_path / "out"
    assert forecast("batch", data, "--model", model, "--out", out).code == 0
    (run_of(out) / "part=0" / "more.parquet").write_text("stranger")
    assert "belongs to no part" in forecast("batch-verify", out).out
    assert forecast("batch-verify", tmp_path / "nothing").code == 3
    assert forecast("batch-status", tmp_path).code == 3


def hold(path, held, release):
    with RunFolder(path).lock():
        held.set()
        release.wait(30)


def test_a_second_runner_is_told_to_try_again(forecast, data, model, tmp_path):
    out = tmp_path / "out"
    arguments = ["batch", data, "--model", model, "--out", out]
    assert forecast(*arguments).code == 0
    run = run_of(out)
    (run / "_SUCCESS").unlink()
    spawn = multiprocessing.get_context("spawn")
    held, release = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(run, held, release))
    other.start()
    try:
        assert held.wait(30)
        ended = forecast(*arguments)
        assert ended.code == 5
        assert "Another process" in ended.err
        assert forecast("batch-status", out, "--json").json["runs"][0]["state"] == "running"
    finally:
        release.set()
        other.join()
    assert forecast(*arguments).code == 0


def test_as_of_cuts_the_history(forecast, panel, model, tmp_path):
    frame = panel[~((panel["unique_id"] == "s00") & (panel["ds"] > "2024-01-02T12:00"))]
    frame.to_parquet(tmp_path / "data.parquet")
    arguments = ["batch", tmp_path / "data.parquet", "--model", model, "--out", tmp_path / "out"]
    assert forecast(*arguments, "--as-of", "2024-01-03T05:00:00").code == 0
    found = forecasts(run_of(tmp_path / "out"))
    early = found[found["unique_id"] == "s00"]
    assert set(early["status"]) == {"ended_early"}
    assert early["ds"].iloc[0] == pd.Timestamp("2024-01-02T13:00")
    others = found[found["unique_id"] != "s00"]
    assert set(others["status"]) <= {"ok", "padded"}
    assert set(others.groupby("unique_id")["ds"].first()) == {pd.Timestamp("2024-01-03T06:00")}
    wanted = Forecaster.load(model).predict(frame[frame["ds"] <= "2024-01-03T05:00"])
    np.testing.assert_allclose(found["gru"], wanted["gru"], rtol=1e-6)
    for wrong in ("yesterday", "5", "2024-01-03T05:00:00Z"):
        assert forecast(*arguments, "--as-of", wrong).code == 3
    assert forecast(*arguments, "--as-of", "1999-01-01").code == 3
    assert forecast(*arguments, "--as-of", "1999-01-01", "--skip-code", 99).code == 99


@pytest.mark.parametrize(
    ("freq", "zone", "as_of"),
    [("h", "Europe/Berlin", "2024-01-02T00:00:00"), ("h", "UTC", "2024-01-02T00:00:00+01:00"), (1, None, "30")],
)
def test_as_of_reads_the_clock_of_the_data(freq, zone, as_of):
    from pipelines.batch.forecast import ended_early
    from pipelines.batch.parts import rows_as_of

    frame = make_frame(series=2, rows=60, freq=freq)
    if zone is not None:
        frame["ds"] = frame["ds"].dt.tz_localize(zone)
    limit = int(as_of) if zone is None else pd.Timestamp(as_of)
    limit = limit.tz_localize(zone) if zone is not None and limit.tz is None else limit
    found = rows_as_of(pa.Table.from_pandas(frame, preserve_index=False), as_of).to_pandas()
    assert len(found) == (frame["ds"] <= limit).sum()
    short = found[~((found["unique_id"] == "s1") & (found["ds"] == limit))]
    assert ended_early(Panel.from_frame(short, freq), as_of).tolist() == [False, True]


def test_a_horizon_beyond_the_trained_one_is_rolled_out(forecast, data, model, tmp_path):
    ended = forecast("batch", data, "--model", model, "--out", tmp_path / "out", "--horizon", 14)
    assert ended.code == 0
    assert "rolled out" in ended.err
    assert (forecasts(run_of(tmp_path / "out"))["status"] == "rolled_out").sum() == 2 * SERIES


@pytest.mark.parametrize("arguments", [["--horizon", "9999"], ["--level", "99"], ["--model", "nothing@champion"]])
def test_what_the_model_cannot_answer_is_refused_before_reading(forecast, data, model, tmp_path, arguments):
    ended = forecast("batch", data, "--model", model, "--out", tmp_path / "out", *arguments)
    assert ended.code == 3
    assert not list(tmp_path.glob("out/run=*/_work/*"))


def test_a_csv_without_ids_is_one_series(forecast, panel, model, tmp_path):
    panel.head(80).drop(columns="unique_id").to_csv(tmp_path / "one.csv", index=False)
    ended = forecast("batch", tmp_path / "one.csv", "--model", model, "--out", tmp_path / "out", "--json")
    assert ended.json["series_in"] == 1


def test_a_series_stays_in_one_part():
    ids = [*[f"s{number}" for number in range(200)] * 3, None]
    table = pa.table({"unique_id": pa.array(ids, pa.string()), "row": list(range(601))})
    parts = {number: rows.to_pandas() for number, rows in divide(table, 7)}
    assert sum(map(len, parts.values())) == 601
    assert all(rows["row"].is_monotonic_increasing for rows in parts.values())
    where = [set(rows["unique_id"].dropna()) for rows in parts.values()]
    assert sum(map(len, where)) == len(set.union(*where)) == 200
    assert list(divide(table.slice(0, 0), 7)) == []


def test_several_processes_give_the_same_files(forecast, data, model, tmp_path):
    runs = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        ended = forecast("batch", data, "--model", model, "--out", out, "--parts", 2, "--workers", workers)
        assert ended.code == 0, ended.err
        runs.append({path.name: path.read_bytes() for path in run_of(out).rglob("part-*.json")})
    assert runs[0] == runs[1]


def test_a_manifest_says_what_the_run_was_made_of(forecast, data, model, tmp_path):
    forecast("batch", data, "--model", model, "--out", tmp_path / "out", "--level", "80")
    manifest = json.loads((run_of(tmp_path / "out") / "_MANIFEST.json").read_text())
    identity = manifest["identity"]
    assert identity["inputs"][0]["file"] == "data.parquet"
    assert identity["inputs"][0]["bytes"] == os.path.getsize(data)
    assert identity["parameters"] == {"horizon": None, "level": [80.0], "as_of": None}
    assert len(identity["model_digest"]) == 64
