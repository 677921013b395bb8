"""The copy task (Graves, Wayne & Danihelka 2014): can a cell repeat a sequence, also a longer one than it ever saw?

Random vectors of bits are shown one per step, then a delimiter; after it the network must say them again in order,
with no further input. An LSTM must hold all of it in its cell state. A memory cell can learn a procedure, write each
vector to the next slot and then read from the first slot on, and a procedure does not end at the trained length.

It does not always learn it: of the seeds 1 to 4, three found the procedure within the steps taken here, and one (4)
stayed where the LSTM is. At twice the trained length the three had 100, 77 and 100 % of the bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from forecasting.experiments._result import Result
from forecasting.layers.recurrent import CELLS
from forecasting.plots import COLOURS, GREY, INK, canvas


@dataclass(frozen=True)
class Settings:
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


QUICK = Settings(bits=2, longest=2, steps=4, batch_size=4, tested=4, xla=False)


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
    settings = QUICK if quick else Settings()
    rows: list[dict[str, float | int | str]] = []
    models = {}
    for contestant in (MEMORY, LSTM):
        keras.utils.set_random_seed(seed)
        models[contestant.cell] = model = build(contestant, settings)
        train(model, contestant, settings, seed)
        rows += scores(model, contestant, settings, seed)
    figures = {
        "accuracy": accuracy_chart(rows, settings),
        "example": example_chart(models[MEMORY.cell], settings, seed),
    }
    return Result(f"Copy task: {settings.bits} bits, trained on up to {settings.longest} vectors", rows, figures)


def build(contestant: Contestant, settings: Settings) -> keras.Sequential:
    """Return a network from inputs [B, T, bits + 1] to the logits [B, T, bits] of the bits."""
    layer = CELLS.load(contestant.cell).Layer(contestant.units, return_sequences=True, **contestant.options)
    model = keras.Sequential([layer, keras.layers.Dense(settings.bits)])
    model.build((None, None, settings.bits + 1))
    return model


def draw(seed: Any, lengths: Any, longest: int, bits: int) -> tuple[Any, Any, Any]:
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
    vectors = tf.random.stateless_uniform([len(lengths), longest, bits], seed, 0, 2, tf.int32)
    shown = tf.pad(tf.cast(vectors, tf.float32), [[0, 0], [0, longest + 1], [0, 0]])
    shown *= tf.cast(steps < lengths[:, None], tf.float32)[:, :, None]
    delimiter = tf.one_hot(lengths, 2 * longest + 1)[:, :, None]
    asked = steps - lengths[:, None] - 1
    counts = (asked >= 0) & (asked < lengths[:, None])
    targets = tf.gather(shown, tf.where(counts, asked, 0), batch_dims=1)
    return tf.concat([shown, delimiter], axis=2), targets, tf.cast(counts, tf.float32)


def train(model: keras.Sequential, contestant: Contestant, settings: Settings, seed: int) -> None:
    """Take all steps of training: binary cross entropy over the steps that count, sequences of random length."""
    variables = model.trainable_variables
    rate = keras.optimizers.schedules.CosineDecay(contestant.learning_rate, settings.steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=settings.clip_norm)
    optimizer.build(variables)

    @tf.function(jit_compile=contestant.xla and settings.xla)
    def step(key: Any) -> None:
        sizes = tf.random.stateless_uniform([settings.batch_size], key + 1, 1, settings.longest + 1, tf.int32)
        inputs, targets, counts = draw(key, sizes, settings.longest, settings.bits)
        with tf.GradientTape() as tape:
            losses = ops.binary_crossentropy(targets, model(inputs, training=True), from_logits=True)
            loss = tf.reduce_sum(losses * counts[:, :, None]) / tf.reduce_sum(counts) / settings.bits
        optimizer.apply(tape.gradient(loss, variables), variables)

    @tf.function
    def all_steps() -> None:
        for number in tf.range(settings.steps):
            step(tf.stack([2 * number, seed]))

    all_steps()


def scores(
    model: keras.Sequential, contestant: Contestant, settings: Settings, seed: int
) -> list[dict[str, float | int | str]]:
    """Return a row per length: how many bits are wrong in sequences that were not trained on."""
    answer = tf.function(model, input_signature=[tf.TensorSpec([None, None, settings.bits + 1])])
    rows: list[dict[str, float | int | str]] = []
    for length in range(1, 2 * settings.longest + 1):
        inputs, targets, counts = draw((-length, seed), tf.fill([settings.tested], length), length, settings.bits)
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


def accuracy_chart(rows: list[dict[str, float | int | str]], settings: Settings) -> Figure:
    """Draw the share of right bits by length, one line per cell."""
    figure, axes = canvas(8, 4)
    for colour, cell in zip(COLOURS, dict.fromkeys(row["cell"] for row in rows), strict=False):
        of_cell = [row for row in rows if row["cell"] == cell]
        label = f"{cell}, {of_cell[0]['parameters']:,} weights"
        lengths, accuracy = ([row[name] for row in of_cell] for name in ("vectors", "bit_accuracy"))
        axes.plot(lengths, accuracy, color=colour, linewidth=1.8, marker="o", markersize=3, label=label)
    axes.axvline(settings.longest + 0.5, color=GREY, linewidth=0.8, linestyle="--")
    axes.text(settings.longest + 0.7, 0.47, "longer than any trained sequence", color=INK, fontsize=8)
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    axes.text(1, 0.47, "guessing", color=INK, fontsize=8)
    axes.set_ylim(0.44, 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("vectors to repeat", color=INK, fontsize=9)
    axes.set_title("Bits repeated rightly", loc="left", color=INK, fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="center left")
    return figure


def example_chart(model: keras.Sequential, settings: Settings, seed: int) -> Figure:
    """Draw one sequence of the longest tested length as the memory cell repeats it, and where its heads stand."""
    length = 2 * settings.longest
    inputs, targets, counts = draw((0, seed + 1), tf.fill([1], length), length, settings.bits)
    probability = ops.sigmoid(model(inputs)) * counts[:, :, None]
    reader, writer = heads(model.layers[0], inputs)
    panels = {
        "shown": inputs[0, :, :-1],
        "wanted": targets[0] * counts[0, :, None],
        "answered": probability[0],
        "write head": writer,
        "read head": reader,
    }
    figure = Figure(figsize=(8, 7), dpi=120, layout="constrained")
    heights = [image.shape[1] for image in panels.values()]
    for axes, (name, image) in zip(
        figure.subplots(5, 1, sharex=True, height_ratios=heights), panels.items(), strict=True
    ):
        axes.imshow(np.transpose(image), cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.set_ylabel(name, color=INK, fontsize=9, rotation=0, ha="right", va="center")
        axes.tick_params(colors=INK, labelsize=8)
        axes.axvline(length, color=COLOURS[1], linewidth=0.8)
    axes.set_xlabel("step; the line is the delimiter; heads: weight of each slot", color=INK, fontsize=9)
    title = f"{length} vectors repeated by a memory cell that was trained on at most {settings.longest}"
    figure.axes[0].set_title(title, loc="left", color=INK, fontsize=11)
    return figure


def heads(layer: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights [T, slots] of the read and of the write head while one sequence [1, T, F] passes."""
    states, seen = layer.get_initial_state(1), []
    for step in range(inputs.shape[1]):
        _, states = layer.cell(inputs[:, step], states)
        seen.append([np.asarray(weights)[0] for weights in states[3:5]])
    reader, writer = np.stack(seen, axis=1)
    return reader, writer
