"""structlog: a line that it prints or writes itself goes to a log; one that it hands to logging is logging's."""

from typing import Any

from privacylib.families import logs
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]

_METHODS = (
    "msg",
    "log",
    "debug",
    "info",
    "warn",
    "warning",
    "failure",
    "err",
    "error",
    "critical",
    "fatal",
    "exception",
)
_LOGGER = "structlog"
"""What stands for its own loggers, which have no names. A file that they write is seen as any other."""


def _shape(*_: Any) -> Any:
    return logs.taken(_LOGGER, (logs.STREAM,))


def _printed(_: Call) -> tuple[Operation, ...]:
    return logs.written(_LOGGER, (logs.STREAM,))


def _methods(kind: str) -> tuple[Patch, ...]:
    return tuple(Patch(f"structlog:{kind}.{name}", _printed, alike=Alike(_shape)) for name in _METHODS)


INTEGRATION = Integration(
    "structlog",
    (*_methods("PrintLogger"), *_methods("WriteLogger"), *_methods("BytesLogger")),
    distribution="structlog",
    versions=("23.1", ""),
)
