"""What a forecaster holds once it has learnt: made whole by a fit, a load, a calibration or an update."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from forecasting.errors import NotFittedError

if TYPE_CHECKING:
    import pandas as pd
    from keras.callbacks import Callback

    from forecasting.choices import Choices
    from forecasting.config.training import Training
    from forecasting.data.panel import Panel
    from forecasting.prediction.predictor import Predictor
    from forecasting.store.artifact import Artifact
    from forecasting.store.facts import Facts
    from forecasting.store.learner_state import LearnerState
    from forecasting.store.report import Report
    from forecasting.training.learned import Learned
    from forecasting.training.online.learner import OnlineLearner


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained model and what is known of its training.

    Attributes:
        predictor: answers everywhere: notebook, batch, REST, MLflow.
        facts: what is recorded about the training.
        learned: how it went; None where the model was loaded.
        history: the panel of the fit and of the updates since; None where the model was loaded and not updated.
        online: the learner that goes on with new observations, where it has been made.
        state: from where it goes on, where it was loaded.
        report: how well the model did before it was kept, where that was measured.
    """

    predictor: Predictor
    facts: Facts
    learned: Learned | None = None
    history: Panel | None = None
    online: OnlineLearner | None = None
    state: LearnerState | None = None
    report: Report | None = None

    @classmethod
    def of(cls, choices: Choices, panel: Panel, callbacks: Sequence[Callback] = ()) -> Self:
        """Learn from a panel: the task by rule, the network taught, its intervals calibrated.

        Raises:
            ConfigError: a choice does not go with the model, or with the learner.
            PanelError: the panel does not suit the model.
            TrainingError: nothing could be learnt, or nothing calibrated on.
        """
        from forecasting.data.splits import calibration_ends
        from forecasting.network.graphs import kernel_of
        from forecasting.prediction.calibration_windows import calibrate
        from forecasting.training.fit import fit_model
        from forecasting.training.learner import Teaching

        teaching = Teaching.of(choices.spec, choices.training)
        held_out = choices.training.calibration_windows
        ends = calibration_ends(panel.lengths, choices.horizon, held_out)
        part = panel.truncate(ends) if held_out else panel
        task = choices.task_for(part)
        choices.spec.note_covariates(task)
        fit = fit_model(teaching, task, part, callbacks, checked=panel)
        learned = dataclasses.replace(
            fit.learned, notes={**fit.learned.notes, "kernel": kernel_of(fit.predictor.compiled)}
        )
        predictor = fit.predictor.calibrated(calibrate(fit.predictor, panel, ends)) if held_out else fit.predictor
        facts = learned.facts(panel, choices.training, predictor.calibration, ends)
        return cls(predictor, facts, learned, panel, learned.online)

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Load a model from an artifact folder, `NAME@alias`, `NAME/version` or an MLflow model URI.

        Raises:
            ArtifactError: the folder is incomplete or changed, or does not answer as it did.
            RegistryError: the registry has no such model.
        """
        from forecasting.store import registry
        from forecasting.store.artifact import Artifact

        kept = Artifact.read(registry.resolve(source))
        return cls(kept.predictor, kept.facts, state=kept.learner, report=kept.report)

    @property
    def is_loaded(self) -> bool:
        """Whether the model came from an artifact, without its training data."""
        return self.learned is None

    @property
    def looks(self) -> list[dict[str, float]]:
        """The losses of the training and of its validation windows, a row for each look at them."""
        return self.learned.history if self.learned else []

    @property
    def artifact(self) -> Artifact:
        """What is kept of it: all but the data, and how the training went."""
        from forecasting.store.artifact import Artifact

        state = self.state if self.online is None else self.online.state()
        return Artifact(self.predictor, self.facts, state, self.report)

    def reported(self, report: Report | None) -> Self:
        """Return the same with what was measured of it."""
        return dataclasses.replace(self, report=report)

    def calibrated(self, panel: Panel, training: Training, windows: int | None) -> Self:
        """Return the model with intervals calibrated on the last `windows` horizons of a panel; weights stay.

        Raises:
            ConfigError: the number of windows is not said, or the model cannot be calibrated.
            PanelError: the panel is not one of the model's frequency.
            TrainingError: no series goes on long enough after what the weights were fitted to.
        """
        from forecasting.config.strict import is_count, require
        from forecasting.training.learner import Teaching
        from forecasting.training.recalibration import recalibrated

        horizons = training.calibration_windows if windows is None else windows
        require(is_count(horizons), "calibration_windows", "an integer of at least 1 to calibrate again", horizons)
        Teaching.of(self.predictor.spec, training.replace(calibration_windows=horizons))
        found = recalibrated(self.predictor, self.facts, panel, horizons)
        report = self.report.recalibrated() if self.report else None
        return dataclasses.replace(self, predictor=found.predictor, facts=found.facts, report=report)

    def updated(self, panel: Panel, training: Training) -> Self:
        """Return the model after it has learnt from new rows; the network itself changes in place.

        Raises:
            ConfigError: the learner always starts afresh.
            NotFittedError: what the learner remembered is lost.
            PanelError: rows were seen before, or rows are missing between; nothing is learnt then.
            TrainingError: learning diverged; everything is as before.
        """
        from forecasting.data.continuing import continued
        from forecasting.training.online.update import learn, online_learner

        online = self.online or online_learner(self.predictor, training, self.state)
        facts = learn(online, panel, self.facts)
        history = panel if self.history is None else continued(self.history, panel)
        return dataclasses.replace(self, facts=facts, history=history, online=online, report=None)

    def require_history(self) -> Panel:
        """Return the panel of the fit and the updates since.

        Raises:
            NotFittedError: the model was loaded and not updated.
        """
        if self.history is None:
            text = "A loaded forecaster holds no data. Give `history`."
            raise NotFittedError(text, code="no_history", field="history")
        return self.history

    def leaderboard(self) -> pd.DataFrame:
        """Return the models that `auto` tried, in order; empty for other models, and for one that was loaded.

        Columns: `model`, `error` (mean scaled absolute error at the held-out origins, or the root of the mean square
        where means are forecast), `seconds`, `weight` in the forecast, `fitted_on` (what the model that is kept has
        learnt from), `note` (why it was left out, failed or ended early), `reason` (why it was tried).
        """
        import pandas as pd

        return pd.DataFrame(self.learned.candidates if self.learned else [])
