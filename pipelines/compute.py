"""What computes here: devices, TensorFlow's build, CUDA's libraries, and the kernels that recurrent layers get."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

#: Recurrent layers for which a GPU has a kernel of whole sequences.
FUSED = ("lstm", "gru")

#: Where Linux shows that there is an NVIDIA GPU, whether or not anything can use it.
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def facts(problems: list[str]) -> dict[str, Any]:
    """Return the devices, threads, libraries and kernels that TensorFlow uses; a GPU that it cannot is a problem."""
    from pipelines.quiet import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    cores, gpus = len(os.sched_getaffinity(0)), tf.config.list_physical_devices("GPU")
    if NVIDIA_DRIVER.exists() and not gpus:
        problems.append(
            "There is an NVIDIA driver, and TensorFlow finds no GPU. Install what it needs: `make install GPU=1`, or "
            "pip install -r requirements-gpu.txt. If that is done, see whether nvidia-smi lists the GPU."
        )
    return {
        "devices": [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()],
        "gpus": [gpu_facts(tf, device) for device in gpus],
        "build": build_facts(tf),
        "cuda_libraries": cuda_libraries(),
        "kernels": kernels(),
        "cores": cores,
        "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads() or cores,
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads() or cores,
    }


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
    found = ((one.metadata["Name"], one.version) for one in distributions())
    return {name: version for name, version in sorted(found) if name.startswith("nvidia-")}


def kernels() -> dict[str, str]:
    """Return the kernel that runs a small layer of each kind in `FUSED`; see `forecasting.graphs.kernel_of`."""
    import tensorflow as tf

    from forecasting.graphs import kernel_of
    from forecasting.layers.recurrent import CELLS

    def traced(name: str) -> Any:
        layer = CELLS.load(name).Layer(64)
        return tf.function(layer, autograph=False).get_concrete_function(tf.TensorSpec([32, 24, 8], tf.float32))

    return {name: kernel_of(traced(name)) for name in FUSED}


def lines(compute: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts as people read them."""
    build, libraries = compute["build"], compute["cuda_libraries"]
    gpus = [
        f"{gpu['name']} ({gpu['compute_capability']}; memory {'grows' if gpu['memory_growth'] else 'is taken whole'})"
        for gpu in compute["gpus"]
    ]
    built = f"for CUDA {build['cuda_version']} and cuDNN {build['cudnn_version']}" if build["cuda"] else "for CPUs"
    return {
        "devices": ", ".join(compute["devices"]),
        "GPUs": ", ".join(gpus) or "none",
        "TensorFlow built": built,
        "CUDA libraries": ", ".join(f"{name} {version}" for name, version in libraries.items()) or "none from pip",
        "kernels": ", ".join(f"{name}: {kernel}" for name, kernel in compute["kernels"].items()),
        "threads": f"{compute['intra_op_threads']} in an operation, {compute['inter_op_threads']} between, "
        f"{compute['cores']} cores",
    }
