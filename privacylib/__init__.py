"""Privacy-aware infrastructure for any Python service.

Everything public stands here; ``privacylib.grpc``, ``asgi``, ``wsgi``, ``training`` and ``testing``
are imported when they are first used.
"""

from typing import TYPE_CHECKING, Any

from privacylib._bootstrap import flush, init, reload, shutdown
from privacylib.carrying import attached, current, extract, inject
from privacylib.decorators import call, calls, check, read, reads, write, writes
from privacylib.errors import PrivacyError
from privacylib.model import Decision, PolicyContext, PolicyDenied
from privacylib.zones import reclassify, scope, zone

if TYPE_CHECKING:
    from privacylib import testing

__all__ = [
    "Decision", "PolicyContext", "PolicyDenied", "PrivacyError", "attached", "call", "calls", "check", "current",
    "extract", "flush", "init", "inject", "read", "reads", "reclassify", "reload", "scope", "shutdown", "testing",
    "write", "writes", "zone",
]  # fmt: skip

_LATER = ("asgi", "grpc", "testing", "training", "wsgi")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        import importlib

        return importlib.import_module(f"privacylib.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
