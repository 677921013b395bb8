"""`forecast predict`: the answers of the library, and errors in its words."""

import pandas as pd
import pytest

from forecasting import Forecaster


@pytest.mark.filterwarnings("default:Horizon 20 is longer")
def test_predict_answers_as_the_library_does(forecast, files, model, tmp_path):
    out = tmp_path / "forecast.parquet"
    data = files / "hourly.parquet"
    ended = forecast("predict", data, "--model", model, "--level", "80,95", "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["rows"] == 24
    wanted = Forecaster.load(model).predict(pd.read_parquet(data), level=[80, 95])
    pd.testing.assert_frame_equal(pd.read_parquet(out), wanted, check_dtype=False)
    printed = forecast("predict", data, "--model", model, "--horizon", 2)
    assert printed.out.splitlines()[0] == "unique_id,ds,status,gru"
    assert len(printed.out.splitlines()) == 5
    assert len(forecast("predict", data, "--model", model, "--horizon", 2, "--json").json["forecast"]) == 4
    one = forecast("predict", data, "--model", model, "--horizon", 2, "--only", "s1", "--json").json["forecast"]
    assert [row["unique_id"] for row in one] == ["s1", "s1"]
    nobody = forecast("predict", data, "--model", model, "--only", "nobody")
    assert nobody.code == 3
    assert "no series 'nobody'" in nobody.err
    longer = forecast("predict", data, "--model", model, "--horizon", 20)
    assert longer.code == 0
    assert "rolled out" in longer.err
    assert "rolled_out" in longer.out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--model", "nothing"], "not in the registry"),
        (["--model", "../x"], "NAME@alias"),
        (["--model", "MODEL", "--horizon", 100_000], "`horizon` must be from 1"),
        (["--model", "MODEL", "--level", 99], "Quantile levels"),
        (["--model", "MODEL", "--level", "80,80"], "twice"),
    ],
)
def test_predict_refuses_what_the_model_cannot(forecast, files, model, arguments, part):
    chosen = [model if one == "MODEL" else one for one in arguments]
    ended = forecast("predict", files / "hourly.parquet", *chosen)
    assert ended.code == 3
    assert part in ended.err


def test_a_damaged_model_is_refused(forecast, files, trained, tmp_path):
    folder = trained.save(tmp_path / "m")
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    ended = forecast("predict", files / "hourly.parquet", "--model", folder)
    assert ended.code == 3
    assert "sha256" in ended.err
