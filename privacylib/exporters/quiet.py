"""Keep exporters from filling the host's log: while a collector is down they tell so with every try (fault 17)."""

import logging
import threading
from time import monotonic

__all__ = ["Quiet"]

INTERVAL = 60.0
"""Seconds between two lines of one exporter."""


class Quiet(logging.Filter):
    """Let one line a minute pass of what an exporter logs on the threads that export; other threads are not concerned.

    Args:
        exporter: The exporter. Its loggers are those of the modules that its classes are from.
    """

    def __init__(self, exporter: object) -> None:
        super().__init__()
        self._threads: set[int | None] = set()
        self._next_line = float("-inf")
        self._loggers = [logging.getLogger(each.__module__) for each in type(exporter).__mro__ if each is not object]

    def begin(self) -> None:
        """Filter what this thread logs from now on."""
        self._threads.add(threading.get_ident())
        for logger in self._loggers:
            logger.addFilter(self)

    def end(self) -> None:
        """Filter nothing any more."""
        for logger in self._loggers:
            logger.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is to be logged."""
        if record.thread not in self._threads:
            return True
        now = monotonic()
        if now < self._next_line:
            return False
        self._next_line = now + INTERVAL
        return True
