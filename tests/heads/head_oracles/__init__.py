"""The distribution of every head restated in SciPy, one file each, named as the head's own file.

Each has `distribution(raw [..., P], center, scale)`, a frozen SciPy distribution (or what looks like one: `ppf`, `cdf`,
`mean` and `logpdf` or `logpmf`) of values in original units. Nothing is taken from the package that is tested.
"""

from tests.oracles import oracle_of


def oracle(name):
    """Return `distribution` of the head called `name`."""
    return oracle_of(__name__, "Head", name, "distribution(raw, center, scale)")
