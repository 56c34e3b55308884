"""Privacy-aware infrastructure for any Python service.

Everything public stands here, and is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from privacylib._bootstrap import flush, init, reload, shutdown
from privacylib.errors import PrivacyError

if TYPE_CHECKING:
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
    from privacylib.model import Decision, PolicyContext, PolicyDenied

__all__ = [
    "Decision", "PolicyContext", "PolicyDenied", "PrivacyError", "attached", "call", "calls", "check", "current",
    "extract", "flush", "init", "inject", "read", "reads", "reclassify", "reload", "scope", "shutdown",
    "write", "writes", "zone",
]  # fmt: skip

_LATER = ("asgi", "grpc", "testing", "training", "wsgi")
_MODEL = ("Decision", "PolicyContext", "PolicyDenied")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return importlib.import_module(f"privacylib.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "model" if name in _MODEL else "decorators"
    found = globals()[name] = getattr(importlib.import_module(f"privacylib.{home}"), name)
    return found
