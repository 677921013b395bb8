"""How a network is trained."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from forecasting.config.learner import LearnerSpec
from forecasting.config.strict import StrictConfig, is_count, is_number, require

#: How the work of a training is shared among devices: not at all, or every batch among all of them.
STRATEGIES = ("", "mirrored")

#: In what the hidden dense layers compute while training, by Keras's names of such policies; see `Training`.
PRECISIONS = ("float32", "mixed_bfloat16")

#: By what errors may be divided in a loss; see `Training`.
LOSS_SCALES = ("window", "smape", "mase", "units")


@dataclass(frozen=True)
class Training(StrictConfig):
    """How a network is trained.

    Attributes:
        steps: gradient steps at most; the learning rate decays over them along a cosine.
        batch_size: B, windows per step. The three update rules of the textbooks: `"all"` is the batch rule, every
            window in every step; 1 is the pattern rule, one window at a time; an online learner (`learner`) is the
            online rule, one observation at a time.
        learning_rate: peak rate of Adam.
        clip_norm: bound on the global norm of the gradient of all variables.
        weight_decay: decoupled weight decay.
        validate_every: steps between two looks at the validation windows (one Keras epoch).
        patience: looks without improvement before stopping.
        validation_windows: horizons held out at the end of each series for validation; with 0 all windows train for
            all steps. `auto` does not read it: the rows that it holds out are these, `auto:windows=3`.
        calibration_windows: horizons held out after those, of training and validation both, on which the intervals
            are calibrated (`forecasting.prediction.calibration`); 0 calibrates nothing.
        refit: after the best number of steps is known, train once more on everything for that long.
        steps_per_execution: steps run per call into the compiled graph.
        truncation: share of windows whose oldest part is hidden, so that short series are in distribution.
        seed: seeds weights, window sampling and dropout.
        learner: how the network is taught; empty is the model's own way. A name in `forecasting.training.learners`,
            with options as in a model's: `truncated:chunk=48`, `rtrl`, `ekf:measurement_noise=0.01`. Only models that
            are taught by gradient take another learner.
        strategy: which devices train. Empty is one; `mirrored` shares every batch among all GPUs of the machine (or
            logical CPUs), for models that are taught by gradient on windows; it takes one step per call into the graph.
        precision: in what the hidden dense layers compute while training by gradient, one of `PRECISIONS`. With
            `mixed_bfloat16` their products are bfloat16, for GPUs that have units for it; weights, losses and answers
            stay float32.
        time_limit: seconds after which a training ends at its next look at the validation windows, the best weights so
            far are kept, and the run says so; half of them where a refit follows, which takes as long. Closed forms
            take the time they take. `auto` shares them out among its candidates, 600 where nothing is said.
        loss_scale: by what errors are divided in the loss of points and quantiles, one of `LOSS_SCALES`: what the model
            divides the values of the `window` by; their mean absolute value, so that relative errors count, as in
            `smape`; their mean seasonal difference, as in `mase`; nothing, where all series share a unit, so that
            an error counts as many `units` as it has.
        averaging: momentum of the moving average of the weights over the steps, which is what is validated and kept; 0
            keeps the weights of the last step (Polyak & Juditsky 1992).
    """

    steps: int = 1200
    batch_size: int | str = 128
    learning_rate: float = 5e-3
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    validate_every: int = 100
    patience: int = 8
    validation_windows: int = 4
    calibration_windows: int = 0
    refit: bool = True
    steps_per_execution: int = 20
    truncation: float = 0.05
    seed: int = 1
    learner: str = ""
    strategy: str = ""
    precision: str = "float32"
    time_limit: float | None = None
    loss_scale: str = "window"
    averaging: float = 0.0

    def replace(self, **changes: Any) -> Self:
        """Return the training with some fields otherwise."""
        return dataclasses.replace(self, **changes)

    def within(self, seconds: float | None) -> Self:
        """Return the same training that takes no more than so many seconds; None says nothing."""
        limits = [limit for limit in (self.time_limit, seconds) if limit is not None]
        return self.replace(time_limit=min(limits, default=None))

    def __post_init__(self) -> None:
        require(
            self.batch_size == "all" or is_count(self.batch_size),
            "batch_size",
            "an integer of at least 1, or 'all'",
            self.batch_size,
        )
        for name in ("steps", "validate_every", "patience", "steps_per_execution"):
            require(is_count(getattr(self, name)), name, "an integer of at least 1", getattr(self, name))
        for name in ("seed", "validation_windows", "calibration_windows"):
            require(is_count(getattr(self, name), 0), name, "an integer of at least 0", getattr(self, name))
        for name in ("learning_rate", "clip_norm"):
            require(is_number(getattr(self, name)) and getattr(self, name) > 0, name, "above 0", getattr(self, name))
        require(
            is_number(self.weight_decay) and self.weight_decay >= 0, "weight_decay", "at least 0", self.weight_decay
        )
        require(is_number(self.truncation) and 0 <= self.truncation < 1, "truncation", "in [0, 1)", self.truncation)
        require(is_number(self.averaging) and 0 <= self.averaging < 1, "averaging", "in [0, 1)", self.averaging)
        scales = ", ".join(LOSS_SCALES)
        require(self.loss_scale in LOSS_SCALES, "loss_scale", f"one of {scales}", self.loss_scale)
        require(isinstance(self.refit, bool), "refit", "true or false", self.refit)
        limit = self.time_limit
        require(limit is None or (is_number(limit) and limit > 0), "time_limit", "above 0, or left out", limit)
        require(isinstance(self.learner, str), "learner", "the name of a learner, or empty", self.learner)
        require(self.strategy in STRATEGIES, "strategy", "'mirrored', or empty", self.strategy)
        require(self.precision in PRECISIONS, "precision", f"one of {', '.join(PRECISIONS)}", self.precision)
        if self.learner:
            LearnerSpec.parse(self.learner)
