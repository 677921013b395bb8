"""Exit codes of every command, and which error ends with which."""

from __future__ import annotations

import errno

from forecasting.errors import ForecastingError

COMPLETE = 0
UNEXPECTED = 1
WRONG_USE = 2
INPUT_PROBLEM = 3
TOO_MANY_QUARANTINED = 4
TRY_AGAIN = 5
INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141

#: Codes of library errors that may pass by themselves.
PASSING_CODES = frozenset({"registry_unavailable", "storage_unavailable"})
#: Operating system errors that may pass, or that room on a disk ends.
PASSING_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ETIMEDOUT}
)
#: Operating system errors about what the caller named.
INPUT_ERRNOS = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EROFS,
        errno.ENAMETOOLONG, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EINVAL,
    }
)  # fmt: skip


class JobError(Exception):
    """A job ended in a way that has its own exit code.

    Args:
        message: what, where, got, fix.
        exit_code: code of the process.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[JobError], tuple[str, int]]:
        """Return how another process makes it again: Python would leave the exit code out."""
        return type(self), (str(self), self.exit_code)


class NoDataError(ForecastingError):
    """The input has no rows: nothing to do, which a scheduler may want to tell from a failure."""


class TerminatedError(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt, no handler of ordinary errors may swallow it."""


def try_again(message: str) -> JobError:
    """Return the error of a trouble that may pass by itself."""
    return JobError(message, TRY_AGAIN)


def exit_code(error: BaseException) -> int:
    """Return the exit code that an error ends with."""
    if isinstance(error, JobError):
        return error.exit_code
    if isinstance(error, ForecastingError):
        return TRY_AGAIN if error.code in PASSING_CODES else INPUT_PROBLEM
    if isinstance(error, (MemoryError, ConnectionError, TimeoutError)):
        return TRY_AGAIN
    if isinstance(error, OSError) and error.errno in PASSING_ERRNOS:
        return TRY_AGAIN
    if isinstance(error, OSError) and error.errno in INPUT_ERRNOS:
        return INPUT_PROBLEM
    return UNEXPECTED


def message_of(error: BaseException) -> str:
    """Return what to say about an error, in one line where the error has one."""
    if isinstance(error, (JobError, ForecastingError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory. Fix: run on a larger machine, or forecast fewer series at a time."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    return f"Unexpected {type(error).__name__}: {error}"
