"""Latency of one-series requests under `wrk`: our `/v1/forecast` against `mlflow models serve` of the same network."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import REPEATS, alternate, median_ratio, show

CONTEXT, HORIZON, SEGMENT, UNITS, SECONDS = 168, 24, 24, 64, 6
READY_WITHIN = 180
MODELS = {
    "ff-ar": f"ff-ar:units={UNITS},layers=2,head=point",
    "gru": f"gru:units={UNITS},layers=1,segment={SEGMENT},head=point",
}


def train(name: str, folder: Path) -> Path:
    """Train our network for a few steps (accuracy plays no part) and save it."""
    from forecasting import Forecaster, ModelSpec, Training, load_sample

    quick = Training(steps=20, validate_every=10, refit=False)
    forecaster = Forecaster(ModelSpec.parse(MODELS[name]), HORIZON, context_length=CONTEXT, training=quick)
    return forecaster.fit(load_sample("traffic")[["unique_id", "ds", "y"]]).save(folder / name)


def save_plain_network(name: str, folder: Path, features: int) -> Path:
    """Save the same network as a plain functional Keras model, the way MLflow's users do."""
    import keras
    import mlflow
    from keras import layers, ops
    from mlflow.models import infer_signature

    context = keras.Input((CONTEXT,), name="context")
    known = keras.Input((CONTEXT + HORIZON, features), name="known")
    center = ops.mean(context, axis=1, keepdims=True)
    scale = ops.std(context, axis=1, keepdims=True) + 1e-6
    values = (context - center) / scale
    past = ops.reshape(known[:, :CONTEXT], (-1, CONTEXT // SEGMENT, SEGMENT * features))
    if name == "gru":
        tokens = [ops.reshape(part, (-1, CONTEXT // SEGMENT, SEGMENT)) for part in (values, ops.ones_like(values))]
        summary = layers.GRU(UNITS)(layers.Dense(UNITS, "relu")(ops.concatenate([*tokens, past], axis=2)))
    else:
        flat = ops.concatenate([values, ops.ones_like(values), ops.reshape(past, (-1, CONTEXT * features))], axis=1)
        summary = layers.Dense(UNITS, "relu")(layers.Dense(UNITS, "relu")(flat))
    hidden = ops.relu(layers.Dense(UNITS)(summary)[:, None] + layers.Dense(UNITS, use_bias=False)(known[:, CONTEXT:]))
    forecast = layers.Dense(HORIZON)(summary) + layers.Dense(1, use_bias=False)(hidden)[:, :, 0]
    model = keras.Model([context, known], forecast * scale + center)
    example = plain_request(features)
    signature = infer_signature(example, model([example["context"], example["known"]]).numpy())
    mlflow.keras.save_model(model, str(folder / f"plain-{name}"), signature=signature)
    return folder / f"plain-{name}"


def plain_request(features: int) -> dict[str, np.ndarray]:
    """Return the tensors of one series."""
    return {
        "context": np.linspace(0, 1, CONTEXT, dtype="float32")[None],
        "known": np.zeros((1, CONTEXT + HORIZON, features), "float32"),
    }


def our_request() -> dict[str, Any]:
    """Return the body of one forecast of one series."""
    y = np.round(3000 + 1000 * np.sin(np.arange(CONTEXT) / 4), 1).tolist()
    return {"series": [{"unique_id": "a", "start": "2026-01-01T00:00:00", "y": y}], "horizon": HORIZON}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(command: list[str], ready: str, home: Path) -> Iterator[None]:
    """Run a server until the block ends; begins when `ready` answers 200."""
    # MLflow starts its web server by name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "FORECAST_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3"}
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(ready, process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Poll until the server answers, or stop with a message."""
    for _ in range(READY_WITHIN * 4):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if urllib.request.urlopen(url, timeout=5).status == 200:  # noqa: S310
                return
        if process.poll() is not None:
            break
        time.sleep(0.25)
    sys.exit(f"{url} did not answer.")


def wrk(url: str, body: dict[str, Any], folder: Path) -> dict[str, float]:
    """Send one request after the other for some seconds; return p50 and p99 in milliseconds."""
    script = folder / "post.lua"
    text = json.dumps(body).replace("\\", "\\\\").replace("'", "\\'")
    script.write_text(f"wrk.method='POST'\nwrk.body='{text}'\nwrk.headers['Content-Type']='application/json'\n")
    command = ["wrk", "-t1", "-c1", f"-d{SECONDS}s", "--latency", "-s", str(script), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in shown:
        sys.exit(f"{url} refused the request:\n{shown}")
    return {share: milliseconds(shown, share) for share in ("50%", "99%")}


def milliseconds(shown: str, share: str) -> float:
    """Read one line of wrk's latency distribution."""
    value, unit = re.search(rf"{share}\s+([0-9.]+)(us|ms|s)", shown).groups()
    return float(value) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def main(as_json: bool) -> None:
    """Measure and print."""
    from forecasting.data.time.calendar import Frequency
    from forecasting.data.time.features import calendar_features

    features = len(calendar_features(Frequency.parse("h")))
    rows = []
    with tempfile.TemporaryDirectory(prefix="latency-") as part:
        folder = Path(part)
        for name in MODELS:
            ours, plain = train(name, folder), save_plain_network(name, folder, features)
            rows.append({"model": name, **compare(ours, plain, features, folder)})
    show(f"One series, one request at a time ({SECONDS} s each, median of {REPEATS})", rows, as_json)


def compare(ours: Path, plain: Path, features: int, folder: Path) -> dict[str, float]:
    """Run both servers side by side and load them in turn."""
    port, peer_port = free_port(), free_port()
    forecast = [str(Path(sys.executable).with_name("forecast")), "serve", "--model", str(ours), "--port", str(port)]
    mlflow = [str(Path(sys.executable).with_name("mlflow")), "models", "serve", "-m", str(plain)]
    mlflow += ["--env-manager", "local", "--port", str(peer_port), "--host", "127.0.0.1"]
    tensors = {name: value.tolist() for name, value in plain_request(features).items()}
    url, peer_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    found: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    with server(forecast, f"{url}/readyz", folder), server(mlflow, f"{peer_url}/ping", folder):

        def load_ours() -> float:
            found["ours"].append(wrk(f"{url}/v1/forecast", our_request(), folder))
            return found["ours"][-1]["50%"]

        def load_peer() -> float:
            found["peer"].append(wrk(f"{peer_url}/invocations", {"inputs": tensors}, folder))
            return found["peer"][-1]["50%"]

        medians = alternate({"ours": load_ours, "peer": load_peer})
    return {
        "p50 ms": float(np.median(medians["ours"])),
        "p99 ms": float(np.median([one["99%"] for one in found["ours"]])),
        "MLflow p50 ms": float(np.median(medians["peer"])),
        "MLflow p99 ms": float(np.median([one["99%"] for one in found["peer"]])),
        "times lower (p50)": median_ratio(medians["peer"], medians["ours"]),
        "aim": 20.0,
    }
