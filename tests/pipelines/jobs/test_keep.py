"""Where a model is put: refused before any work where it cannot be, and never lost after it."""

from pathlib import Path

import pytest

from forecasting import Forecaster
from forecasting.store import registry
from forecasting.store.home import home
from pipelines.jobs import train


def naive(files, *more):
    return ["train", files / "hourly.parquet", "--horizon", 6, "--model", "naive", "--windows", 0, *more]


@pytest.fixture
def taken(tmp_path):
    """A file, a folder of something else, and what would lie under the file."""
    (tmp_path / "file").write_text("a")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data.csv").write_text("a")
    return [tmp_path / "file", tmp_path / "precious", tmp_path / "file" / "model"]


def test_a_place_that_cannot_be_is_refused_before_training(forecast, files, taken, monkeypatch):
    monkeypatch.setattr(train, "fit_on_all_data", lambda *given: pytest.fail("it was trained"))
    for place in taken:
        ended = forecast(*naive(files, "--out", place))
        assert ended.code == 3
        assert "Choose" in ended.err


def test_a_place_that_cannot_be_is_refused_before_calibrating(forecast, files, model, taken, monkeypatch):
    monkeypatch.setattr(Forecaster, "calibrate", lambda *given: pytest.fail("it was calibrated"))
    for place in taken:
        ended = forecast("calibrate", files / "hourly.parquet", "--model", model, "--windows", 5, "--out", place)
        assert ended.code == 3
        assert "Choose" in ended.err


def test_a_model_whose_place_is_taken_meanwhile_is_saved_at_home_and_registered(forecast, files, tmp_path, monkeypatch):
    out, fit = tmp_path / "model", train.fit_on_all_data

    def slow(*given):
        out.write_text("somebody was here first")
        return fit(*given)

    monkeypatch.setattr(train, "fit_on_all_data", slow)
    ended = forecast(*naive(files, "--out", out, "--register", "homeless"))
    assert ended.code == 3
    assert f"cannot be saved in {out}" in ended.err
    saved = next(line.removeprefix("Saved in ")[:-1] for line in ended.err.splitlines() if line.startswith("Saved in"))
    assert Path(saved).parent == home() / "models"
    assert Forecaster.load(saved).horizon == 6
    assert registry.champion("homeless").version == "1"
    assert out.read_text() == "somebody was here first"
