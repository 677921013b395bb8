"""What the README and the notebooks show is run."""

import re

import jupytext
import pytest
from nbclient import NotebookClient

from tests.places import ROOT

#: What is done to examples, because that they run is tested and not what they find: a few steps for each training, and
#: no other one on all rows; fewer rows of the traffic, and fewer sentences.
SHORTER = (
    (r"\b(steps|validate_every)=\d+", r"\1=10"),
    (r"\bTraining\(steps", "Training(refit=False, steps"),
    (r"(load_sample\(\"traffic\"\)\[\[.*?\]\])", r"\1.tail(3000)"),
    (r"\brange\(400\)", "range(100)"),
)


def shortened(code):
    """Return the code of an example with less to do."""
    for pattern, less in SHORTER:
        code = re.sub(pattern, less, code)
    return code


def test_the_python_example_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"<!-- example.*?-->\n```python\n(.*?)```", text, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    names = {}
    exec(compile(shortened(code), "README.md", "exec"), names)  # noqa: S102
    assert len(names["forecast"]) == 24
    assert {"gru-lo-80", "gru-hi-95"} <= set(names["forecast"].columns)


def test_every_command_and_model_is_in_the_readme():
    from forecasting.models import MODELS
    from pipelines.cli import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS.names():
        assert f"forecast {name}" in text, f"the README does not name the command {name}"
    for name in MODELS.names():
        assert f"`{name}`" in text or name == "recurrent", f"the README does not name the model {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_notebooks_run_from_top_to_bottom(path, tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_QUICK", "1")  # experiments in their small version
    notebook = jupytext.read(path)
    for cell in notebook.cells:
        cell.source = shortened(cell.source)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
