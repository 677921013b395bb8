"""Forecasts around which a network forecasts what is left. One file each, found by its file name.

A residual module has a class `Residual(task)`, a Keras layer. It turns `Inputs` into what the network reads instead of
them, and a forecast [B, H] in scaled units, float64, to which the network adds; `regression` is the part that is solved
in closed form before the network is trained (a `LinearAutoregression`), or None. `supports_jit` says whether XLA pays.
"""

from forecasting.catalog import Catalog
from forecasting.config import Task

RESIDUALS = Catalog(__name__, "residual")

#: The choice of no forecast but the network's.
NO_RESIDUAL = "none"


def period_of(task: Task) -> int:
    """Return the longest season of a task that its context holds twice; 1 where it holds none.

    What was seen once is no season yet, but that year and its noise.

    >>> [period_of(Task(24, length, "h", (24, 168))) for length in (336, 335, 47)]
    [168, 24, 1]
    """
    return max((period for period in task.season if 2 * period <= task.context_length), default=1)
