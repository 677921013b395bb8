"""A calibrated point model behind every door: the same intervals in notebook, batch, REST and MLflow."""

import pytest

from forecasting import Forecaster, Training
from tests.doors import DOORS, Champion, Question, require_same_numbers, shuffled

LEVELS = (80.0, 95.0)


@pytest.fixture(scope="module")
def champion(hourly):
    calibrated = Forecaster("seasonal-naive", horizon=12, training=Training(calibration_windows=5)).fit(hourly)
    return Champion.of(calibrated, "calibrated")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_door_gives_the_same_calibrated_intervals(door, champion, hourly, tmp_path):
    found = door(champion, Question(shuffled(hourly), level=LEVELS), tmp_path)
    require_same_numbers(found, champion.forecaster.predict(level=LEVELS))


def test_the_service_says_what_a_calibrated_model_can_answer_and_refuses_the_rest(champion):
    described = champion.client.get("/v1/models").get_json()["models"][0]
    assert described["calibration_windows"] == champion.forecaster.facts.calibration_windows > 0
    assert described["quantile_range"] == list(champion.forecaster.predictor.quantile_range)
    assert described["quantile_levels"] == []
    series = [{"unique_id": "a", "start": "2026-01-01T00:00:00", "y": [1.0, 2.0, 3.0]}]
    answer = champion.client.post("/v1/forecast", json={"series": series, "level": [99.9]})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "calibration_size"
    assert answer.get_json()["errors"][0]["pointer"] == "/level"
