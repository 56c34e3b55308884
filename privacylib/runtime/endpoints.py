"""Requests that are served, and the labels that go back with their responses."""

import contextlib
from typing import Protocol

from attrs import evolve

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Entered, Frame
from privacylib.context.state import runner_id
from privacylib.labels import join
from privacylib.model import REQUEST, RESPONSE, Decision, Flag, PolicyContext, PolicyDenied, Source, Zone
from privacylib.runtime import faults
from privacylib.runtime.brought import zone_under
from privacylib.runtime.hot import (
    Handle,
    close_for_scope,
    decide_write,
    into_open_writes,
    open_for_scope,
    record,
    refuse,
)
from privacylib.runtime.known import Site
from privacylib.runtime.scopes import exit_frame, root_scope, served, zone_around

__all__ = [
    "Entry",
    "Pending",
    "complete",
    "decide_answer",
    "finish",
    "held_now",
    "judge_incoming",
    "respond",
    "serve",
    "serve_taken",
    "told_now",
]

_NONE: frozenset[str] = frozenset()
_PAIRED = int(Flag.PAIRED)


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
            judge_incoming(self.handle, self.source, frame)
            self.handle.frame.scope.reads.pending = None
        frame.scope.reads.pending = None


class Presented(Protocol):
    """Hold what is the same for many requests."""

    @property
    def labels(self) -> frozenset[str]: ...
    @property
    def zone(self) -> Zone | None: ...
    @property
    def unknown(self) -> str | None: ...


@faults.deciding
def serve(site: Site, context: PolicyContext) -> Handle:
    """Open a scope for an incoming request and make it the current one.

    Args:
        site: The SERVE operation.
        context: What the caller presented, as `extract` returned it.

    Raises:
        PolicyDenied: A zone of the policy does not admit the request.
    """
    handle = _serve(site, context, context.correlation_key, context.pair if context.verified else 0)
    handle.frame.scope.tracestate = context.tracestate
    return _judged(handle)


def serve_taken(site: Site, presented: Presented, key: str, pair: int) -> Handle:
    """Open a scope as `serve` does, for what was verified already.

    Args:
        site: The SERVE operation.
        presented: What the caller presented.
        key: Its correlation key, or an empty text.
        pair: Span id of its call, or 0.
    """
    handle = _serve(site, presented, key, pair)
    frame = handle.frame
    return handle if frame.scope.reads.pending is None and frame.plain else _judged(handle)


def _serve(site: Site, presented: Presented, key: str, pair: int) -> Handle:
    outer = get_frame()
    around, entry = zone_around(outer), site.entry
    if (
        entry is None
        or presented.labels is not entry.labels
        or presented.zone is not entry.zone
        or presented.unknown != entry.unknown
        or around is not entry.outside
    ):
        entry = site.entry = Entry(site, presented, around)
    scope = root_scope(entry.name, bytes.fromhex(key) if key else None)
    frame = Entered(scope, entry.inside, outer, None if outer is None else _bodies_but(outer, pair))
    scope.by, frame.step = runner_id(), None
    handle = Handle(site, frame)
    if pair:
        handle.pair, handle.flags = pair, _PAIRED
    scope.reads.add(entry.source, 0 if site.silent else handle.span)
    if not entry.admitted:
        scope.reads.pending = Pending(handle, entry.source)
    set_frame(frame)
    return handle


def _bodies_but(outer: Frame, pair: int) -> Frame | None:
    """Return the innermost declared body around a request that comes in, but for the call that it came by.

    A program that calls itself serves the request inside of the call, whose own request was complete by then.
    """
    body = outer.running()
    return body.within if body is not None and pair and body.operation().span == pair else body


def _judged(handle: Handle) -> Handle:
    """Judge a request where a zone is open already, and as a flow into the declared bodies that it is served in.

    Raises:
        PolicyDenied: It does not admit the request, or the body of a write must not have it.
    """
    frame = handle.frame
    pending = frame.scope.reads.pending
    try:
        if pending is not None and frame.zone.purposes:
            pending.judge(frame)
        if frame.within is not None:
            into_open_writes(frame, tuple(frame.scope.reads.latest))
    except BaseException:
        exit_frame(frame)
        raise
    return handle


class Entry:
    """Hold what is known about requests to one site that present the same; found again by identity."""

    __slots__ = ("admitted", "inside", "labels", "name", "outside", "source", "unknown", "zone")

    def __init__(self, site: Site, presented: Presented, around: Zone) -> None:
        context = PolicyContext(presented.labels, presented.zone, unknown=presented.unknown)
        self.labels, self.zone, self.unknown = context.labels, context.zone, context.unknown
        self.outside = around
        engine, asset = site.snapshot.engine, site.operation.asset
        annotated = site.annotated(REQUEST) or frozenset[str]()
        held = join(annotated, context.labels)
        self.source = Source(asset, REQUEST, held, context.data_unknown, carried=context.labels)
        self.inside = zone = served(zone_under(context), asset.uri, engine.zones(asset.uri))
        self.name = asset.uri
        self.admitted = bool(zone.purposes) and site.taking(self.source, zone).decision.allowed
        """Whether a zone is open that admits the request, so that nothing is left to be judged."""


@faults.deciding
def decide_answer(handle: Handle, *, verified: bool, stays_open: bool = True) -> None:
    """Decide the response before its first byte.

    Args:
        handle: What `serve` returned.
        verified: Whether the caller presented a verified context, so that it judges for itself.
        stays_open: Whether what is read until it is complete is in it too.

    Raises:
        PolicyDenied: An enforced rule denies it.
    """
    decide_write(handle, judges=verified)
    if stays_open and not handle.open:
        open_for_scope(handle)


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
    decide_answer(handle, verified=verified)
    held = told_now(handle.frame)
    if once:  # what the annotation allows to come later is announced now
        annotated = handle.site.annotated(RESPONSE)
        handle.announced = join(held.labels, annotated or frozenset[str]())
        held = evolve(held, labels=handle.announced)
    return held


def told_now(frame: Frame) -> PolicyContext:
    """Return what the other side of a call is told: all that work in this frame holds, but not where it is from."""
    sources, zone = frame.scope.reads.visible(), frame.zone
    return PolicyContext(
        labels=sources.labels,
        zone=zone if zone.purposes or zone.admitted is not None or zone.unknown else None,
        correlation_key=frame.scope.key.hex(),
        unknown=sources.unknown or zone.unknown,
        tracestate=frame.scope.tracestate,
    )


def held_now(frame: Frame) -> PolicyContext:
    """Return what work in this frame holds."""
    members = frame.scope.reads.visible().members
    return evolve(told_now(frame), reads=tuple(sorted({source.uri for source in members})))


def judge_incoming(handle: Handle, source: Source, frame: Frame) -> None:
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


def finish(handle: Handle | None, *, failed: bool = False) -> PolicyDenied | None:
    """Record a request that was served and leave its scope, as `complete` does; never raises."""
    if handle is None:
        return None
    denied = complete(handle, failed=failed)
    exit_frame(handle.frame)
    return denied


def complete(handle: Handle, *, failed: bool = False) -> PolicyDenied | None:
    """Record a request whose response has ended, and stay in its scope; never raises.

    Args:
        handle: What `serve` returned.
        failed: Whether no whole response was sent.

    Returns:
        What to answer in place of a response for which lineage is mandatory, and no record could be kept; None else.
    """
    frame, kept, known = handle.frame, False, None
    try:
        reads = frame.scope.reads
        if reads.pending is not None and not reads.pending.judged:
            with contextlib.suppress(PolicyDenied):  # nothing was written, so nothing is left to stop
                reads.pending.judge(frame)
        if handle.open:
            close_for_scope(handle)
        elif handle.refused:  # the response was, and is recorded so
            return None
        else:
            handle.sources = handle.site.held(frame)
            handle.known = handle.site.writing(handle.sources, frame, judges=bool(handle.pair), late=True)
        known = handle.known
        kept = record(handle, Flag.FAILED if failed else 0)
        known = handle.known
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("recording", error)
    if kept or failed or known is None or known.mandatory is None:
        return None
    return PolicyDenied(known.mandatory, handle.site.operation.asset.uri)
