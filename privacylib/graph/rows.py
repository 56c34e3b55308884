"""The rows of the graph: edges along which data flowed, and flows that were denied."""

from datetime import datetime, timezone
from typing import Any

from attrs import asdict, frozen

from privacylib.model import Evidence, Kind, Verdict
from privacylib.recorder import Tally

__all__ = ["Denied", "Edge", "moment", "seen"]


@frozen
class Edge:
    """Say that data flowed from one place to another.

    Args:
        source: URI of an asset or of a field.
        sink: URI of an asset or of a field.
        evidence: How it is known.
        labels: Labels of what was read, sorted.
        purpose: The innermost purpose, or None.
        service: Who did it.
        decision: ``ALLOW`` or ``WOULD_DENY``.
        count: How often.
        first_seen: Start of the earliest operation, ISO 8601 in UTC.
        last_seen: Start of the latest.
        correlation_keys: A few examples.
        failed: How many of the operations failed, so that less may have flowed.
    """

    source: str
    sink: str
    evidence: Evidence
    labels: tuple[str, ...]
    purpose: str | None
    service: str
    decision: Verdict
    count: int
    first_seen: str
    last_seen: str
    correlation_keys: tuple[str, ...]
    failed: int = 0

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        members = asdict(self, filter=lambda attribute, _: attribute.name != "failed")
        return members | {"evidence": self.evidence.value, "decision": self.decision.value}


@frozen
class Denied:
    """Say that a flow was denied before it happened.

    Args:
        kind: What would have been done.
        asset: URI of the asset.
        requirement: Id of the rule that weighs most.
        reason: Why.
        remedy: The nearest policy fragment.
        labels: Labels held, sorted.
        purpose: The innermost purpose, or None.
        service: Who tried.
        site: Call site as ``module:qualname``.
        count: How often.
        first_seen: Start of the earliest attempt, ISO 8601 in UTC.
        last_seen: Start of the latest.
    """

    kind: Kind
    asset: str
    requirement: str
    reason: str
    remedy: str
    labels: tuple[str, ...]
    purpose: str | None
    service: str
    site: str
    count: int
    first_seen: str
    last_seen: str

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"kind": self.kind.name}


def seen(tally: Tally) -> tuple[int, str, str]:
    """Return the three columns that every row ends with."""
    return tally.count, _iso(tally.first), _iso(tally.last)


def moment(nanoseconds: int | None) -> str | None:
    """Return a moment, in nanoseconds since 1970, as ISO 8601 in UTC; None stays None."""
    return None if nanoseconds is None else _iso(nanoseconds)


def _iso(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = datetime.fromtimestamp(seconds, timezone.utc).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds")
