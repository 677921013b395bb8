"""The command line as a whole: light to import, helpful, and honest in its exit codes."""

import subprocess
import sys

import click
import pytest

from forecasting.errors import PanelError, RegistryError
from pipelines.cli import main
from pipelines.commands import COMMANDS
from pipelines.terminal import exits

HEAVY = ("numpy", "pandas", "pyarrow", "tensorflow", "keras", "mlflow", "sqlalchemy", "matplotlib", "rich", "flask")


def python(code, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False, **more
    )


@pytest.mark.parametrize("arguments", [[], ["--help"], ["train", "--help"], ["--version"]])
def test_nothing_heavy_is_imported_before_a_command_runs(arguments):
    code = (
        "import sys\nfrom pipelines.cli import main\ntry:\n    sys.argv[1:] and main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    assert python(code, *arguments).stderr.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS.names())
def test_every_command_helps_with_examples_and_speaks_json(forecast, name):
    ended = forecast(name, "--help")
    assert ended.code == 0
    assert "Examples:" in ended.out
    assert f"forecast {name}" in ended.out
    assert "--json" in ended.out
    assert "--debug" in ended.out
    assert COMMANDS.load(name).command.short_help


def test_the_group_lists_every_command(forecast):
    listed = forecast("--help").out
    assert all(f"  {name} " in listed for name in COMMANDS.names())
    assert {"demo", "check", "train", "backtest", "leaderboard", "predict", "batch", "batch-status", "batch-verify",
            "promote", "rollback", "serve", "doctor"} <= set(COMMANDS.names())  # fmt: skip


def test_wrong_use_is_2(forecast):
    assert forecast("nonsense").code == 2
    assert forecast("train", "x.csv").code == 2
    assert forecast("train", "x.csv", "--horizon", "0").code == 2
    assert forecast("predict", "x.csv", "--model", "m", "--out", "x.xls").code == 2
    assert forecast("train", "x.csv", "--horizon", "3", "--set", "training.steps").code == 2
    assert forecast("train", "x.csv", "--horizon", "3", "--season", "a").code == 2
    assert forecast("check", "x.csv", "--sep", ";;").code == 2
    assert forecast("serve").code == 2


def ended_with(forecast, monkeypatch, error):
    @click.command()
    def fail():
        raise error

    monkeypatch.setitem(main.commands, "fail", fail)
    return forecast("fail")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PanelError("two rows"), 3),
        (RegistryError("no answer", code="registry_unavailable"), 5),
        (exits.JobError("too many", exits.TOO_MANY_QUARANTINED), 4),
        (MemoryError(), 5),
        (ConnectionRefusedError(111, "Connection refused"), 5),
        (OSError(28, "No space left on device"), 5),
        (PermissionError(13, "Permission denied", "/x"), 3),
        (FileNotFoundError(2, "No such file or directory", "/x"), 3),
        (click.UsageError("no"), 2),
        (KeyboardInterrupt(), 130),
        (exits.TerminatedError(), 143),
        (ZeroDivisionError("oops"), 1),
    ],
)
def test_errors_end_with_their_exit_code_and_one_message(forecast, monkeypatch, error, code):
    ended = ended_with(forecast, monkeypatch, error)
    assert ended.code == code
    assert ended.out == ""
    assert ended.err.strip()
    assert "Traceback" not in ended.err


def test_tracebacks_come_when_asked_for(forecast, monkeypatch):
    assert "--debug" in ended_with(forecast, monkeypatch, ZeroDivisionError("oops")).err
    monkeypatch.setenv("FORECAST_DEBUG", "1")
    assert "Traceback" in ended_with(forecast, monkeypatch, ZeroDivisionError("oops")).err


def test_debug_is_an_option_of_every_command(forecast):
    assert "Traceback" not in forecast("check", "nothing.csv").err
    assert "Traceback" in forecast("check", "nothing.csv", "--debug").err


SLEEPER = """
import signal, sys, time, click
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would we
from pipelines.cli import main
@main.command()
def sleeper():
    try:
        print("asleep", flush=True)
        time.sleep(60)
    finally:
        print("cleaned up", flush=True)
main(["sleeper"])
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_signals_stop_cleanly(name, code):
    import signal

    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "asleep\n"
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "cleaned up\n")
    assert "Traceback" not in err


def test_closed_outputs_are_no_crash():
    code = "from pipelines.cli import main\nmain(['--help'])"
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        ended = subprocess.run(
            ["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, code], capture_output=True, timeout=60, check=False
        )
        assert ended.returncode == 0
        assert b"Traceback" not in ended.stderr


def test_a_closed_pipe_is_no_crash():
    code = "import sys\nfrom pipelines.cli import main\nmain(['--help'])"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _, err = process.communicate(timeout=20)
    assert process.returncode in (0, exits.BROKEN_PIPE)
    assert b"Traceback" not in err
