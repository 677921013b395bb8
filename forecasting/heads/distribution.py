"""What the heads share that forecast a whole distribution: taught by its likelihood, read at any level, drawn from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from keras import ops

from forecasting.config.task import Task
from forecasting.errors import ConfigError
from forecasting.heads.numbers import NumberHead, shifted_at
from forecasting.layers.inputs import Dice
from forecasting.layers.link import Link
from forecasting.layers.scaling import Scaled
from forecasting.layers.tensor import Tensor

#: Targets further than this many scales from the center count as that far: a spike must not leave infinite gradients.
FURTHEST = 1e3

#: Smallest deviation of a continuous distribution, in scaled units.
SMALLEST_DEVIATION = 1e-3


def require_levels(task: Task) -> tuple[float, ...]:
    """Return the quantile levels of a task.

    Raises:
        ConfigError: there are none.
    """
    if not task.quantile_levels and not task.symbols:
        raise ConfigError("This head needs `quantile_levels`. Got none.", field="quantile_levels")
    return task.quantile_levels or (0.5,)


class Distribution(NumberHead, ABC):
    """Base of the heads that forecast a distribution per step.

    Trained by the negative log likelihood of the target; where the task has bounds, by that of the value before the
    link, which moves quantiles, medians and draws into them.

    Args:
        task: its quantile levels are those of the outputs.
        link: see `NumberHead`.

    Raises:
        ConfigError: there are no levels, or there are symbols.
    """

    def __init__(self, task: Task, link: Link | None = None, **kwargs: Any) -> None:
        super().__init__(task, link, require_levels(task), **kwargs)

    def call(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Turn raw [B, S, P] into quantiles [B, S, Q] in original units."""
        return self.bounded(self.quantiles(ops.cast(raw, "float64"), scaled, self.levels), scaled)

    def point(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return the scaled median [B, S]."""
        median = self.quantiles(ops.cast(raw, "float64"), scaled, np.array([0.5]))
        return ops.cast(scaled.relative(self.bounded(median, scaled)[..., 0]), raw.dtype)

    def drawn(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return a value [B, S] in original units that lies above the share `chance` [B, S] of the distribution."""
        return self.bounded(self.draw(ops.cast(raw, "float64"), scaled, chance, dice), scaled)

    def draw(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return a value [B, S] before the bounds: the quantile at the level `chance`."""
        return self.quantiles(raw, scaled, chance[..., None])[..., 0]

    @abstractmethod
    def quantiles(self, raw: Tensor, scaled: Scaled, levels: Tensor) -> Tensor:
        """Return quantiles [B, S, Q] in original units, before the bounds.

        Args:
            raw: [B, S, P] float64.
            scaled: the windows.
            levels: [Q], or [B, S, Q].
        """


class Continuous(Distribution):
    """Base of the distributions of scaled values, so that forecasts move and stretch with the series.

    The likelihood is that of the scaled value; in original units its logarithm is less by log(scale), which no weight
    changes.
    """

    draw_options = ("temperature",)

    def loss(self, raw: Tensor, scaled: Scaled, target: Tensor) -> Tensor:
        """Return the negative log density [B, S] of targets [B, S] in original units."""
        z = ops.clip(scaled.relative(target), -FURTHEST, FURTHEST)
        return -self.log_density(ops.cast(raw, "float64"), z)

    def quantiles(self, raw: Tensor, scaled: Scaled, levels: Tensor) -> Tensor:
        """Return quantiles [B, S, Q] in original units; see `Distribution`."""
        return scaled.original(self.scaled_quantiles(raw, levels))

    @abstractmethod
    def log_density(self, raw: Tensor, z: Tensor) -> Tensor:
        """Return the log density [B, S] of scaled values z [B, S]."""

    @abstractmethod
    def scaled_quantiles(self, raw: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles [B, S, Q] in scaled units at levels [Q] or [B, S, Q]."""


class LocationScale(Continuous):
    """Base of the distributions that are one standard shape, moved and stretched.

    The first raw number is the location, also the median; softplus of the second, plus `SMALLEST_DEVIATION`, is the
    scale, in scaled units. The temperature multiplies the square of the scale in draws.
    """

    def shifted(self, raw: Tensor, forecast: Tensor) -> Tensor:
        """Return raw numbers [B, S, P] whose location lies further on by a forecast [B, S] in scaled units."""
        return shifted_at(raw, forecast, [0])

    def log_density(self, raw: Tensor, z: Tensor) -> Tensor:
        """Return the log density [B, S] of scaled values z [B, S]."""
        deviation = deviation_of(raw[..., 1])
        return self.log_standard((z - raw[..., 0]) / deviation, raw) - ops.log(deviation)

    def scaled_quantiles(self, raw: Tensor, levels: Tensor) -> Tensor:
        """Return quantiles [B, S, Q] in scaled units at levels [Q] or [B, S, Q]."""
        return raw[..., 0:1] + deviation_of(raw[..., 1:2]) * self.standard(levels, raw)

    def point(self, raw: Tensor, scaled: Scaled) -> Tensor:
        """Return the scaled median [B, S], which is the location."""
        if self.link is None:
            return raw[..., 0]
        return ops.cast(scaled.relative(self.link(scaled.original(raw[..., 0]), scaled)), raw.dtype)

    def draw(self, raw: Tensor, scaled: Scaled, chance: Tensor, dice: Dice) -> Tensor:
        """Return a value [B, S] before the bounds."""
        heat = ops.sqrt(ops.cast(dice.temperature, "float64"))
        away = deviation_of(raw[..., 1]) * self.standard(chance[..., None], raw)[..., 0]
        return scaled.original(raw[..., 0] + heat * away)

    @abstractmethod
    def log_standard(self, z: Tensor, raw: Tensor) -> Tensor:
        """Return the log density [B, S] of the standard shape."""

    @abstractmethod
    def standard(self, levels: Tensor, raw: Tensor) -> Tensor:
        """Return the quantiles [B, S, Q], or [Q] where they are the same for all, of the standard shape."""


def deviation_of(raw: Tensor) -> Tensor:
    """Return deviations, in scaled units, of raw numbers."""
    return ops.softplus(raw) + SMALLEST_DEVIATION
