"""How TensorFlow's work is shared among cores while networks are trained."""

from __future__ import annotations

import contextlib
import os

#: Machines on which operations that stay in one thread were measured to be faster.
CORES = 2


def keep_operations_in_one_thread() -> None:
    """Run each operation in one thread on a machine with two cores; those that need not wait go on side by side.

    The operations of a training step are small: to share each between two threads costs more than it gives. Without
    it the GRU and the LSTM of the demo are trained in a quarter to a third less time.
    Nothing changes where TensorFlow already computes, or where somebody has chosen the number of threads.
    """
    import tensorflow as tf

    has_chosen = os.environ.get("TF_NUM_INTRAOP_THREADS") or tf.config.threading.get_intra_op_parallelism_threads()
    if len(os.sched_getaffinity(0)) == CORES and not has_chosen:
        with contextlib.suppress(RuntimeError):  # it already computes
            tf.config.threading.set_intra_op_parallelism_threads(1)
