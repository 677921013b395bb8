"""A network as a TensorFlow SavedModel with one fixed signature, for programs that do not have this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.errors import ArtifactError
from forecasting.layers.tensor import Tensor
from forecasting.store.model_folder import write_json

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor

#: What the numbers of the signature mean, beside the graph.
DESCRIPTION_FILE = "signature.json"


def export(predictor: Predictor, folder: str | Path) -> Path:
    """Write the network of a predictor into `folder`, which must not exist or be empty.

    The signature `serving_default` takes B windows, all by name, and gives `outputs` [B, H, Q] float64, at the levels
    of `signature.json`: one number for points, the probability of each symbol for symbols.

    - `context` [B, L] float64: the last L values in original units, NaN where missing or before the series.
    - `known` [B, L + H, F + C]: calendar features and covariates of the context and the steps ahead, in the order of
      `signature.json`; 0 and NaN before the series, past-only covariates NaN after the origin.
    - `statics` [B, K] float32: static covariates, likewise.

    A number is itself, a category its place among those of `signature.json`, from 1; 0 is an unknown one, NaN is
    missing.

    It is the network and nothing else: scaling, bounds and paths are inside; calibration, the answers of simpler models
    to short series, longer horizons and the reading of frames are not, and stay with this package.

    Raises:
        ArtifactError: the folder holds something.
    """
    import tensorflow as tf

    folder, task, network = Path(folder), predictor.task, predictor.network
    if folder.exists() and any(folder.iterdir()):
        raise ArtifactError(f"{folder} is not empty. Choose an empty or new folder.", code="not_empty", field="folder")

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([None, task.context_length], tf.float64, "context"),
            tf.TensorSpec([None, task.context_length + task.horizon, task.columns], task.columns_dtype, "known"),
            tf.TensorSpec([None, len(task.static_covariates)], tf.float32, "statics"),
        ],
    )
    def answer(context: Tensor, known: Tensor, statics: Tensor) -> dict[str, Any]:
        return {"outputs": network(context, known, statics)}

    module = tf.Module()
    module.network, module.answer = network, answer
    tf.saved_model.save(module, str(folder), signatures=answer)
    write_json(folder / DESCRIPTION_FILE, describe_signature(predictor))
    return folder


def describe_signature(predictor: Predictor) -> dict[str, Any]:
    """Return what the inputs and outputs of the signature mean, ready for JSON."""
    task = predictor.task
    kinds = (("known", task.known_covariates), ("past_only", task.past_covariates))
    columns = [{"name": name, "kind": "calendar"} for name in task.calendar] + [
        {"name": name, "kind": kind, "categories": list(categories)}
        for kind, some in kinds
        for name, categories in some
    ]
    return {
        "model": predictor.spec.model,
        "freq": task.freq,
        "context_length": task.context_length,
        "horizon": task.horizon,
        "quantile_levels": list(task.quantile_levels),
        "symbols": list(task.symbols),
        "known": columns,
        "statics": [{"name": name, "categories": list(categories)} for name, categories in task.static_covariates],
    }
