"""Which exporters spans go to: those that code hands over, or one that the operator names."""

import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from privacylib.errors import PrivacyError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["NAMES", "chosen", "named", "survives_fork"]

NAMES = ("none", "console", "otlp")
"""What ``PRIVACYLIB_EXPORTER`` may be, besides ``module:factory``."""


def chosen(given: "SpanExporter | Sequence[SpanExporter] | None", operators: str | None) -> "tuple[SpanExporter, ...]":
    """Return the exporters in force.

    Args:
        given: What code handed over: an exporter, several, or None.
        operators: What the operator named, by commas where there are several; wins where it is set.

    Raises:
        PrivacyError: Something given cannot export, or nothing is called so.
    """
    if operators:
        return tuple(
            exporter for name in operators.split(",") for exporter in named(name.strip(), "PRIVACYLIB_EXPORTER")
        )
    if given is None:
        return ()
    several = tuple(given) if isinstance(given, Sequence) else (given,)
    for each in several:
        if not _can_export(each):
            raise PrivacyError(
                f"init(exporter=) got {_called(each)}, which has no export(); pass an object such as "
                "opentelemetry.sdk.trace.export.ConsoleSpanExporter(), or a list of them"
            )
    return several


def _called(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else f"an object of {type(given).__name__}"


def named(name: str, where: str) -> "tuple[SpanExporter, ...]":
    """Return the exporter that goes by a name; none for ``none``.

    Args:
        name: One of `NAMES`, or ``module:factory``: a class or function that is called without arguments.
        where: What the name was given to, for errors.

    Raises:
        PrivacyError: Nothing is called so, or it is no exporter.
    """
    match name.lower():
        case "none":
            return ()
        case "otlp":
            return (_otlp(where),)
        case "console":
            from opentelemetry.sdk.trace.export import ConsoleSpanExporter

            return (ConsoleSpanExporter(),)
        case _:
            return (_made(name, where),)


def _made(name: str, where: str) -> "SpanExporter":
    module, _, factory = name.partition(":")
    if not (module and factory):
        raise PrivacyError(f"{where} is {name!r}; it must be {', '.join(NAMES)} or module:factory")
    try:
        made: Any = getattr(importlib.import_module(module), factory)()
    except (ImportError, AttributeError) as error:
        raise PrivacyError(f"{where} is {name!r}, which cannot be imported: {error}") from None
    if not _can_export(made):
        raise PrivacyError(f"{where} is {name!r}, which made {_called(made)}, without export()")
    return made


def _can_export(given: object) -> bool:
    return not isinstance(given, type) and callable(getattr(given, "export", None))


def _otlp(where: str) -> "SpanExporter":
    """Return an exporter that takes its endpoint from ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise PrivacyError(
            f"{where} is 'otlp', but OpenTelemetry's exporter is not installed; pip install 'privacylib[otlp]'"
        ) from None
    return OTLPSpanExporter()


def survives_fork(exporter: "SpanExporter") -> bool:
    """Return whether a forked child may use what its parent used before.

    gRPC without its support for forks hangs in the child, and what the child says on the connection that it shares
    breaks that of its parent (fault 5).
    """
    modules = (kind.__module__ for kind in type(exporter).__mro__)
    if not any(module.startswith("opentelemetry.exporter.otlp.proto.grpc") for module in modules):
        return True
    return os.environ.get("GRPC_ENABLE_FORK_SUPPORT", "1").lower() not in ("0", "f", "false", "n", "no")
