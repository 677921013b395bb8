"""What computes here: devices, TensorFlow's build, CUDA's libraries, and the kernels that recurrent layers get."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Any

from forecasting.quiet import UNUSABLE_GPU, import_tensorflow, is_unusable

#: Recurrent layers for which a GPU has a kernel of whole sequences.
FUSED = ("lstm", "gru")


@dataclass(frozen=True)
class Examined:
    """A part of an installation.

    Attributes:
        facts: what it is, as JSON has it.
        problems: what is wrong with it, a sentence each, with the fix.
    """

    facts: dict[str, Any]
    problems: tuple[str, ...] = ()


def examine_compute() -> Examined:
    """Return the devices, threads, libraries and kernels that TensorFlow uses; a GPU that it cannot is a problem."""
    tf = import_tensorflow()
    cores, gpus = len(os.sched_getaffinity(0)), tf.config.list_physical_devices("GPU")
    facts = {
        "devices": [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()],
        "gpus": [gpu_facts(tf, device) for device in gpus],
        "build": build_facts(tf),
        "cuda_libraries": cuda_libraries(),
        "kernels": kernels(),
        "cores": cores,
        "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads() or cores,
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads() or cores,
    }
    return Examined(facts, (UNUSABLE_GPU,) if is_unusable(gpus) else ())


def gpu_facts(tf: Any, device: Any) -> dict[str, Any]:
    """Return what one GPU is, and whether its memory is taken piece by piece instead of all at once."""
    details = tf.config.experimental.get_device_details(device)
    grows = tf.config.experimental.get_memory_growth(device)
    if grows is None:
        grows = os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH") == "true"
    capability = ".".join(map(str, details.get("compute_capability", ()))) or None
    return {"name": details.get("device_name"), "compute_capability": capability, "memory_growth": grows}


def build_facts(tf: Any) -> dict[str, Any]:
    """Return what TensorFlow was built for; versions of CUDA and cuDNN are None where it is for CPUs alone."""
    build = tf.sysconfig.get_build_info()
    return {
        "cuda": bool(build.get("is_cuda_build")),
        "cuda_version": build.get("cuda_version"),
        "cudnn_version": build.get("cudnn_version"),
        "capabilities": list(build.get("cuda_compute_capabilities", [])),
    }


def cuda_libraries() -> dict[str, str]:
    """Return the versions of NVIDIA's libraries that pip has installed, by their names."""
    installed = ((one.metadata["Name"], one.version) for one in distributions())
    return {name: version for name, version in sorted(installed) if name.startswith("nvidia-")}


def kernels() -> dict[str, str]:
    """Return the kernel that runs a small layer of each kind in `FUSED`; see `forecasting.network.graphs.kernel_of`."""
    import tensorflow as tf

    from forecasting.layers.recurrent import CELLS
    from forecasting.network.graphs import kernel_of

    def traced(name: str) -> Any:
        layer = CELLS.load(name).Layer(64)
        return tf.function(layer, autograph=False).get_concrete_function(tf.TensorSpec([32, 24, 8], tf.float32))

    return {name: kernel_of(traced(name)) for name in FUSED}
