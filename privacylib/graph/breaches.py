"""Flows that broke a rule, by rule, place, service and call site, each under an id that stays."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import asdict, define, field, frozen

from privacylib.graph.rows import seen
from privacylib.model import Flow, Kind, Mode, Verdict, Violation
from privacylib.recorder import Producer, Tallies, Tally

__all__ = ["Breach", "breach_id", "breaches"]


@frozen
class Breach:
    """Say that flows broke one rule at one place.

    Args:
        id: Short, and the same for the same rule, operation, asset, service and call site, whenever it is asked for.
        requirement: Id of the rule.
        mode: The strictest mode in which it was broken.
        kind: What was done, or would have been.
        asset: URI of the asset.
        service: Who did it.
        site: Call site as ``module:qualname``.
        denied: How often it was stopped before the I/O.
        would_deny: How often it went ahead all the same.
        labels: Labels of the data.
        purposes: Purposes on the zone stack, outermost first; several stacks are joined.
        reason: Why, in one sentence.
        remedy: The nearest change that would allow it, as a policy fragment.
        first_seen: Start of the earliest operation, ISO 8601 in UTC.
        last_seen: Start of the latest.
        flows: The flows themselves.
    """

    id: str
    requirement: str
    mode: Mode
    kind: Kind
    asset: str
    service: str
    site: str
    denied: int
    would_deny: int
    labels: tuple[str, ...]
    purposes: tuple[str, ...]
    reason: str
    remedy: str
    first_seen: str
    last_seen: str
    flows: tuple[Flow, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """Return how often it was broken."""
        return self.denied + self.would_deny

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        members = asdict(self, recurse=False, filter=lambda attribute, _: attribute.name != "flows")
        return members | {"mode": self.mode.name.lower(), "kind": self.kind.name}


@define
class _Found:
    """Gather what is one row."""

    worst: tuple[Flow, Violation]
    tally: Tally = field(factory=Tally)
    denied: int = 0
    flows: dict[Flow, None] = field(factory=dict[Flow, None])


def breach_id(requirement: str, flow: Flow, service: str) -> str:
    """Return the id of a row."""
    told = repr((requirement, flow.kind.name, flow.asset.uri, service, flow.site))
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def breaches(found: Iterable[tuple[Producer, Tallies]]) -> list[Breach]:
    """Return what broke a rule, the most frequent first, and of those the strictest.

    A flow that breaks several rules is a row of each; one that breaks a rule in several ways is counted once.
    """
    rows: dict[str, _Found] = {}
    services: dict[str, str] = {}
    for service, flow, tally in _recorded(found):
        worst: dict[str, Violation] = {}
        for violation in flow.decision.violations:  # the strictest first
            worst.setdefault(violation.requirement, violation)
        for requirement, violation in worst.items():
            name = breach_id(requirement, flow, service)
            row = rows.setdefault(name, _Found((flow, violation)))
            services[name] = service
            row.tally.add(tally)
            row.flows[flow] = None
            if flow.decision.verdict is Verdict.DENY:
                row.denied += tally.count
            if violation.mode > row.worst[1].mode:
                row.worst = flow, violation
    made = (_breach(name, services[name], row) for name, row in rows.items())
    return sorted(made, key=lambda row: (-row.count, -row.mode, row.requirement, row.asset, row.id))


def _recorded(found: Iterable[tuple[Producer, Tallies]]) -> Iterator[tuple[str, Flow, Tally]]:
    for producer, counts in found:
        service, flows = producer.service, producer.flows
        for number, tally in counts.flows.items():
            if number in flows:
                yield service, flows[number], tally


def _breach(name: str, service: str, found: _Found) -> Breach:
    flow, violation = found.worst
    count, first, last = seen(found.tally)
    return Breach(
        id=name,
        requirement=violation.requirement,
        mode=violation.mode,
        kind=flow.kind,
        asset=flow.asset.uri,
        service=service,
        site=flow.site,
        denied=found.denied,
        would_deny=count - found.denied,
        labels=tuple(sorted(frozenset[str]().union(*(each.labels for each in found.flows)))),
        purposes=tuple(dict.fromkeys(purpose for each in found.flows for purpose in each.purposes)),
        reason=violation.reason,
        remedy=violation.remedy,
        first_seen=first,
        last_seen=last,
        flows=tuple(found.flows),
    )
