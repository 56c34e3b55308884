"""What the recorder is told of an operation: the flow that it is, and the terms that it was decided by."""

from typing import TYPE_CHECKING

from attrs import evolve

from privacylib.context.sources import SourceSet
from privacylib.model import Asset, Decision, Evidence, Kind, Operation, Source, Zone
from privacylib.runtime.voided import tell_void

if TYPE_CHECKING:  # these classes are built when the first operation is recorded
    from privacylib.config import Snapshot
    from privacylib.model import Flow, Lowered, Terms
    from privacylib.model.policy import Reclassification
    from privacylib.policy.engine import Engine
    from privacylib.policy.lowering import Lowering

__all__ = ["flow_of", "graded", "merged", "terms_of", "unexpired"]


def flow_of(
    operation: Operation,
    terms: "Terms",
    zone: Zone,
    decision: Decision,
    labels: frozenset[str],
    unknown: str | None = None,
    fields: tuple[str, ...] = (),
    sources: tuple[Source, ...] = (),
    kind: Kind | None = None,
) -> "Flow":
    """Describe a flow of an operation.

    Args:
        operation: The operation.
        terms: What it was decided by besides what it holds.
        zone: Where.
        decision: The verdict.
        labels: What it holds.
        unknown: Why nothing is known about that; None where it is known.
        fields: Fields of its asset that it touches.
        sources: What is behind it, as `graded` gives it.
        kind: What it is recorded as, where that is not the operation's own kind.
    """
    from privacylib.model import Flow

    return Flow(
        kind=operation.kind if kind is None else kind, asset=operation.asset, fields=fields, sources=sources,
        labels=labels, purposes=zone.purposes, admitted=zone.admitted, unknown=unknown, decision=decision,
        site=operation.site, terms=terms, why=operation.why,
    )  # fmt: skip


def terms_of(
    operation: Operation,
    engine: "Engine",
    zone: Zone,
    judges: bool = False,
    late: bool = False,
    lowered: "tuple[Lowering, ...]" = (),
    taken: Source | None = None,
) -> "Terms":
    """Return what a flow of an operation is decided by besides what it holds.

    Args:
        operation: The operation.
        engine: Decides it.
        zone: Where.
        judges: Whether a remote endpoint judges for itself.
        late: Whether the I/O has happened, so that a denial can only be recorded.
        lowered: Reclassifications in force.
        taken: What an endpoint brings in, where that is decided.
    """
    from privacylib.model import Terms

    return Terms(
        engine.rules.ceiling, engine.region, judges, engine.policy.trust.egress is not None, late, zone.unknown,
        tuple(_lowered(declared) for declared in _declared(lowered)), taken, zone.served,
        decides=tuple(part for part in operation.parts if part.indirect), alone=operation.alone,
        silent=engine.annotation(operation.asset.uri).record == "never",
    )  # fmt: skip


def graded(sources: SourceSet) -> tuple[Source, ...]:
    """Name each source once: one that the code or a parser named is not repeated at the grade of the context.

    What was read of one place with different labels (two responses) is one source with all of them.
    """
    named = {source.asset for source in sources.members if source.evidence is not Evidence.CONTEXT}
    kept: dict[tuple[str, str], Source] = {}
    brought: dict[Asset, Source] = {}
    for source in sources.members:
        if source.evidence is Evidence.CONTEXT and source.asset in named:
            if source.carried or source.unknown:
                brought[source.asset] = merged(source, brought.get(source.asset, source))
            continue
        place = (source.uri, source.evidence.value)
        other = kept.get(place)
        kept[place] = source if other is None else merged(source, other)
    for place, source in kept.items():
        if source.asset in brought:  # what came in with it stays with the one that is named
            more = brought[source.asset]
            kept[place] = merged(source, evolve(more, labels=more.carried))
    return tuple(kept[place] for place in sorted(kept))


def unexpired(lowered: "tuple[Lowering, ...]", snapshot: "Snapshot") -> "tuple[Lowering, ...]":
    """Return the reclassifications that still hold today; one that became void inside its block is told of."""
    from privacylib.policy.lowering import unexpired as holding

    found = holding(lowered)
    if found is not lowered:
        for each in found:
            if each.why and each.declared is not None:
                tell_void(snapshot, each.declared, each.why)
    return found


def _declared(lowered: "tuple[Lowering, ...]") -> "list[Reclassification]":
    if not lowered:
        return []
    from privacylib.policy.lowering import expired

    return [each.declared for each in lowered if each.declared is not None and not expired(each.declared)]


def _lowered(declared: "Reclassification") -> "Lowered":
    from privacylib.model import Lowered

    return Lowered(
        declared.from_, declared.to, declared.sink, declared.transform, declared.expires.isoformat(),
        declared.fields, declared.fingerprint,
    )  # fmt: skip


def merged(one: Source, other: Source) -> Source:
    """Return one source for two of the same place: what either holds, as little told of as the less known of both."""
    told = (one.told, other.told)
    return evolve(
        one,
        labels=one.labels | other.labels,
        unknown=min((why for why in (one.unknown, other.unknown) if why), default=None),
        carried=one.carried | other.carried,
        annotated=one.annotated or other.annotated,
        indirect=one.indirect and other.indirect,
        lasting=one.lasting and other.lasting,
        opaque=one.opaque or other.opaque,
        told=False if False in told else None if None in told else True,
    )
