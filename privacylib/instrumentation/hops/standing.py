"""Where the consumer of an item stands, until it gets the next one from the same place.

A consumer in a scope that it has opened itself holds from then on what the producer held, for it has read it. Any
other, such as a worker's loop, does what it does with the item in the producer's zone, and in a scope of its own that
continues the producer's unless it works for the same request. With an item of another queue in hand it holds both, and
stands in both zones. It may have been started in somebody's scope, as by the first request that needs a worker: what
that scope has read stays in sight, and as long as it is open, what the worker reads is in sight of it.

What privacylib's own work put, a worker outside scopes does unseen: else an exporter's own worker is exported for ever.
"""

from collections.abc import Callable
from typing import Any

from privacylib.context import (
    PROCESS,
    Desk,
    Frame,
    ReadSet,
    Scope,
    frame_now,
    get_frame,
    is_unseen,
    runner,
    set_frame,
    stands_in,
)
from privacylib.instrumentation.hops.batons import LOST, receive
from privacylib.instrumentation.hops.shelves import OURS, UNTAGGED, Tag
from privacylib.model import Kind, Operation, PolicyDenied, Zone
from privacylib.runtime import ACTIVE, faults, into_open_writes, stacked

__all__ = ["carried", "holding", "stand"]


def stand(at: Any, tag: Tag | None) -> bool:
    """Let the consumer of an item stand where its context says; return whether that is in the work that it was in.

    Args:
        at: The queue that it has got the item from.
        tag: What the item carries.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from.
    """
    frame = get_frame()
    if frame is not None and is_unseen(frame) and not (isinstance(frame, Desk) and frame.is_of(at)):
        return False
    frame = _before(at, frame)
    within = frame is not None and frame.scope.opened and not frame.scope.outlived
    if tag == OURS and (frame is None or not frame.scope.opened):
        set_frame(Desk(at, Scope(OURS.name, OURS.key, ReadSet(OURS.key), orphan_of=runner), OURS.zone, frame, None))
        return False
    if tag is None or tag == OURS:
        return within
    if not tag.inside or (frame is not None and within and stands_in(frame.scope)):
        _join(frame_now(), tag)
        if isinstance(frame, Desk) and tag.inside:  # an item of another queue is in hand
            _share(at, tag, frame, stacked(frame.zone, tag.zone))
        return within
    if frame is not None and within and frame.scope.key == tag.key:
        _join(frame, tag)
        _share(at, tag, frame, tag.zone)
        return True
    desk = _desk(at, tag, frame)
    if desk.within is not None or desk.scope.reads.nested:  # a write is open around it
        into_open_writes(desk, tuple(source for source, _ in tag.held))
    receive(desk.scope.reads, tag.held)
    set_frame(desk)
    return False


def _before(at: Any, frame: Frame | None) -> Frame | None:
    """Return where the consumer stood before it got its last item from a queue, and those that it got since."""
    desk = frame
    while isinstance(desk, Desk) and not desk.is_of(at):
        desk = desk.outer
    if not isinstance(desk, Desk):
        return frame
    while isinstance(frame, Desk) and frame is not desk:
        frame = _left(frame)
    return _left(desk)


def _left(desk: Desk) -> Frame | None:
    """Leave the desk of an item, and return the frame around it."""
    reads, outer = desk.scope.reads, desk.outer
    desk.scope.left = True
    if outer is not None and reads is not outer.scope.reads and reads.upper is outer.scope.reads and not reads.nested:
        reads.give_back()
    set_frame(outer)
    return outer


def _share(at: Any, tag: Tag, frame: Frame, zone: Zone) -> None:
    """Let the consumer stand in a zone in the work that it is in, for as long as it has the item in hand."""
    scope = Scope(tag.name, frame.scope.key, frame.scope.reads, frame.scope.parent, around=frame.scope)
    set_frame(Desk(at, scope, zone, frame, frame.running()))


def holding(at: Any, tag: Tag) -> Desk:
    """Return where work stands that holds what an item carries, and nothing else."""
    desk = _desk(at, tag, None)
    receive(desk.scope.reads, tag.held)
    return desk


def _desk(at: Any, tag: Tag, outer: Frame | None) -> Desk:
    if outer is None or not outer.scope.opened:
        reads = ReadSet(tag.key, PROCESS.frame.scope.reads)
    elif outer.scope.outlived:
        reads = ReadSet(tag.key, outer.scope.reads)
    else:  # in sight of a scope that is open still
        reads = ReadSet(tag.key, outer.scope.reads, nested=True)
        reads.give_back()
    within = None if outer is None else outer.running()
    return Desk(at, Scope(tag.name, tag.key, reads, tag.parent, tracestate=tag.tracestate), tag.zone, outer, within)


def carried(step: Callable[..., object], *args: Any) -> None:
    """Let a consumer stand by a step of a hop; where that fails, leave it unknown.

    Raises:
        PolicyDenied: The consumer may not have the item, or the process enforces and the consumer could not even be
            told to know nothing.
    """
    try:
        step(*args)
    except PolicyDenied:
        raise
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("carrying", error)
        _know_nothing()


def _know_nothing() -> None:
    try:
        _join(frame_now(), UNTAGGED)
    except PolicyDenied:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if (snapshot := ACTIVE.snapshot) is not None:
            faults.while_deciding(snapshot, Operation(Kind.READ, LOST), error)


def _join(frame: Frame, tag: Tag) -> None:
    """Let work hold what an item carries; what it is refused it does not hold."""
    known = frame.scope.reads.visible().members
    held = tuple(read for read in tag.held if read[0] not in known)
    if held:  # nothing new is refused to nobody
        into_open_writes(frame, tuple(source for source, _ in held))
        receive(frame.scope.reads, held)
