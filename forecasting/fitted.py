"""What a forecaster holds once it is fitted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecasting.errors import NotFittedError, RequestError

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.data.panel import Panel
    from forecasting.facts import Facts
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
    def leaderboard_(self) -> pd.DataFrame:
        """The candidates of `auto` in the order in which they were tried; empty for other models, and after `load`.

        Columns: `model`, `error` (mean scaled absolute error at the held-out origins, or the root of the mean square
        where means are forecast), `seconds`, `weight` in the forecast, `fitted_on` (what the model that is kept has
        learnt from), `note` (why it was left out, failed or ended early), `reason` (why it was tried).
        """
        import pandas as pd

        return pd.DataFrame(self.learned_.candidates if self.learned_ else [])

    @property
    def learner_state(self) -> LearnerState | None:
        """From where an online learner goes on; None for all others."""
        return self.state_ if self.online_ is None else self.online_.state()

    @abstractmethod
    def panel(self, frame: pd.DataFrame) -> Panel:
        """Check a frame and turn it into a panel."""

    def export(self, folder: str | Path) -> Path:
        """Write the network as a TensorFlow SavedModel with a fixed signature; see `forecasting.exporting.export`.

        Raises:
            NotFittedError: there is no model yet.
            ArtifactError: the folder holds something.
        """
        from forecasting.exporting import export

        return export(self.predictor, folder)

    def history(
        self,
        frame: pd.DataFrame | None,
        future: pd.DataFrame | None = None,
        horizon: int | None = None,
        ids: Sequence[str] | None = None,
    ) -> Panel:
        """Return the panel of a history, that of `fit` where none is given, with the covariates known ahead of it.

        Args:
            frame: the history.
            future: known covariates after the end of every series.
            horizon: steps ahead; as trained when None.
            ids: the series wanted; all when None.

        Raises:
            NotFittedError: there is no model, or no history.
            PanelError: the frame is no panel, or the future is not complete.
            RequestError: a series is not there, or the horizon is none that the model answers.
        """
        from forecasting.data.future import with_known_future
        from forecasting.predictor import require_horizon

        if horizon is not None:
            require_horizon(horizon, self.predictor.task)
        panel = self.last_panel(frame)
        panel = panel if ids is None else panel.select(places_of(ids, panel))
        return with_known_future(panel, self.predictor.task, horizon, future)

    def make_future_frame(self, history: pd.DataFrame | None = None, horizon: int | None = None) -> pd.DataFrame:
        """Return the frame `unique_id, ds` of the steps ahead, to which the known covariates are to be added.

        Args:
            history: as for `predict`.
            horizon: steps ahead; as trained when None.

        Raises:
            NotFittedError: there is no model, or no history.
            PanelError: the frame is no panel.
        """
        from forecasting.data.future import future_frame

        task = self.predictor.task
        return future_frame(self.last_panel(history), task.horizon if horizon is None else horizon)

    def last_panel(self, frame: pd.DataFrame | None) -> Panel:
        """Return the panel of a history; that of `fit` where none is given.

        Raises:
            NotFittedError: there is none.
        """
        panel = self.history_ if frame is None else self.panel(frame)
        if panel is None:
            text = "A loaded forecaster holds no data. Give `history`."
            raise NotFittedError(text, code="no_history", field="history")
        return panel


def places_of(ids: Sequence[str], panel: Panel) -> NDArray[np.int64]:
    """Return the numbers of some series of a panel, ascending.

    Raises:
        RequestError: one is not there, or none is wanted.
    """
    wanted = {str(one) for one in ([ids] if isinstance(ids, str) else ids)}
    known = {str(name): number for number, name in enumerate(panel.ids)}
    missing = sorted(wanted - known.keys())
    if missing or not wanted:
        has = f"The history has {len(known)} series, among them {', '.join(map(repr, list(known)[:5]))}"
        lacks = f"no series {', '.join(map(repr, missing[:5]))}" if missing else "`ids` names none"
        text = f"{has}, but {lacks}. Fix: give ids of the history, or leave `ids` out."
        raise RequestError(text, code="series_unknown", series=missing[0] if missing else None, field="ids")
    return np.array(sorted(known[name] for name in wanted), np.int64)


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
