"""What would change if recorded flows met another policy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import asdict, define, evolve, field, frozen

from privacylib.graph import breach_id
from privacylib.model import Decision, Flow, Kind, Mode, Source, Verdict
from privacylib.model.policy import Policy
from privacylib.policy.remedies import block, reclassify
from privacylib.recorder import Producer, Tallies, Tally, producers, tallies
from privacylib.replay.deciding import Judge
from privacylib.replay.notes import notes, told_less

__all__ = ["Change", "Replay", "holding", "replay"]

_SILENT = (
    "would be denied, and are on assets of which the policy kept no record (`record: never`); whether and how often "
    "they happened is not known"
)
_UNSENT = (
    "are of work in which another process read what this policy labels and the recorded one did not; such labels were "
    "not sent along, and where they would be now is not known: annotate what that one sends"
)
_TOLD_LESS = (
    "hold what may have come after it was announced to an endpoint that judges for itself; whether it judges that too "
    "is taken as it was, or by `egress` where the policy has it"
)


@define
class Change:
    """Say what becomes of the flows of one operation, asset, service and call site.

    Args:
        id: As `privacylib doctor` prints it for the rule.
        requirement: The rule that is broken, or that was and is no more.
        mode: The strictest mode in which it is.
        kind: What is done.
        asset: URI of the asset.
        service: Who does it.
        site: Call site as ``module:qualname``.
        before: What was decided when it was recorded.
        after: What is decided now.
        labels: Labels of the data by now.
        reason: Why, in one sentence.
        remedies: Fragments of a policy: ``nearest``, and where there is one ``block`` and ``reclassify``.
        count: How many operations.
        at_most: Whether it may have been fewer: what an endpoint brought in and was allowed is not counted apart, nor
            is what came after a read that the policy now makes resident.
    """

    id: str
    requirement: str
    mode: Mode
    kind: Kind
    asset: str
    service: str
    site: str
    before: Verdict
    after: Verdict
    labels: frozenset[str]
    reason: str
    remedies: dict[str, str]
    count: int = 0
    at_most: bool = False

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        return asdict(self) | {
            "mode": self.mode.name.lower(), "kind": self.kind.name, "before": self.before.value,
            "after": self.after.value, "labels": sorted(self.labels),
        }  # fmt: skip


@frozen
class Replay:
    """Hold what a policy would decide.

    Args:
        denied: What would break a rule and did not.
        still_denied: What broke a rule and would again.
        no_longer_denied: What broke a rule and would not.
        operations: How many operations were replayed.
        caveats: What could not be replayed exactly, in sentences.
    """

    denied: list[Change] = field(factory=list[Change])
    still_denied: list[Change] = field(factory=list[Change])
    no_longer_denied: list[Change] = field(factory=list[Change])
    operations: int = 0
    caveats: list[str] = field(factory=list[str])

    def members(self) -> dict[str, Any]:
        """Return the members of its JSON object."""
        names = ("denied", "still_denied", "no_longer_denied")
        rows = {name: [change.members() for change in getattr(self, name)] for name in names}
        return {"operations": self.operations, **rows, "caveats": self.caveats}


def replay(spools: Iterable[Path], policy: Policy, ceiling: Mode | None = None) -> Replay:
    """Decide everything again that spools hold.

    Args:
        spools: Their directories.
        policy: The policy.
        ceiling: The strictest mode; None for that under which each flow was recorded.
    """
    judge = Judge(policy, ceiling)
    rows: dict[tuple[object, ...], Change] = {}
    caveats: Counter[str] = Counter()
    operations = 0
    found = [(producer, tallies(producer)) for producer in chain.from_iterable(map(producers, spools))]
    labelled = _labelled(found, judge)
    for producer, counts in found:
        less = told_less(producer.flows.values())
        caveats.update(_UNSENT for _ in _unsent(producer, counts, judge, labelled))
        caveats.update(_SILENT for _ in _silent(producer, counts, judge))
        for flow, count, at_most in _counted(producer, counts, judge):
            operations += 0 if _part_of_another(flow) else count
            caveats.update(notes(flow, policy, producer.service))
            caveats.update([_TOLD_LESS] if flow in less else [])
            change = _change(flow, producer.service, judge, policy)
            if change is not None:
                key = (change.id, change.before, change.after)
                row = rows.setdefault(key, change)
                row.count += count
                row.at_most |= at_most
                row.labels |= change.labels
                row.mode = max(row.mode, change.mode)
    return _sorted(rows.values(), operations, caveats)


def _counted(producer: Producer, counts: Tallies, judge: Judge) -> Iterator[tuple[Flow, int, bool]]:
    """Yield each flow with how often it happened; that of what endpoints brought in with how often at most."""
    flows = producer.flows
    resident = _resident(flows, counts, judge)
    touched: Counter[str] = Counter()
    for number, tally in counts.flows.items():
        if number in flows:
            touched[flows[number].asset.uri] += tally.count
    for number, flow in flows.items():
        tally = counts.flows.get(number, Tally())
        if tally.count:
            also = [source for source, first in resident.items() if first <= tally.last]
            more = holding(flow, also)
            yield more, tally.count, more is not flow
        elif (
            flow.terms is not None
            and (flow.terms.taken or flow.terms.late or flow.terms.gate)
            and touched[flow.asset.uri]
        ):
            yield flow, touched[flow.asset.uri], True


def _silent(producer: Producer, counts: Tallies, judge: Judge) -> Iterator[Flow]:
    """Yield the flows that left no record as the policy wanted none, and that would be denied."""
    for number, flow in producer.flows.items():
        silent = flow.terms is not None and flow.terms.silent and number not in counts.flows
        if silent and flow.decision.allowed and not judge.decide(flow).allowed:
            yield flow


def _labelled(found: Iterable[tuple[Producer, Tallies]], judge: Judge) -> dict[bytes, frozenset[str]]:
    """Return by correlation key the labels that its reads have by now and had not."""
    labels: dict[bytes, frozenset[str]] = {}
    for producer, counts in found:
        for number, flow in producer.flows.items():
            more = judge.labels(flow) - flow.labels if flow.kind is Kind.READ else frozenset[str]()
            for key in counts.flows.get(number, Tally()).keys if more else ():
                labels[key] = labels.get(key, frozenset()) | more
    return labels


def _unsent(
    producer: Producer, counts: Tallies, judge: Judge, labelled: Mapping[bytes, frozenset[str]]
) -> Iterator[Flow]:
    """Yield what may have got such labels from another process; what this one has read itself it holds already."""
    own = _labelled([(producer, counts)], judge)
    for number, flow in producer.flows.items():
        keys = counts.flows.get(number, Tally()).keys if flow.kind is not Kind.READ else ()
        more = frozenset[str]().union(*(labelled[key] - own.get(key, frozenset()) for key in keys if key in labelled))
        if more and not more <= judge.labels(flow):
            yield flow


def _part_of_another(flow: Flow) -> bool:
    """Return whether it is counted where it is read or called: what that brought in, or a gate let through.

    A message is a read.
    """
    if flow.terms is None:
        return False
    taken, passed = flow.terms.taken, bool(flow.terms.gate) and flow.decision.allowed
    return passed or (taken is not None and taken.field is not None and not flow.terms.gate)


def _resident(flows: Mapping[int, Flow], counts: Tallies, judge: Judge) -> dict[Source, int]:
    """Return what the policy puts into the scope of the whole process, with when it was first read."""
    found: dict[Source, int] = {}
    for number, tally in counts.flows.items():
        for source in judge.resident(flows[number]) if number in flows else ():
            found[source] = min(tally.first, found.get(source, tally.first))
    return found


def holding(flow: Flow, resident: Iterable[Source]) -> Flow:
    """Return a flow that depends on what the whole process holds, too; the same one where it does already."""
    if flow.kind is Kind.READ:
        return flow
    held = {source.uri for source in flow.sources}
    more = tuple(source for source in resident if source.uri not in held)
    return evolve(flow, sources=(*flow.sources, *more)) if more else flow


def _change(flow: Flow, service: str, judge: Judge, policy: Policy) -> Change | None:
    before, after = flow.decision, judge.decide(flow)
    if before.allowed and after.allowed:
        return None
    told = before if after.allowed else after
    violation = told.violations[0]
    return Change(
        id=breach_id(violation.requirement, flow, service),
        requirement=violation.requirement,
        mode=violation.mode,
        kind=flow.kind,
        asset=flow.asset.uri,
        service=service,
        site=flow.site,
        before=before.verdict,
        after=after.verdict,
        labels=judge.labels(flow),
        reason=violation.reason,
        remedies={} if after.allowed else _remedies(flow, after, judge, policy),
    )


def _remedies(flow: Flow, decision: Decision, judge: Judge, policy: Policy) -> dict[str, str]:
    violation = decision.violations[0]
    found = {"nearest": violation.remedy}
    rule = next((each for each in policy.requirements if each.id == violation.requirement), None)
    if rule is not None and rule.mode is not Mode.ENFORCE:
        found["block"] = block(rule)
    if flow.kind is not Kind.READ and (labels := judge.labels(flow)):
        found["reclassify"] = reclassify(flow.asset.uri, labels, flow.site)
    return found


def _sorted(rows: Iterable[Change], operations: int, caveats: Counter[str]) -> Replay:
    found = Replay(operations=operations, caveats=[f"{count} flows {why}" for why, count in caveats.items()])
    for row in sorted(rows, key=lambda row: (-row.count, row.requirement, row.asset, row.id)):
        if row.after is Verdict.ALLOW:
            found.no_longer_denied.append(row)
        else:
            (found.denied if row.before is Verdict.ALLOW else found.still_denied).append(row)
    return found
