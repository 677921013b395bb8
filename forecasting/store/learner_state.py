"""What an online learner carries from one observation to the next: arrays and JSON, one file of an artifact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from forecasting.errors import ArtifactError
from forecasting.store.folders import write_bytes

#: Key of the JSON part in the header of the file, where safetensors keeps texts.
RECORD = "record"


@dataclass(frozen=True, eq=False)
class LearnerState:
    """Everything from which learning goes on exactly, the network's weights apart.

    Attributes:
        arrays: numbers by name.
        record: what is no array; JSON.
    """

    arrays: dict[str, np.ndarray]
    record: dict[str, Any]

    def write(self, path: Path) -> None:
        """Write one safetensors file; no code, nothing pickled."""
        from safetensors.numpy import save

        text = json.dumps(self.record, sort_keys=True, allow_nan=False)
        arrays = {name: np.array(array, order="C") for name, array in self.arrays.items()}
        write_bytes(path, save(arrays, {RECORD: text}))  # `save_file` lets its owner alone read

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            ArtifactError: the file is no such file.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                record = json.loads(file.metadata()[RECORD])
                return cls({name: file.get_tensor(name) for name in file.keys()}, record)  # noqa: SIM118  (no mapping)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{path} cannot be read: {error}.", code="learner") from error
