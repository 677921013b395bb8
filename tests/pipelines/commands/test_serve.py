"""`forecast serve`: the process becomes the service."""

import json
import os
import subprocess
import sys


def test_serve_becomes_the_service(model, tmp_path):
    arguments = ["serve", "--model", model, "--port", "9123", "--workers", "2", "--print-settings"]
    environment = {**os.environ, "FORECAST_HOME": str(tmp_path), "FORECAST_DEBUG": "1"}
    code = "import sys\nfrom pipelines.cli import main\nmain(sys.argv[1:])"
    ended = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    settings = json.loads(ended.stdout)
    assert settings["models"] == [str(model)]
    assert (settings["port"], settings["workers"]) == (9123, 2)
    assert "misspelt" not in ended.stderr
