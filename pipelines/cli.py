"""The command line: finds the commands, runs one, and turns its end into an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click

from pipelines.commands import COMMANDS
from pipelines.terminal import exits

#: Set before anything heavy is imported; whoever wants something else sets them.
ENVIRONMENT = {
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # a GPU may be shared: a service beside a training
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


class ForecastGroup(click.Group):
    """A group whose commands are the files of `pipelines.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return COMMANDS.names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in COMMANDS.names():
            command: click.Command = COMMANDS.load(cmd_name).command
            return command
        return super().get_command(ctx, cmd_name)

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *rest: Any, **extra: Any
    ) -> NoReturn:
        """Run a command and exit with the code that its end has; see `pipelines.terminal.exits`."""
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        name = prog_name or "forecast"
        self._main_shell_completion({}, name)
        try:
            with on_sigterm():
                with self.make_context(name, list(sys.argv[1:] if args is None else args)) as ctx:
                    self.invoke(ctx)
                if sys.stdout is not None:  # a closed one is nobody's trouble
                    sys.stdout.flush()
            code = exits.COMPLETE
        except BaseException as error:
            code = end(error)
        sys.exit(code)


@contextmanager
def on_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the running command like Ctrl-C does, so that it stops cleanly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise exits.TerminatedError

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def end(error: BaseException) -> int:
    """Say what went wrong on stderr and return the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        complain("Interrupted.")
        return exits.INTERRUPTED
    if isinstance(error, exits.TerminatedError):
        complain("Terminated.")
        return exits.TERMINATED
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return exits.BROKEN_PIPE
    if not isinstance(error, Exception):
        raise error
    if os.environ.get("FORECAST_DEBUG"):
        traceback.print_exception(error)
    code = exits.exit_code(error)
    hint = " Run again with --debug for the traceback." if code == exits.UNEXPECTED else ""
    complain(f"Error: {exits.message_of(error)}{hint}")
    return code


def complain(text: str) -> None:
    """Write to stderr, if there still is one."""
    try:
        click.echo(text, err=True)
    except OSError:
        return


EPILOG = """\
\b
Exit codes: 0 complete, 1 unexpected error, 2 wrong use, 3 input or model problem,
4 too many quarantined series, 5 try again, 130/143 interrupted after a clean stop.
Run-time files live in FORECAST_HOME (~/.forecast by default).
"""


@click.group(
    cls=ForecastGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="keras-forecasting-service", prog_name="forecast")
def main() -> None:
    """Forecast time series: check data, train and compare models, forecast in batches, serve.

    Start with `forecast demo`. Every command has --help with examples and --json for machines.
    """
