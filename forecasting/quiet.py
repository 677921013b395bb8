"""What TensorFlow writes while it is loaded: shown where loading fails or somebody asks for it, not otherwise."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

logger = logging.getLogger("forecasting")

#: How much TensorFlow's C++ parts log; read once, while they are loaded. 2 leaves errors.
LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
ERRORS_ONLY = "2"

#: Levels that let TensorFlow's start-up lines through. TensorFlow writes some of them at any level.
TALKATIVE = ("0", "1")

#: Whoever sets this sees everything.
DEBUG = "FORECAST_DEBUG"

#: Lines of the log of TensorFlow's C++ parts, which they write before they can be told how much to log.
LOG_LINE = re.compile(
    rb"[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] |WARNING: All log messages before absl::|To enable the following instructions"
)

#: Where Linux shows that there is an NVIDIA GPU, whether or not anything can use it.
NVIDIA_DRIVER = "/proc/driver/nvidia/version"

UNUSABLE_GPU = (
    "There is an NVIDIA driver, and TensorFlow finds no GPU. Install what it needs: `make install GPU=1`, or "
    "pip install -r requirements-gpu.txt. If that is done, see whether nvidia-smi lists the GPU."
)

#: Copies file descriptor 1 to 2 where the pipe at 0 is closed before a line has come through it.
WITNESS = ("/bin/sh", "-c", "exec 3<&1; read -r line || cat /dev/fd/3 >&2")


def import_tensorflow() -> ModuleType:
    """Import TensorFlow and find its devices without its start-up lines; see `silent_stderr` for what is still seen."""
    load_tensorflow_quietly()
    return importlib.import_module("tensorflow")


def load_tensorflow_quietly() -> None:
    """Keep the first import of TensorFlow quiet from now on, wherever it happens."""
    if not any(isinstance(finder, QuietFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, QuietFinder())


class QuietFinder(MetaPathFinder):
    """Finds modules as usual, and has TensorFlow loaded by a `QuietLoader`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of TensorFlow; None, so that others look, for all the rest."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == "tensorflow" else None
        if spec is not None and spec.loader is not None:
            spec.loader = QuietLoader(spec.loader)
        return spec


class QuietLoader(Loader):
    """Loads TensorFlow as its own loader does, quietly.

    Args:
        loader: TensorFlow's own.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave the making of the module to TensorFlow's own loader."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module and find its devices, which has lines of its own; then say what is wrong with a GPU."""
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        if is_asked_for():
            self.loader.exec_module(module)
            return
        with silent_stderr() as held, errors_only():
            self.loader.exec_module(module)
            held.is_news = is_unusable(module.config.list_physical_devices("GPU"))  # its log says why
        module.get_logger().addFilter(is_no_retracing)
        if held.is_news:
            logger.warning(UNUSABLE_GPU)


def is_asked_for() -> bool:
    """Whether somebody wants to see all that TensorFlow writes."""
    return bool(os.environ.get(DEBUG)) or os.environ.get(LOG_LEVEL) in TALKATIVE


def is_unusable(gpus: Sequence[Any]) -> bool:
    """Whether there is a GPU that nobody hides, and TensorFlow has found none."""
    return not gpus and os.path.exists(NVIDIA_DRIVER) and os.environ.get("CUDA_VISIBLE_DEVICES") not in ("", "-1")


def is_no_retracing(record: logging.LogRecord) -> bool:
    """Whether a log record says something else than that functions are traced: each model is a graph of its own."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def errors_only() -> Iterator[None]:
    """Have TensorFlow log errors alone, or what the user says; a process that is started later decides by itself."""
    is_said = LOG_LEVEL in os.environ
    os.environ.setdefault(LOG_LEVEL, ERRORS_ONLY)
    try:
        yield
    finally:
        if not is_said:
            os.environ.pop(LOG_LEVEL, None)


class Held:
    """What is held back.

    Attributes:
        is_news: whether all of it is shown at the end.
    """

    def __init__(self) -> None:
        self.is_news = False


@contextmanager
def silent_stderr() -> Iterator[Held]:
    """Hold back what goes to file descriptor 2; show at the end what is not of TensorFlow's log.

    All of it is shown where it is news: an error is raised, the caller says so, or the process dies meanwhile, which a
    second one sees to. Nothing is held back where that cannot be promised, or where somebody wants to see everything.
    """
    talk = Held()
    if is_asked_for():
        yield talk
        return
    with contextlib.ExitStack() as stack:
        try:
            shown = stack.enter_context(os.fdopen(os.dup(2), "wb", buffering=0))
            held = stack.enter_context(os.fdopen(os.memfd_create("stderr"), "r+b", buffering=0))
            witness = stack.enter_context(start_witness(held, shown))
        except OSError:  # stderr is closed, or the system gives nothing to hold it back with
            yield talk
            return
        os.dup2(held.fileno(), 2)
        try:
            yield talk
        except Exception:
            talk.is_news = True
            raise
        finally:
            os.dup2(shown.fileno(), 2)
            witness.communicate(b"\n")
            held.seek(0)
            shown.writelines(line for line in held if talk.is_news or not LOG_LINE.match(line))


def start_witness(held: IO[bytes], shown: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process that copies `held` to `shown` when this one dies before it has sent a line."""
    import subprocess

    return subprocess.Popen(WITNESS, stdin=subprocess.PIPE, stdout=held, stderr=shown, start_new_session=True)  # noqa: S603
