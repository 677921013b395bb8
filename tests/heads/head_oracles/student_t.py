from scipy import stats

from tests.oracles import softplus


def distribution(raw, center, scale):
    return stats.t(2 + softplus(raw[..., 2]), center + scale * raw[..., 0], scale * (softplus(raw[..., 1]) + 1e-3))
