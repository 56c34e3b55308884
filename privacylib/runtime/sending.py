"""Messages that one unit of work sends on the open response of another: a hub, a broadcast, a push."""

from attrs import evolve

from privacylib.context.current import get_frame
from privacylib.context.frames import Frame
from privacylib.context.reads import ReadSet
from privacylib.context.sources import SourceSet
from privacylib.context.state import frame_now, is_unseen
from privacylib.model import RESPONSE, Kind, PolicyDenied, Zone
from privacylib.runtime import faults
from privacylib.runtime.hot import Handle, decide_write, end, held_by, judges_still, record
from privacylib.runtime.known import Known, site_of

__all__ = ["Sent", "is_own", "send_on"]

Sent = tuple[SourceSet, Zone]
"""What somebody held who sent on a response, and where that stood; found again by identity."""


def is_own(handle: Handle) -> bool:
    """Return whether the running work is that of a request itself, whose reads are in its response anyway."""
    frame = get_frame()
    return frame is not None and frame.scope.reads is handle.frame.scope.reads


@faults.deciding
def send_on(handle: Handle, last: Sent | None) -> Sent | None:
    """Decide what the running work sends on a response that is not its own.

    All that it holds flows there. It is a write of whoever sends, in the zones around that, and it is in the response
    from now on, in the zones around this. Where the work is only a part of the request, its zones are the request's.

    Args:
        handle: The request, as `serve` returned it.
        last: What this returned last for it.

    Returns:
        What to bring along the next time: what is the same then is not decided again.

    Raises:
        PolicyDenied: The message must not go out; the response stays open to others.
    """
    if not handle.open:  # nothing goes out before the response is decided
        return last
    frame = get_frame()
    if frame is not None and is_unseen(frame):
        return last
    frame = frame_now()
    reads, zone = frame.scope.reads, frame.zone
    seen = reads.visible()
    if last is not None and last[0] is seen and last[1] is zone and not frame.lowered and reads.pending is None:
        return last
    judges = judges_still(handle, seen)
    write = None if _is_part(reads, handle.frame.scope.reads) else _written(handle, frame, judges)
    held = held_by(handle).union(seen)
    known = handle.site.writing(held, handle.frame, judges_still(handle, held))
    if known.denied:
        _refuse(handle, known, frame)
    handle.inflow = handle.inflow.union(seen)
    end(write)
    return seen, zone


def _is_part(reads: ReadSet, of: ReadSet) -> bool:
    """Return whether work is done on behalf of another, whose open writes it flows into."""
    upper: ReadSet | None = reads
    while upper is not None and upper is not of:
        upper = upper.upper if upper.nested else None
    return upper is not None


def _written(handle: Handle, frame: Frame, judges: bool) -> Handle:
    """Decide the message as a write of whoever sends it.

    Raises:
        PolicyDenied: The zones around the sender refuse it.
    """
    site = handle.site
    operation = evolve(site.operation, kind=Kind.WRITE, fields=(RESPONSE,))
    write = Handle(site_of(operation, site.snapshot), frame)
    decide_write(write, judges)
    return write


def _refuse(handle: Handle, known: Known, sender: Frame) -> None:
    """Record that a response must not have a message, and raise it; the scopes of the sender remember it."""
    record(handle, 0, known)
    around: Frame | None = sender
    while around is not None:
        around.scope.refusal = known.decision
        around = around.outer
    raise PolicyDenied(known.decision, handle.site.operation.asset.uri)
