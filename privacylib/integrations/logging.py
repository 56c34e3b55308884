"""logging: a line that a handler takes writes its logger's asset, and the file or address of each handler."""

import sys
from collections.abc import Hashable, Iterator
from typing import Any

from privacylib.families import logs
from privacylib.families.files import unseen
from privacylib.instrumentation.facts import ASKS_HOST, Alike
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_ANY_LEVEL = sys.maxsize


def _handlers(logger: Any) -> Iterator[Any]:
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _places(logger: Any, level: int) -> list[logs.Destination]:
    import logging

    last = logging.lastResort  # writes to stderr what no handler is there for
    handlers = list(_handlers(logger)) or ([last] if last else [])
    return list(logs.destinations(handlers, level))


def _shape(args: tuple[Any, ...], _: dict[str, Any]) -> Hashable:
    logger, record = args
    return logs.taken(record.name, _places(logger, record.levelno))


def _logged(call: Call) -> tuple[Operation, ...]:
    record = call["record"]
    return logs.written(record.name, _places(call["self"], record.levelno))


def _listened(call: Call) -> tuple[Operation, ...]:
    listener, record = call["self"], call["record"]
    level = record.levelno if listener.respect_handler_level else _ANY_LEVEL
    return logs.placed(record.name, logs.destinations(listener.handlers, level))


INTEGRATION = Integration(
    "logging",
    (
        Patch(
            "logging:Logger.callHandlers",
            _logged,
            alike=Alike(_shape),
            body=ASKS_HOST,
            takes=lambda call: hasattr(call["record"], "levelno"),
        ),
        Patch("logging.handlers:QueueListener.handle", _listened, body=ASKS_HOST),
        Replacement("logging:FileHandler._open", unseen),  # its lines are seen
    ),
)
