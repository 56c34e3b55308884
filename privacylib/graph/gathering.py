"""Gather the rows of the graph from what producers recorded."""

from collections.abc import Iterable, Iterator

from attrs import define, field

from privacylib.graph.joining import Origin, joints
from privacylib.model import REQUEST, RESPONSE, Evidence, Flow, Kind, Verdict
from privacylib.recorder import Producer, Tallies, Tally, tallies

__all__ = ["DeniedKey", "EdgeKey", "Gathered", "gather"]

EdgeKey = tuple[str, str, Evidence, tuple[str, ...], str | None, str, Verdict]
"""source, sink, evidence, labels, purpose, service, decision"""
DeniedKey = tuple[Kind, str, str, str, str, tuple[str, ...], str | None, str, str]
"""kind, asset, requirement, reason, remedy, labels, purpose, service, site"""


@define
class Gathered:
    """Hold rows with their tallies.

    Args:
        edges: What may have flowed.
        denied: What was stopped.
        origins: Where the records behind an edge are.
        corrupt: Slots and definitions that could not be read.
        undefined: Records whose flow is not known, because its definition is damaged.
        mended: Damaged definitions that were mended.
    """

    edges: dict[EdgeKey, Tally] = field(factory=dict[EdgeKey, Tally])
    denied: dict[DeniedKey, Tally] = field(factory=dict[DeniedKey, Tally])
    origins: dict[EdgeKey, list[Origin]] = field(factory=dict[EdgeKey, list[Origin]])
    corrupt: int = 0
    undefined: int = 0
    mended: int = 0

    def add(self, edge: EdgeKey, tally: Tally, origin: Origin) -> None:
        """Add what one flow says about an edge."""
        self.edges.setdefault(edge, Tally()).add(tally)
        self.origins.setdefault(edge, []).append(origin)


def gather(found: Iterable[Producer]) -> Gathered:
    """Return the rows of all producers, equal ones added up."""
    rows = Gathered()
    counted = [(producer, tallies(producer)) for producer in found]
    for producer, counts in counted:
        service, flows = producer.service, producer.flows
        rows.corrupt += counts.corrupt + producer.corrupt
        rows.mended += producer.mended
        for number, tally in counts.flows.items():
            if number not in flows:
                rows.undefined += tally.count
                continue
            _add_flow(rows, flows[number], service, tally, (producer, number))
    _join_calls(rows, counted)
    return rows


def _add_flow(rows: Gathered, flow: Flow, service: str, tally: Tally, origin: Origin) -> None:
    if flow.decision.verdict is Verdict.DENY:
        rows.denied.setdefault(_denied_key(flow, service), Tally()).add(tally)
        return
    for sink in _sinks(flow):
        for source in flow.sources:
            labels = tuple(sorted(source.labels))
            edge = (source.uri, sink, source.evidence, labels, _purpose(flow), service, flow.decision.verdict)
            rows.add(edge, tally, origin)


def _sinks(flow: Flow) -> tuple[str, ...]:
    """Return what a flow fills: an endpoint's request or response, named fields, or the asset."""
    if flow.kind is Kind.CALL:
        return (flow.asset.at(REQUEST),)
    if flow.kind is Kind.SERVE:
        return (flow.asset.at(RESPONSE),)
    if flow.kind is Kind.READ:
        return ()
    return tuple(flow.asset.at(name) for name in flow.fields) or (flow.asset.uri,)


def _join_calls(rows: Gathered, counted: list[tuple[Producer, Tallies]]) -> None:
    """Join the two names of an endpoint: what its callers address, and its own service's."""
    for call, answer, tally in joints(counted):
        for edge, origin in _joint_edges(call, answer):
            rows.add(edge, tally, origin)


def _joint_edges(call: Origin, answer: Origin) -> Iterator[tuple[EdgeKey, Origin]]:
    asked = call[0].flows[call[1]]
    answered = answer[0].flows.get(answer[1])
    if answered is None or asked.asset == answered.asset:
        return
    ways = (
        (asked.asset.at(REQUEST), answered.asset.at(REQUEST), asked, call),
        (answered.asset.at(RESPONSE), asked.asset.at(RESPONSE), answered, answer),
    )
    for source, sink, flow, (producer, _) in ways:
        verdict = flow.decision.verdict
        if verdict is not Verdict.DENY:
            labels = tuple(sorted(flow.labels))
            # The keys of the answer are those of exactly the calls that arrived.
            yield (source, sink, Evidence.TRACKED, labels, _purpose(flow), producer.service, verdict), answer


def _denied_key(flow: Flow, service: str) -> DeniedKey:
    decision = flow.decision
    return (
        flow.kind,
        flow.asset.uri,
        decision.requirement or "",
        decision.reason,
        decision.remedy,
        tuple(sorted(flow.labels)),
        _purpose(flow),
        service,
        flow.site,
    )


def _purpose(flow: Flow) -> str | None:
    return flow.purposes[-1] if flow.purposes else None
