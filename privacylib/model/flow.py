"""Flows: what is recorded once for all operations that look the same."""

from enum import Enum, IntFlag

from attrs import frozen

from privacylib.model.asset import Asset
from privacylib.model.decision import ALLOW, Decision
from privacylib.model.operation import Kind

__all__ = ["Evidence", "Flag", "Flow", "Record", "Source"]


class Evidence(str, Enum):
    """Say how it is known that a sink depends on a source, strongest first."""

    DECLARED = "declared"
    PARSED = "parsed"
    MATCHED = "matched"
    TRACKED = "tracked"
    CONTEXT = "context"


@frozen(cache_hash=True)
class Source:
    """Name one thing that was read, with the labels it had then.

    Args:
        asset: The asset read.
        field: One field of it, or None for all.
        labels: Labels of the data read.
        unknown: Why nothing is known about the data, or None.
        evidence: How an edge from it is known.
    """

    asset: Asset
    field: str | None = None
    labels: frozenset[str] = frozenset()
    unknown: str | None = None
    evidence: Evidence = Evidence.CONTEXT

    @property
    def uri(self) -> str:
        """Return the URI with the field."""
        return self.asset.at(self.field)


@frozen(cache_hash=True)
class Flow:
    """Describe all operations with the same facts and the same decision.

    Args:
        kind: What is done.
        asset: To which asset.
        fields: The fields that are touched (``request``, ``response`` for endpoints).
        sources: What a write depends on; empty for a read.
        labels: For a read the labels of what is read, otherwise the labels held.
        purposes: Purposes on the zone stack, outermost first.
        admitted: Labels the zone admits; None for all.
        unknown: Why what is held is unknown, or None.
        decision: The verdict.
        site: Call site as ``module:qualname``.
    """

    kind: Kind
    asset: Asset
    fields: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    labels: frozenset[str] = frozenset()
    purposes: tuple[str, ...] = ()
    admitted: frozenset[str] | None = None
    unknown: str | None = None
    decision: Decision = ALLOW
    site: str = ""


class Flag(IntFlag):
    """Mark a record. The numbers are part of the spool format."""

    FAILED = 1
    OUTLIVED = 2
    PAIRED = 4
    """The parent is the span of the CALL in another process that this SERVE answers."""
    ORPHAN = 8
    """It happened outside any scope, in a task or thread that nobody opened one for."""


@frozen
class Record:
    """Describe one operation that happened.

    Args:
        flow: Number of its flow in the same process.
        start: Nanoseconds since 1970, UTC.
        duration: Microseconds.
        span: Span id, not zero.
        parent: Span id of the surrounding span, or 0.
        key: Correlation key, 32 hex digits.
        flags: Marks.
        links: Spans of the reads behind it as (correlation key, span id).
        messages: Number of messages of a stream, 1 otherwise.
        trace: Trace id where a host's span gives another one than the key; else the key.
    """

    flow: int
    start: int
    duration: int
    span: int
    parent: int
    key: str
    flags: Flag = Flag(0)
    links: tuple[tuple[str, int], ...] = ()
    messages: int = 1
    trace: str = ""
