"""The copy task (Graves, Wayne & Danihelka 2014): can a cell repeat a sequence, also a longer one than it ever saw?

Random vectors of bits are shown one per step, then a delimiter; after it the network must say them again in order,
with no further input. An LSTM must hold all of it in its cell state. A memory cell can learn a procedure, write each
vector to the next slot and then read from the first slot on, and a procedure does not end at the trained length.

It does not always learn it within the steps taken here: some seeds stay where the LSTM is. Before judging a cell, run
`forecast experiments copy-task --seed N` with several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from forecasting.experiments import Result
from forecasting.layers.recurrent import CELLS
from forecasting.plots.experiments import accuracy_chart, example_chart

#: It runs on its own data only.
READS_DATA = False


@dataclass(frozen=True)
class CopySettings:
    """Sizes of the task and of its training.

    Attributes:
        bits: width of a vector.
        longest: vectors of the longest sequence trained on; tested up to twice as many.
        steps: steps of Adam, its rate decaying along a cosine.
        batch_size: sequences per step, each of a random length.
        clip_norm: gradients are clipped to this global norm.
        tested: sequences per tested length.
        xla: whether a cell that gains by it is compiled by XLA, which takes seconds.
    """

    bits: int = 6
    longest: int = 10
    steps: int = 4000
    batch_size: int = 32
    clip_norm: float = 1.0
    tested: int = 256
    xla: bool = True


QUICK = CopySettings(bits=2, longest=2, steps=4, batch_size=4, tested=4, xla=False)


@dataclass(frozen=True)
class Contestant:
    """A cell that takes the task.

    Attributes:
        cell: name in `CELLS`.
        units: width.
        learning_rate: the better one of 0.01 and 0.003 for this cell.
        options: further arguments of its layer.
        xla: whether its step gains by XLA: one of many small operations does; the LSTM has a kernel that XLA lacks.
    """

    cell: str
    units: int
    learning_rate: float
    options: dict[str, int] = field(default_factory=dict)
    xla: bool = False


#: About as many weights each. The slots are more than the vectors of the longest tested sequence.
MEMORY = Contestant("memory", 48, 0.01, {"slots": 32, "width": 10}, xla=True)
LSTM = Contestant("lstm", 64, 0.01)


def run(quick: bool = False, seed: int = 1) -> Result:
    """Train both cells on the task, and count the bits they get right at every length up to twice the trained one.

    Args:
        quick: take a few steps of a tiny task.
        seed: of the first weights and the sequences.
    """
    settings = QUICK if quick else CopySettings()
    rows: list[dict[str, float | int | str]] = []
    models = {}
    for contestant in (MEMORY, LSTM):
        keras.utils.set_random_seed(seed)
        models[contestant.cell] = model = build(contestant, settings)
        train_copier(model, contestant, settings, seed)
        rows += scores(model, contestant, settings, seed)
    shown = example(models[MEMORY.cell], settings, seed)
    figures = {
        "accuracy": accuracy_chart(accuracies(rows), settings.longest),
        "example": example_chart(shown, 2 * settings.longest, settings.longest),
    }
    return Result(f"Copy task: {settings.bits} bits, trained on up to {settings.longest} vectors", rows, figures)


def build(contestant: Contestant, settings: CopySettings) -> keras.Sequential:
    """Return a network from inputs [B, T, bits + 1] to the logits [B, T, bits] of the bits."""
    layer = CELLS.load(contestant.cell).Layer(contestant.units, return_sequences=True, **contestant.options)
    model = keras.Sequential([layer, keras.layers.Dense(settings.bits)])
    model.build((None, None, settings.bits + 1))
    return model


def draw_sequences(seed: Any, lengths: Any, longest: int, bits: int) -> tuple[Any, Any, Any]:
    """Return inputs [B, T, bits + 1], targets [B, T, bits] and which steps count [B, T], T = 2 `longest` + 1.

    A sequence of n vectors is shown in the steps 0 to n - 1, the delimiter, the last channel, in step n, and the
    answer is wanted in the steps n + 1 to 2 n.

    Args:
        seed: two integers, for a stateless generator.
        lengths: n of each sequence [B].
        longest: none is above it.
        bits: width of a vector.
    """
    steps = tf.range(2 * longest + 1)[None]
    vectors = tf.random.stateless_uniform([lengths.shape[0], longest, bits], seed, 0, 2, tf.int32)
    shown = tf.pad(tf.cast(vectors, tf.float32), [[0, 0], [0, longest + 1], [0, 0]])
    shown *= tf.cast(steps < lengths[:, None], tf.float32)[:, :, None]
    delimiter = tf.one_hot(lengths, 2 * longest + 1)[:, :, None]
    asked = steps - lengths[:, None] - 1
    counts = (asked >= 0) & (asked < lengths[:, None])
    targets = tf.gather(shown, tf.where(counts, asked, 0), batch_dims=1)
    return tf.concat([shown, delimiter], axis=2), targets, tf.cast(counts, tf.float32)


def train_copier(model: keras.Sequential, contestant: Contestant, settings: CopySettings, seed: int) -> None:
    """Take all steps of training: binary cross entropy over the steps that count, sequences of random length."""
    variables = model.trainable_variables
    rate = keras.optimizers.schedules.CosineDecay(contestant.learning_rate, settings.steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=settings.clip_norm)
    optimizer.build(variables)

    @tf.function(autograph=False, jit_compile=contestant.xla and settings.xla)
    def step(key: Any) -> None:
        sizes = tf.random.stateless_uniform([settings.batch_size], key + 1, 1, settings.longest + 1, tf.int32)
        inputs, targets, counts = draw_sequences(key, sizes, settings.longest, settings.bits)
        with tf.GradientTape() as tape:
            losses = ops.binary_crossentropy(targets, model(inputs, training=True), from_logits=True)
            loss = tf.reduce_sum(losses * counts[:, :, None]) / tf.reduce_sum(counts) / settings.bits
        optimizer.apply(tape.gradient(loss, variables), variables)

    def take(number: Any) -> Any:
        step(tf.stack([2 * number, seed]))
        return number + 1

    @tf.function(autograph=False)
    def all_steps() -> None:
        tf.while_loop(lambda number: number < settings.steps, take, [tf.constant(0)])

    all_steps()


def scores(
    model: keras.Sequential, contestant: Contestant, settings: CopySettings, seed: int
) -> list[dict[str, float | int | str]]:
    """Return a row per length: how many bits are wrong in sequences that were not trained on."""
    answer = tf.function(model, autograph=False, input_signature=[tf.TensorSpec([None, None, settings.bits + 1])])
    rows: list[dict[str, float | int | str]] = []
    for length in range(1, 2 * settings.longest + 1):
        inputs, targets, counts = draw_sequences(
            (-length, seed), tf.fill([settings.tested], length), length, settings.bits
        )
        wrong = tf.cast((answer(inputs) > 0) != (targets > 0.5), tf.float32) * counts[:, :, None]
        wrong_bits = float(tf.reduce_sum(wrong)) / settings.tested
        rows.append(
            {
                "cell": contestant.cell,
                "parameters": model.count_params(),
                "vectors": length,
                "trained": "yes" if length <= settings.longest else "no",
                "wrong_bits_per_sequence": wrong_bits,
                "bit_accuracy": 1 - wrong_bits / (length * settings.bits),
            }
        )
    return rows


def accuracies(rows: list[dict[str, float | int | str]]) -> dict[str, dict[int, float]]:
    """Return the share of right bits by cell, named with its number of weights, and by length."""
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        name = f"{row['cell']}, {row['parameters']:,} weights"
        found.setdefault(name, {})[int(row["vectors"])] = float(row["bit_accuracy"])
    return found


def example(model: keras.Sequential, settings: CopySettings, seed: int) -> dict[str, np.ndarray]:
    """Return one sequence of the longest tested length as the memory cell repeats it, and where its heads stand.

    Each part is [T, F]: bits or weights of slots by step.
    """
    length = 2 * settings.longest
    inputs, targets, counts = draw_sequences((0, seed + 1), tf.fill([1], length), length, settings.bits)
    probability = ops.sigmoid(model(inputs)) * counts[:, :, None]
    reader, writer = heads(model.layers[0], inputs)
    parts = {
        "shown": inputs[0, :, :-1],
        "wanted": targets[0] * counts[0, :, None],
        "answered": probability[0],
        "write head": writer,
        "read head": reader,
    }
    return {name: np.asarray(part) for name, part in parts.items()}


def heads(layer: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights [T, slots] of the read and of the write head while one sequence [1, T, F] passes."""
    states, seen = layer.get_initial_state(1), []
    for step in range(inputs.shape[1]):
        _, states = layer.cell(inputs[:, step], states)
        seen.append([np.asarray(weights)[0] for weights in states[3:5]])
    reader, writer = np.stack(seen, axis=1)
    return reader, writer
