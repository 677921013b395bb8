"""What the restatements of a family share: one file for each member, named as the member's own file."""

import importlib.util

import numpy as np
import pytest


def oracle_of(package, kind, name, signature):
    """Return the function `signature` of the oracle of a member; fail with what is to be added where there is none."""
    file = name.replace("-", "_")
    if importlib.util.find_spec(f"{package}.{file}") is None:
        path = f"{package.replace('.', '/')}/{file}.py"
        pytest.fail(f"{kind} {name!r} has no oracle: add {path} with {signature}.")
    return getattr(importlib.import_module(f"{package}.{file}"), signature.partition("(")[0])


def softplus(x):
    return np.logaddexp(x, 0)
