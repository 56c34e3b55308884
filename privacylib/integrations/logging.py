"""logging: a line that a handler takes writes its logger's asset, and the file or address of each handler."""

from collections.abc import Hashable, Iterator
from typing import Any

from privacylib.families import logs
from privacylib.families.files.standard import unseen
from privacylib.instrumentation.covering import covered
from privacylib.instrumentation.facts import ASKS_HOST, TOLD, Alike
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


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
    level = record.levelno if listener.respect_handler_level else logs.ANY_LEVEL
    return logs.placed(record.name, logs.destinations(listener.handlers, level))


def _reaching(handler: Any, record: Any) -> tuple[Operation, ...]:
    """Describe a line that reaches a handler by whatever way, where it was not told of on that way."""
    lines = logs.placed(record.name, logs.destinations((handler,), logs.ANY_LEVEL))
    return tuple(line for line in lines if not (logs.is_told(line) or covered(line)))


def _emitted(target: str) -> Patch:
    alike = Alike(lambda args, _: _reaching(*args))
    return Patch(target, lambda call: _reaching(call["self"], call["record"]), alike=alike, body=ASKS_HOST)


def _handed_on(call: Call) -> tuple[Operation, ...]:
    return logs.placed("", logs.destinations((call["self"],), logs.ANY_LEVEL))


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
        _emitted("logging:FileHandler.emit"),
        _emitted("logging.handlers:BufferingHandler.emit"),
        _emitted("logging.handlers:SocketHandler.emit"),
        _emitted("logging.handlers:SysLogHandler.emit"),
        Patch("logging.handlers:MemoryHandler.flush", _handed_on, body=TOLD),
        Replacement("logging:FileHandler._open", unseen),  # its lines are seen
    ),
)
