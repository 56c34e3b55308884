"""Integrations as instrumentors of OpenTelemetry, so that ``opentelemetry-instrument`` puts them in place.

``privacylib.instrumentors:sqlite3`` is the instrumentor of the integration `sqlite3`: a class that is made
from the table when it is asked for. OpenTelemetry's own package is imported then, and not before.
"""

import os
import sys
from collections.abc import Collection
from typing import Any

from privacylib import _bootstrap, integrations
from privacylib.instrumentation import patching
from privacylib.instrumentation.table import Integration
from privacylib.runtime import ACTIVE

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in integrations.names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    tables = integrations.integrations(frozenset({name}))  # with what it needs
    globals()[name] = made = _instrumentor(next(table for table in tables if table.name == name), tables)
    return made


def _instrumentor(table: Integration, tables: list[Integration]) -> type:
    from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

    class Instrumentor(BaseInstrumentor):
        """Put one integration in place, and take it out again."""

        def instrumentation_dependencies(self) -> Collection[str]:
            low, high = table.versions
            bounds = ", ".join(filter(None, (low and f">= {low}", high and f"< {high}")))
            return [] if table.distribution is None else [f"{table.distribution} {bounds}".rstrip()]

        def _instrument(self, **kwargs: Any) -> None:  # noqa: ARG002 - options that nobody here has
            _start(table)
            patching.install(tables)

        def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ARG002 - likewise
            patching.remove(table)

    return Instrumentor


def _start(table: Integration) -> None:
    """Start privacylib where the operator's variables ask for it and the program has not done so."""
    if ACTIVE.snapshot is not None or not any(name.startswith("PRIVACYLIB_") for name in os.environ):
        return
    try:
        _bootstrap.init(instrument=(table.name,))
    except Exception as error:
        if os.environ.get("PRIVACYLIB_MODE", "").lower() != "enforce":
            raise
        # What was to be enforced must not run unprotected, and OpenTelemetry would go on without.
        sys.stderr.write(f"privacylib: {error}; nothing was run, because the mode is enforce\n")
        sys.stderr.flush()
        os._exit(78)  # EX_CONFIG of sysexits.h
