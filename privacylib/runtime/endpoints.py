"""Remote calls from both sides: what is served, what is called, and labels that come back."""

import contextlib

from attrs import evolve

from privacylib.context import Frame, get_frame, set_frame
from privacylib.labels import join
from privacylib.model import REQUEST, RESPONSE, Decision, Flag, PolicyContext, PolicyDenied, Source
from privacylib.runtime import faults
from privacylib.runtime.brought import scope_under, zone_under
from privacylib.runtime.hot import (
    Handle,
    close_for_scope,
    decide_write,
    held_by,
    into_open_writes,
    judges_still,
    open_for_scope,
    record,
    refuse,
)
from privacylib.runtime.known import Site
from privacylib.runtime.scopes import exit_frame, narrowed

__all__ = [
    "Pending",
    "answer",
    "begin_answer",
    "complete",
    "finish",
    "held_now",
    "requested",
    "respond",
    "serve",
    "told_now",
]


class Pending:
    """A request that was taken in: judged when the first zone opens, at the first write or at the end.

    One that was refused is judged again at the next of these, so that nothing follows from it
    where the host swallows the refusal.
    """

    __slots__ = ("handle", "judged", "site", "source")

    def __init__(self, handle: Handle, source: Source) -> None:
        self.handle = handle
        self.site = handle.site
        self.source = source
        self.judged = False

    @property
    def open(self) -> bool:
        """Return whether it was neither admitted nor, where that only observes, found wanting."""
        return self.handle.frame.scope.reads.pending is self

    def decide(self, frame: Frame) -> Decision:
        """Return what `judge` would decide."""
        return _decide(self.handle, self.source, frame)

    @faults.deciding
    def judge(self, frame: Frame) -> None:
        """Decide the read of the request; a violation is recorded, an enforced one raised."""
        if self.open:
            self.judged = True
            _judge(self.handle, self.source, frame)
            self.handle.frame.scope.reads.pending = None
        frame.scope.reads.pending = None


@faults.deciding
def serve(site: Site, context: PolicyContext) -> Handle:
    """Open a scope for an incoming request and make it the current one.

    Args:
        site: The SERVE operation.
        context: What the caller presented, as `extract` returned it.

    Raises:
        PolicyDenied: A zone of the policy does not admit the request.
    """
    scope = scope_under(context, site.operation.asset.uri)
    frame = Frame(scope, zone_under(context), get_frame())
    handle = Handle(site, frame)
    if context.verified and context.pair:
        handle.pair, handle.flags = context.pair, int(Flag.PAIRED)
    engine, asset = site.snapshot.engine, site.operation.asset
    annotated = site.annotated(REQUEST) or frozenset[str]()
    source = Source(asset, REQUEST, join(annotated, context.labels), context.data_unknown, carried=context.labels)
    scope.reads.add(source, 0 if site.silent else handle.span)
    scope.reads.pending = Pending(handle, source)
    set_frame(frame)
    for purpose, labels in engine.zones(asset.uri):
        frame.zone = narrowed(frame.zone, purpose, labels)
    if frame.zone.purposes:
        try:
            scope.reads.pending.judge(frame)
        except PolicyDenied:
            exit_frame(frame)
            raise
    return handle


@faults.deciding
def respond(handle: Handle, *, verified: bool, once: bool = False) -> PolicyContext:
    """Decide the response before its first byte; it stays open until it is complete.

    Args:
        handle: What `serve` returned.
        verified: Whether the caller presented a verified context, so that it judges for itself.
        once: Whether the caller learns nothing after this, so that it cannot judge what is read later.

    Returns:
        What the response carries back.

    Raises:
        PolicyDenied: An enforced rule denies it.
    """
    decide_write(handle, judges=verified)
    if not handle.open:
        open_for_scope(handle)
    held = told_now(handle.frame)
    if once:  # what the annotation allows to come later is announced now
        annotated = handle.site.annotated(RESPONSE)
        handle.announced = join(held.labels, annotated or frozenset[str]())
        held = evolve(held, labels=handle.announced)
    return held


def requested(handle: Handle) -> None:
    """End a streamed request, all of whose messages are sent, while its response is still to come; never raises.

    What is read from now on is not in it.

    Args:
        handle: The call.
    """
    if not handle.open:
        return
    try:
        close_for_scope(handle)
        handle.open = False
        handle.sources = held_by(handle)
        judges = judges_still(handle, handle.sources)
        handle.known = handle.site.writing(handle.sources, handle.frame, judges, late=True)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("recording", error)


@faults.deciding
def answer(handle: Handle, brought: PolicyContext | None, *, required: bool = False) -> None:
    """Take in what a call's response carries.

    Args:
        handle: The call.
        brought: Context that came back, or None.
        required: Whether the policy requires context of that peer.

    Raises:
        PolicyDenied: The zone does not admit what came back.
    """
    asset = handle.site.operation.asset
    annotated = handle.site.annotated(RESPONSE)
    begun = handle.brought
    if brought is not None and (brought.verified or brought.unknown):
        told = brought.labels
        source = Source(asset, RESPONSE, told, brought.data_unknown, carried=told, annotated=False)
    elif annotated is None and required:
        source = Source(asset, RESPONSE, frozenset(), "missing")
    else:
        source = Source(asset, RESPONSE, annotated or frozenset())
    if begun is None:
        _take_in(handle, source)
    elif not source.labels <= begun.labels or (source.unknown and not begun.unknown):
        handle.frame.scope.reads.add(source, handle.link)  # the messages are with the host already
        try:
            _take_in(handle, source)
        finally:
            _judge_again(handle, source)


@faults.deciding
def begin_answer(handle: Handle, brought: PolicyContext | None) -> None:
    """Take in what a response stream says of itself when its first message arrives; `answer` follows at its end.

    Meanwhile the scope holds what was announced, and the annotation of the response.

    Args:
        handle: The call.
        brought: Context that the stream began with, or None.

    Raises:
        PolicyDenied: The zone does not admit it.
    """
    asset = handle.site.operation.asset
    labels = handle.site.annotated(RESPONSE) or frozenset[str]()
    carried, unknown = frozenset[str](), None
    if brought is not None:
        carried, unknown = brought.labels, brought.data_unknown
    labels |= carried
    handle.brought = source = Source(asset, RESPONSE, labels, unknown, carried=carried)
    if handle.announced is not None:
        handle.announced |= labels  # a peer knows of what it brought itself
    _take_in(handle, source)
    handle.meanwhile = {}
    handle.frame.scope.reads.keep("watched", handle)


def _take_in(handle: Handle, source: Source) -> None:
    """Let the scope of a call hold what came back."""
    frame = handle.frame
    _judge(handle, source, frame)
    into_open_writes(frame, (source,), handle)
    frame.scope.reads.add(source, handle.link)


def _judge_again(handle: Handle, source: Source) -> None:
    """Record what a stream's late labels make of the writes that were made while it was open."""
    for write in list((handle.meanwhile or {}).values()):
        held = held_by(write).plus(source)
        known = write.site.writing(held, write.frame, judges_still(write, held), late=True)
        if not known.decision.allowed and known is not write.known:
            record(write, 0, known)


def told_now(frame: Frame) -> PolicyContext:
    """Return what the other side of a call is told: all that work in this frame holds, but not where it is from."""
    sources, zone = frame.scope.reads.visible(), frame.zone
    return PolicyContext(
        labels=sources.labels,
        zone=zone if zone.purposes or zone.admitted is not None or zone.unknown else None,
        correlation_key=frame.scope.key.hex(),
        unknown=sources.unknown or zone.unknown,
    )


def held_now(frame: Frame) -> PolicyContext:
    """Return what work in this frame holds."""
    members = frame.scope.reads.visible().members
    return evolve(told_now(frame), reads=tuple(sorted({source.uri for source in members})))


def _judge(handle: Handle, source: Source, frame: Frame) -> None:
    """Decide what an endpoint brings in; what breaks a rule is recorded as a read of its field."""
    known = handle.site.taking(source, frame.zone)
    if known.decision.allowed:
        return
    if known.denied:
        refuse(handle, known)
    record(handle, 0, known)


def _decide(handle: Handle, source: Source, frame: Frame) -> Decision:
    site = handle.site
    return site.snapshot.engine.read(site.operation.asset, source.labels, frame.zone, source.unknown)


def finish(handle: Handle | None, *, failed: bool = False) -> None:
    """Record a request that was served and leave its scope; never raises.

    Args:
        handle: What `serve` returned.
        failed: Whether no whole response was sent.
    """
    if handle is not None:
        complete(handle, failed=failed)
        exit_frame(handle.frame)


def complete(handle: Handle, *, failed: bool = False) -> None:
    """Record a request whose response has ended, and stay in its scope; never raises.

    Args:
        handle: What `serve` returned.
        failed: Whether no whole response was sent.
    """
    frame = handle.frame
    try:
        reads = frame.scope.reads
        if reads.pending is not None and not reads.pending.judged:
            with contextlib.suppress(PolicyDenied):  # nothing was written, so nothing is left to stop
                reads.pending.judge(frame)
        if handle.open:
            close_for_scope(handle)
        elif handle.refused:  # the response was, and is recorded so
            return
        else:
            handle.sources = handle.site.held(frame)
            handle.known = handle.site.writing(handle.sources, frame, judges=bool(handle.pair), late=True)
        record(handle, Flag.FAILED if failed else 0)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("recording", error)
