"""Former names of modules, for code that was written against them: models that are logged in MLflow carry such code.

`forecasting.artifact` and `forecasting.forecast_frame` are this module, whose functions are called as theirs were.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from forecasting.data.panel import Panel
    from forecasting.prediction.answer import Answer
    from forecasting.prediction.predictor import Predictor
    from forecasting.store.facts import Facts

#: Where the content of a module is now, by the module's former name inside this package.
FORMER = {
    "artifact": "former_names",
    "forecast_frame": "former_names",
    "attention": "prediction.attention",
    "calibration": "prediction.calibration",
    "candidates": "auto.proposals",
    "catalog": "config.catalog",
    "combining": "auto.weights",
    "data.audit": "data.checks.audit",
    "data.calendar": "data.time.calendar",
    "data.codes": "data.checks.codes",
    "data.columns": "data.checks.columns",
    "data.features": "data.time.features",
    "data.findings": "data.checks.findings",
    "data.grid_checks": "data.checks.grid_checks",
    "data.grids": "data.time.grids",
    "data.holidays": "data.time.holidays",
    "data.inference": "data.time.inference",
    "data.mending": "data.checks.mending",
    "data.plan": "data.checks.plan",
    "data.repair": "data.checks.repair",
    "data.rows": "data.checks.rows",
    "data.seasons": "data.time.seasons",
    "data.soft_checks": "data.checks.soft_checks",
    "data.timestamps": "data.checks.timestamps",
    "data.zones": "data.time.zones",
    "defaults": "data.defaults",
    "embedded_store": "store.embedded",
    "ensemble_network": "network.ensemble",
    "experiment_plots": "plots.experiments",
    "exporting": "store.saved_model",
    "facts": "store.facts",
    "fallback": "prediction.ladder",
    "falling_back": "prediction.fallback",
    "fitting": "training.fit",
    "folders": "store.folders",
    "graphs": "network.graphs",
    "head_spec": "heads.spec",
    "home": "store.home",
    "learner_spec": "config.learner",
    "learner_state": "store.learner_state",
    "members": "models.spec",
    "model_spec": "models.spec",
    "predictor": "prediction.predictor",
    "probability_plots": "plots.intervals",
    "pyfunc": "store.pyfunc",
    "pyfunc_file": "store.pyfunc_file",
    "recalibration": "training.recalibration",
    "registry": "store.registry",
    "sampling": "prediction.paths",
    "search_space": "config.space",
    "short_series": "prediction.short_series",
    "spec_text": "config.text",
    "targets": "data.values",
    "tracking": "store.tracking",
    "updating": "training.online.update",
}


class FormerNames(MetaPathFinder, Loader):
    """Finds modules by their former names; each is the module that has their content now."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module under a former name; None for all others."""
        package, _, name = fullname.partition(".")
        if package != "forecasting" or name not in FORMER:
            return None
        return ModuleSpec(fullname, self, loader_state=importlib.import_module(f"forecasting.{FORMER[name]}").__spec__)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that has the content now."""
        return sys.modules[spec.loader_state.name]

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing but give the module back its own spec: it ran under its own name."""
        if module.__spec__ is not None:
            module.__spec__ = module.__spec__.loader_state


def find_former_names() -> None:
    """Have modules found by their former names from now on."""
    if not any(isinstance(finder, FormerNames) for finder in sys.meta_path):
        sys.meta_path.append(FormerNames())


def read(folder: str | Path) -> tuple[Predictor, Facts]:
    """Return the model of a folder and the facts of its training; see `Artifact.read`."""
    from forecasting.store.artifact import Artifact

    kept = Artifact.read(folder)
    return kept.predictor, kept.facts


def forecast_frame(
    predictor: Predictor,
    panel: Panel,
    horizon: int | None = None,
    *,
    level: Sequence[float] | None = None,
    quantile_levels: Sequence[float] | None = None,
    probabilities: bool = False,
) -> tuple[pd.DataFrame, Answer]:
    """Forecast the end of every series of a panel; see `forecasting.prediction.frame`."""
    from forecasting.prediction import frame

    asked: dict[str, Any] = {"level": level, "quantile_levels": quantile_levels, "probabilities": probabilities}
    return frame.forecast_frame(predictor, panel, predictor.question(horizon, **asked))
