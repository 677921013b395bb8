import numpy as np
from scipy import stats

from tests.oracles import softplus


def distribution(raw, center, scale):
    mean, alpha = softplus(raw[..., 0]) * (np.maximum(center, 0) + scale), softplus(raw[..., 1]) + 1e-6
    return stats.nbinom(1 / alpha, 1 / (1 + alpha * mean))
