"""Linear autoregression: ridge over the lags, pooled over all series, solved in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from forecasting.config.space import Between, OneOf, Space
from forecasting.config.strict import require
from forecasting.config.task import Task
from forecasting.models.config import ModelConfig

if TYPE_CHECKING:
    from forecasting.heads.base import BaseHead
    from forecasting.layers.core import Core


@dataclass(frozen=True)
class Config(ModelConfig):
    """Strength of the ridge and the way to the horizon.

    Attributes:
        ridge: penalty, relative to the mean of the diagonal of X'X; the constant is not penalised.
        decoding: `mimo` solves one regression per step ahead; `recursive` solves one step and feeds it back.
        rescale: whether `recursive` standardises its lags anew at every step; without it, and with `scaling="none"`,
            this is the autoregression of the textbooks, whose forecasts return to the mean.
    """

    learner: ClassVar[str] = "least-squares"

    ridge: float = 1e-3
    decoding: str = "mimo"
    rescale: bool = True

    def __post_init__(self) -> None:
        require(self.ridge > 0, "ridge", "above 0", self.ridge)
        require(self.decoding in ("mimo", "recursive"), "decoding", "'mimo' or 'recursive'", self.decoding)
        require(isinstance(self.rescale, bool), "rescale", "true or false", self.rescale)
        free = self.rescale or self.decoding == "recursive"
        require(free, "rescale", f"left out: decoding {self.decoding!r} does not read it", self.rescale)

    @classmethod
    def search(cls, task: Task) -> dict[str, Space]:
        """Strength of the ridge, and what the lags are relative to."""
        return {"ridge": Between(1e-6, 10.0, log=True), "scaling": OneOf(("last", "standard", "mean"))}

    @property
    def scaling(self) -> str:
        """Relative to the last value: the forecast starts where the series is."""
        return "last"

    @property
    def heads(self) -> tuple[str, ...]:
        """Least squares gives the mean."""
        return ("point",)


def build(config: Config, task: Task, head: BaseHead) -> Core:
    """Build the core; see `forecasting.models`."""
    from forecasting.layers.linear import LinearAutoregression

    outputs = 1 if config.decoding == "recursive" else task.horizon
    rescale = config.rescale and config.decoding == "recursive"
    return LinearAutoregression(task.horizon, task.context_length, len(task.calendar), outputs, rescale, name="core")
