"""Base forecasts, whose error a network predicts. One file each, found by its file name.

A residual's file has a class `Residual(task)`, which is a `BaseForecast`.
"""

from forecasting.catalog import Catalog
from forecasting.config.task import Task

RESIDUALS = Catalog(__name__, "residual")

#: The choice of no base forecast: the network forecasts alone.
NO_RESIDUAL = "none"


def period_of(task: Task) -> int:
    """Return the longest season of a task that its context holds twice; 1 where it holds none.

    What was seen once is no season yet, but that year and its noise.

    >>> [period_of(Task(24, length, "h", (24, 168))) for length in (336, 335, 47)]
    [168, 24, 1]
    """
    return max((period for period in task.season if 2 * period <= task.context_length), default=1)
