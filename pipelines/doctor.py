"""The doctor: what this installation is made of, what it can reach, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from forecasting import registry
from forecasting.errors import RegistryError, without_password
from forecasting.home import home, tracking_uri
from pipelines import compute

PACKAGES = (
    "keras-forecasting-service", "tensorflow", "keras", "mlflow", "numpy", "pandas", "pyarrow", "flask", "gunicorn",
    "sqlalchemy", "scikit-learn", "safetensors",
)  # fmt: skip

#: A run and its model take a few megabytes; a disk with less than this is about to be full.
LEAST_FREE_BYTES = 200 << 20


def examine() -> dict[str, Any]:
    """Return everything worth knowing, with `problems` last."""
    problems: list[str] = []
    facts = {
        "versions": versions(),
        "compute": compute.facts(problems),
        "home": home_facts(problems),
        "tracking": tracking_facts(problems),
        "known": known(),
    }
    return {**facts, "problems": problems}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def home_facts(problems: list[str]) -> dict[str, Any]:
    """Return where run-time files go and whether they can."""
    try:
        folder = home()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        problems.append(f"The home folder cannot be made: {error}. Set FORECAST_HOME.")
        return {"folder": os.environ.get("FORECAST_HOME"), "writable": False, "free_bytes": None}
    writable = os.access(folder, os.W_OK)
    if not writable:
        problems.append(f"{folder} is not writable. Set FORECAST_HOME.")
    if free < LEAST_FREE_BYTES:
        problems.append(f"{folder} has only {free >> 20} MiB free. Make room.")
    return {"folder": str(folder), "writable": writable, "free_bytes": free}


def tracking_facts(problems: list[str]) -> dict[str, Any]:
    """Return the tracking store, whether it answers, and the models registered there."""
    try:
        address = without_password(tracking_uri())
        models = [model_facts(name) for name in registry.model_names()]
    except (RegistryError, OSError) as error:
        problems.append(f"The tracking store does not answer: {without_password(str(error))}")
        return {"uri": without_password(os.environ.get("MLFLOW_TRACKING_URI", "")), "reachable": False, "models": []}
    return {"uri": address, "reachable": True, "models": models}


def model_facts(name: str) -> dict[str, Any]:
    """Return a registered model with its champion."""
    champion = registry.champion(name)
    return {"name": name, "champion": champion.version if champion else None}


def known() -> dict[str, list[str]]:
    """Return the names of everything that a model can be made of."""
    from forecasting.heads import HEADS
    from forecasting.layers.attention import ATTENTIONS
    from forecasting.layers.decoders import DECODINGS
    from forecasting.layers.encoders import STACKS
    from forecasting.layers.recurrent import CELLS
    from forecasting.learner_spec import LEARNERS
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


def lines(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts as people read them."""
    found = {name: str(one) for name, one in facts["versions"].items()}
    place, tracking = facts["home"], facts["tracking"]
    models = [f"{one['name']} (champion {one['champion'] or 'none'})" for one in tracking["models"]]
    free = f", {place['free_bytes'] / 1e9:.1f} GB free" if place["free_bytes"] is not None else ""
    found |= {
        **compute.lines(facts["compute"]),
        "home": f"{place['folder']} ({'writable' if place['writable'] else 'NOT writable'}{free})",
        "tracking": f"{tracking['uri']} ({'answers' if tracking['reachable'] else 'does NOT answer'})",
        "registered": ", ".join(models) or "none",
    }
    return found | {name: ", ".join(names) for name, names in facts["known"].items()}
