"""One network on several devices: each takes a part of every batch, and all of them take the same step.

That is `tf.distribute.MirroredStrategy`: every device holds all weights and a copy of the panel, and gradients are
summed between them. A step is the same as on one device, up to the order in which numbers are added.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import tensorflow as tf

from forecasting.config.training import Training
from forecasting.errors import ConfigError
from forecasting.layers.tensor import Tensor
from forecasting.models.spec import ModelSpec
from forecasting.network.build import Network, build_network
from forecasting.network.single import SMALLEST_WEIGHT

logger = logging.getLogger(__name__)


def devices() -> list[str]:
    """Return the names of the devices that share a training: all GPUs, or the logical CPUs where there are none."""
    kinds = (tf.config.list_logical_devices(kind) for kind in ("GPU", "CPU"))
    return [device.name for device in next(filter(None, kinds))]


def scope(training: Training) -> AbstractContextManager[Any]:
    """Return the context in which a network is built and taught by the training's strategy.

    With one device there is nothing to mirror, and the training is an ordinary one.
    """
    if not training.strategy:
        return nullcontext()
    found = devices()
    if len(found) == 1:
        logger.warning("strategy='mirrored' found one device, %s: training on it alone.", found[0])
        return nullcontext()
    return mirrored(*found).scope()


@cache
def mirrored(*names: str) -> tf.distribute.Strategy:
    """Return the strategy of devices, always the same one: the sums of a second one would meet those of the first."""
    return tf.distribute.MirroredStrategy(names)


def count() -> int:
    """Return the number of devices of the strategy in whose scope this is called; 1 outside."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def device_names() -> list[str]:
    """Return the devices of the strategy in whose scope this is called, as TensorFlow calls them; the first outside."""
    return [name.rpartition("/device:")[2] for name in devices()[: count()]]


def on_one_device(network: Network, spec: ModelSpec) -> Network:
    """Return a network whose weights lie on one device: the same, or a new one where they are mirrored."""
    if not any(isinstance(weight.value, tf.distribute.DistributedValues) for weight in network.weights):
        return network
    alone = build_network(spec, network.task)
    alone.set_weights(network.get_weights())
    return alone


def require_windows_for_all(batch: int) -> None:
    """Raise a `ConfigError` when there are more devices than windows in a batch [B]."""
    if batch < count():
        raise ConfigError(
            f"`batch_size` must be at least the number of devices, {count()}, with strategy='mirrored'. Got {batch}.",
            code="batch_too_small",
            field="batch_size",
        )


def resident(tensor: Tensor) -> Tensor:
    """Return a tensor as it is read in a step: on several devices a copy on each, so that none is sent every time."""
    return tensor if count() == 1 else tf.Variable(tensor, trainable=False)


def whole_mean(loss: Any, weight: Tensor) -> Tensor:
    """Return this device's part of the mean over the whole batch: the parts of all devices add up to it.

    Args:
        loss: mean over what counts in this device's windows; 0 where nothing does.
        weight: how much counts there.
    """
    total = tf.distribute.get_replica_context().all_reduce("SUM", weight)
    return loss * tf.maximum(weight, SMALLEST_WEIGHT) / tf.maximum(total, SMALLEST_WEIGHT)


def apply(optimizer: Any, gradients: list[Tensor], variables: list[Tensor]) -> None:
    """Take one step of the optimizer along the sum of the gradients of all devices.

    Keras clips the gradients of each device before it adds them up, which is another step than that of one device.
    Here they are added first; then each device gives its share, which is clipped at its share of the bound.

    Args:
        optimizer: bounds the norm of its gradients by 1 / `count()` of the norm that is asked for.
        gradients: this device's, one for each variable.
        variables: the weights.
    """
    if count() > 1:
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        summed = tf.distribute.get_replica_context().all_reduce("SUM", dense)
        gradients = [gradient / count() for gradient in summed]
    optimizer.apply(gradients, variables)
