"""`forecast demo`: the whole story, with fewer models so that it is short."""

import json
import socket

from forecasting.store import registry
from forecasting.store.home import home
from pipelines.jobs import demo
from pipelines.jobs.service import environment, free_port


def test_the_story_ends_with_a_forecast_of_the_service(forecast, monkeypatch):
    monkeypatch.setattr(demo, "MODELS", ("naive", "seasonal-naive:period=168"))
    monkeypatch.setattr(demo, "ORIGINS", 5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = forecast("demo", "--once", "--port", port, "--json")
    assert ended.code == 0, ended.err
    assert f"Port {port} is taken" in ended.err
    assert all(f"[{number}/7]" in ended.err for number in range(1, 8))
    told = ended.json
    assert told["model"] == "seasonal-naive:period=168"
    assert told["registered"]["name"] == "traffic"
    assert told["batch"]["state"] == "complete"
    assert len(told["answer"]["forecasts"][0]["point"]) == 24
    assert told["answer"]["model"]["version"] == registry.champion("traffic").version
    folder = home() / "demo"
    made = {path.name for path in folder.iterdir()}
    assert {"leaderboard.png", "fan_chart.png", "traffic.parquet", "request.json", "forecasts"} <= made
    assert json.loads((folder / "request.json").read_text())["horizon"] == 24
    version = registry.champion("traffic").version
    demo.tell_story()
    assert registry.champion("traffic").version == str(int(version) + 1)


def test_a_free_port_is_kept():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert free_port("127.0.0.1", port) == port


def test_the_environment_of_the_service_has_no_contradictions(monkeypatch):
    monkeypatch.setenv("FORECAST_MODEL", "old")
    monkeypatch.setenv("FORECAST_DEBUG", "1")
    variables = environment(["a@champion", "b"], {"host": None, "port": 9000})
    assert variables["FORECAST_MODELS"] == "a@champion,b"
    assert variables["FORECAST_PORT"] == "9000"
    assert variables["FORECAST_DEBUG"] == "1"
    assert not {"FORECAST_MODEL", "FORECAST_HOST"} & set(variables)
    assert environment([], {})["FORECAST_MODEL"] == "old"
