"""The small real data that ships with the package; files/README.md says where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.errors import ForecastingError
from forecasting.schema import DS, UNIQUE_ID, Y

_FILES = Path(__file__).parent / "files"


def load_sample(name: str) -> pd.DataFrame:
    """Load a sample as a long frame `unique_id, ds, y` and covariates.

    - `traffic`: cars per hour on an interstate, October 2016 to September 2018, with weather; 17,520 hours of which
      104 are missing in every column.
    - `pageviews`: views per day of 20 Wikipedia pages, 2017 to 2024.
    - `sine`: sin(0.01 t) with normal noise of deviation 0.2; 1,000 integer steps, the same on every call.

    Raises:
        ForecastingError: `unknown_sample`, the message lists the known names.
    """
    if name not in SAMPLES:
        known = ", ".join(SAMPLES)
        raise ForecastingError(f"Unknown sample {name!r}. Known samples: {known}.", code="unknown_sample", field="name")
    if name == "sine":
        return _sine()
    return pd.read_parquet(_FILES / f"{name}.parquet")


def _sine() -> pd.DataFrame:
    step = np.arange(1000)
    noise = np.random.default_rng(1).normal(0.0, 0.2, len(step))
    return pd.DataFrame({UNIQUE_ID: "sine", DS: step, Y: np.sin(0.01 * step) + noise})


#: Names that `load_sample` knows.
SAMPLES = ("traffic", "pageviews", "sine")
