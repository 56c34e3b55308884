"""Records as OpenTelemetry spans."""

import importlib.metadata
from collections.abc import Mapping

from attrs import frozen
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from privacylib import semconv
from privacylib.exporters.conventions import attributes, role
from privacylib.model import Flag, Flow, Record, Verdict
from privacylib.recorder import Producer

__all__ = ["Spans"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)

Value = str | int | bool | tuple[str, ...]

LISTED = 128
"""Sources that a span names, as many as it links to; the spool names them all."""

_STRAYED = 65_536
"""Spans of the process that are in another trace than their key, kept so that links to them lead there."""


@frozen
class _Shape:
    """What the spans of one flow have in common."""

    name: str
    kind: SpanKind
    attributes: Mapping[str, Value]
    status: Status
    failed: Status


class Spans:
    """Make spans of the records of one producer.

    Args:
        producer: The producer, which stands for one process.
    """

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._service = producer.service
        self._resource = _resource(self._service, producer.id)
        self._scope = InstrumentationScope(semconv.SCOPE, _version())
        self._shapes: dict[int, _Shape] = {}
        self._strayed: dict[int, int] = {}

    def of(self, record: Record) -> ReadableSpan | None:
        """Return the span of a record, or None where its flow cannot be read."""
        shape = self._shape(record.flow)
        return None if shape is None else self._span(record, shape)

    def _shape(self, number: int) -> _Shape | None:
        shape = self._shapes.get(number)
        if shape is None:
            flow = self._producer.flows.get(number)
            if flow is None:
                return None
            shape = self._shapes[number] = _shape(flow, self._service)
        return shape

    def _span(self, record: Record, shape: _Shape) -> ReadableSpan:
        trace = int(record.trace or record.key, 16)
        if record.trace not in ("", record.key):
            self._stray(record.span, trace)
        failed = bool(record.flags & Flag.FAILED)
        remote = bool(record.flags & Flag.PAIRED)
        return ReadableSpan(
            name=shape.name,
            context=_context(trace, record.span),
            parent=_context(trace, record.parent, remote=remote) if record.parent else None,
            resource=self._resource,
            attributes=_with_marks(shape, record, failed=failed),
            links=[Link(_context(self._strayed.get(span) or int(key, 16), span)) for key, span in record.links if span],
            kind=shape.kind,
            status=shape.failed if failed else shape.status,
            start_time=record.start,
            end_time=record.start + record.duration * 1000,
            instrumentation_scope=self._scope,
        )

    def _stray(self, span: int, trace: int) -> None:
        if len(self._strayed) >= _STRAYED:
            self._strayed.clear()
        self._strayed[span] = trace


def _with_marks(shape: _Shape, record: Record, *, failed: bool) -> dict[str, Value]:
    """Add to the attributes of a flow what one record has of its own."""
    found = {**shape.attributes, semconv.CORRELATION_KEY: record.key}
    if record.messages != 1:
        found[semconv.MESSAGES] = record.messages
    if record.flags & Flag.OUTLIVED:
        found[semconv.OUTLIVED] = True
    if failed:
        found.setdefault(semconv.ERROR_TYPE, semconv.OTHER_ERROR)
    return found


def _shape(flow: Flow, service: str) -> _Shape:
    denied = flow.decision.verdict is Verdict.DENY
    description = f"denied by {flow.decision.requirement}" if denied else None
    error = Status(StatusCode.ERROR, description)
    return _Shape(
        name=f"{flow.kind.name} {flow.asset.name}",
        kind=SpanKind[role(flow.kind, flow.asset)],
        attributes=_attributes(flow, service) | ({semconv.ERROR_TYPE: "PolicyDenied"} if denied else {}),
        status=error if denied else Status(),
        failed=error,
    )


def _attributes(flow: Flow, service: str) -> dict[str, Value]:
    """Return the attributes of a flow; what is empty is left out."""
    decision = flow.decision
    own: dict[str, Value | None] = {
        semconv.OPERATION: flow.kind.name,
        semconv.ASSET: flow.asset.uri,
        semconv.FIELDS: flow.fields,
        semconv.SOURCES: tuple(source.uri for source in flow.sources[:LISTED]),
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
    return {**attributes(flow.kind, flow.asset), **{name: value for name, value in own.items() if value}}


def _context(trace: int, span: int, *, remote: bool = False) -> SpanContext:
    return SpanContext(trace, span, remote, _SAMPLED)


def _resource(service: str, instance: str) -> Resource:
    """Describe the process; `OTEL_RESOURCE_ATTRIBUTES` is heard, but starts no threads as other detectors do."""
    ours = Resource({semconv.SERVICE_NAME: service, semconv.SERVICE_INSTANCE_ID: instance})
    return OTELResourceDetector().detect().merge(ours)


def _version() -> str | None:
    try:
        return importlib.metadata.version("privacylib")
    except importlib.metadata.PackageNotFoundError:
        return None
