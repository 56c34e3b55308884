"""Records as OpenTelemetry spans, and flows as spans with a count."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags

from privacylib import semconv
from privacylib.exporters.shapes import LISTED, Shape, Value, shape_of
from privacylib.model import Flag, Record
from privacylib.recorder import Producer, Tally

__all__ = ["LISTED", "Spans"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)

_STRAYED = 65_536
"""Spans of the process that are in another trace than their key, kept so that links to them lead there."""


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
        self._shapes: dict[int, Shape] = {}
        self._strayed: dict[int, int] = {}

    def of(self, record: Record, sequence: int = 0) -> ReadableSpan | None:
        """Return the span of a record, or None where its flow cannot be read.

        Args:
            record: The record.
            sequence: Its number among those of its producer.
        """
        shape = self._shape(record.flow)
        return None if shape is None else self._span(record, shape, self._numbered(sequence))

    def further_sources(self, flow: int, sequence: int, named: set[int]) -> Iterator[ReadableSpan]:
        """Yield spans that name the sources of a flow for which its operations' own spans have no room.

        Args:
            flow: Number of the flow.
            sequence: Of the operation for which they are made.
            named: Flows for which that was done; this one is added.
        """
        shape = self._shape(flow)
        if shape is None or not shape.more or flow in named:
            return
        named.add(flow)
        for part, sources in enumerate(shape.more, 2):
            more: dict[str, Value] = {semconv.SOURCES: sources, semconv.PART: part}
            yield self._flow_span(flow, shape, sequence, more, (0, 0), part)

    def counted(self, flow: int, tally: Tally, sequence: int) -> Iterator[ReadableSpan]:
        """Yield the span that stands for all operations of a flow up to a sequence, and those of further sources.

        Nothing is yielded where the flow cannot be read.
        """
        shape = self._shape(flow)
        if shape is None:
            return
        counts: dict[str, Value] = {
            semconv.COUNT: tally.count,
            semconv.FAILED: tally.failed,
            semconv.CORRELATION_KEYS: tuple(sorted(key.hex() for key in tally.keys)),
        }
        yield self._flow_span(flow, shape, sequence, counts, (tally.first, tally.last), tally.count << 16)
        yield from self.further_sources(flow, sequence, set())

    def _shape(self, number: int) -> Shape | None:
        shape = self._shapes.get(number)
        if shape is None:
            flow = self._producer.flows.get(number)
            if flow is None:
                return None
            shape = self._shapes[number] = shape_of(flow, self._service)
        return shape

    def _numbered(self, sequence: int) -> dict[str, Value]:
        """Return what tells a receiver whether it has had a span already."""
        return {semconv.PRODUCER: self._producer.id, semconv.SEQUENCE: sequence}

    def _span(self, record: Record, shape: Shape, numbered: dict[str, Value]) -> ReadableSpan:
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
            attributes=_with_marks(shape, record, failed=failed) | numbered,
            links=[Link(_context(self._strayed.get(span) or int(key, 16), span)) for key, span in record.links if span],
            kind=shape.kind,
            status=shape.failed if failed else shape.status,
            start_time=record.start,
            end_time=record.start + record.duration * 1000,
            instrumentation_scope=self._scope,
        )

    def _flow_span(
        self,
        flow: int,
        shape: Shape,
        sequence: int,
        more: Mapping[str, Value],
        times: tuple[int, int],
        salt: int,
    ) -> ReadableSpan:
        """Return a span that is no operation's; one made again has the same ids."""
        trace = int.from_bytes(hashlib.sha256(f"{self._producer.id} {flow}".encode()).digest()[:16], "big")
        span = hashlib.sha256(f"{self._producer.id} {flow} {sequence} {salt}".encode()).digest()[:8]
        return ReadableSpan(
            name=shape.name,
            context=_context(trace, int.from_bytes(span, "big")),
            resource=self._resource,
            attributes={**shape.attributes, **self._numbered(sequence), semconv.FLOW: flow, **more},
            kind=shape.kind,
            status=shape.status,
            start_time=times[0],
            end_time=times[1],
            instrumentation_scope=self._scope,
        )

    def _stray(self, span: int, trace: int) -> None:
        if len(self._strayed) >= _STRAYED:
            self._strayed.clear()
        self._strayed[span] = trace


def _with_marks(shape: Shape, record: Record, *, failed: bool) -> dict[str, Value]:
    """Add to the attributes of a flow what one record has of its own."""
    found = {**shape.attributes, semconv.CORRELATION_KEY: record.key, semconv.FLOW: record.flow}
    if record.messages != 1:
        found[semconv.MESSAGES] = record.messages
    if record.flags & Flag.OUTLIVED:
        found[semconv.OUTLIVED] = True
    if failed:
        found.setdefault(semconv.ERROR_TYPE, semconv.OTHER_ERROR)
    return found


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
