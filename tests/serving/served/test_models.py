"""The model store: what it serves, what a failing reload leaves alone, and what names mean."""

import json
import shutil
import sys

import pytest

from serving.app import create_app
from serving.http.problems import Problem
from serving.served.refresher import FIRST_PAUSE, LONGEST_PAUSE, Refresher, ask_for_reload, reload_mark
from serving.served.sources import ModelFolder, ModelId, sources_of
from serving.served.store import LoadedModel, ModelStore
from serving.service import EXTENSION
from tests.serving.conftest import loaded_app, payload, post, require_problem, settings_for


class FakeSource:
    """A reference whose meaning the test decides."""

    def __init__(self, name="traffic", alias="champion"):
        self.reference = self.name = f"{name}@{alias}"
        self.now = ModelId(name, "1", alias, "d1")
        self.memory = None
        self.error = None
        self.fetched = 0

    def newest(self):
        if self.error:
            raise self.error
        return self.now

    def remembered(self):
        return self.memory

    def remember(self, model):
        self.memory = model

    def fetch(self, model):
        self.fetched += 1
        return ModelFolder(f"folder of {model.digest}", model.digest)


def named_after(folder):
    """Load nothing: the predictor is the name of its folder."""
    return LoadedModel(folder, None)


def store_of(*sources, load=named_after):
    return ModelStore(sources, load)


def broken(folder):
    raise ValueError("this version is broken")


def test_nothing_is_served_before_the_first_refresh():
    snapshot = store_of(FakeSource()).snapshot
    assert not snapshot.is_ready
    for name in (None, "traffic", "other"):
        with pytest.raises(Problem) as caught:
            snapshot.find(name)
        assert caught.value.status == 503
        assert "Retry-After" in caught.value.headers


def test_a_model_has_several_names():
    store = store_of(FakeSource(), FakeSource(alias="challenger"), FakeSource("other", "best"))
    assert store.refresh()
    snapshot = store.snapshot
    assert snapshot.find(None) is snapshot.find("traffic") is snapshot.find("traffic@champion")
    assert snapshot.find("traffic/1").id.name == "traffic"
    assert snapshot.find("traffic@challenger").id.alias == "challenger"
    assert snapshot.find("other").id.alias == "best"
    for name in ("traffic/2", "other@champion", "traffic@", "models:/traffic"):
        with pytest.raises(Problem) as caught:
            snapshot.find(name)
        assert caught.value.status == 404
        assert "traffic/1" in caught.value.detail


def test_the_same_version_is_not_loaded_again():
    source = FakeSource()
    store = store_of(source)
    assert store.refresh()
    before = store.snapshot.models[0]
    assert store.refresh()
    assert source.fetched == 1
    assert store.snapshot.models[0] is before


def test_a_version_whose_digest_the_registry_does_not_know_is_loaded_once():
    source = FakeSource()
    store, loaded = store_of(source), []

    def fetch(model):
        loaded.append(model)
        return ModelFolder(f"folder of {model.version}", f"f{model.version}")

    source.fetch = fetch
    for version in ("1", "1", "2", "2"):
        source.now = ModelId("traffic", version, "champion", "")
        assert store.refresh()
        served = store.snapshot.models[0]
        assert (served.id.version, served.id.digest, served.predictor) == (
            version,
            f"f{version}",
            f"folder of {version}",
        )
    assert loaded == [ModelId("traffic", version, "champion", "") for version in ("1", "2")]


def test_a_moved_alias_swaps_the_model_and_moving_it_back_does_too():
    source = FakeSource()
    store = store_of(source)
    for version in ("1", "2", "1"):
        source.now = ModelId("traffic", version, "champion", f"d{version}")
        assert store.refresh()
        served = store.snapshot.models[0]
        assert (served.id.version, served.id.digest, served.predictor) == (
            version,
            f"d{version}",
            f"folder of d{version}",
        )


def test_a_new_number_for_the_same_files_loads_nothing():
    source = FakeSource()
    store = store_of(source)
    store.refresh()
    source.now = ModelId("traffic", "2", "champion", "d1")
    assert store.refresh()
    assert store.snapshot.models[0].id.version == "2"
    assert source.fetched == 1


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_serving():
    source = FakeSource()
    store = store_of(source)
    store.refresh()
    source.now = ModelId("traffic", "2", "champion", "d2")
    store.load = broken
    assert not store.refresh()
    assert store.snapshot.is_ready
    assert store.snapshot.find("traffic").id.version == "1"
    assert "ValueError" in store.snapshot.failures["traffic@champion"]
    assert source.memory.version == "1"
    store.load = named_after
    assert store.refresh()
    assert store.snapshot.find("traffic").id.version == "2"
    assert store.snapshot.failures == {}


def test_one_broken_model_does_not_keep_the_others_from_serving():
    def load(folder):
        return broken(folder) if "bad" in folder else named_after(folder)

    bad = FakeSource("bad")
    bad.now = ModelId("bad", "1", "champion", "bad")
    store = store_of(bad, FakeSource(), load=load)
    assert not store.refresh()
    assert not store.snapshot.is_ready
    assert store.snapshot.find("traffic").id.name == "traffic"


def test_without_a_registry_what_is_served_goes_on_and_a_start_uses_the_memory():
    source = FakeSource()
    store = store_of(source)
    store.refresh()
    source.error = ConnectionError("refused")
    assert not store.refresh()
    assert store.snapshot.find("traffic").id.version == "1"
    again = store_of(source)
    assert not again.refresh()
    assert again.snapshot.is_ready
    assert again.snapshot.find("traffic").id.digest == "d1"
    source.memory = None
    fresh = store_of(source)
    assert not fresh.refresh()
    assert not fresh.snapshot.is_ready


def test_what_cannot_be_remembered_is_served_all_the_same():
    source = FakeSource()

    def full(model):
        raise OSError(28, "no space left")

    source.remember = full
    store = store_of(source)
    assert store.refresh()
    assert store.snapshot.is_ready


def test_pauses_grow_after_failures_and_are_short_while_nothing_is_served():
    source = FakeSource()
    store = store_of(source)
    refresher = Refresher(store, 30.0)
    assert refresher.pause() == 30
    pauses = []
    for failures in range(1, 9):
        refresher._failures = failures
        pauses.append(refresher.pause())
    assert pauses == [FIRST_PAUSE * factor for factor in (1, 2, 4, 8, 16)] + [30] * 3
    store.refresh()
    pauses.clear()
    for failures in (1, 2, 3, 50):
        refresher._failures = failures
        pauses.append(refresher.pause())
    assert pauses == [30, 60, 120, LONGEST_PAUSE]


def test_a_stop_knows_whether_a_refresh_is_under_way(monkeypatch):
    store = store_of(FakeSource())
    refresher = Refresher(store, 3600.0)
    meanwhile = []

    def refresh():
        meanwhile.append(refresher.stop())
        raise KeyboardInterrupt  # out of the loop, which has no end

    monkeypatch.setattr(store, "refresh", refresh)
    with pytest.raises(KeyboardInterrupt):
        refresher.run()
    assert meanwhile == [False]
    assert refresher.stop()


def test_a_reload_changes_what_every_process_watches():
    marks = {reload_mark()}
    for _ in range(3):
        ask_for_reload()
        marks.add(reload_mark())
    assert len(marks) == 4


# real folders


@pytest.fixture
def folder(model_folders, tmp_path):
    return shutil.copytree(model_folders["daily"], tmp_path / "My Model.v2")


def refresh(app):
    return app.extensions[EXTENSION].store.refresh()


def test_a_folder_is_named_after_itself(folder):
    client = loaded_app(folder).test_client()
    (model,) = client.get("/v1/models").json["models"]
    assert (model["name"], model["version"], model["alias"]) == ("my-model-v2", None, None)
    assert client.get("/v1/models/my-model-v2").json == model


def test_the_description_is_that_of_the_artifact(client, model_folders):
    spec = json.loads((model_folders["hourly"] / "forecaster.json").read_text())
    found = client.get("/v1/models/hourly").json
    for name in ("freq", "horizon", "max_horizon", "context_length", "season", "quantile_levels"):
        assert found[name] == spec["task"][name]
    assert found["training_end"] == spec["facts"]["training_end"]
    assert found["model"] == "ff-ar"
    assert [model["name"] for model in client.get("/v1/models").json["models"]] == ["hourly", "daily", "steps"]


def test_a_model_written_over_a_folder_is_noticed(folder, model_folders):
    app = loaded_app(folder)
    before = app.test_client().get("/v1/models").json["models"][0]
    shutil.rmtree(folder)
    shutil.copytree(model_folders["steps"], folder)
    assert refresh(app)
    after = app.test_client().get("/v1/models").json["models"][0]
    assert before["digest"] != after["digest"]
    assert after["freq"] == 1


def test_a_request_reads_no_file(model_folders, tmp_path):
    folder = shutil.copytree(model_folders["hourly"], tmp_path / "traffic")
    client = loaded_app(folder).test_client()
    first = post(client, payload(level=[80]))
    shutil.rmtree(folder)
    opened = []

    def noted(event, arguments):  # a hook cannot be taken away, so it holds a list that is let go
        if event == "open" and opened is not None:
            opened.append(arguments[0])

    sys.addaudithook(noted)
    answers = [post(client, payload(level=[80])) for _ in range(3)]
    seen, opened = opened, None
    assert seen == []
    assert [one.json["forecasts"] for one in answers] == [first.json["forecasts"]] * 3


@pytest.mark.parametrize("harm", ["flip", "truncate", "extra", "link", "manifest", "remove"])
def test_a_harmed_folder_is_refused_and_the_old_model_goes_on(folder, model_folders, harm):
    app = loaded_app(folder)
    client = app.test_client()
    shutil.rmtree(folder)
    shutil.copytree(model_folders["steps"], folder)
    weights = folder / "golden.json"
    raw = weights.read_bytes()
    if harm == "flip":
        weights.write_bytes(raw[:50] + bytes([raw[50] ^ 1]) + raw[51:])
    elif harm == "truncate":
        weights.write_bytes(raw[:50])
    elif harm == "extra":
        (folder / "more.py").write_text("")
    elif harm == "link":
        weights.rename(folder.parent / "elsewhere")
        weights.symlink_to(folder.parent / "elsewhere")
    elif harm == "manifest":
        (folder / "manifest.json").write_text("{}")
    else:
        shutil.rmtree(folder)
    assert not refresh(app)
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert len(ready.json["degraded"]) == 1
    daily = {"series": [{"start": "2026-01-01", "y": [1.0] * 9}]}
    assert post(client, daily).status_code == 200


def test_states_of_a_process(folder):
    app = create_app(settings_for(folder))
    service = app.extensions[EXTENSION]
    service.refresher.ensure_started = lambda: None
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/ping").status_code == 404
    problem = require_problem(client.get("/readyz"), 503, "not_ready")
    assert "loading" in problem["errors"][0]["detail"]
    response = post(client, payload())
    require_problem(response, 503, "model_loading")
    assert "Retry-After" in response.headers
    require_problem(client.get("/v1/models/other"), 503, "model_loading")
    load, service.store.load = service.store.load, broken
    refresh(app)
    problem = require_problem(client.get("/readyz"), 503, "not_ready")
    assert "ValueError" in problem["errors"][0]["detail"]
    service.store.load = load
    refresh(app)
    assert client.get("/readyz").status_code == 200
    assert client.get("/ping").data == b"\n"
    service.draining.set()
    require_problem(client.get("/readyz"), 503, "draining")
    assert client.get("/healthz").status_code == 200
    assert post(client, {"series": [{"start": "2026-01-01", "y": [1.0] * 9}]}).status_code == 200


def test_two_models_must_not_share_a_name(folder, tmp_path):
    twin = shutil.copytree(folder, tmp_path / "other" / folder.name)
    with pytest.raises(Exception, match="my-model-v2"):
        sources_of([str(folder), str(twin)])
    with pytest.raises(Exception, match="traffic@champion"):
        sources_of(["traffic", "models:/traffic@champion"])


def test_an_application_without_a_model_is_not_made():
    with pytest.raises(ValueError, match="FORECAST_MODEL"):
        create_app(settings_for())
