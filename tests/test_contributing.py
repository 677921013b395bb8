"""The six files of CONTRIBUTING.md, added one after the other and removed again: each is all that its kind needs."""

import importlib
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from forecasting import Forecaster, Training
from forecasting.config.learner import LEARNERS
from forecasting.config.task import Task
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.layers.recurrent import CELLS
from forecasting.layers.scaling import WindowScaler
from forecasting.models import MODELS
from pipelines.cli import main
from pipelines.commands import COMMANDS
from serving.app import create_app
from serving.routes import ROUTES
from tests.conftest import BRIEF, make_frame
from tests.places import ROOT
from tests.serving.conftest import settings_for

FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL))
CATALOGS = {
    "forecasting/models/zoo/last_but_one.py": MODELS,
    "forecasting/heads/families/logistic.py": HEADS,
    "forecasting/layers/cells/leaky.py": CELLS,
    "forecasting/training/learners/half.py": LEARNERS,
    "pipelines/commands/greet.py": COMMANDS,
    "serving/routes/greeting.py": ROUTES,
}


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Add a file to its package for the time of a test, in a folder beside those of the project."""
    loaded = []

    def add(path):
        catalog = CATALOGS[path]
        name = path.rpartition("/")[2].removesuffix(".py")
        before = catalog.names()
        (tmp_path / f"{name}.py").write_text(FILES[path], encoding="utf-8")
        package = importlib.import_module(catalog.package)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        importlib.invalidate_caches()
        assert catalog.names() == sorted([*before, name.replace("_", "-")]), "nothing but the file was added"
        loaded.append((catalog, f"{catalog.package}.{name}", before))

    yield add
    monkeypatch.undo()
    for catalog, module, before in loaded:
        sys.modules.pop(module, None)
        assert catalog.names() == before


def test_the_page_has_a_file_for_each_kind():
    assert set(FILES) == set(CATALOGS)


def test_a_model_is_one_file(added, tmp_path):
    added("forecasting/models/zoo/last_but_one.py")
    frame = make_frame(rows=60)
    model = Forecaster("last-but-one", 3, context_length=24).fit(frame)
    last = frame.groupby("unique_id")["y"].nth(-2).to_numpy()
    np.testing.assert_allclose(model.predict()["last-but-one"], np.repeat(last, 3))
    loaded = Forecaster.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict(frame)["last-but-one"], model.predict()["last-but-one"])


def test_a_head_is_one_file(added):
    added("forecasting/heads/families/logistic.py")
    task = Task(4, 12, "h", (24,), quantile_levels=(0.1, 0.5, 0.9))
    head = HeadSpec("logistic").build(task)
    context = np.random.default_rng(0).normal(50, 9, (5, 12))
    raw = np.random.default_rng(1).normal(0, 1, (5, 4, 2)).astype("float32")
    scaled = WindowScaler("standard")(context)
    scale = np.asarray(scaled.scale) * (np.logaddexp(raw[..., 1].astype("float64"), 0) + 1e-3)
    expected = stats.logistic(np.asarray(scaled.original(raw[..., 0])), scale).ppf(
        np.array([0.1, 0.5, 0.9])[:, None, None]
    )
    np.testing.assert_allclose(np.moveaxis(np.asarray(head(raw, scaled)), 2, 0), expected, rtol=1e-6)
    training = Training(**BRIEF)
    model = Forecaster("ff-ar", 4, context_length=24, units=4, width=4, head="logistic", training=training)
    found = model.fit(make_frame(rows=80)).predict(level=[80])
    assert (found["ff-ar-lo-80"] < found["ff-ar-hi-80"]).all()


def test_a_cell_is_one_file(added):
    added("forecasting/layers/cells/leaky.py")
    choices = {"cell": "leaky", "units": 4, "width": 4, "segment": 6}
    model = Forecaster("recurrent", 6, context_length=24, training=Training(**BRIEF), **choices)
    assert np.isfinite(model.fit(make_frame(rows=80)).predict()["recurrent"]).all()


def test_a_learner_is_one_file(added):
    added("forecasting/training/learners/half.py")
    training = Training(learner="half")
    model = Forecaster("ff-ar", 6, context_length=24, units=4, width=4, training=training).fit(make_frame(rows=80))
    assert model.learned_.windows > 0
    assert np.isfinite(model.predict()["ff-ar"]).all()
    assert Training.from_dict(model.facts.training).learner == "half"


def test_a_command_is_one_file(added):
    added("pipelines/commands/greet.py")
    assert CliRunner().invoke(main, ["greet", "you"]).output == "hello you\n"
    assert '"hello": "you"' in CliRunner().invoke(main, ["greet", "you", "--json"]).output
    assert "Say hello." in CliRunner().invoke(main, ["--help"]).output


def test_a_route_is_one_file(added, tmp_path_factory):
    added("serving/routes/greeting.py")
    folder = Forecaster("naive", 3).fit(make_frame(rows=40)).save(tmp_path_factory.mktemp("model") / "model")
    app = create_app(settings_for(folder))
    app.extensions["forecasting"].refresher.ensure_started = lambda: None
    client = app.test_client()
    assert client.get("/v1/greeting").json == {"hello": "world"}
    assert "/v1/greeting" in client.get("/").json["paths"]
