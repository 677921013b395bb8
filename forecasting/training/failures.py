"""What may go wrong with one of several models while the others go on."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from forecasting.errors import ForecastingError

FAILURES = (ForecastingError, MemoryError, np.linalg.LinAlgError, tf.errors.OpError)
