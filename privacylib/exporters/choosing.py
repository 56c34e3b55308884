"""Which exporters spans go to: those that code hands over, or one that the operator names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from privacylib.errors import PrivacyError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["NAMES", "chosen"]

NAMES = ("none", "console", "otlp")
"""What ``PRIVACYLIB_EXPORTER`` may be."""


def chosen(given: "SpanExporter | Sequence[SpanExporter] | None", named: str | None) -> "tuple[SpanExporter, ...]":
    """Return the exporters in force.

    Args:
        given: What code handed over: an exporter, several, or None.
        named: What the operator named (see `NAMES`); wins where it is set.

    Raises:
        PrivacyError: Something given cannot export, or nothing is called so.
    """
    if named:
        return _named(named.lower())
    if given is None:
        return ()
    several = tuple(given) if isinstance(given, Sequence) else (given,)
    for each in several:
        if isinstance(each, type) or not callable(getattr(each, "export", None)):
            raise PrivacyError(
                f"init(exporter=) got {_called(each)}, which has no export(); pass an object such as "
                "opentelemetry.sdk.trace.export.ConsoleSpanExporter(), or a list of them"
            )
    return several


def _called(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else f"an object of {type(given).__name__}"


def _named(name: str) -> "tuple[SpanExporter, ...]":
    if name not in NAMES:
        raise PrivacyError(f"PRIVACYLIB_EXPORTER is {name!r}; it must be {', '.join(NAMES[:-1])} or {NAMES[-1]}")
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return (ConsoleSpanExporter(),)
    return (_otlp(),) if name == "otlp" else ()


def _otlp() -> "SpanExporter":
    """Return an exporter that takes its endpoint from ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise PrivacyError(
            "PRIVACYLIB_EXPORTER is 'otlp', but OpenTelemetry's exporter is not installed; "
            "pip install 'privacylib[otlp]'"
        ) from None
    return OTLPSpanExporter()
