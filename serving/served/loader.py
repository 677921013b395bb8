"""From a model folder to a model that can answer: verified, in memory, and warm."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecasting.prediction.question import Question
from forecasting.quiet import import_tensorflow
from forecasting.store.artifact import Artifact
from forecasting.store.golden import golden_panel
from serving.served.store import LoadedModel

if TYPE_CHECKING:
    from forecasting.prediction.predictor import Predictor

logger = logging.getLogger("serving")

#: Series in a call; each size is run once before a model is served, so that no request pays for its first time.
WARM_SIZES = (1, 2, 16, 128)


def load_model(folder: Path, compute_threads: int = 1) -> LoadedModel:
    """Read a model folder, verified, and run it once for each of the usual sizes.

    Args:
        folder: a model folder.
        compute_threads: threads TensorFlow may use within an operation; the first call decides.
    """
    started = time.monotonic()
    device = configure_tensorflow(compute_threads)
    kept = Artifact.read(folder)
    predictor = kept.predictor
    warm(predictor)
    task, seconds = predictor.task, time.monotonic() - started
    logger.info(
        "loaded %s, %d steps of %r, in %.1f s, on %s", predictor.spec.alias, task.horizon, task.freq, seconds, device
    )
    return LoadedModel(predictor, kept.facts)


def configure_tensorflow(threads: int) -> str:
    """Bound TensorFlow's threads, for requests are the parallelism here; return the kind of device that computes."""
    if "tensorflow" not in sys.modules:
        import_tensorflow()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:  # it already runs, in a test or a notebook
        logger.debug("TensorFlow is already running; its threads stay as they are")
    return "a GPU" if tf.config.list_physical_devices("GPU") else "the CPU"


def warm(predictor: Predictor) -> None:
    """Do what is slow the first time, so that no request has to.

    A predictor is run on generated series of several counts, and once beyond its trained horizon.
    """
    import scipy.special  # noqa: F401  (a simpler model, which answers where the network cannot, needs it)

    task, levels = predictor.task, tuple(sorted({*(predictor.quantile_range or ())}))
    series = golden_panel(task)
    for count in WARM_SIZES:
        panel = series.select(np.zeros(count, np.int64))
        predictor.predict_panel(panel, Question(task.horizon, quantile_levels=levels))
    predictor.predict_panel(panel.select(np.array([0])), Question(min(task.horizon + 1, task.max_horizon)))
