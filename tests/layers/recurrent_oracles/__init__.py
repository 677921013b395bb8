"""The equations of every cell restated in NumPy, one file each, named as the cell's own file.

Each has `step(x [B, F], states, *weights) -> (output [B, U], new states)`; the weights come as `get_weights` gives
them. Nothing is taken from the package that is tested.
"""

import importlib.util

import numpy as np
import pytest


def oracle(name):
    """Return the step of the cell called `name`."""
    module = f"{__name__}.{name.replace('-', '_')}"
    if importlib.util.find_spec(module) is None:
        path = f"tests/layers/recurrent_oracles/{name.replace('-', '_')}.py"
        pytest.fail(f"Cell {name!r} has no oracle: add {path} with step(x, states, *weights) -> (output, states).")
    return importlib.import_module(module).step


def logistic(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softplus(x):
    return np.logaddexp(x, 0)
