"""Records as OpenTelemetry spans, and flows as spans with a count."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping

from attrs import evolve
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

from privacylib import semconv
from privacylib.exporters.operations import SAMPLED, OperationSpan
from privacylib.exporters.shapes import LISTED, Shape, Value, shape_of
from privacylib.recorder import Entry, Producer, Tally

__all__ = ["LISTED", "OperationSpan", "Spans"]

_STRAYED = 65_536
"""Spans of the process that are in another trace than their key, kept so that links to them lead there."""

_SHAPES = 4096
"""Flows whose spans are prepared; what is beyond is prepared again on sight."""

_NOWHERE: Mapping[int, int] = {}


class Spans:
    """Make spans of the records of one producer.

    Args:
        producer: The producer, which stands for one process.
    """

    def __init__(self, producer: Producer) -> None:
        self._origin = _resource(producer.service, producer.id), InstrumentationScope(semconv.SCOPE, _version())
        self._producer = producer
        self._service = producer.service
        self._shapes: dict[int, Shape] = {}
        self._strayed: dict[int, int] = {}

    def of(self, entry: Entry) -> OperationSpan | None:
        """Return the span of an operation, or None where its flow cannot be read."""
        _, operation, extra = entry
        shape = self._shapes.get(operation[3]) or self._shape(operation[3])
        if shape is None:
            return None
        if extra is not None and extra.trace:
            self._stray(operation[6], int.from_bytes(extra.trace, "big"))
        return OperationSpan(entry, shape, self._origin, self._astray(entry) if self._strayed else _NOWHERE)

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
            flow = self._producer.flow(number)
            if flow is None:
                return None
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = shape_of(flow, self._service)
            own = {semconv.PRODUCER: self._producer.id, semconv.FLOW: number}
            shape = self._shapes[number] = evolve(shape, attributes={**shape.attributes, **own})
        return shape

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
            context=SpanContext(trace, int.from_bytes(span, "big"), is_remote=False, trace_flags=SAMPLED),
            resource=self._origin[0],
            attributes={**shape.attributes, semconv.SEQUENCE: sequence, **more},
            kind=shape.kind,
            status=shape.status,
            start_time=times[0],
            end_time=times[1],
            instrumentation_scope=self._origin[1],
        )

    def _astray(self, entry: Entry) -> Mapping[int, int]:
        """Return which of the linked spans are in another trace than their key."""
        _, operation, extra = entry
        linked = (operation[9], *extra.links, *(span for _, span in extra.foreign)) if extra else (operation[9],)
        return {span: self._strayed[span] for span in linked if span in self._strayed}

    def _stray(self, span: int, trace: int) -> None:
        if len(self._strayed) >= _STRAYED:
            self._strayed.clear()
        self._strayed[span] = trace


def _resource(service: str, instance: str) -> Resource:
    """Describe the process; `OTEL_RESOURCE_ATTRIBUTES` is heard, but starts no threads as other detectors do."""
    ours = Resource({semconv.SERVICE_NAME: service, semconv.SERVICE_INSTANCE_ID: instance})
    return OTELResourceDetector().detect().merge(ours)


def _version() -> str | None:
    try:
        return importlib.metadata.version("privacylib")
    except importlib.metadata.PackageNotFoundError:
        return None
