"""Privacy-aware infrastructure for any Python service.

Everything public stands here; ``privacylib.grpc``, ``asgi``, ``wsgi``, ``training`` and ``testing``
are imported when they are first used.
"""

from typing import Any

from privacylib._bootstrap import flush, init, reload, shutdown
from privacylib.decorators import (
    attached,
    call,
    calls,
    check,
    current,
    extract,
    inject,
    read,
    reads,
    reclassify,
    scope,
    write,
    writes,
    zone,
)
from privacylib.errors import PrivacyError
from privacylib.model import Decision, PolicyContext, PolicyDenied

__all__ = [
    "Decision", "PolicyContext", "PolicyDenied", "PrivacyError", "attached", "call", "calls", "check", "current",
    "extract", "flush", "init", "inject", "read", "reads", "reclassify", "reload", "scope", "shutdown",
    "write", "writes", "zone",
]  # fmt: skip

_LATER = ("asgi", "grpc", "testing", "training", "wsgi")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        return importlib.import_module(f"privacylib.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
