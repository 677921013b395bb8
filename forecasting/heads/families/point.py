"""One number per step: the median, by the absolute error, or the mean, by the squared one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from forecasting.config.strict import require
from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.heads.numbers import TrainedNumbers, trainable
from forecasting.heads.options import HeadConfig
from forecasting.heads.traits import HeadTraits
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=False, is_distribution=False, is_whole=False, has_location=True)

#: Losses, and by which power of the unit of y they grow.
LOSSES = {"absolute": 1, "squared": 2}


@dataclass(frozen=True)
class Config(HeadConfig):
    """What the point is.

    Attributes:
        loss: `absolute` makes it the median of what may happen, `squared` the mean, which a sum over steps or series
            needs, and a score by squared errors asks for.
    """

    loss: str = "absolute"

    def __post_init__(self) -> None:
        require(self.loss in LOSSES, "loss", f"one of {', '.join(LOSSES)}", self.loss)

    @property
    def degree(self) -> int:
        """By which power of the errors the loss grows."""
        return LOSSES[self.loss]


class Head(TrainedNumbers):
    """Reads one raw number per step as the forecast itself, in scaled units; P = Q = 1.

    Args:
        task: must have no quantile levels and no symbols.
        link: see `NumberHead`.
        config: the loss.

    Raises:
        ConfigError: there are quantile levels, or symbols.
    """

    traits = TRAITS

    def __init__(self, task: Task, link: Link | None = None, config: Config = Config(), **kwargs: Any) -> None:
        super().__init__(task, link, (0.5,), **kwargs)
        self.degree = config.degree
        if task.quantile_levels:
            raise ConfigError(
                f"A point head has no quantiles. Got quantile_levels={task.quantile_levels}. Use head='quantiles'.",
                field="quantile_levels",
            )

    def raw_of(self, numbers: Tensor) -> Tensor:
        """Return the raw numbers behind scaled numbers [B, S, 1]: themselves."""
        return numbers

    def errors(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return target - output as [B, S, 1], in scaled units; where a mean is curved, over the window's deviation.

        The median of curved values is the curved median; their mean is not the curved mean.
        """
        if self.degree == 1 or scaled.unit is None:
            return super().errors(raw, scaled, target)
        return trainable((target[..., None] - self(raw, scaled)) / scaled.spread[..., None], raw)

    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return |target - forecast|, or its square, in scaled units, as [B, S]."""
        return ops.abs(self.errors(raw, scaled, target)[..., 0]) ** self.degree
