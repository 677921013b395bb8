"""Student's t distribution of every step: the normal distribution with heavier tails, where outliers are usual."""

from __future__ import annotations

import math

import tensorflow as tf
from keras import ops

from forecasting.heads.distribution import LocationScale
from forecasting.heads.traits import HeadTraits
from forecasting.layers.tensor import Tensor

TRAITS = HeadTraits(has_symbols=False, has_quantiles=True, is_distribution=True, is_whole=False, has_location=True)

#: Degrees of freedom lie above this, so that the variance exists.
LEAST_FREEDOM = 2.0

#: From so many degrees of freedom on, nobody could tell it from the normal distribution.
MOST_FREEDOM = 1e6

#: Above, Hill's approximation is exact, and the distribution function is not.
EXACT_FREEDOM = 200.0


class Head(LocationScale):
    """Reads location, scale and degrees of freedom nu = 2 + softplus of each step; P = 3."""

    traits = TRAITS

    parameters = 3

    def log_standard(self, z: Tensor, raw: Tensor) -> Tensor:
        """Return log G((nu + 1) / 2) - log G(nu / 2) - log(pi nu) / 2 - (nu + 1) / 2 log(1 + z^2 / nu)."""
        nu = freedom_of(raw[..., 2])
        constant = tf.math.lgamma((nu + 1) / 2) - tf.math.lgamma(nu / 2) - 0.5 * ops.log(math.pi * nu)
        return constant - (nu + 1) / 2 * ops.log1p(ops.square(z) / nu)

    def standard(self, levels: Tensor, raw: Tensor) -> Tensor:
        """Return the quantiles of the standard distribution."""
        return t_quantiles(ops.cast(levels, "float64"), freedom_of(raw[..., 2:3]))


def freedom_of(raw: Tensor) -> Tensor:
    """Return degrees of freedom of raw numbers."""
    return ops.minimum(LEAST_FREEDOM + ops.softplus(raw), MOST_FREEDOM)


def t_quantiles(levels: Tensor, nu: Tensor) -> Tensor:
    """Return the quantiles at the levels for nu above 2 degrees of freedom; both are broadcast, float64.

    Hill 1970, Algorithm 396 (Communications of the ACM 13), exact to 1e-3 near nu = 2 and to 1e-5 from nu = 4 on,
    then one step of Halley's method on the distribution function, which leaves 1e-9.
    """
    start = hill(levels, nu)
    lower = ops.minimum(levels, 1 - levels)  # of the tail, so that nothing is lost to 1 - something small
    t = ops.abs(start)
    tail = 0.5 * tf.math.betainc(nu / 2 + ops.zeros_like(t), ops.full_like(t, 0.5), nu / (nu + ops.square(t)))
    log_density = (
        tf.math.lgamma((nu + 1) / 2)
        - tf.math.lgamma(nu / 2)
        - 0.5 * ops.log(math.pi * nu)
        - (nu + 1) / 2 * ops.log1p(ops.square(t) / nu)
    )
    newton = (tail - lower) / ops.exp(log_density)  # of t, at which the tail falls with the density
    bend = (nu + 1) * t / (nu + ops.square(t))  # -f'/f
    better = t + newton / (1 - ops.clip(0.5 * bend * newton, -0.5, 0.5))
    return ops.sign(start) * ops.where(nu < EXACT_FREEDOM, ops.maximum(better, 0.0), t)


def hill(levels: Tensor, nu: Tensor) -> Tensor:
    """Return Hill's approximation of the quantiles; the letters are those of the algorithm."""
    p = 2 * ops.minimum(levels, 1 - levels)
    a = 1 / (nu - 0.5)
    b = 48 / ops.square(a)
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * ops.sqrt(a * math.pi / 2) * nu
    y = ops.power(d * p, 2 / nu)
    x = tf.math.ndtri(0.5 * p) + ops.zeros_like(y)
    x2 = ops.square(x)
    c = ops.where(nu < 5, c + 0.3 * (nu - 4.5) * (x + 0.6), c + ops.zeros_like(x))
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    middle = (((((0.4 * x2 + 6.3) * x2 + 36) * x2 + 94.5) / c - x2 - 3) / b + 1) * x
    near = ops.expm1(ops.minimum(a * ops.square(middle), 700.0))
    far = ((1 / (((nu + 6) / (nu * y) - 0.089 * d - 0.822) * (nu + 2) * 3) + 0.5 / (nu + 4)) * y - 1) * (nu + 1)
    far = far / (nu + 2) + 1 / y
    return ops.sign(levels - 0.5) * ops.sqrt(nu * ops.where(y > 0.05 + a, near, far))
