"""Flows: what is recorded once for all operations that look the same."""

from attrs import frozen

from privacylib.model.asset import Asset
from privacylib.model.context import Served
from privacylib.model.decision import ALLOW, Decision, Mode
from privacylib.model.flag import Flag
from privacylib.model.operation import Kind, Part
from privacylib.model.source import Source

__all__ = ["Flow", "Lowered", "Record", "Terms"]


@frozen(cache_hash=True)
class Lowered:
    """Describe a reclassification that was declared around a flow, and had not expired.

    Args:
        labels: Labels that are lowered, with all beneath them.
        to: Labels that replace them.
        sink: Pattern of the sink's URI.
        transform: The function, as ``module:qualname``.
        expires: Last day on which it counts, as ``2027-01-01``.
        fields: Fields of the sink that it holds for; None for all of them.
        fingerprint: Of the transform, where a policy asked for it.
    """

    labels: frozenset[str]
    to: frozenset[str]
    sink: str
    transform: str = ""
    expires: str = ""
    fields: frozenset[str] | None = None
    fingerprint: str | None = None


@frozen(cache_hash=True)
class Terms:
    """Hold what else a flow was decided by, so that it can be decided again under another policy.

    Args:
        ceiling: The strictest mode that the process allowed.
        region: Region of the service, or None.
        judges: Whether the endpoint carries our context and judges for itself.
        listed: Whether the policy named the endpoints that do; else those on this machine do.
        late: Whether the I/O had happened, so that a denial could only be recorded.
        purpose_unknown: Why nothing is known about the purposes, or None.
        lowered: Reclassifications that were declared around it and had not expired, in force or not.
        taken: For what an endpoint brings in: the request or response. Such a flow has records only where it
            broke a rule; where it did not, its definition says that it happened.
        served: For work that is served what stands around it but for the policy's zones.
        uncovered: Whether nobody had declared it: it was met by the account of what is covered.
        arrived: Whether it is a message that opened its scope: judged as it comes in, where a zone is open by then.
        decides: What only decides on it, whether a requirement counted that or not.
        alone: Whether a read takes in nothing else.
        gate: ``input`` for what the gate of a training job was asked about before it was read, and ``behind`` for what
            that was made of; empty for everything else. An input that passed has no record.
        silent: Whether the policy wanted no record of operations on the asset that break no rule.
    """

    ceiling: Mode = Mode.OBSERVE
    region: str | None = None
    judges: bool = False
    listed: bool = False
    late: bool = False
    purpose_unknown: str | None = None
    lowered: tuple[Lowered, ...] = ()
    taken: Source | None = None
    served: Served | None = None
    uncovered: bool = False
    arrived: bool = False
    decides: tuple[Part, ...] = ()
    alone: bool = False
    gate: str = ""
    silent: bool = False


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
        terms: What else it was decided by; None where an earlier version recorded it.
        why: For what is opaque why it could not be told.
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
    terms: Terms | None = None
    why: str = ""


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
