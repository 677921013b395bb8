"""What a learner is, and how one model is taught by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from forecasting.config.learner import LEARNERS, LearnerSpec
from forecasting.config.space import Space
from forecasting.config.strict import StrictConfig
from forecasting.config.task import Task
from forecasting.config.training import Training
from forecasting.errors import ConfigError
from forecasting.models.spec import ModelSpec

if TYPE_CHECKING:
    from keras.callbacks import Callback

    from forecasting.data.panel import Panel
    from forecasting.network.build import Network
    from forecasting.training.learned import Fit, Learned
    from forecasting.training.online.learner import OnlineLearner
    from forecasting.training.source import WindowSource


class FitFunction(Protocol):
    """Changes the weights of a network and says what it did; the work of most learners.

    Raises:
        ConfigError: it cannot teach such a network.
        TrainingError: nothing could be learnt.
    """

    def __call__(
        self,
        network: Network,
        source: WindowSource,
        config: Any,
        training: Training,
        callbacks: Sequence[Callback] = (),
    ) -> Learned:
        """Teach a network on a panel; `config` is the learner's own, or the model's where it has none."""
        ...


class FindFunction(Protocol):
    """Finds the model itself by trying others."""

    def __call__(
        self, spec: ModelSpec, task: Task, panel: Panel, training: Training, callbacks: Sequence[Callback] = ()
    ) -> Fit:
        """Return the model that was found, trained."""
        ...


#: Makes the `OnlineLearner` of a network, which has not seen anything yet.
OnlineFunction = Callable[["Network", Task, Any, Training], "OnlineLearner"]


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A way of teaching; every file of `forecasting.training.learners` has one as `LEARNER`.

    Attributes:
        replaces: the learner that this one may be chosen instead of (`Training.learner`); None for one that teaches
            the models that name it, and no others.
        is_shareable: whether several devices can share its steps (`Training.strategy`).
        stops_early: whether its trainings end when rows that are not trained on say so.
        fit: teaches a network; None where `find` does everything.
        find: finds the model; None where the model is given.
        online: makes what goes on with new observations; None where learning always starts afresh.
        config: class of its options; None where it has none and reads the model's config.
        search: which values of the fields of `Training` are worth trying.
    """

    replaces: str | None
    is_shareable: bool
    stops_early: bool
    fit: FitFunction | None = None
    find: FindFunction | None = None
    online: OnlineFunction | None = None
    config: type[StrictConfig] | None = None
    search: Mapping[str, Space] = field(default_factory=dict)


def learner_of(name: str) -> Learner:
    """Return the learner of a name."""
    learner: Learner = LEARNERS.load(name).LEARNER
    return learner


def teaches(name: str, spec: ModelSpec) -> bool:
    """Whether a learner is the model's own one, or may be chosen instead of it."""
    return spec.config.learner in (name, learner_of(name).replaces)


@dataclass(frozen=True)
class Teaching:
    """How one model is taught: a learner with its options, checked once.

    Attributes:
        spec: the model.
        training: how networks are trained.
        name: of the learner.
        learner: the learner.
        config: its options, or the model's config where it has none.
    """

    spec: ModelSpec
    training: Training
    name: str
    learner: Learner
    config: Any

    @classmethod
    def of(cls, spec: ModelSpec, training: Training) -> Self:
        """Return the teaching of a model by the learner that was asked for, by its own where none was.

        Raises:
            ConfigError: the learner does not teach this model, an option is unknown or means nothing, several devices
                are asked for and cannot share the steps, or the intervals of the model cannot be calibrated.
        """
        chosen = LearnerSpec.parse(training.learner or spec.config.learner)
        learner = learner_of(chosen.name)
        if not teaches(chosen.name, spec):
            other = f", or choose a model that learns by {learner.replaces!r}" if learner.replaces else ""
            raise ConfigError(
                f"Learner {chosen.name!r} does not teach model {spec.model!r}, which learns by "
                f"{spec.config.learner!r}. Leave `learner` empty{other}.",
                code="learner_unfit",
                field="learner",
            )
        teaching = cls(spec, training, chosen.name, learner, options_of(chosen, learner, spec))
        teaching.require_shareable()
        teaching.require_calibratable(training.calibration_windows)
        return teaching

    def fit(self, network: Network, source: WindowSource, callbacks: Sequence[Callback] = ()) -> Learned:
        """Teach the network of the model on a panel; see `FitFunction`."""
        if self.learner.fit is None:
            raise TypeError(f"Learner {self.name!r} finds its model itself: {self.learner}.")
        return self.learner.fit(network, source, self.config, self.training, callbacks)

    def require_shareable(self) -> None:
        """Raise a `ConfigError` when several devices are asked for and the learner cannot share its steps."""
        if self.training.strategy and not self.learner.is_shareable:
            raise ConfigError(
                f"strategy={self.training.strategy!r} shares batches of windows among devices, and {self.name!r}, by "
                f"which {self.spec.alias!r} learns, has none. Leave `strategy` empty, or take a model that learns by "
                "'gradient'.",
                code="strategy_unfit",
                field="strategy",
            )

    def require_calibratable(self, windows: int) -> int:
        """Return how many horizons are to calibrate the intervals.

        Raises:
            ConfigError: some are, and the model forecasts symbols, or its learner goes on learning afterwards.
        """
        if windows and self.spec.has_symbols:
            code, text = "calibration_symbols", "symbols have probabilities, and no intervals"
        elif windows and self.learner.online is not None:
            code, text = "calibration_online", "an online learner changes with every row, and would outgrow it"
        else:
            return windows
        message = f"`calibration_windows` must be 0 here: {text}. Got {windows}."
        raise ConfigError(message, code=code, field="calibration_windows")


def options_of(chosen: LearnerSpec, learner: Learner, spec: ModelSpec) -> StrictConfig:
    """Return the options of a learner; the model's config where it has none.

    Raises:
        ConfigError: an option is unknown or means nothing.
    """
    if learner.config is not None:
        return learner.config.from_dict(chosen.options)
    if chosen.options:
        text = f"Learner {chosen.name!r} has no options. Got {', '.join(chosen.options)}."
        raise ConfigError(text, code="unknown_field", field="learner")
    return spec.config
