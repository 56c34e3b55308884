"""Data of which nothing is known: why, how often, and what to do about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, define, field

from privacylib.doctor.processes import Seen
from privacylib.model import Flow, Kind
from privacylib.propagation.reasons import CODES

__all__ = ["ADVICE", "Unknown", "unknowns"]

ADVICE: Mapping[str, str] = {
    "unknown-key": "services that do not share a spool need the same key: set PRIVACYLIB_KEY_FILE, or name it under "
    "`trust.keys` in both policies",
    "bad-signature": "whoever sent it does not hold the key that it names, or it was changed on its way",
    "malformed": "a proxy cuts or rewrites the `baggage` header, or somebody made it up",
    "expired": "the message waited for longer than contexts count, or the clocks differ",
    "wrong-audience": "it was made for another service: where a proxy changes `Host`, list what callers use under "
    "`trust.served`; where a service passes contexts on, name it under `trust.forwards`; otherwise it was stolen",
    "too-large": "the headers leave no room; a scope that reads less carries less",
    "duplicate": "two members of privacylib came at once; a proxy adds headers instead of replacing them",
    "unknown-label": "the sender's policy has labels that this one lacks; give both the same `labels`",
    "unknown-purpose": "the sender's policy has purposes that this one lacks; give both the same `purposes`",
    "missing": "the policy requires context of this peer, and it sent none; let it use privacylib, or annotate what "
    "it answers (`fields: {response: [...]}` of its asset); `accept` under `trust.ingress` would loosen: what it sends "
    "would be unlabelled",
    "upstream": "the sender itself did not know; ask its own spool",
    "not-initialised": "a worker process runs without privacylib; call privacylib.init in it",
    "unannotated": "an input of a training job has no annotation; add it under `assets`",
}
_OTHERWISE = "a worker died or could not tell what it had read"


@define
class Unknown:
    """Count operations on data of which nothing is known for one reason.

    Args:
        reason: Why.
        received: How many requests came in so.
        operations: How many operations were done with such data, those included; 0 where nothing followed from it.
        services: Who did them.
        advice: What to do about it.
    """

    reason: str
    advice: str
    received: int = 0
    operations: int = 0
    services: set[str] = field(factory=set[str])

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {"services": sorted(self.services)}


def unknowns(found: Iterable[Seen]) -> list[Unknown]:
    """Return the reasons, the most frequent first."""
    rows: dict[str, Unknown] = {}
    for producer, counts in found:
        flows = producer.flows
        for number, tally in counts.flows.items():
            flow = flows.get(number)
            for reason in () if flow is None else _reasons(flow):
                row = rows.setdefault(reason, Unknown(reason, _advice(reason)))
                row.operations += tally.count
                row.services.add(producer.service)
                if flow is not None and flow.kind is Kind.SERVE:
                    row.received += tally.count
        for reason in _taken(flows.values()):  # nothing that was recorded need depend on what came in so
            rows.setdefault(reason, Unknown(reason, _advice(reason))).services.add(producer.service)
    return sorted(rows.values(), key=lambda row: (-row.operations, row.reason))


def _reasons(flow: Flow) -> set[str]:
    """Return every reason that is in a flow: of what it holds, of each source, and of its purposes."""
    purpose = flow.terms and flow.terms.purpose_unknown
    return {reason for reason in (flow.unknown, purpose, *(source.unknown for source in flow.sources)) if reason}


def _taken(flows: Iterable[Flow]) -> set[str]:
    """Return every reason of what endpoints brought in."""
    return {reason for flow in flows if flow.terms and flow.terms.taken for reason in _reasons(flow)}


def _advice(reason: str) -> str:
    return ADVICE.get(reason, "a later version knows what this is" if reason in CODES else _OTHERWISE)
