"""What stands where an observation is missing, against a loop."""

import numpy as np
import pytest

from forecasting.layers.carried import carried_forward

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("length", [1, 2, 7, 24, 168])
def test_missing_values_read_as_the_last_observed_one(length):
    rng = np.random.default_rng(length)
    observed = (rng.random((40, length)) < 0.4).astype(float)
    observed[0], observed[1] = 0, 1
    values = observed * rng.normal(size=observed.shape)
    expected = np.zeros_like(values)
    for row, (value, seen) in enumerate(zip(values, observed, strict=True)):
        last = 0.0
        for at in range(length):
            last = value[at] if seen[at] else last
            expected[row, at] = last
    np.testing.assert_array_equal(np.array(carried_forward(values, observed)), expected)
