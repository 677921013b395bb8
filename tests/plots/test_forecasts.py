"""Pictures of results that are out of the ordinary."""

import numpy as np
import pandas as pd
import pytest

from forecasting.plots import leaderboard_chart

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("mase", [[np.nan, np.nan], [0.0, 0.0], [1.0, np.inf], [np.inf, np.inf], [1.0, np.nan]])
def test_a_leaderboard_is_drawn_whatever_the_scores(mase, tmp_path):
    table = pd.DataFrame({"model": ["a", "b"], "mase": mase, "train_seconds": [1.0, 2.0]})
    figure = leaderboard_chart(table)
    figure.savefig(tmp_path / "leaderboard.png")
    left, right = figure.axes[0].get_xlim()
    assert left == 0 < right < 10


def test_a_bar_that_is_far_off_is_cut_and_its_number_is_not():
    table = pd.DataFrame({"model": list("abc"), "mase": [1.0, 1.2, 500.0], "train_seconds": [1.0, 2.0, 3.0]})
    axes = leaderboard_chart(table).axes[0]
    assert max(bar.get_width() for bar in axes.patches) == pytest.approx(3 * 1.2)
    assert any(text.get_text().startswith("500.000") for text in axes.texts)
