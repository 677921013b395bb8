"""The doctor: what this installation is made of, what it can reach, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forecasting.errors import RegistryError, without_password
from forecasting.store import registry
from forecasting.store.home import home, tracking_uri
from pipelines.jobs.compute import Examined, examine_compute

PACKAGES = (
    "keras-forecasting-service", "tensorflow", "keras", "mlflow", "numpy", "pandas", "pyarrow", "flask", "gunicorn",
    "sqlalchemy", "scikit-learn", "safetensors",
)  # fmt: skip

#: A run and its model take a few megabytes; a disk with less than this is about to be full.
LEAST_FREE_BYTES = 200 << 20


def examine() -> dict[str, Any]:
    """Return everything worth knowing, with `problems` last."""
    parts = {
        "versions": Examined(package_versions()),
        "compute": examine_compute(),
        "home": examine_home(),
        "tracking": examine_tracking(),
        "known": Examined(known_names()),
    }
    facts = {name: part.facts for name, part in parts.items()}
    return {**facts, "problems": [problem for part in parts.values() for problem in part.problems]}


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter."""
    return {"python": platform.python_version(), **{name: package_version(name) for name in PACKAGES}}


def package_version(name: str) -> str:
    """Return the version of a package, or that it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def examine_home() -> Examined:
    """Return where run-time files go and whether they can."""
    try:
        folder = home()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        facts = {"folder": os.environ.get("FORECAST_HOME"), "writable": False, "free_bytes": None}
        return Examined(facts, (f"The home folder cannot be made: {error}. Set FORECAST_HOME.",))
    is_writable = os.access(folder, os.W_OK)
    problems = (
        *(() if is_writable else (f"{folder} is not writable. Set FORECAST_HOME.",)),
        *(() if free >= LEAST_FREE_BYTES else (f"{folder} has only {free >> 20} MiB free. Make room.",)),
    )
    return Examined({"folder": str(folder), "writable": is_writable, "free_bytes": free}, problems)


def examine_tracking() -> Examined:
    """Return the tracking store, whether it answers, and the models registered there with their champions."""
    try:
        address = without_password(tracking_uri())
        champions = {name: registry.champion(name) for name in registry.model_names()}
    except (RegistryError, OSError) as error:
        address = without_password(os.environ.get("MLFLOW_TRACKING_URI", ""))
        problem = f"The tracking store does not answer: {without_password(str(error))}"
        return Examined({"uri": address, "reachable": False, "models": []}, (problem,))
    models = [{"name": name, "champion": one.version if one else None} for name, one in champions.items()]
    return Examined({"uri": address, "reachable": True, "models": models})


def known_names() -> dict[str, list[str]]:
    """Return the names of everything that a model can be made of."""
    from forecasting.config.learner import LEARNERS
    from forecasting.heads import HEADS
    from forecasting.layers.attention import ATTENTIONS
    from forecasting.layers.decoders import DECODINGS
    from forecasting.layers.encoders import STACKS
    from forecasting.layers.recurrent import CELLS
    from forecasting.models import MODELS

    families = {
        "models": MODELS,
        "heads": HEADS,
        "cells": CELLS,
        "stacks": STACKS,
        "decodings": DECODINGS,
        "attentions": ATTENTIONS,
        "learners": LEARNERS,
    }
    return {name: family.names() for name, family in families.items()}
