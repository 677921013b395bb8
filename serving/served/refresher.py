"""The background thread of a process that keeps its models fresh: after the fork, never in a request."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from forecasting.store.home import home
from serving.served.store import ModelStore

#: Seconds between two looks at the file by which one process asks all others to reload.
TICK = 0.5

#: The longest pause after repeated failures, and the first one while something is missing.
LONGEST_PAUSE = 600.0
FIRST_PAUSE = 1.0


class Refresher:
    """Refreshes a store: at once, every so often, and when any process on the same home folder asks for it.

    Args:
        store: what is refreshed.
        every: seconds between two looks at the registry.
    """

    def __init__(self, store: ModelStore, every: float) -> None:
        self.store = store
        self.every = every
        self._failures = 0
        self._start = threading.Lock()
        self._refreshing = threading.Lock()
        self._thread: threading.Thread | None = None

    def ensure_started(self) -> None:
        """Start the thread, once; it must not be started before the process has forked."""
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(target=self.run, name="model-refresher", daemon=True)
                    self._thread.start()

    def run(self) -> None:
        """Refresh for as long as the process lives."""
        while True:
            asked = reload_mark()
            with self._refreshing:
                complete = self.store.refresh()
            self._failures = 0 if complete else self._failures + 1
            self.wait(self.pause(), asked)

    def stop(self) -> bool:
        """Begin no further refresh, for good; return whether none is under way. To be called once."""
        return self._refreshing.acquire(blocking=False)

    def pause(self) -> float:
        """Return the seconds until the next look: longer after each failure, short while nothing can be served."""
        if not self._failures:
            return self.every
        base = min(self.every, LONGEST_PAUSE) if self.store.snapshot.is_ready else FIRST_PAUSE
        longest = LONGEST_PAUSE if self.store.snapshot.is_ready else self.every
        return min(base * 2 ** min(self._failures - 1, 20), max(longest, base))

    def wait(self, seconds: float, asked: tuple[int, int]) -> None:
        """Wait, unless a reload is asked for meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and reload_mark() == asked:
            time.sleep(min(TICK, left))


def reload_file() -> Path:
    """Return the file that all processes on one home folder watch."""
    return home() / "cache" / "served" / "reload"


def reload_mark() -> tuple[int, int]:
    """Return what changes when a reload is asked for."""
    try:
        found = os.stat(reload_file())
    except OSError:  # nobody asked yet, or there is no home folder
        return 0, 0
    return found.st_mtime_ns, found.st_size


def ask_for_reload() -> None:
    """Make every process on this home folder look for new versions now."""
    path = reload_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:  # growing, it changes even where the clock does not
        file.write(b".")
