"""Leaves the parts of Keras that load matplotlib and scikit-learn unloaded until somebody uses them.

`import keras` reads its picture galleries and its wrappers for scikit-learn, and with them both libraries: 40 % of
the CPU time of `import tensorflow, forecasting` (4.2 s with them, 2.4 without) and 80 MB, in every command and in every
serving worker. Nothing is taken away: each part is loaded when an attribute of it is first read.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

#: What is put off. A version of Keras that has no such module loads as it always does.
PUT_OFF = frozenset(
    f"{package}.{part}"
    for package in ("keras", "keras.src", "keras._tf_keras.keras")
    for part in ("visualization", "wrappers")
)


class LazyFinder(MetaPathFinder):
    """Finds modules as usual, and has those of `PUT_OFF` loaded at their first use."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the lazy spec of a module that is put off; None, so that others look, for all the rest."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in PUT_OFF else None
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def put_off() -> None:
    """Have the modules of `PUT_OFF` loaded at their first use from now on; those that are loaded already stay."""
    if not any(isinstance(finder, LazyFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LazyFinder())
