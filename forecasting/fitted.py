"""What a forecaster holds once it is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from forecasting.errors import NotFittedError

if TYPE_CHECKING:
    from forecasting.artifact import Facts
    from forecasting.data.panel import Panel
    from forecasting.learner_state import LearnerState
    from forecasting.predictor import Predictor
    from forecasting.training._learned import Learned
    from forecasting.training._online import OnlineLearner

Part = TypeVar("Part")


class Fitted:
    """The parts that `fit`, `update` and `load` leave behind; the base of `Forecaster`.

    Attributes:
        learned_: how the last `fit` went; None after `load`.
        history_: the panel of `fit` and of the updates since; None after `load`.
        online_: the learner that goes on with new observations.
        state_: from where it goes on, as long as it has not been made again after `load`.
        is_loaded: whether the model came from an artifact, without its training data.
    """

    predictor_: Predictor | None
    facts_: Facts | None
    learned_: Learned | None
    history_: Panel | None
    online_: OnlineLearner | None
    state_: LearnerState | None
    is_loaded: bool

    def forget(self) -> None:
        """Be unfitted again."""
        self.predictor_ = self.facts_ = self.learned_ = self.history_ = self.online_ = self.state_ = None
        self.is_loaded = False

    @property
    def predictor(self) -> Predictor:
        """The predictor that answers everywhere: notebook, batch, REST, MLflow."""
        return require_fitted(self.predictor_)

    @property
    def facts(self) -> Facts:
        """What is recorded about the training."""
        return require_fitted(self.facts_)

    @property
    def learner_state(self) -> LearnerState | None:
        """From where an online learner goes on; None for all others."""
        return self.state_ if self.online_ is None else self.online_.state()


def require_fitted(part: Part | None) -> Part:
    """Return a part of what `fit` leaves behind.

    Raises:
        NotFittedError: there is none yet.
    """
    if part is None:
        raise NotFittedError(
            "The forecaster is not fitted yet. Call `fit` first, or `load` a model.", code="not_fitted"
        )
    return part
