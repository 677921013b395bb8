"""Run in a process of its own, whose CPU is two devices: trains on one and on both, and prints what differs."""

import json
import sys

import numpy as np
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.errors import ConfigError
from tests.conftest import make_frame

#: Trainings whose batch is odd, whose windows have gaps and whose gradients are clipped.
FIELDS = {"steps": 4, "validate_every": 2, "batch_size": 7, "truncation": 0.3, "clip_norm": 0.1, "refit": False}


def trained(**training):
    """Return a small forecaster, fitted."""
    chosen = Training(**FIELDS | training)
    return Forecaster("gru", 6, context_length=24, units=8, width=4, training=chosen).fit(
        make_frame(rows=120, missing=0.2)
    )


def weights(forecaster):
    """Return all weights end to end."""
    return np.concatenate([np.ravel(weight) for weight in forecaster.predictor.network.get_weights()])


def compared(folder):
    """Return how far two devices are from one."""
    alone, both, loose = trained(), trained(strategy="mirrored"), trained(clip_norm=1e9)
    loaded = Forecaster.load(both.save(folder))
    frame = make_frame(rows=60, seed=3)
    numbers = [[list(row.values()) for row in one.learned_.history] for one in (alone, both)]
    return {
        "devices": both.learned_.notes["devices"],
        "weights": float(np.abs(weights(alone) - weights(both)).max()),
        "clipping": float(np.abs(weights(alone) - weights(loose)).max()),
        "history": float(np.abs(np.subtract(*numbers)).max()),
        "loaded": float(np.abs(loaded.predict(frame)["gru"] - both.predict(frame)["gru"]).max()),
    }


def refusal(**training):
    """Return the code of the error."""
    try:
        trained(**training, strategy="mirrored")
    except ConfigError as error:
        return error.code
    return None


def main(folder):
    """Print everything as one JSON object."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    print(json.dumps(compared(folder) | {"one window": refusal(batch_size=1)}))


if __name__ == "__main__":
    main(sys.argv[1])
