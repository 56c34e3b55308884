"""Context by hand: what holds now, into a carrier, out of one, and around work."""

from typing import Any

from privacylib.context import Frame, frame_now, set_frame
from privacylib.decorators.zones import Block
from privacylib.model import PolicyContext
from privacylib.runtime import apart, held_now, hold, scope_under, snapshot_now, told_now, zone_under

__all__ = ["attached", "current", "extract", "inject"]


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
            carrier, told_now(frame), span=span, pair=frame.pair, endpoint=to or "unix:", kind=kind
        )
    return carrier


def extract(carrier: Any, peer: str | None = None) -> PolicyContext:
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
    return Block(lambda: _enter(context))


def _enter(context: PolicyContext) -> Frame:
    """Open a scope under a brought context, make it the current one and return its frame."""
    frame = apart(scope_under(context, "attached"), zone_under(context))
    hold(frame, context)
    set_frame(frame)
    return frame
