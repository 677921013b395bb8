"""The copy task: what is drawn, what is counted, and a version of seconds."""

import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from forecasting.experiments import EXPERIMENTS, copy_task
from forecasting.experiments.copy_task import LSTM, MEMORY, QUICK, CopySettings, build, draw_sequences


def test_the_vectors_are_shown_then_the_delimiter_then_they_are_wanted():
    lengths = np.array([3, 1, 2], "int32")
    inputs, targets, counts = (np.asarray(part) for part in draw_sequences((1, 2), tf.constant(lengths), 3, 4))
    assert inputs.shape == (3, 7, 5)
    for row, length in enumerate(lengths):
        shown, wanted = slice(0, length), slice(length + 1, 2 * length + 1)
        np.testing.assert_array_equal(targets[row, wanted], inputs[row, shown, :4])
        np.testing.assert_array_equal(np.flatnonzero(counts[row]), np.arange(7)[wanted])
        np.testing.assert_array_equal(np.flatnonzero(inputs[row, :, 4]), [length])
        assert not inputs[row, length:, :4].any()


def test_bits_are_fair_and_others_for_other_seeds():
    first, second = (
        np.asarray(draw_sequences((number, 1), tf.fill([500], 4), 4, 5)[0])[:, :4, :5] for number in (1, 2)
    )
    assert set(np.unique(first)) == {0, 1}
    assert first.mean() == pytest.approx(0.5, abs=0.02)
    assert not np.array_equal(first, second)


def test_the_cells_have_about_as_many_weights():
    memory, lstm = (build(contestant, CopySettings()).count_params() for contestant in (MEMORY, LSTM))
    assert memory <= lstm < 1.05 * memory


def test_it_runs_and_tells_every_length():
    assert "copy-task" in EXPERIMENTS.names()
    result = EXPERIMENTS.load("copy-task").run(quick=True)
    lengths = range(1, 2 * QUICK.longest + 1)
    assert [(row["cell"], row["vectors"]) for row in result.rows] == [
        (cell, length) for cell in ("memory", "lstm") for length in lengths
    ]
    assert all(0 <= row["bit_accuracy"] <= 1 for row in result.rows)
    assert set(result.figures) == {"accuracy", "example"}
    assert all(isinstance(figure, Figure) for figure in result.figures.values())


def test_a_network_that_always_says_no_gets_half_of_the_bits():
    settings = CopySettings(tested=2000, bits=3, longest=1)
    model = build(LSTM, settings)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    row = copy_task.scores(model, LSTM, settings, 1)[1]
    assert row["bit_accuracy"] == pytest.approx(0.5, abs=0.03)
    assert row["wrong_bits_per_sequence"] == pytest.approx(3, abs=0.2)
