"""Decide a recorded flow again, by what a policy says of the assets that it names.

The questions are those that the runtime asks, of the same engine: labels come anew from the
annotations of what was read, and those that were brought from elsewhere stay as they were.
"""

import datetime
from collections.abc import Iterable, Iterator

from attrs import evolve

from privacylib.labels import join, meet
from privacylib.model import (
    REQUEST,
    RESPONSE,
    Asset,
    Decision,
    Flow,
    Kind,
    Lowered,
    Mode,
    Served,
    Source,
    Terms,
    Verdict,
    Zone,
)
from privacylib.model.policy import Policy, Reclassification
from privacylib.policy.engine import Engine
from privacylib.policy.lowering import Lowering, in_force, void
from privacylib.propagation import egress_allowed
from privacylib.runtime import is_carrier

__all__ = ["Judge"]


class Judge:
    """Answer for a policy.

    Args:
        policy: The policy.
        ceiling: The strictest mode; None for that under which each flow was recorded.
        today: The day on which reclassifications are judged where the policy's own count alone.
    """

    def __init__(self, policy: Policy, ceiling: Mode | None = None, today: datetime.date | None = None) -> None:
        self._policy = policy
        self._ceiling = ceiling
        self._today = today or datetime.datetime.now(datetime.timezone.utc).date()
        self._engines: dict[tuple[Mode, str | None], Engine] = {}

    def decide(self, flow: Flow) -> Decision:
        """Return the decision on a flow; one that an earlier version recorded is decided by what is known of it."""
        terms = flow.terms or Terms(ceiling=max((v.mode for v in flow.decision.violations), default=Mode.OBSERVE))
        engine = self._engine(terms)
        zone = _zone(engine, flow, terms)
        if terms.gate:
            return _gated(engine, flow, zone, terms)
        if flow.kind is Kind.READ:
            return _read(engine, flow, zone, terms.taken)
        if terms.uncovered:
            return engine.uncovered(flow.asset, self.labels(flow), zone, _unknown(engine, flow))
        decision = self._write(engine, flow, zone, terms)
        if flow.kind in (Kind.CALL, Kind.OPAQUE):
            opaque = flow.kind is Kind.OPAQUE
            labels = _annotated(engine, flow.asset, flow.fields if opaque else (RESPONSE,), opaque=opaque)
            decision = decision.joined(engine.read(flow.asset, labels, zone))
            decision = engine.opaque(flow.asset, decision) if opaque else decision
        if terms.late and self._ceiling is None and decision.verdict is Verdict.DENY:
            decision = evolve(decision, verdict=Verdict.WOULD_DENY)
        return decision

    def labels(self, flow: Flow) -> frozenset[str]:
        """Return the labels of what a flow holds."""
        engine = self._engine(flow.terms or Terms())
        if flow.terms is not None and flow.terms.gate == "behind":
            return flow.labels
        if flow.kind is Kind.READ:
            taken = flow.terms and flow.terms.taken
            return _source_labels(engine, taken) if taken else _taken(engine, flow)
        return _held(engine, flow)

    def resident(self, flow: Flow) -> tuple[Source, ...]:
        """Return what a recorded read would put into the scope of the whole process."""
        opaque = flow.kind is Kind.OPAQUE
        if not (flow.kind is Kind.READ or opaque) or flow.terms is None or flow.terms.taken is not None:
            return ()
        engine = self._engine(flow.terms)
        resident = engine.annotation(flow.asset.uri).resident
        return engine.sources(flow.asset, flow.fields, opaque=opaque) if resident else ()

    def _write(self, engine: Engine, flow: Flow, zone: Zone, terms: Terms) -> Decision:
        return engine.write(
            flow.asset,
            flow.fields,
            _held(engine, flow),
            zone,
            unknown=_unknown(engine, flow),
            judges=self._judges(flow, terms),
            lowered=self._lowered(engine, terms.lowered),
        )

    def _judges(self, flow: Flow, terms: Terms) -> bool:
        """Return whether the endpoint judges for itself: by the policy where it names some, else as it was."""
        if flow.kind is not Kind.CALL or (self._policy.trust.egress is None and not terms.listed):
            return terms.judges
        return egress_allowed(self._policy.trust, flow.asset.uri)

    def _lowered(self, engine: Engine, declared: Iterable[Lowered]) -> Iterator[Lowering]:
        for each in declared:
            expires = datetime.date.fromisoformat(each.expires)
            told = Reclassification(
                from_=each.labels, to=each.to, sink=each.sink, fields=each.fields, transform=each.transform,
                fingerprint=each.fingerprint, reason="recorded", reviewer="recorded", expires=expires,
            )  # fmt: skip
            day = min(self._today, expires)  # it was in force when it was recorded
            only_reviewed = engine.rules.ceiling is Mode.ENFORCE
            lowering = in_force(told, self._policy.reclassifications, day, only_reviewed=only_reviewed)
            yield lowering if isinstance(lowering, Lowering) else void(told, lowering)

    def _engine(self, terms: Terms) -> Engine:
        key = terms.ceiling if self._ceiling is None else self._ceiling, terms.region
        engine = self._engines.get(key)
        if engine is None:
            engine = self._engines[key] = Engine(self._policy, *key)
        return engine


def _zone(engine: Engine, flow: Flow, terms: Terms) -> Zone:
    """Return the zones around a flow, with those that the policy puts around what is served, and around commands."""
    around = terms.served
    if around is None:
        return Zone(flow.purposes, flow.admitted, terms.purpose_unknown)
    purposes, admitted = _outside(engine, around)
    request = (
        flow.kind is Kind.READ
        and terms.taken is not None
        and not terms.gate
        and (terms.taken.field == REQUEST or terms.arrived)
    )
    if request and purposes:  # where a zone is open already, a request is judged as it comes in: before any of the code
        around = evolve(around, after=(), admitted=None)
    purposes, admitted = (*purposes, *around.after), meet(admitted, around.admitted)
    return Zone(purposes, admitted, terms.purpose_unknown, around)  # what is served, for remedies to name


def _outside(engine: Engine, served: Served) -> tuple[tuple[str, ...], frozenset[str] | None]:
    """Return purposes and admitted labels where work begins, served or of a command, before its code opens any."""
    purposes, admitted = served.before, served.brought
    if (around := served.around) is not None:
        outer, admits = _outside(engine, around)
        purposes, admitted = (*outer, *around.after, *purposes), meet(meet(admits, around.admitted), admitted)
    for purpose, labels in engine.zones(served.uri):
        again = served.is_command and purpose in purposes
        purposes, admitted = purposes if again else (*purposes, purpose), meet(admitted, labels)
    return purposes, admitted


def _read(engine: Engine, flow: Flow, zone: Zone, taken: Source | None) -> Decision:
    if taken is not None:
        return engine.read(flow.asset, _source_labels(engine, taken), zone, taken.unknown)
    return engine.read(flow.asset, _taken(engine, flow), zone)


def _gated(engine: Engine, flow: Flow, zone: Zone, terms: Terms) -> Decision:
    """Decide on an input of training; what lay behind one is taken as it was, for it depends on the whole spool."""
    if terms.gate == "behind":
        return flow.decision
    labels = _taken(engine, flow) if terms.taken is None else _source_labels(engine, terms.taken)
    told = None if terms.taken is None else terms.taken.told
    wide = told is not None
    if told is None:
        annotated = engine.annotation(flow.asset.uri).of(flow.fields) is not None
        told = annotated or bool(labels) or is_carrier(flow.asset, flow.fields)
    if not told:
        return engine.unannotated(flow.asset, wide=wide)
    return engine.read(flow.asset, labels, zone, None if terms.taken is None else terms.taken.unknown)


def _sources(engine: Engine, flow: Flow) -> Iterator[Source]:
    """Yield what a write depends on: not what only the process held, where the policy makes that resident no more."""
    for source in flow.sources:
        if not source.lasting or engine.annotation(source.asset.uri).resident:
            yield source


def _unknown(engine: Engine, flow: Flow) -> str | None:
    return min((source.unknown for source in _sources(engine, flow) if source.unknown), default=None)


def _source_labels(engine: Engine, source: Source) -> frozenset[str]:
    fields = (source.field,) if source.field else ()
    if not source.annotated:
        return source.carried
    labels = _annotated(engine, source.asset, fields, opaque=source.opaque)
    return source.carried | (engine.rules.indirect(labels) if source.indirect else labels)


def _taken(engine: Engine, flow: Flow) -> frozenset[str]:
    """Return the labels of what a read takes in: of its fields, and of what decides on it where that counts."""
    alone = flow.terms is not None and flow.terms.alone
    return join(frozenset() if alone else _annotated(engine, flow.asset, flow.fields), *_deciding(engine, flow))


def _held(engine: Engine, flow: Flow) -> frozenset[str]:
    """Return the labels of what a write depends on."""
    return join(*(_source_labels(engine, each) for each in _sources(engine, flow)), *_deciding(engine, flow))


def _deciding(engine: Engine, flow: Flow) -> Iterator[frozenset[str]]:
    for part in flow.terms.decides if flow.terms is not None else ():
        yield engine.rules.indirect(_annotated(engine, part.asset, (part.field,) if part.field else ()))


def _annotated(engine: Engine, asset: Asset, fields: tuple[str, ...], *, opaque: bool = False) -> frozenset[str]:
    return join(*(source.labels for source in engine.sources(asset, fields, opaque=opaque)))
