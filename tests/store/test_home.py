"""What is shown and kept of an address: no password, wherever it stands."""

import pytest

from forecasting.errors import without_password
from forecasting.store.home import shared_address

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:s3cret@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:pa/s3cret@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:s3cret?@h/db", "postgresql://u:***@h/db"),
        ("postgresql://db/shop?user=u&password=s3cret", "postgresql://db/shop?***"),
        ("mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BPWD%3Ds3cret", "mssql+pyodbc:///?***"),
        ("no http://u:s3cret@h:80/a and no ftp://v:s3cret@h", "no http://u:***@h:80/a and no ftp://v:***@h"),
        ("http://127.0.0.1:5000 does not answer", "http://127.0.0.1:5000 does not answer"),
        ("sqlite:////home/me/a.db", "sqlite:////home/me/a.db"),
        ("Why? models:/load@champion", "Why? models:/load@champion"),
    ],
)
def test_passwords_are_hidden(text, shown):
    assert without_password(text) == shown


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://me:s3cret@mlflow.example.org:8080/team?token=s3cret", "https://mlflow.example.org:8080/team"),
        ("postgresql://u:pa@ss@db/runs", "postgresql://db/runs"),
        ("sqlite:////home/me/runs.db", None),
        ("/home/me/runs", None),
        ("file:///home/me/runs", None),
    ],
)
def test_an_address_that_is_kept_in_a_model_has_no_credentials_and_no_path_of_this_machine(monkeypatch, address, kept):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert shared_address() == kept
