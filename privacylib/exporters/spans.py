"""Records as OpenTelemetry spans, and flows as spans with a count."""

import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags

from privacylib import semconv
from privacylib.exporters.shapes import LISTED, Shape, Value, shape_of
from privacylib.model import Flag
from privacylib.recorder import Auxiliary, Entry, Producer, Tally

__all__ = ["LISTED", "OperationSpan", "Spans"]

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)

_STRAYED = 65_536
"""Spans of the process that are in another trace than their key, kept so that links to them lead there."""

_SHAPES = 4096
"""Flows whose spans are prepared; what is beyond is prepared again on sight."""

_CONTEXTS = 1024
"""Contexts that are kept for those that refer to them."""

_NOWHERE: Mapping[int, int] = {}
_FAILED, _OUTLIVED, _PAIRED = int(Flag.FAILED), int(Flag.OUTLIVED), int(Flag.PAIRED)


class OperationSpan(ReadableSpan):
    """Stand for one operation.

    What it says is put together when something is asked for the first time, by the exporter: one that filters or
    samples pays for the spans that it looks at.

    Args:
        entry: The operation.
        shape: What it has in common with the others of its flow.
        of: Those of its process.
        astray: Linked spans that are in another trace than their key, and which.
    """

    __slots__ = ("_astray", "_entry", "_of", "shape")

    def __init__(self, entry: Entry, shape: Shape, of: "Spans", astray: Mapping[int, int]) -> None:
        self._entry = entry
        self.shape = shape
        self._of = of
        self._astray = astray

    def __getattr__(self, name: str) -> Any:
        """Put together what the base class keeps, the first time that any of it is missing."""
        if name in OperationSpan.__slots__ or "_name" in vars(self):
            raise AttributeError(name)
        self._tell()
        return getattr(self, name)

    def __getstate__(self) -> Mapping[str, Any]:
        """Return what the base class keeps: a copy needs nothing else."""
        self.name  # noqa: B018 - that puts it together
        return vars(self)

    def _tell(self) -> None:
        sequence, (_, flags, _, _, start, duration, span, parent, key, first), extra = self._entry
        shape = self.shape
        name = key.hex()
        trace = int.from_bytes(extra.trace or key if extra else key, "big")
        failed = flags & _FAILED
        attributes = {**shape.attributes, semconv.CORRELATION_KEY: name, semconv.SEQUENCE: sequence}
        if flags or extra:
            _mark(attributes, flags, extra)
        super().__init__(
            name=shape.name,
            context=self._of.context(trace, span),
            parent=self._of.context(trace, parent, flags & _PAIRED) if parent else None,
            resource=self._of.resource,
            attributes=attributes,
            links=self._links_of(key, first, extra) if first or extra else (),
            kind=shape.kind,
            status=shape.failed if failed else shape.status,
            start_time=start,
            end_time=start + duration * 1000,
            instrumentation_scope=self._of.scope,
        )

    def _links_of(self, key: bytes, first: int, extra: Auxiliary | None) -> tuple[Link, ...]:
        linked = ((key, first), *((key, span) for span in extra.links), *extra.foreign) if extra else ((key, first),)
        return tuple([Link(self._linked(other, span)) for other, span in linked if span])

    def _linked(self, key: bytes, span: int) -> SpanContext:
        return self._of.context(self._astray.get(span) or int.from_bytes(key, "big"), span)


class Spans:
    """Make spans of the records of one producer.

    Args:
        producer: The producer, which stands for one process.
    """

    def __init__(self, producer: Producer) -> None:
        self.resource = _resource(producer.service, producer.id)
        self.scope = InstrumentationScope(semconv.SCOPE, _version())
        self._producer = producer
        self._service = producer.service
        self._shapes: dict[int, Shape] = {}
        self._strayed: dict[int, int] = {}
        self._contexts: dict[tuple[int, int, int], SpanContext] = {}

    def of(self, entry: Entry) -> OperationSpan | None:
        """Return the span of an operation, or None where its flow cannot be read."""
        _, operation, extra = entry
        shape = self._shapes.get(operation[3]) or self._shape(operation[3])
        if shape is None:
            return None
        if extra is not None and extra.trace:
            self._stray(operation[6], int.from_bytes(extra.trace, "big"))
        return OperationSpan(entry, shape, self, self._astray(entry) if self._strayed else _NOWHERE)

    def context(self, trace: int, span: int, remote: int = 0) -> SpanContext:
        """Return where a span is. The same object stands for it as a parent, and in links of what comes soon after."""
        place = trace, span, remote
        context = self._contexts.get(place)
        if context is None:
            if len(self._contexts) >= _CONTEXTS:
                self._contexts.clear()
            context = self._contexts[place] = SpanContext(trace, span, bool(remote), _SAMPLED)
        return context

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
            context=SpanContext(trace, int.from_bytes(span, "big"), is_remote=False, trace_flags=_SAMPLED),
            resource=self.resource,
            attributes={**shape.attributes, semconv.SEQUENCE: sequence, **more},
            kind=shape.kind,
            status=shape.status,
            start_time=times[0],
            end_time=times[1],
            instrumentation_scope=self.scope,
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


def _mark(attributes: dict[str, Value], flags: int, extra: Auxiliary | None) -> None:
    """Add what only few operations say."""
    if extra and extra.messages != 1:
        attributes[semconv.MESSAGES] = extra.messages
    if flags & _OUTLIVED:
        attributes[semconv.OUTLIVED] = True
    if flags & _FAILED:
        attributes.setdefault(semconv.ERROR_TYPE, semconv.OTHER_ERROR)


def _resource(service: str, instance: str) -> Resource:
    """Describe the process; `OTEL_RESOURCE_ATTRIBUTES` is heard, but starts no threads as other detectors do."""
    ours = Resource({semconv.SERVICE_NAME: service, semconv.SERVICE_INSTANCE_ID: instance})
    return OTELResourceDetector().detect().merge(ours)


def _version() -> str | None:
    try:
        return importlib.metadata.version("privacylib")
    except importlib.metadata.PackageNotFoundError:
        return None
