"""Context that was brought from elsewhere: the scope, the zone and the reads that work under it starts with."""

from collections.abc import Iterable

from attrs import evolve

from privacylib.context import Frame, ReadSet, Scope, Telling, get_frame
from privacylib.labels import join, meet
from privacylib.model import NO_ZONE, REQUEST, Asset, Evidence, PolicyContext, Served, Source, Zone
from privacylib.naming import parse
from privacylib.runtime.active import ACTIVE
from privacylib.runtime.hot import into_open_writes
from privacylib.runtime.scopes import narrowed, root_scope, zone_around

__all__ = ["CARRIED", "begin_under", "hold", "is_carrier", "is_told", "scope_under", "stacked", "zone_under"]

CARRIED = Asset("context", "carried")
"""What a write depends on where the labels it holds were brought by a carrier that names no assets."""


def is_carrier(asset: Asset, fields: tuple[str, ...]) -> bool:
    """Return whether what is read there says itself which labels it has: a context, or what a program was given."""
    return asset == CARRIED or (asset.namespace == "command" and fields == (REQUEST,))


def is_told(source: Source) -> bool:
    """Return whether anybody has told of a source: the policy, or whatever brought it."""
    if source.told is not None:
        return source.told
    fields, snapshot = (source.field,) if source.field else (), ACTIVE.snapshot
    if source.labels or is_carrier(source.asset, fields):
        return True
    return snapshot is not None and snapshot.engine.annotation(source.asset.uri).of(fields) is not None


Telling.is_told = is_told


def scope_under(context: PolicyContext, name: str, outside: ReadSet | None = None) -> Scope:
    """Return a unit of work of its own that goes on under a context's correlation key.

    Args:
        context: What was brought.
        name: What the scope is called, for people.
        outside: What the work outside scopes has read that it is part of; left out for one that stands apart.
    """
    scope = root_scope(name, bytes.fromhex(context.correlation_key) if context.correlation_key else None, outside)
    scope.tracestate = context.tracestate
    return scope


def zone_under(context: PolicyContext) -> Zone:
    """Return the zone that work under a context starts in: inside those around, and unknown where either is."""
    around, brought = zone_around(get_frame()), context.zone
    zone = around if brought is None else stacked(around, brought)
    if context.unknown:
        zone = evolve(zone, unknown=context.unknown)
    return narrowed(zone, None, None)


def stacked(around: Zone, brought: Zone) -> Zone:
    """Return what holds in both zones; a context of this very process brings the outer one along already."""
    if around is NO_ZONE:
        return brought
    told, inner = around.served, brought.served
    if told is not None and (inner is None or not told.is_command):
        return _inside(around, told, brought)
    more = tuple(purpose for purpose in around.purposes if purpose not in brought.purposes)
    if told is not None and inner is not None:  # both of this process: what is around the one is inside the other
        after = (*(purpose for purpose in told.after if purpose in more), *inner.after)
        inner = evolve(inner, after=after, admitted=meet(told.admitted, inner.admitted))
    return evolve(
        brought,
        purposes=(*more, *brought.purposes),
        admitted=meet(around.admitted, brought.admitted),
        unknown=brought.unknown or around.unknown,
        served=inner,
    )


def _inside(around: Zone, served: Served, brought: Zone) -> Zone:
    """Return what holds in both zones, where the outer one is of work that is served.

    What is brought stays apart from the zones that the policy puts there, for under another policy they are others.
    """
    zone = around
    for purpose in dict.fromkeys(brought.purposes):
        if purpose not in (*served.before, *served.after):
            zone = narrowed(zone, purpose, None)
    return evolve(narrowed(zone, None, brought.admitted), unknown=brought.unknown or around.unknown)


def hold(frame: Frame, context: PolicyContext) -> None:
    """Let a frame's scope hold what a context holds.

    Raises:
        PolicyDenied: A write is open around the frame that an enforced rule keeps the data from.
    """
    if not context.labels and not context.unknown and not context.reads:
        return
    places = [parse(uri) for uri in context.reads or (CARRIED.uri,)]
    told, unknown = context.labels - _annotated(context, places), context.data_unknown
    sources = tuple(
        Source(asset, field, context.labels, unknown, Evidence.TRACKED, told, annotated=bool(context.reads))
        for asset, field in places
    )
    into_open_writes(frame, sources)
    for source in sources:
        frame.scope.reads.add(source, context.pair)


def begin_under(frame: Frame, context: PolicyContext, given: str) -> None:
    """Let a process begin with what whoever started it held, or with a read of what it was given.

    Args:
        frame: The process's.
        context: What was brought.
        given: URI of what it was given, as whoever started it has recorded that; empty where that is not told.
    """
    if not given:
        hold(frame, context)
        return
    labels, asset = context.labels, parse(given)[0]
    source = Source(asset, REQUEST, labels, context.data_unknown, carried=labels, annotated=False)
    frame.scope.reads.add(source, context.pair)


def _annotated(context: PolicyContext, places: Iterable[tuple[Asset, str | None]]) -> frozenset[str]:
    """Return the labels that the policy gives to what a context has read; none where it names nothing."""
    snapshot = ACTIVE.snapshot
    if snapshot is None or not context.reads:
        return frozenset()
    read = (source for asset, field in places for source in snapshot.engine.sources(asset, (field,) if field else ()))
    return join(*(source.labels for source in read))
