"""A route is a file: it is found by its name, and nothing lists it."""

from serving import routes
from serving.app import create_app
from serving.routes import ROUTES
from tests.serving.conftest import settings_for

ROUTE = """
from flask import Blueprint

blueprint = Blueprint("greeting", __name__)


@blueprint.get("/v1/greeting")
def greeting():
    return {"hello": "world"}
"""


def test_a_new_file_is_a_new_route(tmp_path, monkeypatch, model_folders):
    (tmp_path / "greeting_for_all.py").write_text(ROUTE)
    monkeypatch.setattr(routes, "__path__", [*routes.__path__, str(tmp_path)])
    assert "greeting-for-all" in ROUTES.names()
    app = create_app(settings_for(model_folders["steps"]))
    app.extensions["forecasting"].refresher.ensure_started = lambda: None
    client = app.test_client()
    assert client.get("/v1/greeting").json == {"hello": "world"}
    assert "/v1/greeting" in client.get("/").json["paths"]
