"""The compiled graphs of a network, and the windows of a panel as they read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from forecasting.config.task import Task
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.statics import encode_statics
from forecasting.data.windows import layout
from forecasting.layers.gather import Gather
from forecasting.layers.inputs import Dice
from forecasting.layers.tensor import Tensor
from forecasting.network.build import Network

# Recent GPUs round the factors of products to 10 bits, unless told not to: the same model would answer otherwise there.
tf.config.experimental.enable_tensor_float_32_execution(False)

#: Operations by which a recurrence runs -> what the run records of it; a graph with none of them has no recurrence.
KERNELS = {"CudnnRNN": "cudnn", "BlockLSTM": "block-lstm", "While": "loop", "StatelessWhile": "loop"}

#: A function that was traced: TensorFlow has no public name for its class.
Graph = Any

#: Windows read by one call into a graph; bounds the memory of a large panel.
CHUNK = 4096

#: Chance stays this far from 0 and 1, where distributions have no value.
EDGE = 1e-9


class PanelWindows(NamedTuple):
    """W windows of a panel of N rows, future rows included; what a graph reads.

    Attributes:
        y: [N] float64, NaN where missing.
        known: [N, F + C] calendar features and codes of covariates; see `PanelArrays`.
        statics: [W, K] float32, codes of the static covariates.
        origins: [W] int64, flat row of each window's last observed step.
        firsts: [W] int64, flat row of the first step of the same series.
    """

    y: np.ndarray
    known: np.ndarray
    statics: np.ndarray
    origins: np.ndarray
    firsts: np.ndarray

    @classmethod
    def of(cls, panel: Panel, task: Task, origins: Origins, horizon: int) -> PanelWindows:
        """Lay a panel out.

        Args:
            panel: the series.
            task: the network's calendar and covariates.
            origins: of the W windows.
            horizon: future rows after each series.
        """
        arrays = layout(panel, task.calendar, horizon, task.covariate_kinds)
        statics = encode_statics(panel.statics, task.static_covariates, panel.ids)[origins.series]
        firsts = arrays.first[origins.series]
        return cls(arrays.y, arrays.known, statics, firsts + origins.steps, firsts)

    def continued(self, values: np.ndarray) -> PanelWindows:
        """Return the windows after `values` [W, H] have followed their origins; no two may be of one series."""
        y, count = self.y.copy(), values.shape[1]
        y[self.origins[:, None] + np.arange(1, count + 1)] = values
        return self._replace(y=y, origins=self.origins + count)


def input_signature(task: Task) -> list[tf.TensorSpec]:
    """Return the types of `PanelWindows`."""
    return [
        tf.TensorSpec([None], tf.float64),
        tf.TensorSpec([None, task.columns], task.columns_dtype),
        tf.TensorSpec([None, len(task.static_covariates)], tf.float32),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None], tf.int64),
    ]


def compiled(read: Callable[..., Any], task: Task, *options: tf.TensorSpec) -> Graph:
    """Return a graph from `PanelWindows` and options, traced once for any number of rows and windows.

    Args:
        read: takes context [W, L], known [W, L + H, F + C], statics [W, K] and the options.
        task: shapes.
        options: types of the options.
    """

    @tf.function(input_signature=[*input_signature(task), *options], autograph=False)
    def graph(y: Tensor, known: Tensor, statics: Tensor, origins: Tensor, firsts: Tensor, *options: Any) -> Tensor:
        windows = Gather(y, known, task.context_length, task.horizon, task.covariate_counts)(origins, firsts)
        return read(windows.context, windows.known, statics, *options)

    return graph.get_concrete_function()


def compile_sampler(network: Network, task: Task) -> Graph:
    """Return the network as one graph from windows, a seed, a temperature and a bound to a path [W, H] of each."""

    def draw(
        context: Tensor, known: Tensor, statics: Tensor, seed: Tensor, temperature: Tensor, top_k: Tensor
    ) -> Tensor:
        shape = [tf.shape(context)[0], 1, task.horizon]
        chance = tf.random.stateless_uniform(shape, seed, EDGE, 1 - EDGE, tf.float64)
        return network.draw(context, known, statics, Dice(chance, temperature, top_k))[:, 0]

    options = tf.TensorSpec([2], tf.int64), tf.TensorSpec([], tf.float32), tf.TensorSpec([], tf.int32)
    return compiled(draw, task, *options)


def kernel_of(graph: Graph) -> str:
    """Return the kernels of a traced graph's recurrences: `cudnn`, `block-lstm`, `loop` of single steps, or `none`.

    Read from the operations themselves, so it is what runs and not what should. A graph may have several: one for the
    context and a loop over the horizon, or one for each size of a batch.

    Args:
        graph: a concrete function.
    """
    definition = graph.graph.as_graph_def()
    parts = [definition.node, *(function.node_def for function in definition.library.function)]
    used = {node.op for nodes in parts for node in nodes}
    found = {kernel for name, kernel in KERNELS.items() if any(op.startswith(name) for op in used)}
    return ", ".join(sorted(found)) or "none"


def in_chunks(graph: Any, windows: PanelWindows, most: int = CHUNK) -> np.ndarray:
    """Return what a graph without options says about all windows, at most `most` of them at a time."""
    panel = tf.constant(windows.y), tf.constant(windows.known)
    by_window = windows.statics, windows.origins, windows.firsts
    chunks = [slice(start, start + most) for start in range(0, max(len(windows.origins), 1), most)]
    parts = [graph(*panel, *(tf.constant(part[rows]) for part in by_window)).numpy() for rows in chunks]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]
