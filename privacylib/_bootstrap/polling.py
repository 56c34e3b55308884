"""Look at the policy file now and then, where the operator asks for it."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from privacylib.errors import PolicyFileError

__all__ = ["Poller"]

_log = logging.getLogger("privacylib")


class Poller:
    """Call `reload` whenever a file has changed, on a daemon thread that forked children start anew.

    Args:
        path: The file.
        seconds: Between two looks.
        reload: Puts the file in force; a `PolicyFileError` leaves the old policy standing, and is logged once a change.
    """

    def __init__(self, path: Path, seconds: float, reload: Callable[[], None]) -> None:
        self.path = path
        self.seconds = seconds
        self._reload = reload
        self._seen = self._state()
        self._start()
        os.register_at_fork(after_in_child=self._restart)

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _start(self) -> None:
        self._stopped = threading.Event()
        threading.Thread(target=self._run, args=(self._stopped,), name="privacylib-policy", daemon=True).start()

    def _restart(self) -> None:
        if not self._stopped.is_set():
            self._start()

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self.seconds):
            state = self._state()
            if state == self._seen:
                continue
            self._seen = state
            try:
                self._reload()
            except PolicyFileError as error:
                _log.warning("the changed policy is not in force: %s", error)

    def _state(self) -> tuple[int, int, int] | None:
        """Return what changes when the file does; None while it is not there (an editor replaces it)."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
