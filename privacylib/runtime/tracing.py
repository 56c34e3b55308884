"""The host's own tracing, as OpenTelemetry's context tells of it."""

from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar
from typing import Any, cast

from opentelemetry import context
from opentelemetry.trace import get_current_span

__all__ = ["host_context", "host_span"]


def _source() -> Any:
    """Return the variable of OpenTelemetry's context, where it is one that has a default; else what reads it."""
    runtime: Any = getattr(context, "_RUNTIME_CONTEXT", None)
    variable: Any = getattr(runtime, "_current_context", None)
    if type(runtime).__name__ != "ContextVarsRuntimeContext" or type(variable) is not ContextVar:
        return context.get_current
    try:
        Context().run(cast("ContextVar[object]", variable).get)
    except LookupError:
        return context.get_current
    return cast("object", variable)


source = _source()
host_context: Callable[[], Mapping[str, object]] = getattr(source, "get", source)
"""Return what the host's tracing has in its context: empty where there is no span."""


def host_span() -> tuple[bytes | None, int]:
    """Return trace and span that the host stands in; None and 0 where it stands in none."""
    host = get_current_span().get_span_context()
    return (host.trace_id.to_bytes(16, "big"), host.span_id) if host.is_valid else (None, 0)
