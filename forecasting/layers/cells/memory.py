"""A network with an external memory (Neural Turing Machine; Graves, Wayne & Danihelka 2014), as one small cell."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecasting.config.strict import is_count, require
from forecasting.layers.recurrent.cell import Cell, CellLayer
from forecasting.layers.tensor import Tensor

#: Added to squared lengths, so that an empty slot has a similarity, 0, and a gradient.
TINY = 1e-6

#: Numbers of a head beside its key: strength, gate, three shifts, sharpness.
BESIDE_KEY = 6


@keras.saving.register_keras_serializable("forecasting")
class MemoryCell(Cell):
    """One step of an LSTM that writes to and reads from a memory of N slots, each M wide.

    With input x_t [F], s the logistic function, s+ the softplus, * the elementwise product, and the states: output
    h and cell state c [U] of the LSTM, memory A [N, M], weights of the read head and of the write head w [N] each,
    and the vector read, v [M]::

        i, f, g, o = [x_t, v] W + h R + b                                   the LSTM's gates, as in `lstm`
        c_t = s(f) * c + s(i) * tanh(g),    h_t = s(o) * tanh(c_t)
        k, l, q, m, n (read head), k, l, q, m, n (write head), e, a = h_t W_h + b_h

    Each head finds its weights w_t from the memory A and its own last weights w::

        K_j = tanh(k) . A_j / sqrt((|tanh(k)|^2 + eps) (|A_j|^2 + eps))     similarity of key and slot j
        u = softmax(s+(l) K)                                                by content, with a strength
        u = s(q) u + (1 - s(q)) w                                           gate: by content, or where it was
        u_j = m_0 u_{j+1} + m_1 u_j + m_2 u_{j-1}  with m -> softmax(m)     shift by -1, 0 or 1, circular
        w_t = (u + eps)^(1 + s+(n)) / sum of it                             sharpening

    The memory is written, then read::

        A_t = A * (1 - w_write s(e)^T) + w_write tanh(a)^T
        v_t = w_read A_t
        y_t = [h_t, v_t] W_y + b_y

    W [F + M, 4U], R [U, 4U] and b [4U] are `kernel`, `recurrent_kernel` and `bias`; W_h [U, 4M + 12] and b_h are
    `heads_kernel` and `heads_bias`, their columns in the order above; W_y [U + M, U] and b_y [U] are `output_kernel`
    and `output_bias`.

    Chosen here, where the paper leaves freedom: an LSTM as controller; one head of each kind; both heads look for
    their places in the memory as it was before the step; the read head reads what was just written. At the start the
    memory is `TINY` everywhere, and both heads stand at slot 0: were their weights equal, all slots would be treated
    alike for ever. b_f starts at one, every other bias at zero. Addressing is computed in float32 where the policy is
    a half.

    Args:
        units: U, width of the controller and of the output.
        slots: N.
        width: M.
    """

    fields = ("units", "slots", "width")

    def __init__(self, units: int, slots: int = 32, width: int = 16, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        require(is_count(slots), "slots", "an integer of at least 1", slots)
        require(is_count(width), "width", "an integer of at least 1", width)
        self.slots = slots
        self.width = width
        self.state_size = [units, units, slots * width, slots, slots, width]
        #: The type of addresses: where a half rounds to 0, the gradient ends.
        self.fine = keras.backend.result_type(self.compute_dtype, "float32")

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs [B, F]."""
        units, told = self.units, 2 * (self.width + BESIDE_KEY) + 2 * self.width
        self.kernel = self.add_kernel("kernel", input_shape[-1] + self.width, 4 * units)
        self.recurrent_kernel = self.add_recurrent("recurrent_kernel", 4 * units)
        self.bias = self.add_bias("bias", 4 * units, start=np.repeat([0, 1, 0, 0], units))
        self.heads_kernel = self.add_kernel("heads_kernel", units, told)
        self.heads_bias = self.add_bias("heads_bias", told)
        self.output_kernel = self.add_kernel("output_kernel", units + self.width, units)
        self.output_bias = self.add_bias("output_bias", units)

    def get_initial_state(self, batch_size: Tensor = None) -> list[Tensor]:
        """Return the states before the first step: an almost empty memory, both heads at slot 0."""
        h, c, memory, *_, read = super().get_initial_state(batch_size)
        first = ops.one_hot(ops.zeros((batch_size,), "int32"), self.slots, dtype=self.compute_dtype)
        return [h, c, memory + TINY, first, first, read]

    def call(self, x: Tensor, states: list[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Return the output [B, U] and the new states of inputs [B, F].

        The states are h [B, U], c [B, U], memory [B, N M], weights of the read head [B, N], of the write head [B, N],
        and what was read [B, M].
        """
        h, c, flat, reader, writer, read = states
        h, c = self.control(ops.concatenate([x, read], axis=-1), h, c)
        told = ops.cast(ops.matmul(h, self.heads_kernel) + self.heads_bias, self.fine)
        heads, erase, add = ops.split(told, [2 * (self.width + BESIDE_KEY), told.shape[-1] - self.width], axis=-1)
        memory = ops.reshape(ops.cast(flat, self.fine), (-1, self.slots, self.width))
        before = ops.cast(ops.stack([reader, writer], axis=1), self.fine)
        weights = address(ops.reshape(heads, (-1, 2, self.width + BESIDE_KEY)), memory, before)
        reader, writer = ops.unstack(weights, axis=1)
        memory = write(memory, writer, ops.sigmoid(erase), ops.tanh(add))
        read = ops.matmul(reader[:, None], memory)[:, 0]
        flat = ops.reshape(memory, (-1, self.slots * self.width))
        flat, reader, writer, read = (ops.cast(state, self.compute_dtype) for state in (flat, reader, writer, read))
        output = ops.matmul(ops.concatenate([h, read], axis=-1), self.output_kernel) + self.output_bias
        return output, [h, c, flat, reader, writer, read]

    def control(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return the controller's new h and c [B, U] from the input and what was read [B, F + M]."""
        summed = ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent_kernel) + self.bias
        i, f, g, o = ops.split(summed, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        return ops.sigmoid(o) * ops.tanh(c), c


def address(heads: Tensor, memory: Tensor, before: Tensor) -> Tensor:
    """Return the weights [B, K, N] of K heads.

    Args:
        heads: what the controller tells them [B, K, M + 6].
        memory: [B, N, M].
        before: their weights one step ago [B, K, N].
    """
    width = memory.shape[-1]
    key, strength, gate, shifts, sharpness = ops.split(heads, [width, width + 1, width + 2, width + 5], axis=-1)
    gate = ops.sigmoid(gate)
    found = content_weights(ops.tanh(key), ops.softplus(strength), memory)
    weights = shift(gate * found + (1 - gate) * before, ops.softmax(shifts))
    return sharpen(weights, 1 + ops.softplus(sharpness))


def content_weights(key: Tensor, strength: Tensor, memory: Tensor) -> Tensor:
    """Return weights [B, K, N] that are high where a slot of the memory [B, N, M] points as the key [B, K, M] does.

    Args:
        key: what to look for.
        strength: how sharply [B, K, 1].
        memory: where.
    """
    lengths = (ops.sum(key**2, axis=-1) + TINY)[:, :, None] * (ops.sum(memory**2, axis=-1) + TINY)[:, None]
    similarity = ops.matmul(key, ops.transpose(memory, (0, 2, 1))) * ops.rsqrt(lengths)
    return ops.softmax(strength * similarity)


def shift(weights: Tensor, by: Any) -> Tensor:
    """Return weights [B, K, N] moved around the circle by -1, 0 and 1 slots in the shares `by` [B, K, 3]."""
    back, stay, on = ops.split(by, 3, axis=-1)
    return back * ops.roll(weights, -1, axis=-1) + stay * weights + on * ops.roll(weights, 1, axis=-1)


def sharpen(weights: Tensor, sharpness: Tensor) -> Tensor:
    """Return weights [B, K, N] to the power of `sharpness` [B, K, 1], with the sum 1."""
    return ops.softmax(sharpness * ops.log(weights + TINY))


def write(memory: Tensor, weights: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    """Return the memory [B, N, M], faded by `erase` and raised by `add` [B, M] in the shares `weights` [B, N]."""
    weights = weights[:, :, None]
    return memory * (1 - weights * erase[:, None]) + weights * add[:, None]


@keras.saving.register_keras_serializable("forecasting")
class Memory(CellLayer):
    """A layer of `MemoryCell`."""

    cell_class = MemoryCell


#: The name under which `CELLS` finds the class.
Layer = Memory
