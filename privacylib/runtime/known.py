"""What is known about an operation under one snapshot: labels, decisions and flow numbers.

Each question is asked once. The last answer is found by identity, earlier ones in a table.
"""

from typing import TYPE_CHECKING, Any

from attrs import evolve

from privacylib.context.frames import Frame
from privacylib.context.reads import ReadSet
from privacylib.context.sources import EMPTY, SourceSet
from privacylib.context.state import frame_now
from privacylib.labels import join
from privacylib.model import (
    ALLOW,
    REQUEST,
    RESPONSE,
    Decision,
    Evidence,
    Kind,
    Mode,
    Operation,
    Source,
    Verdict,
    Violation,
    Zone,
)
from privacylib.runtime.flows import flow_of, graded, terms_of, unexpired
from privacylib.runtime.ways import explained

if TYPE_CHECKING:
    from privacylib.config import Snapshot
    from privacylib.model import Flow
    from privacylib.policy.lowering import Lowering

__all__ = ["Known", "Site", "decision_on", "site_of"]

REMEMBERED = 2048
"""Operations kept for each snapshot, 1.3 KB each where all are distinct; code that names its own keeps them itself."""

IDENTICAL = 64
"""Sources up to which an operation keeps the set of its last answer; larger ones are found in the table of all."""

_SINK_FIELDS = {Kind.CALL: (REQUEST,), Kind.SERVE: (RESPONSE,)}


class Known:
    """Hold what is known about one flow.

    Args:
        number: Number of the flow in the recorder; 0 where its definition could not be kept.
        decision: The verdict.
        denied: Whether the I/O must not happen.
        judges: Whether the endpoint judges for itself.
        mandatory: The decision where no record can be kept and a requirement in force demands one, else None.
        heads: What its records begin with: those without a link, and those with one.
        silent: Whether its operations leave no record.
    """

    __slots__ = ("decision", "denied", "heads", "judges", "mandatory", "number", "plain", "silent")

    def __init__(
        self,
        number: int,
        decision: Decision,
        denied: bool,
        judges: bool = False,
        mandatory: Decision | None = None,
        heads: tuple[bytes, bytes] = (b"", b""),
        silent: bool = False,
    ) -> None:
        self.number = number
        self.decision = decision
        self.denied = denied
        self.judges = judges
        self.mandatory = mandatory
        self.heads = heads
        self.silent = silent
        self.plain = number != 0 and not denied
        """Whether its operations go ahead, and can be recorded."""


class Site:
    """An operation with all that is known about it under one snapshot."""

    __slots__ = (
        "_fields",
        "entry",
        "inside",
        "judges",
        "kind",
        "last_read",
        "last_write",
        "meant",
        "named",
        "operation",
        "plain_read",
        "plain_write",
        "recorder",
        "resident",
        "silent",
        "snapshot",
        "sources",
    )

    def __init__(self, operation: Operation, snapshot: "Snapshot") -> None:
        self.operation = operation
        self.kind = operation.kind
        self.snapshot = snapshot
        self.recorder = snapshot.recorder
        engine = snapshot.engine
        self.sources: tuple[Source, ...] = ()
        if operation.kind in (Kind.READ, Kind.OPAQUE):
            self.sources = engine.read_by(operation)
        self.named = SourceSet.of(self.sources) if operation.kind is Kind.OPAQUE else EMPTY  # it writes what it reads
        if operation.derived_from is not None:
            grade = Evidence.PARSED if operation.parsed else Evidence.DECLARED
            self.named = SourceSet.of(evolve(source, evidence=grade) for source in engine.named_by(operation))
        self.judges = operation.kind is Kind.CALL and snapshot.propagator.allows(operation.asset.uri)
        """Whether the endpoint carries our context by the policy's ``trust.egress``, and judges for itself."""
        annotation = engine.annotation(operation.asset.uri)
        self.resident: tuple[Source, ...] = ()
        """What the whole process holds once it is read."""
        if annotation.resident:
            self.resident = tuple(evolve(source, lasting=True) for source in self.sources)
        self.silent = annotation.record == "never"
        """Whether it leaves no record, unless a rule refuses it or demands one."""
        self.inside: ReadSet | None = None
        """The read set that a silent read was last put into: it holds it as long as it exists."""
        self._fields = _SINK_FIELDS.get(operation.kind, operation.fields)
        self.entry: Any = None
        """What the last request that was served here presented."""
        self.meant: frozenset[str] | None = None
        """Audiences of the contexts that are meant for what is served here, once one was presented."""
        self.last_read: tuple[Zone, Known] | None = None
        self.plain_read: tuple[Zone, Known] | None = None
        """The last answer of `read_plainly`."""
        self.plain_write: tuple[SourceSet, Zone, Known] | None = None
        """The last answer of `write_plainly`."""
        self.last_write: tuple[SourceSet, Zone, bool, Known] | None = None

    def held(self, frame: Frame) -> SourceSet:
        """Return all that a write here depends on: what its scope holds, and what the code named."""
        return self.and_named(frame.scope.reads.visible())

    def and_named(self, seen: SourceSet) -> SourceSet:
        """Return a set with what the code named; that alone where the data stays inside a store."""
        if self.operation.inside:
            return self.named
        return seen if self.named is EMPTY else seen.union(self.named)

    def annotated(self, *fields: str) -> frozenset[str] | None:
        """Return the labels that the policy gives fields of the asset, or all of it; None where it gives none."""
        return self.snapshot.engine.annotation(self.operation.asset.uri).of(fields)

    def reading(self, frame: Frame) -> Known:
        """Return what is known about the read in this frame."""
        zone = frame.zone
        last = self.last_read
        if last is not None and last[0] is zone:
            return last[1]
        answers, key = self.snapshot.answers, (self, zone)
        known = answers.get(key)
        if known is None:
            known = self._ask_read(zone)
            if not known.number:  # its definition was refused: it is tried again the next time
                return known
            answers.keep(key, known)
        self.last_read = (zone, known)
        return known

    def read_plainly(self, zone: Zone) -> Known | None:
        """Return what is known about the read in a zone, where it goes ahead and only its scope holds it."""
        known = self.snapshot.answers.get((self, zone))
        if known is None or not known.plain or self.resident:
            return None
        self.plain_read = (zone, known)
        return known

    def write_plainly(self, seen: SourceSet, zone: Zone) -> Known | None:
        """Return what is known about a write of what is visible, in a zone and nothing else, where it goes ahead."""
        if seen.size > IDENTICAL:
            return None
        known = self.snapshot.answers.get((self, self.and_named(seen), zone, False, False, ()))
        if known is None or not known.plain:
            return None
        self.plain_write = (seen, zone, known)
        return known

    def writing(self, sources: SourceSet, frame: Frame, judges: bool = False, late: bool = False) -> Known:
        """Return what is known about the write of what `sources` hold.

        Args:
            sources: All that the write depends on.
            frame: Where the work stands.
            judges: Whether the endpoint carries our context.
            late: Whether the I/O has happened, so that a denial can only be recorded.
        """
        zone = frame.zone
        last = self.last_write
        if (
            last is not None
            and last[0] is sources
            and last[1] is zone
            and last[2] is judges
            and not frame.lowered
            and not (late and last[3].denied)
        ):
            return last[3]
        lowered = frame.lowered and unexpired(frame.lowered, self.snapshot)
        answers, key = self.snapshot.answers, (self, sources, zone, judges, late, lowered)
        known = answers.get(key)
        if known is None:
            known = self._ask_write(sources, frame, lowered, judges, late)
            if not known.number:  # as for a read
                return known
            answers.keep(key, known, sources.size)
        if not late and not frame.lowered and sources.size <= IDENTICAL:
            self.last_write = (sources, zone, judges, known)
        return known

    def taking(self, source: Source, zone: Zone) -> Known:
        """Return what is known about what an endpoint brings in; what is allowed has no record of its own."""
        answers, key = self.snapshot.answers, (self, source, zone)
        known = answers.get(key)
        if known is None:
            decision = self.snapshot.engine.read(self.operation.asset, source.labels, zone, source.unknown)
            terms = terms_of(self.operation, self.snapshot.engine, zone, taken=source)
            flow = flow_of(
                self.operation, terms, zone, decision, source.labels, source.unknown, (source.field or "",),
                kind=Kind.READ,
            )  # fmt: skip
            if decision.allowed:
                known = Known(self.snapshot.recorder.define(flow), decision, denied=False)
            else:
                known = self.define(flow)
            if known.number:
                answers.keep(key, known)
        return known

    def unexplained(self, sources: SourceSet, frame: Frame) -> Known | None:
        """Return what is known about I/O that nobody declared; None where no requirement minds."""
        engine, zone = self.snapshot.engine, frame.zone
        decision = engine.uncovered(self.operation.asset, sources.labels, zone, sources.unknown)
        if decision.allowed:
            return None
        terms = evolve(terms_of(self.operation, engine, zone), uncovered=True)
        flow = flow_of(self.operation, terms, zone, decision, sources.labels, sources.unknown, sources=graded(sources))
        return self.define(flow)

    def decide_read(self, zone: Zone) -> Decision:
        """Decide whether what is known to come in may: what is read, or a call's annotated response."""
        asset, engine = self.operation.asset, self.snapshot.engine
        if self.operation.kind is Kind.CALL:
            return engine.read(asset, self.annotated(RESPONSE) or frozenset(), zone)
        return engine.read(asset, join(*(source.labels for source in self.sources)), zone)

    def decide_write(self, sources: SourceSet, frame: Frame, lowered: "tuple[Lowering, ...]", judges: bool) -> Decision:
        """Decide whether what `sources` hold may go out, and what comes back with it may come in."""
        decision = self.snapshot.engine.write(
            self.operation.asset, self._fields, sources.labels, frame.zone,
            unknown=sources.unknown, judges=judges, lowered=lowered,
        )  # fmt: skip
        if self.kind in (Kind.CALL, Kind.OPAQUE):  # something comes back
            decision = decision.joined(self.decide_read(frame.zone))
        if self.kind is Kind.OPAQUE:
            decision = self.snapshot.engine.opaque(self.operation.asset, decision)
        return explained(decision, sources)

    def _ask_read(self, zone: Zone) -> Known:
        labels = join(*(source.labels for source in self.sources))
        operation, terms = self.operation, terms_of(self.operation, self.snapshot.engine, zone)
        return self.define(flow_of(operation, terms, zone, self.decide_read(zone), labels, fields=operation.fields))

    def _ask_write(
        self, sources: SourceSet, frame: Frame, lowered: "tuple[Lowering, ...]", judges: bool, late: bool
    ) -> Known:
        decision, zone = self.decide_write(sources, frame, lowered, judges), frame.zone
        if late and decision.verdict is Verdict.DENY:
            decision = evolve(decision, verdict=Verdict.WOULD_DENY)
        terms = terms_of(self.operation, self.snapshot.engine, zone, judges, late, lowered)
        flow = flow_of(
            self.operation, terms, zone, decision, sources.labels, sources.unknown, self._fields, graded(sources)
        )
        return self.define(flow, judges)

    def define(self, flow: "Flow", judges: bool = False) -> Known:
        """Let the recorder keep a flow, and deny it where it must be kept and could not be."""
        number = self.snapshot.recorder.define(flow)
        mandatory = None
        if (requirement := self.snapshot.engine.mandatory(flow.labels, flow.unknown)) is not None:
            reason = f"lineage is mandatory for what {flow.asset.uri} would take, and the spool refused the record"
            violation = Violation(requirement, reason, "# free space in the spool\n", Mode.ENFORCE)
            mandatory = Decision.of((violation,))
        decision = mandatory if number == 0 and mandatory is not None else flow.decision
        heads = self.snapshot.recorder.heads(number)
        silent = self.silent and decision.allowed and not self.snapshot.engine.recorded(flow.labels, flow.unknown)
        return Known(number, decision, decision.verdict is Verdict.DENY, judges, mandatory, heads, silent)


def site_of(operation: Operation, snapshot: "Snapshot") -> Site:
    """Return the one site of equal operations under a snapshot."""
    sites = snapshot.sites
    site = sites.get(operation)
    if site is None:
        if len(sites) >= REMEMBERED:
            sites.clear()
        site = sites[operation] = Site(snapshot.engine.impersonal(operation), snapshot)
    return site


def decision_on(operation: Operation, snapshot: "Snapshot | None") -> Decision:
    """Return the decision on an operation in the running work, without doing or recording it."""
    if snapshot is None:
        return ALLOW
    frame, site = frame_now(), site_of(operation, snapshot)
    if operation.kind is Kind.READ:
        return site.decide_read(frame.zone)
    lowered = frame.lowered and unexpired(frame.lowered, snapshot)
    decision = site.decide_write(site.held(frame), frame, lowered, site.judges)
    pending = frame.scope.reads.pending
    return decision if pending is None else pending.decide(frame).joined(decision)
