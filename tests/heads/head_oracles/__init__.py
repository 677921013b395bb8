"""The distribution of every head restated in SciPy, one file each, named as the head's own file.

Each has `distribution(raw [..., P], center, scale)`, a frozen SciPy distribution (or what looks like one: `ppf`, `cdf`,
`mean` and `logpdf` or `logpmf`) of values in original units. Nothing is taken from the package that is tested.
"""

import importlib.util

import numpy as np
import pytest


def oracle(name):
    """Return `distribution` of the head called `name`."""
    module = f"{__name__}.{name.replace('-', '_')}"
    if importlib.util.find_spec(module) is None:
        path = f"tests/heads/head_oracles/{name.replace('-', '_')}.py"
        pytest.fail(f"Head {name!r} has no oracle: add {path} with distribution(raw, center, scale).")
    return importlib.import_module(module).distribution


def softplus(x):
    return np.logaddexp(x, 0)
