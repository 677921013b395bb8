"""Reversible scaling of each window, inside the network, from the observed part of the context only."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from forecasting.layers.tensor import Tensor

#: Smallest scale, relative to the largest absolute value of the window: small enough that a sine on
#: a level of 1e9 is still a sine, large enough that float64 rounding of the level is not a signal.
RELATIVE_FLOOR = 1e-12

#: Values below this count as 0: float64 ends near 1e-308, and the floor of their scale must not get there.
SMALLEST = 1e-280

#: What is small under `asinh`, as a share of the mean absolute value of the window: below it the curve is a straight
#: line, above it a logarithm.
STRAIGHT = 0.1

#: Curved numbers end here, at 5e12 times what is small: no window can hold more, and a forecast stays finite.
FURTHEST_CURVED = 30.0


class Scaled(NamedTuple):
    """A scaled context and the numbers that undo the scaling.

    Attributes:
        values: [B, L] float64, 0 where nothing was observed.
        observed: [B, L] float64, 1 where a value was observed.
        center: [B, 1] float64, in original units.
        scale: [B, 1] float64, in original units, above 0.
        varies: [B, 1] float64, 0 where the context is constant or empty: its scale means nothing.
        spread: [B, 1] float64, the standard deviation of what was observed, in original units, whatever the scheme.
        unit: [B, 1] float64, u where values y are curved, asinh(y / u), before center (curved, too) and scale are taken
            from them; None where they are not.
    """

    values: Tensor
    observed: Tensor
    center: Tensor
    scale: Tensor
    varies: Tensor
    spread: Tensor
    unit: Tensor = None

    @property
    def level(self) -> Tensor:
        """How large the values of the window are: [B, 1], in original units, above 0.

        Under every scheme but `none`, under which it is 1, it grows and shrinks with the values.
        """
        return ops.maximum(self.center, 0.0) + self.scale if self.unit is None else self.unit

    def original(self, values: Tensor) -> Tensor:
        """Return scaled values [B, S] or [B, S, Q] in original units, float64."""
        center, scale, unit = self.broadcast(values)
        found = center + scale * ops.cast(values, "float64")
        return found if unit is None else unit * ops.sinh(ops.clip(found, -FURTHEST_CURVED, FURTHEST_CURVED))

    def relative(self, values: Tensor) -> Tensor:
        """Return values [B, S] or [B, S, Q] in original units as scaled ones, float64."""
        center, scale, unit = self.broadcast(values)
        return ((values if unit is None else ops.arcsinh(values / unit)) - center) / scale

    def broadcast(self, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return center, scale and unit with as many axes as the values; the unit may be None."""
        shape = (-1, *[1] * (len(values.shape) - 1))
        parts = (self.center, self.scale, self.unit)
        return tuple(None if part is None else ops.reshape(part, shape) for part in parts)  # type: ignore[return-value]

    def repeated(self, count: Tensor) -> Scaled:
        """Return the numbers that undo the scaling `count` times for each window, one beside the other."""
        undone = {name: getattr(self, name) for name in self._fields if name not in ("values", "observed")}
        repeated = {name: None if part is None else ops.repeat(part, count, axis=0) for name, part in undone.items()}
        return Scaled(values=None, observed=None, **repeated)


#: The scaling of values that are scaled already.
ONE = np.ones((1, 1))
UNIT = Scaled(None, None, center=0.0 * ONE, scale=ONE, varies=ONE, spread=ONE)


class WindowScaler(keras.layers.Layer):
    """Scales windows of y by numbers of their own, or by one number of all.

    `standard` subtracts the mean and divides by the standard deviation; `last` subtracts the last
    observed value and divides by the standard deviation; `mean` divides by the mean absolute value;
    `none` leaves the values alone; `asinh` does as `last` to asinh(y / u), u a tenth of the mean absolute value: for
    levels that move by factors, also where some are 0 and have no logarithm (Johnson 1949; Burbidge, Magee & Robb
    1988), but not for values around 0; `shift` subtracts the last observed value and divides by the mean standard
    deviation of the training series, the same number for all windows, so that a calm window still differs from a wild
    one: for series that share a unit (Zeng et al. 2023, NLinear; Lin et al. 2023, SegRNN). All in float64: float32
    would lose a small signal on a high level.

    Args:
        scheme: one of `forecasting.config.scaling.SCHEMES`.
    """

    def __init__(self, scheme: str, **kwargs: Any) -> None:
        super().__init__(dtype="float64", autocast=False, **kwargs)
        self.scheme = scheme
        self.deviation = None
        if scheme == "shift":
            self.deviation = self.add_weight(shape=(), initializer="ones", trainable=False, name="deviation")

    @property
    def needs_scale(self) -> bool:
        """Whether a window whose values are all the same has no scale, and so no error in scaled units."""
        return self.scheme != "none"

    def adapt(self, y: np.ndarray, first: np.ndarray) -> None:
        """Take the number that all windows are divided by from training rows, where the scheme has one.

        Args:
            y: [N] rows of all series, one series after the other, NaN where missing.
            first: [S] where each series begins, ascending from 0.
        """
        if self.deviation is not None:
            self.deviation.assign(mean_deviation(y, first))

    def call(self, context: Tensor) -> Scaled:
        """Scale `context` [B, L] (float64, NaN where missing)."""
        missing = ops.isnan(context)
        observed = ops.cast(ops.logical_not(missing), "float64")
        values = ops.where(missing, ops.zeros_like(context), context)
        unit = ops.maximum(ops.max(ops.abs(values), axis=1, keepdims=True), SMALLEST)
        shares = values / unit  # even 1e300 has a deviation, divided by it
        center, scale, varies, spread = self.statistics(shares, observed)
        if self.scheme == "asinh":
            bend = STRAIGHT * mean_of(ops.abs(shares), observed)
            bend = ops.maximum(bend, RELATIVE_FLOOR)
            curved = observed * ops.arcsinh(shares / bend)
            center, scale, *_ = self.statistics(curved, observed)
            scaled = observed * (curved - center) / scale
            return Scaled(scaled, observed, center, scale, varies, spread * unit, bend * unit)
        if self.scheme == "none":
            nothing = ops.zeros_like(center)
            return Scaled(values, observed, nothing, nothing + 1.0, nothing + 1.0, spread * unit)
        if self.deviation is not None:
            scale = ops.where(varies > 0, self.deviation / unit, scale)
        scaled = observed * (shares - center) / scale
        return Scaled(scaled, observed, center * unit, scale * unit, varies, spread * unit)

    def statistics(self, values: Tensor, observed: Tensor) -> tuple[Any, Any, Any, Any]:
        """Return center, scale, whether the window varies, and its spread, each [B, 1], of values in [-1, 1]."""
        count = ops.maximum(ops.sum(observed, axis=1, keepdims=True), 1.0)
        mean = ops.sum(values, axis=1, keepdims=True) / count
        spread = ops.sqrt(ops.sum(observed * ops.square(values - mean), axis=1, keepdims=True) / count)
        varies = ops.cast(spread > RELATIVE_FLOOR, "float64")
        spread = ops.maximum(spread, RELATIVE_FLOOR)
        if self.scheme == "mean":
            level = mean_of(ops.abs(values), observed)
            return ops.zeros_like(mean), ops.maximum(level, RELATIVE_FLOOR), varies, spread
        center = mean if self.scheme == "standard" else last_observed(values, observed)
        return center, spread, varies, spread


def mean_deviation(y: np.ndarray, first: np.ndarray) -> float:
    """Return the mean standard deviation of the series that vary; 1 where none does; see `WindowScaler.adapt`."""
    observed = ~np.isnan(y)
    values = np.where(observed, y, 0.0)
    unit = max(np.abs(values).max(initial=0.0), SMALLEST)
    values /= unit  # even 1e300 has a square then
    count = np.maximum(np.add.reduceat(observed, first, dtype="int64"), 1)
    mean = np.add.reduceat(values, first) / count
    values -= np.repeat(mean, np.diff(first, append=len(y)))
    values *= observed
    deviation = np.sqrt(np.add.reduceat(np.square(values, out=values), first) / count)
    deviation = deviation[deviation > RELATIVE_FLOOR * np.abs(mean)]
    return float(unit * deviation.mean()) if len(deviation) else 1.0


def mean_of(values: Tensor, observed: Tensor) -> Tensor:
    """Return the mean [B, 1] of the observed values [B, L]; 0 where nothing was observed."""
    return ops.sum(observed * values, axis=1, keepdims=True) / ops.maximum(
        ops.sum(observed, axis=1, keepdims=True), 1.0
    )


def last_observed(values: Tensor, observed: Tensor) -> Tensor:
    """Return the last observed value of each window [B, L] as [B, 1]; 0 where nothing was observed."""
    position = ops.arange(1, values.shape[1] + 1, dtype="int32")
    latest = ops.max(ops.cast(observed, "int32") * position, axis=1, keepdims=True)
    return ops.take_along_axis(values, ops.maximum(latest - 1, 0), axis=1) * ops.cast(latest > 0, values.dtype)
