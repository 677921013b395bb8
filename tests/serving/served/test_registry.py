"""The service on a real registry: aliases move, versions break, the registry goes away."""

import shutil

import pytest

from forecasting.errors import RegistryError
from forecasting.forecaster import Forecaster
from forecasting.store import registry, tracking
from serving.app import create_app
from serving.service import EXTENSION
from serving.settings import Settings
from tests.serving.conftest import load_once, payload, post, require_problem

# MLflow warns about its own type hints while it is imported.


@pytest.fixture(scope="module")
def home(tmp_path_factory, model_folders):
    """A home folder with three versions of one model: hourly, daily, steps; the first one is the champion."""
    folder = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECAST_HOME", str(folder))
        for source in model_folders.values():
            loaded = Forecaster.load(source)
            with tracking.run("training", "tests") as run:
                run.model(loaded.fitted.artifact, "traffic")
        registry.promote("traffic", "1")
        yield folder


def app_of(**settings):
    """Return an application whose refresher never starts."""
    app = create_app(Settings(**settings))
    service = app.extensions[EXTENSION]
    service.refresher.ensure_started = lambda: None
    service.store.load = load_once
    return app


def refresh(app):
    return app.extensions[EXTENSION].store.refresh()


def served(app):
    return app.test_client().get("/v1/models").json["models"]


def gone(*args, **kwargs):
    raise RegistryError("the registry does not answer")


def test_an_alias_is_followed_there_and_back(home):
    app = app_of(model="traffic@champion")
    assert refresh(app)
    (first,) = served(app)
    assert (first["name"], first["version"], first["alias"], first["freq"]) == ("traffic", "1", "champion", "h")
    assert post(app.test_client(), payload(model="traffic@champion")).json["model"]["digest"] == first["digest"]
    registry.promote("traffic", "2")
    assert refresh(app)
    assert [(one["version"], one["freq"]) for one in served(app)] == [("2", "D")]
    registry.rollback("traffic")
    assert refresh(app)
    assert served(app) == [first]


def test_a_pinned_version_stays_beside_the_champion(home):
    app = app_of(models="traffic,traffic/3")
    assert refresh(app)
    assert [(one["version"], one["alias"]) for one in served(app)] == [("1", "champion"), ("3", None)]
    client = app.test_client()
    assert client.get("/v1/models/traffic/3").json["freq"] == 1
    assert client.get("/v1/models/traffic").json["version"] == "1"
    require_problem(post(client, payload(model="traffic/2")), 404, "not_served")


def test_without_the_registry_it_starts_from_the_cache(home, monkeypatch):
    assert refresh(app_of(model="traffic@champion"))
    monkeypatch.setattr(registry, "lookup", gone)
    monkeypatch.setattr(registry, "download", gone)
    app = app_of(model="traffic@champion")
    assert not refresh(app)
    client = app.test_client()
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert "registry" in ready.json["degraded"][0]
    assert post(client, payload()).status_code == 200


def test_what_was_never_served_needs_the_registry(home, monkeypatch):
    monkeypatch.setattr(registry, "lookup", gone)
    app = app_of(model="traffic/2")
    assert not refresh(app)
    require_problem(app.test_client().get("/readyz"), 503, "not_ready")


def test_the_memory_of_another_registry_is_not_used(home, monkeypatch):
    assert refresh(app_of(model="traffic@champion"))
    monkeypatch.setattr(registry, "lookup", gone)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    app = app_of(model="traffic@champion")
    assert not refresh(app)
    assert served(app) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"registry": "x"}'])
def test_a_spoilt_memory_is_as_good_as_none(home, monkeypatch, text):
    app = app_of(model="traffic@champion")
    assert refresh(app)
    (source,) = app.extensions[EXTENSION].store.sources.values()
    source.memory.write_text(text)
    assert source.remembered() is None
    assert refresh(app_of(model="traffic@champion"))
    assert source.remembered().version == "1"


def test_a_spoilt_cache_is_refused_and_the_old_model_goes_on(home):
    app = app_of(model="traffic@champion")
    assert refresh(app)
    version = registry.lookup(registry.Reference("traffic", version="2"))
    cached = registry.fetch(version)
    (cached / "golden.json").write_bytes(b"{}")
    registry.promote("traffic", "2")
    try:
        assert not refresh(app)
        assert [one["version"] for one in served(app)] == ["1"]
        shutil.rmtree(cached)
        assert refresh(app)
        assert [one["version"] for one in served(app)] == ["2"]
    finally:
        registry.rollback("traffic")
