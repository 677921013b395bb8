"""From a model and a task to its network, with the weights that it begins with."""

from __future__ import annotations

import keras

from forecasting.config.task import Task
from forecasting.layers.covariates import CovariateReaders
from forecasting.layers.link import SOFTNESS, Link
from forecasting.layers.scaling import WindowScaler
from forecasting.layers.statics import StaticReader
from forecasting.models import MODELS
from forecasting.models.spec import ModelSpec
from forecasting.network.ensemble import EnsembleNetwork
from forecasting.network.single import ForecastNetwork

#: The network of any model.
Network = ForecastNetwork | EnsembleNetwork


def build_network(spec: ModelSpec, task: Task, seed: int | None = None) -> Network:
    """Build the network of a model with its weights created.

    Args:
        spec: the model and its choices.
        task: shapes and levels.
        seed: where given, Keras's, NumPy's and Python's global random numbers are seeded with it: weights are
            drawn from them. A model that is loaded draws none that stay.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    if spec.members:
        return ensemble_of(spec, task, seed)
    # A model that learns nothing through the link keeps what lies within the bounds exactly.
    link = Link.of(task, SOFTNESS if spec.config.learner == "gradient" else 0.0)
    head = spec.head_spec.build(task, link)
    core = MODELS.load(spec.model).build(spec.config, task, head)
    scaler, statics = WindowScaler(spec.scaling, name="scaler"), StaticReader(task, name="statics")
    covariates = CovariateReaders(task, name="covariates")
    network = ForecastNetwork(core, scaler, statics, covariates, head, task)
    network.create_weights()
    return network


def ensemble_of(spec: ModelSpec, task: Task, seed: int | None) -> EnsembleNetwork:
    """Build the networks of the members, each as it would be built alone, and join them."""
    parts = [
        build_network(member.spec, member.task(task), None if seed is None else dict(member.training).get("seed", seed))
        for member in spec.members
    ]
    return EnsembleNetwork(parts, [member.weight for member in spec.members], spec.head_spec.build(task), task)
