"""`forecast doctor`: what is there, what is wrong, and no passwords."""


def test_doctor_examines(forecast, monkeypatch):
    ended = forecast("doctor", "--json")
    assert ended.code == 0, ended.err
    facts = ended.json
    assert facts["versions"]["tensorflow"].startswith("2.")
    assert "CPU:0" in facts["compute"]["devices"]
    assert facts["compute"]["kernels"] == {"lstm": "block-lstm", "gru": "loop"}
    assert facts["compute"]["build"]["cuda"] is bool(facts["compute"]["build"]["cuda_version"])
    assert facts["home"]["writable"] is True
    assert facts["tracking"]["reachable"] is True
    assert "gru" in facts["known"]["models"]
    assert "quantiles" in facts["known"]["heads"]
    assert "lstm" in facts["known"]["cells"]
    assert "tensorflow" in forecast("doctor").out


def test_doctor_names_problems_and_no_passwords(forecast, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    ended = forecast("doctor", "--json")
    assert ended.code == 3
    assert ended.json["tracking"]["reachable"] is False
    assert "secret" not in ended.out + ended.err
