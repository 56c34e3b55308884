"""The choke point: every operation is decided, let through and recorded here.

Only what each operation needs stands in this file. What is known about an operation is worked out
once (`privacylib.runtime.known`) and found again by identity.
"""

from time import time_ns

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Frame
from privacylib.context.sources import EMPTY, SourceSet
from privacylib.context.state import PROCESS, frame_now, is_unseen, leave
from privacylib.model import Flag, Kind, PolicyDenied, Source
from privacylib.runtime import faults
from privacylib.runtime.known import Known, Site
from privacylib.runtime.tracing import host_context, host_span

__all__ = [
    "Body", "Handle", "begin", "body_around", "decide_read", "decide_write", "end", "judges_still", "record", "refuse",
    "step_out",
]  # fmt: skip

_READ, _OPAQUE, _CALL = Kind.READ, Kind.OPAQUE, Kind.CALL


class Handle:
    """One operation between its beginning and its end."""

    __slots__ = (
        "announced", "body", "brought", "flags", "frame", "inflow", "known", "meanwhile", "messages", "open", "pair",
        "refused", "site", "sources", "span", "start",
    )  # fmt: skip
    known: Known

    def __init__(self, site: Site, frame: Frame, span: int = 0, start: int = 0) -> None:
        self.site = site
        self.frame = frame
        self.span = span or site.recorder.next_span()
        self.start = start or time_ns()
        self.sources = self.inflow = EMPTY
        """All that it depends on; and of that, what was read in scopes of their own while it was open around them."""
        self.flags = self.pair = 0
        self.messages = 1
        self.open = self.refused = False
        self.announced: frozenset[str] | None = None
        """Labels a judging peer was told of, where it is told only once."""
        self.body: Body | None = None
        self.brought: Source | None = None
        """What an open response stream has brought so far."""
        self.meanwhile: dict[Site, Handle] | None = None
        """Writes made while it was open."""

    @property
    def link(self) -> int:
        """Return what the writes behind it link to: its span; 0 where it leaves no record."""
        return 0 if self.known.silent else self.span


class Body(Frame):
    """The frame of a function's or block's body, whose operation is open as long as it.

    `body_around` makes one. Where the operation went ahead as one that is known, its handle is only made when somebody
    needs it.
    """

    __slots__ = ("at", "handle", "known", "seen", "site", "span", "start")
    at: Frame
    """Where the operation began."""
    handle: Handle | None
    known: Known
    site: Site
    seen: SourceSet
    """What was visible when it began."""
    span: int
    start: int

    def inside(self) -> Frame:
        """Return this frame: its work runs in the body."""
        return self

    def operation(self) -> Handle:
        """Return the operation of the body."""
        handle = self.handle
        if handle is None:
            handle = Handle(self.site, self.at, self.span, self.start)
            handle.known, handle.sources, handle.body = self.known, self.site.and_named(self.seen), self
            self.handle = handle
        return handle


def body_around(frame: Frame, outer: Frame | None, pair: int, handle: Handle | None) -> Body:
    """Return the frame of a body; a function makes it at two thirds of what a constructor takes.

    Args:
        frame: Where the operation began.
        outer: The frame to put back.
        pair: Span of the call whose request is made in the body, or 0.
        handle: The operation, or None.
    """
    body = Body.__new__(Body)
    body.scope = frame.scope
    body.zone = frame.zone
    body.outer = outer
    body.within = frame.inside()
    body.plain = False
    body.lowered = frame.lowered
    body.pair = pair
    body.ended = False
    body.begun_in = None
    body.at = frame
    body.handle = handle
    return body


def begin(site: Site, stays_open: bool = False, body: bool = False, judges: bool | None = None) -> Handle | None:
    """Decide an operation and take its reads in, before the I/O.

    Args:
        site: The operation under the snapshot in force.
        stays_open: Whether all that its scope reads before it ends flows into it too.
        body: Whether what is read on its own call chain flows into it too.
        judges: Whether a remote endpoint carries our context and judges for itself; None where the policy's
            ``trust.egress`` says so.

    Returns:
        The handle that `end` takes; None in work of our own, and after an error of ours that was swallowed.

    Raises:
        PolicyDenied: An enforced rule denies it.
    """
    try:
        frame = get_frame()
        if frame is None or not frame.scope.opened:
            if frame is not None and is_unseen(frame):
                return None
            frame = frame_now()
        handle = Handle(site, frame)
        kind = site.operation.kind
        if kind is not _READ:
            decide_write(handle, site.judges if judges is None else judges)
        if kind is _READ or kind is _OPAQUE:
            decide_read(handle)
        if kind is not _READ:
            if stays_open:
                open_for_scope(handle)
            if body:
                pair = handle.span if kind is _CALL else frame.pair
                handle.body = body_around(frame, get_frame(), pair, handle)
                set_frame(handle.body)
    except PolicyDenied:
        raise
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.while_deciding(site.snapshot, site.operation, error)
        return None
    return handle


def end(handle: Handle | None, failed: bool = False) -> None:
    """Record an operation that has ended.

    Args:
        handle: What `begin` returned.
        failed: Whether the operation raised.

    Raises:
        PolicyDenied: An enforced requirement makes lineage mandatory, and the record could not be kept.
    """
    if handle is None:
        return
    kept = False
    try:
        if handle.body is not None:
            leave(handle.body)
            handle.body.ended = True
        if handle.open:
            close_for_scope(handle)
        if handle.meanwhile is not None:
            handle.frame.scope.reads.drop("watched", handle)
        kept = record(handle, Flag.FAILED if failed else 0)
        handle.body = None  # no cycle is left for the collector
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("recording", error)
    if not kept and not failed and (mandatory := handle.known.mandatory) is not None:
        raise PolicyDenied(mandatory, handle.site.operation.asset.uri)


def step_out(handle: Handle) -> None:
    """Leave the body of an operation that goes on; what was begun in there and goes on still flows into it."""
    if handle.body is not None:
        leave(handle.body)


def open_for_scope(handle: Handle) -> None:
    """Let all that the scope reads from now on flow into this write."""
    handle.open = True
    handle.frame.scope.reads.keep("open", handle)


def close_for_scope(handle: Handle) -> None:
    """End what `open_for_scope` began."""
    handle.frame.scope.reads.drop("open", handle)


def decide_read(handle: Handle) -> None:
    """Decide a read and let its scope hold what it reads."""
    site, frame = handle.site, handle.frame
    if site.kind is _READ:
        handle.known = known = site.reading(frame)
        if known.denied:
            refuse(handle, known)
    reads = frame.scope.reads
    if frame.inside() is not None or reads.open or (reads.nested and reads.is_open()):
        into_open_writes(frame, site.sources)
    for source in site.resident:
        PROCESS.frame.scope.reads.add(source, (frame.scope.key, handle.link))
    for source in site.sources:
        reads.add(source, handle.link)


def decide_write(handle: Handle, judges: bool = False) -> None:
    """Decide a write by everything its scope holds."""
    frame = handle.frame
    pending = frame.scope.reads.pending
    if pending is not None:
        pending.judge(frame)
    handle.sources = sources = handle.site.held(frame)
    handle.known = known = handle.site.writing(sources, frame, judges)
    if known.denied:
        refuse(handle, known)
    if handle.site.kind is _CALL and known.number:
        handle.span = handle.site.snapshot.recorder.call_span(known.number)


def into_open_writes(frame: Frame, sources: tuple[Source, ...], own: Handle | None = None) -> None:
    """Decide a read as a flow into every write that is open around it, but for the read's own.

    The zones around the write judge; those around the read have judged the read itself.
    """
    reads = frame.scope.reads
    writes = [write for write in dict.fromkeys((*frame.bodies(), *reads.open_above())) if write is not own]
    if not writes:
        return
    flowing = SourceSet.of(sources)
    for write in writes:
        held = held_by(write).union(flowing)
        known = write.site.writing(held, write.frame, judges_still(write, held))
        if known.denied:
            refuse(write, known)
    for write in writes:
        if write.frame.scope.reads is not reads:
            write.inflow = write.inflow.union(flowing)


def held_by(handle: Handle) -> SourceSet:
    """Return all that a write depends on by now."""
    held, inflow = handle.site.held(handle.frame), handle.inflow
    return held.union(inflow) if inflow.members else held


def judges_still(write: Handle, held: SourceSet) -> bool:
    """Return whether the endpoint of an open write can judge what flows there now."""
    return write.known.judges and (write.announced is None or held.labels <= write.announced)


def refuse(handle: Handle, known: Known) -> None:
    """Record a denial and raise it; the scopes around remember it."""
    handle.refused = True
    record(handle, 0, known)
    around: Frame | None = handle.frame
    while around is not None:
        around.scope.refusal = known.decision
        around = around.outer
    raise PolicyDenied(known.decision, handle.site.operation.asset.uri)


def record(handle: Handle, flags: int, known: Known | None = None) -> bool:
    """Keep one record of an operation and of what is behind it; return whether it was accepted."""
    frame, site = handle.frame, handle.site
    scope = frame.scope
    elapsed = (time_ns() - handle.start) // 1000
    links, foreign = (), ()
    if known is None:
        known, kind = handle.known, site.kind
        if kind is not _READ:
            # The payload of a request that is not a stream was complete when the call began.
            if kind is not _CALL or handle.open or handle.body is not None:
                sources = site.held(frame) if handle.inflow is EMPTY else held_by(handle)
                if sources is not handle.sources:
                    handle.sources = sources
                    handle.known = known = site.writing(sources, frame, judges_still(handle, sources), late=True)
            links, foreign = scope.reads.links()
            if scope.reads.watched:
                for call in list(scope.reads.watched):
                    call.meanwhile[site] = handle
    if known.silent:
        return True
    flags |= handle.flags
    if scope.left or (scope.around is not None and scope.outlived):
        flags |= Flag.OUTLIVED
    if scope.orphan_of is not None:
        flags |= Flag.ORPHAN
    trace, parent = _around(handle) if host_context() else (None, handle.pair or scope.parent)
    return site.snapshot.recorder.append(
        known.number, flags, handle.start, elapsed, handle.span, parent, scope.key,
        links, foreign, handle.messages, trace,
    )  # fmt: skip


def _around(handle: Handle) -> tuple[bytes | None, int]:
    """Return the trace that an operation stands in, where that is not the correlation key, and the span around it."""
    scope = handle.frame.scope
    trace, span = host_span()
    if trace is None:
        return None, handle.pair or scope.parent
    return None if trace == scope.key else trace, handle.pair or span
