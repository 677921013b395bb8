"""What online learners share around their rule: the networks they take, waking up, and the passes of a fit."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import keras
from keras.callbacks import Callback

from forecasting.config.strict import StrictConfig, is_count, require
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, TrainingError
from forecasting.heads.base import BaseHead
from forecasting.network.single import ForecastNetwork
from forecasting.training.callbacks import TimeLimit
from forecasting.training.learned import Learned, device
from forecasting.training.online.learner import OnlineLearner, Rule
from forecasting.training.online.sensitivity import Dynamics
from forecasting.training.source import WindowSource
from forecasting.training.stepping import stepping_core

#: Weights up to which every step carries the derivatives of all states by all weights, or a covariance of all weights.
MOST_WEIGHTS = 2000

#: States up to which their derivatives by the states before are carried; a cell with an external memory has more.
MOST_STATES = 256

SCALINGS = ("standard", "none")


@dataclass(frozen=True)
class OnlineConfig(StrictConfig):
    """Base of the options of online learners.

    Attributes:
        learner: name of the learner, for the errors.
        passes: times that `fit` goes over the data.
        burn_in: observations of a series that only set its scale.
    """

    learner: ClassVar[str]
    passes: int = 1
    burn_in: int = 10

    def __post_init__(self) -> None:
        require(is_count(self.passes), "passes", "an integer of at least 1", self.passes)
        require(is_count(self.burn_in, 0), "burn_in", "an integer of at least 0", self.burn_in)

    @abstractmethod
    def rule(self, dynamics: Dynamics, head: BaseHead, training: Training) -> Rule:
        """Return the rule by which an error changes the weights that `dynamics` holds; `head` gives the loss."""


def online(network: ForecastNetwork, task: Task, config: OnlineConfig, training: Training) -> OnlineLearner:
    """Return the learner before it has seen anything; with `restore` it goes on from a state.

    Raises:
        ConfigError: the network is not one for this learner, or too large.
    """
    dynamics = online_dynamics(network, config.learner)
    return OnlineLearner(network, task, dynamics, config.rule(dynamics, network.head, training), config.burn_in)


def fit(
    network: ForecastNetwork,
    source: WindowSource,
    config: OnlineConfig,
    training: Training,
    callbacks: Sequence[Callback] = (),
) -> Learned:
    """Teach a recursive network of single steps; see `teach_online`.

    Raises:
        ConfigError: the network is not one for this learner, or too large.
        TrainingError: no observation could be learnt from, or a weight is not finite.
    """
    learner = online(network, source.task, config, training)
    return teach_online(learner, source.panel, config.passes, callbacks, training.time_limit)


def online_dynamics(network: ForecastNetwork, learner: str) -> Dynamics:
    """Return one step of a network that can be taught online.

    Args:
        network: a `ForecastNetwork`.
        learner: who asks, for the errors.

    Raises:
        ConfigError: the network cannot be taught by one observation at a time; the message says what to choose.
    """
    core = stepping_core(network, learner)
    problems = dict(unfit(network))
    if problems:
        raise ConfigError(
            f"Learner {learner!r} takes one observation after the other and is taught by one error. "
            f"{' '.join(problems.values())}",
            code="learner_unfit",
            field=next(iter(problems)),
        )
    dynamics = Dynamics(core)
    if dynamics.n_weights > MOST_WEIGHTS or dynamics.n_states > MOST_STATES:
        raise ConfigError(
            f"Learner {learner!r} keeps the derivative of every state by every weight, or a covariance of all weights: "
            f"the work of a step grows with the fourth power of the units. The network has {dynamics.n_weights:,} "
            f"weights and {dynamics.n_states:,} states; at most {MOST_WEIGHTS:,} and {MOST_STATES:,} are taken. Use "
            "fewer `units` and a smaller `width`, or learner='truncated'.",
            code="too_many_weights",
            field="units",
        )
    return dynamics


def unfit(network: ForecastNetwork) -> Iterator[tuple[str, str]]:
    """Yield each choice, by the name of its field, with which a network cannot be taught online, and the fix."""
    core, scheme = network.core, network.scaler.scheme
    if core.tokens.segment != 1:
        yield "segment", f"Got tokens of {core.tokens.segment} steps. Use segment=1."
    if network.head.parameters != 1 or network.head.traits.is_distribution:
        yield "head", f"The head reads {network.head.parameters} numbers per step. Use head='point'."
    if network.head.link is not None:
        yield "lower", "It learns in scaled units, which know no bounds. Leave `lower` and `upper` out."
    if core.encoder.drop.rate:
        yield "dropout", f"Got dropout={core.encoder.drop.rate:g}. Use dropout=0."
    if scheme not in SCALINGS:
        text = f"A series is scaled by what was seen of it. Got scaling={scheme!r}."
        yield "scaling", f"{text} Use {' or '.join(map(repr, SCALINGS))}."
    if network.task.static_covariates:
        yield "static_covariates", "It reads no static covariates. Leave them out, or use 'truncated'."
    for field in ("known_covariates", "past_covariates"):
        if getattr(network.task, field):
            yield field, "It reads no covariates but the calendar. Leave them out, or use 'truncated'."


def teach_online(
    learner: OnlineLearner,
    panel: Panel,
    passes: int,
    callbacks: Sequence[Callback] = (),
    time_limit: float | None = None,
) -> Learned:
    """Pass over all rows in the order of time, `passes` times; each pass begins with the series forgotten.

    After `time_limit` seconds no further pass begins.

    There is no validation: the errors of a pass are those of forecasts made before their targets were learnt from.

    Raises:
        TrainingError: no observation could be learnt from, or a weight is not finite.
    """
    started = time.perf_counter()
    rows, steps, history = len(panel.y), 0, []
    network = learner.network
    limit = TimeLimit(time_limit)
    watchers = keras.callbacks.CallbackList([limit, *callbacks], model=network, epochs=passes, steps=rows)
    network.stop_training = False
    watchers.on_train_begin()
    for number in range(passes):
        learner.forget_series()
        taken = learner.learn(panel, lambda done: watchers.on_train_batch_end(done - 1))
        if not taken.updates:
            raise TrainingError(
                f"No observation could be learnt from: the {panel.n_series} series are constant, missing, or no longer "
                "than `burn_in`. Give longer series or a smaller `burn_in`.",
                code="too_short",
            )
        steps += taken.updates
        metrics = {"loss": taken.scaled_error / taken.updates, "mae": taken.error / taken.updates}
        history.append({"step": float(steps), **metrics})
        watchers.on_epoch_end(number, metrics)
        if network.stop_training:
            break
    watchers.on_train_end()
    ended = {"ended": f"by time_limit after {len(history)} of {passes} passes"} if limit.has_ended else {}
    notes = {**ended, "passes": str(len(history)), "device": device(), "weights": str(learner.dynamics.n_weights)}
    return Learned(time.perf_counter() - started, rows, steps, history, notes, online=learner)
