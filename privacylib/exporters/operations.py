"""The span of one operation, put together as far as somebody asks for it."""

from collections.abc import Mapping
from typing import Any, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags

from privacylib import semconv
from privacylib.exporters.shapes import Shape, Value
from privacylib.model import Flag
from privacylib.recorder import Auxiliary, Entry

__all__ = ["SAMPLED", "OperationSpan", "Origin"]

SAMPLED = TraceFlags(TraceFlags.SAMPLED)

_FAILED, _OUTLIVED, _PAIRED = int(Flag.FAILED), int(Flag.OUTLIVED), int(Flag.PAIRED)

Origin = tuple[Resource, InstrumentationScope]
"""Which process spans are from, and which library made them."""


_TOLD = (
    "name", "context", "parent", "resource", "attributes", "events", "links", "kind", "status", "start_time",
    "end_time", "instrumentation_scope",
)  # fmt: skip

_Base: Any = ReadableSpan
"""Its properties, each a call, are slots below wherever nothing is to be put together."""


class OperationSpan(_Base):
    """Stand for one operation.

    What has to be put together is so when it is asked for, and not kept: an exporter that filters or samples pays for
    what it looks at, and one that looks at everything leaves nothing behind for the garbage collector to walk over.

    Args:
        entry: The operation.
        shape: What it has in common with the others of its flow.
        origin: Where it is from.
        astray: Linked spans that are in another trace than their key, and which.
    """

    __slots__ = (
        "_astray", "_entry", "end_time", "events", "instrumentation_scope", "kind", "name", "resource", "shape",
        "start_time", "status",
    )  # fmt: skip

    def __init__(self, entry: Entry, shape: Shape, origin: Origin, astray: Mapping[int, int]) -> None:
        operation = entry[1]
        self._entry = entry
        self._astray = astray
        self.shape = shape
        self.name = shape.name
        self.kind = shape.kind
        self.status = shape.failed if operation[1] & _FAILED else shape.status
        self.start_time = operation[4]
        self.end_time = operation[4] + operation[5] * 1000
        self.resource, self.instrumentation_scope = origin
        self.events: tuple[Event, ...] = ()

    @property
    def context(self) -> SpanContext:
        """Return its trace and its own id."""
        return _context(self._trace(), self._entry[1][6])

    def get_span_context(self) -> SpanContext:
        """Return its context."""
        return self.context

    @property
    def parent(self) -> SpanContext | None:
        """Return what it is a part of."""
        operation = self._entry[1]
        return _context(self._trace(), operation[7], bool(operation[1] & _PAIRED)) if operation[7] else None

    @property
    def attributes(self) -> Mapping[str, Value]:
        """Return what its flow says, and what it says beside that."""
        sequence, operation, extra = self._entry
        attributes: dict[str, Value] = {
            **self.shape.attributes, semconv.CORRELATION_KEY: operation[8].hex(), semconv.SEQUENCE: sequence,
        }  # fmt: skip
        if operation[1] or extra:
            _mark(attributes, operation[1], extra)
        return attributes

    @property
    def links(self) -> tuple[Link, ...]:
        """Return links to the reads that it depends on."""
        _, operation, extra = self._entry
        key, first = operation[8], operation[9]
        if extra is None:
            return (self._link(key, first),) if first else ()
        linked = ((key, first), *((key, span) for span in extra.links), *extra.foreign)
        return tuple([self._link(other, span) for other, span in linked if span])

    @property
    def dropped_attributes(self) -> int:
        """Return 0: all are there."""
        return 0

    @property
    def dropped_events(self) -> int:
        """Return 0, likewise."""
        return 0

    @property
    def dropped_links(self) -> int:
        """Return 0, likewise."""
        return 0

    def __getattr__(self, name: str) -> Any:
        """Put together what the base class keeps, the first time that any of it is asked for."""
        if name in OperationSpan.__slots__ or "_name" in vars(self):
            raise AttributeError(name)
        ReadableSpan.__init__(self, **{each: getattr(self, each) for each in _TOLD})
        return getattr(self, name)

    def _trace(self) -> int:
        _, operation, extra = self._entry
        return int.from_bytes(extra.trace or operation[8] if extra else operation[8], "big")

    def _link(self, key: bytes, span: int) -> Link:
        return Link(_context(self._astray.get(span) or int.from_bytes(key, "big"), span))


_LIKE = SpanContext(1, 2, False, SAMPLED)
_new_tuple = cast("Any", tuple).__new__
_STATE = _LIKE.trace_state
_KNOWN = tuple(_LIKE) == (1, 2, False, SAMPLED, _STATE, True)


def _context(trace: int, span: int, remote: bool = False) -> SpanContext:
    """Return the context of a trace and a span, which are not 0.

    A context is a tuple that its constructor fills after looking at the numbers, which takes three times as long.
    """
    if not _KNOWN or not trace:
        return SpanContext(trace, span, remote, SAMPLED)
    return _new_tuple(SpanContext, (trace, span, remote, SAMPLED, _STATE, True))


def _mark(attributes: dict[str, Value], flags: int, extra: Auxiliary | None) -> None:
    """Add what only few operations say."""
    if extra and extra.messages != 1:
        attributes[semconv.MESSAGES] = extra.messages
    if flags & _OUTLIVED:
        attributes[semconv.OUTLIVED] = True
    if flags & _FAILED:
        attributes.setdefault(semconv.ERROR_TYPE, semconv.OTHER_ERROR)
