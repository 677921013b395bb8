"""The type of what flows through a graph."""

from __future__ import annotations

from typing import Any, TypeAlias

#: A tensor of Keras or TensorFlow; its shape stands in the docstring. They ship no types worth checking against.
Tensor: TypeAlias = Any
