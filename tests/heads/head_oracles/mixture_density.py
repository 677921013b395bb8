import numpy as np
from scipy import optimize, special, stats

from tests.oracles import softplus


class Mixture:
    """A mixture of normal distributions along the last axis."""

    def __init__(self, weights, means, deviations):
        self.weights = weights
        self.parts = stats.norm(means, deviations)

    def logpdf(self, x):
        return special.logsumexp(self.parts.logpdf(x[..., None]), b=self.weights, axis=-1)

    def cdf(self, x):
        return (self.weights * self.parts.cdf(np.asarray(x)[..., None])).sum(axis=-1)

    def mean(self):
        return (self.weights * self.parts.mean()).sum(axis=-1)

    def ppf(self, q):
        ends = self.parts.ppf(np.asarray(q)[..., None] * np.ones_like(self.weights))
        found = np.empty(ends.shape[:-1])
        weights, means, deviations = (np.broadcast_to(part, ends.shape) for part in (self.weights, *self.parts.args))
        for place in np.ndindex(found.shape):
            low, high = ends[place].min(), ends[place].max()
            one = Mixture(weights[place], means[place], deviations[place])
            level = np.broadcast_to(q, found.shape)[place]
            found[place] = optimize.brentq(lambda x, one=one, level=level: float(one.cdf(x)) - level, low, high)
        return found


def distribution(raw, center, scale):
    logits, means, deviations = np.split(raw, 3, axis=-1)
    means = means + np.linspace(-1, 1, means.shape[-1])
    center, scale = np.asarray(center)[..., None], np.asarray(scale)[..., None]
    return Mixture(special.softmax(logits, axis=-1), center + scale * means, scale * (softplus(deviations) + 1e-3))
