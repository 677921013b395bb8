"""Forecasts around which a network forecasts what is left. One file each, found by its file name.

A residual module has a class `Residual(task)`, a Keras layer. It turns `Inputs` into what the network reads instead of
them, and a forecast [B, H] in scaled units, float64, to which the network adds; `regression` is the part that is solved
in closed form before the network is trained (a `LinearAutoregression`), or None.
"""

from forecasting.catalog import Catalog
from forecasting.config import Task

RESIDUALS = Catalog(__name__, "residual")

#: The choice of no forecast but the network's.
NO_RESIDUAL = "none"


def period_of(task: Task) -> int:
    """Return the longest season of a task that its context holds twice, else the longest that it holds; 1 without any.

    >>> period_of(Task(24, 336, "h", (24, 168))), period_of(Task(24, 200, "h", (24, 168))), period_of(Task(2, 3, 1, (7,)))
    (168, 24, 1)
    """
    for seasons in (2, 1):
        fitting = [period for period in task.season if seasons * period <= task.context_length]
        if fitting:
            return fitting[-1]
    return 1
