"""Former names of the artifact."""

from forecasting.facts import Facts  # noqa: F401
from forecasting.store.artifact import SCHEMA_VERSION, Artifact  # noqa: F401
from forecasting.store.golden import golden_panel  # noqa: F401
from forecasting.store.model_folder import *  # noqa: F403


def read(folder):  # type: ignore[no-untyped-def]
    """Read."""
    found = Artifact.read(folder)
    return found.predictor, found.facts
