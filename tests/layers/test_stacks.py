"""Ways of stacking recurrent layers, found by file name."""

import numpy as np
import pytest

from forecasting.errors import ConfigError
from forecasting.layers.encoders import STACKS
from forecasting.layers.encoders.recurrent import as_list

B, T, C, U = 3, 11, 2, 4


def encoder(stack, cell="gru", layers=3):
    made = STACKS.load(stack).Encoder(cell, U, layers, 0.0, embed=False, name=stack)
    made(tokens())
    rng = np.random.default_rng(3)
    made.set_weights([rng.normal(0, 0.7, weight.shape) for weight in made.get_weights()])
    return made


def tokens(length=T):
    return np.random.default_rng(1).normal(size=(B, length, C)).astype("float32")


@pytest.mark.parametrize("stack", STACKS.names())
def test_what_is_remembered_has_a_row_per_token(stack):
    encoded = encoder(stack)(tokens())
    assert encoded.sequence.shape[:2] == (B, T)
    assert encoded.summary.shape[0] == B


@pytest.mark.parametrize("stack", STACKS.names())
def test_a_step_goes_on_as_if_the_token_had_been_there(stack):
    made = encoder(stack)
    x = tokens(9)  # Eight tokens are whole rounds of the dilations 1, 2 and 4, so none are filled up.
    before = made(x[:, :-1])
    if stack == "bidirectional":
        with pytest.raises(ConfigError, match="cannot go on from its end"):
            made.step(x[:, -1], before.states)
        return
    summary, states = made.step(x[:, -1], before.states)
    again = stepped(made, x)
    np.testing.assert_allclose(summary, again[0], atol=1e-5)
    for one, other in zip(states, again[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def stepped(made, x):
    """Run token by token from the states of an empty past."""
    states = [np.zeros(state.shape, "float32") for state in made(x[:, :1]).states]
    for step in range(x.shape[1]):
        summary, states = made.step(x[:, step], states)
    return summary, states


def test_a_dilated_layer_goes_on_from_its_state_of_so_many_tokens_ago():
    made = encoder("dilated", cell="elman", layers=2)
    x = tokens(8)
    lower = np.asarray(made.recurrent[0](x)[0])
    kernel, recurrent, bias = made.recurrent[1].get_weights()
    states = [np.zeros((B, U)), np.zeros((B, U))]
    expected = []
    for step in range(8):
        state = np.tanh(lower[:, step] @ kernel + states[step] @ recurrent + bias)
        states.append(state)
        expected.append(state)
    np.testing.assert_allclose(made(x).sequence, np.stack(expected, axis=1), atol=1e-5)


def test_a_bidirectional_layer_reads_both_ways():
    made = encoder("bidirectional", cell="elman", layers=1)
    x = tokens()
    encoded = made(x)
    forward, backward = made.recurrent
    ahead, back = np.asarray(forward(x)), np.asarray(backward(x[:, ::-1]))[:, ::-1]
    np.testing.assert_allclose(encoded.sequence, np.concatenate([ahead, back], axis=2), atol=1e-6)
    np.testing.assert_allclose(encoded.summary, np.concatenate([ahead[:, -1], back[:, 0]], axis=1), atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_stack_of_one_plain_layer_is_the_layer(cell):
    made = encoder("plain", cell, layers=1)
    sequence, *states = made.recurrent[0](tokens())
    encoded = made(tokens())
    np.testing.assert_array_equal(encoded.sequence, sequence)
    np.testing.assert_array_equal(encoded.summary, np.asarray(sequence)[:, -1])
    assert len(states) == len(as_list(made.recurrent[0].cell.state_size)) == len(encoded.states)
