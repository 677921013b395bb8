"""The errors of the library: each says what is wrong, where, what was got, and the fix."""

from __future__ import annotations

import re


class ForecastingError(Exception):
    """Base of every error that a caller can act on.

    `code` is stable and short; `series`, `row` and `field` say where, when there is a where.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "invalid",
        series: str | None = None,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.series = series
        self.row = row
        self.field = field


class PanelError(ForecastingError):
    """The data cannot become a panel: wrong columns, dtypes, duplicates, gaps, frequency."""


class ConfigError(ForecastingError):
    """A task, model or training field has a value that means nothing."""


class RequestError(ForecastingError):
    """A forecast was asked for that this model cannot give (horizon, level, quantiles)."""


class TrainingError(ForecastingError):
    """Training could not start or went to non-finite numbers."""


class ArtifactError(ForecastingError):
    """A model folder is incomplete, changed, or does not answer as it did when it was written."""


class RegistryError(ForecastingError):
    """A model name, version or alias is not in the registry, or the registry does not answer."""


class NotFittedError(ForecastingError):
    """A forecaster was asked before it learnt anything, or without a history to forecast from."""


def without_password(text: str) -> str:
    """Return a text with the passwords and query parts of its URLs hidden, for messages and logs.

    A query part may hold a password under any name, and a password every character but `@` and blanks.
    """
    text = re.sub(r"(://[^/:@\s]*):[^@\s]*@", r"\1:***@", text)
    return re.sub(r"(://[^?\s]*)\?\S+", r"\1?***", text)


def first_line(error: BaseException) -> str:
    """Return the first line of an error, without passwords."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return f"{without_password(line).rstrip('.')}."
