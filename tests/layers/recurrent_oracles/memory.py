"""The LSTM with an external memory, one example and one slot at a time."""

import numpy as np

from tests.layers.recurrent_oracles import logistic, softmax
from tests.oracles import softplus

EPS = 1e-6


def step(x, states, *weights):
    rows = [one(x[row], [state[row] for state in states], *weights) for row in range(len(x))]
    outputs, new_states = zip(*rows, strict=True)
    return np.stack(outputs), [np.stack(state) for state in zip(*new_states, strict=True)]


def one(x, states, w, r, b, w_h, b_h, w_y, b_y):
    h, c, memory, reader, writer, v = states
    slots, width = len(reader), len(v)
    memory = memory.reshape(slots, width)
    i, f, g, o = np.split(np.concatenate([x, v]) @ w + h @ r + b, 4)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    h = logistic(o) * np.tanh(c)
    told = h @ w_h + b_h
    reader = weights_of(told[: width + 6], memory, reader)
    writer = weights_of(told[width + 6 : 2 * width + 12], memory, writer)
    erase, add = logistic(told[2 * width + 12 : 3 * width + 12]), np.tanh(told[3 * width + 12 :])
    memory = np.stack([memory[j] * (1 - writer[j] * erase) + writer[j] * add for j in range(slots)])
    v = sum(reader[j] * memory[j] for j in range(slots))
    y = np.concatenate([h, v]) @ w_y + b_y
    return y, [h, c, memory.ravel(), reader, writer, v]


def weights_of(head, memory, before):
    slots, width = memory.shape
    key, (strength, gate, *moves, sharpness) = np.tanh(head[:width]), head[width:]
    similarity = [key @ slot / np.sqrt((key @ key + EPS) * (slot @ slot + EPS)) for slot in memory]
    by_content = softmax(softplus(strength) * np.array(similarity))
    here = logistic(gate) * by_content + (1 - logistic(gate)) * before
    back, stay, on = softmax(np.array(moves))
    moved = np.array([back * here[(j + 1) % slots] + stay * here[j] + on * here[j - 1] for j in range(slots)])
    powers = (moved + EPS) ** (1 + softplus(sharpness))
    return powers / powers.sum()
