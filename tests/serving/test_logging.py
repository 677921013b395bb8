"""What a service writes beside its answers holds no rows of a request."""

import subprocess
import sys

CODE = """
import logging
from serving import gunicorn_conf

gunicorn_conf.configure_logging()
logging.getLogger("forecasting").warning("a category of a request: %r", "secret")
logging.getLogger("forecasting").error("the library failed")
logging.getLogger("serving").info("it happens")
logging.getLogger("serving.access").info("{}")
"""


def test_warnings_about_rows_are_for_the_answer_and_errors_for_the_log():
    variables = {"PATH": "/usr/bin", "FORECAST_MODEL": "traffic"}
    done = subprocess.run([sys.executable, "-c", CODE], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"
    assert [line.rpartition("] ")[2] for line in done.stderr.splitlines()] == ["the library failed", "it happens"]
