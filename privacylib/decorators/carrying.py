"""Context by hand: what holds now, into a carrier, out of one, and around work."""

from collections.abc import Mapping
from typing import Any

from privacylib.context import PROCESS, Frame, frame_now, set_frame
from privacylib.decorators.zones import Block
from privacylib.model import Asset, Evidence, PolicyContext, Source, Zone
from privacylib.naming import parse
from privacylib.runtime import apart, held_now, into_open_writes, narrowed, root_scope, snapshot_now

__all__ = ["CARRIED", "attached", "current", "enter_context", "extract", "hold", "inject", "zone_of"]

CARRIED = Asset("context", "carried")
"""What a write depends on where the labels it holds were brought by a carrier that names no assets."""


def current() -> PolicyContext:
    """Return the context of the running work; an empty one before `init`."""
    return PolicyContext() if snapshot_now() is None else held_now(frame_now())


def inject(carrier: Any, to: str | None = None) -> Any:
    """Write the context of the running work into a carrier.

    Args:
        carrier: Mutable mapping of headers, or mutable sequence of pairs; foreign baggage in it is kept.
        to: URI of the endpoint; the policy's ``trust.egress`` says whether context may travel there.
            Left out for a carrier that does not leave the machine.

    Returns:
        The carrier.
    """
    snapshot = snapshot_now()
    if snapshot is not None:
        frame = frame_now()
        span = frame.pair or snapshot.recorder.next_span()
        kind = "rpc" if to else "message"
        snapshot.propagator.inject(
            carrier, held_now(frame), span=span, pair=frame.pair, endpoint=to or "unix:", kind=kind
        )
    return carrier


def extract(carrier: Mapping[str, Any] | Any, peer: str | None = None) -> PolicyContext:
    """Return the context that a carrier presents. Never raises for what the carrier holds.

    Args:
        carrier: Headers, metadata or variables.
        peer: Name or address of who presented it, for the policy's ``trust.ingress``.

    Returns:
        The verified context; an empty one where none was presented and none is required; else one
        whose `unknown` names the reason.
    """
    snapshot = snapshot_now()
    return PolicyContext() if snapshot is None else snapshot.propagator.extract(carrier, peer=peer)


def attached(context: PolicyContext) -> Block:
    """Do work under a context that was brought from elsewhere, as a unit of work of its own.

    Args:
        context: What `extract` or `current` returned.

    Returns:
        A decorator and context manager, sync and async.
    """
    return Block(lambda: enter_context(context))


def enter_context(context: PolicyContext) -> Frame:
    """Open a scope under a brought context, make it the current one and return its frame."""
    key = bytes.fromhex(context.correlation_key) if context.correlation_key else None
    frame = apart(root_scope("attached", key), zone_of(context))
    hold(frame, context)
    set_frame(frame)
    return frame


def zone_of(context: PolicyContext) -> Zone:
    """Return the zone that work under a brought context starts in."""
    zone = context.zone or PROCESS.frame.zone
    if context.unknown:
        zone = Zone(zone.purposes, zone.admitted, context.unknown)
    return narrowed(zone, None, None)


def hold(frame: Frame, context: PolicyContext) -> None:
    """Let a frame's scope hold what a brought context holds."""
    if not context.labels and not context.unknown and not context.reads:
        return
    places = [parse(uri) for uri in context.reads or (CARRIED.uri,)]
    sources = tuple(
        Source(asset, field, context.labels, context.data_unknown, Evidence.TRACKED) for asset, field in places
    )
    into_open_writes(frame, sources)
    for source in sources:
        frame.scope.reads.add(source, context.pair)
