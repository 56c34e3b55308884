"""What the spans of one flow have in common."""

from collections.abc import Mapping

from attrs import frozen
from opentelemetry.trace import SpanKind, Status, StatusCode

from privacylib import semconv
from privacylib.exporters.conventions import attributes, role
from privacylib.model import Flow, Verdict

__all__ = ["LISTED", "Shape", "Value", "shape_of"]

Value = str | int | bool | tuple[str, ...]

LISTED = 128
"""Sources that a span names, as many as it links to; further spans of the flow name the others."""


@frozen
class Shape:
    """Hold what the spans of one flow have in common.

    Args:
        name: Name of the span.
        kind: Part that the service has.
        attributes: All but those of a single operation.
        more: Further sources, for spans of their own: at most `LISTED` each.
        status: Of one that came to its end.
        failed: Of one that did not.
    """

    name: str
    kind: SpanKind
    attributes: Mapping[str, Value]
    more: tuple[tuple[str, ...], ...]
    status: Status
    failed: Status


def shape_of(flow: Flow, service: str) -> Shape:
    """Return the shape of a flow's spans."""
    denied = flow.decision.verdict is Verdict.DENY
    description = _text(f"denied by {flow.decision.requirement}") if denied else None
    error = Status(StatusCode.ERROR, description)
    sources = tuple(_text(source.uri) for source in flow.sources)
    return Shape(
        name=_text(f"{flow.kind.name} {flow.asset.name}"),
        kind=SpanKind[role(flow.kind, flow.asset)],
        attributes=_attributes(flow, service, sources) | ({semconv.ERROR_TYPE: "PolicyDenied"} if denied else {}),
        more=tuple(sources[start : start + LISTED] for start in range(LISTED, len(sources), LISTED)),
        status=error if denied else Status(),
        failed=error,
    )


def _attributes(flow: Flow, service: str, sources: tuple[str, ...]) -> dict[str, Value]:
    """Return the attributes of a flow; what is empty is left out."""
    decision = flow.decision
    own: dict[str, Value | None] = {
        semconv.OPERATION: flow.kind.name,
        semconv.ASSET: flow.asset.uri,
        semconv.FIELDS: flow.fields,
        semconv.SOURCES: sources[:LISTED],
        semconv.EVIDENCE: tuple(sorted({source.evidence.value for source in flow.sources})),
        semconv.LABELS: tuple(sorted(flow.labels)),
        semconv.PURPOSES: flow.purposes,
        semconv.UNKNOWN: flow.unknown,
        semconv.DECISION: decision.verdict.value,
        semconv.REQUIREMENT: decision.requirement,
        semconv.REASON: decision.reason,
        semconv.SERVICE: service,
        semconv.SITE: flow.site,
    }
    return {name: _clean(value) for name, value in {**attributes(flow.kind, flow.asset), **own}.items() if value}


def _clean(value: Value | None) -> Value:
    if isinstance(value, str):
        return _text(value)
    return tuple(map(_text, value)) if isinstance(value, tuple) else value or 0


def _text(text: str) -> str:
    r"""Return a text that UTF-8 can hold: half a surrogate pair, as in a file's name, becomes ``\udc80``."""
    return text.encode("utf-8", "backslashreplace").decode()
