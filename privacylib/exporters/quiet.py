"""Keep exporters from filling the host's log: while a collector is down they tell so with every try (fault 17)."""

import logging
import threading
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from time import monotonic
from typing import Any, cast

__all__ = ["Quiet"]

INTERVAL = 60.0
"""Seconds between two lines of one exporter."""

_LEVELS, _MOST = 2, 64
"""How deep it is looked into what an exporter holds, and at how much of what one object holds."""


class Quiet(logging.Filter):
    """Let one line a minute pass of what an exporter logs on the threads that export; other threads are not concerned.

    Args:
        exporter: The exporter. Its loggers are those of the modules that its classes are from, and those of the
            exporters and clients that it holds.
    """

    def __init__(self, exporter: object) -> None:
        super().__init__()
        self._threads: set[int | None] = set()
        self._next_line = float("-inf")
        kinds = chain.from_iterable(type(each).__mro__ for each in _parts(exporter))
        names = dict.fromkeys(kind.__module__ for kind in kinds)
        self._loggers = [logging.getLogger(name) for name in names if name != object.__module__]

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


def _parts(exporter: object) -> Iterator[object]:
    """Yield an exporter, and what it holds in attributes, such as an exporter that it hands spans on to."""
    found = [exporter]
    yield exporter
    for _ in range(_LEVELS):
        found = list(chain.from_iterable(map(_held, found)))
        yield from found


def _held(by: object) -> Iterator[object]:
    attributes: Any = getattr(by, "__dict__", {})
    for value in islice(list(attributes.values()), _MOST):
        if isinstance(value, Mapping):
            yield from islice(list(cast("Mapping[object, object]", value).values()), _MOST)
        elif isinstance(value, (list, tuple, set, frozenset)):
            yield from islice(list(cast("list[object]", value)), _MOST)
        else:
            yield value
