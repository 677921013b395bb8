"""Questions: horizon and levels are checked once, and every way of asking says the same."""

import numpy as np
import pytest

from forecasting.errors import RequestError
from forecasting.prediction.question import Question


def test_the_levels_behind_intervals_are_their_bounds():
    assert Question.read(3, level=[80, 95]).levels == pytest.approx((0.025, 0.1, 0.9, 0.975))
    assert Question.read(3, quantile_levels=np.array([0.9, 0.1])).levels == (0.1, 0.9)
    assert Question.read(3).levels == ()


def test_the_order_asked_for_is_kept_and_numbers_are_plain():
    question = Question.read(3, level=np.array([95, 80]))
    assert question.level == (95, 80)
    assert all(type(one) is int for one in question.level)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"level": 80}, "level_type"),
        ({"level": "80"}, "level_type"),
        ({"level": [True]}, "level_type"),
        ({"quantile_levels": [None]}, "level_type"),
        ({"level": [100]}, "level_range"),
        ({"quantile_levels": [0]}, "level_range"),
        ({"level": [float("nan")]}, "level_range"),
        ({"level": [80, 80]}, "level_duplicate"),
        ({"level": [80], "quantile_levels": [0.5]}, "level_and_quantiles"),
    ],
)
def test_levels_that_mean_nothing_are_refused_by_name(asked, code):
    with pytest.raises(RequestError) as caught:
        Question.read(3, **asked)
    assert caught.value.code == code


def test_a_predictor_answers_its_own_horizon_where_none_is_asked_for(trained):
    assert trained.predictor.question().horizon == trained.horizon
    with pytest.raises(RequestError, match="which have no probabilities"):
        trained.predictor.question(probabilities=True)
