"""Messages that are received: each is read in a scope of its own, which goes on where its sender stood.

A message is taken like a request: it is judged when the first zone opens in its scope, at the first
write or at the end, whichever comes first, for a consumer is handed the message before it says why.
"""

import contextlib
import threading
from collections.abc import Sequence

from attrs import evolve

from privacylib.context import PROCESS, Frame, ReadSet, frame_here
from privacylib.labels import join
from privacylib.model import Decision, PolicyContext, PolicyDenied, Source, Zone
from privacylib.propagation.carriers import MutableCarrier
from privacylib.runtime import faults
from privacylib.runtime.brought import scope_under, zone_under
from privacylib.runtime.endpoints import Pending, told_now
from privacylib.runtime.flows import flow_of, terms_of
from privacylib.runtime.hot import Handle, into_open_writes, record, refuse
from privacylib.runtime.known import Known, Site
from privacylib.runtime.scopes import apart, exit_frame, served

__all__ = ["Arrival", "carry", "deliver", "judge_delivery", "leave_delivery", "take_in"]

Arrival = tuple[Site, PolicyContext]
"""A READ of the channel that a message came through, and the context that the message presents."""

_RECEIVED = "received"


class _Delivery(Pending):
    """Messages of one batch that are not judged yet; what is judged is recorded as read."""

    __slots__ = ("_behind",)

    def __init__(self, handle: Handle, source: Source, behind: "_Delivery | None") -> None:
        super().__init__(handle, source)
        self._behind = behind

    def decide(self, frame: Frame) -> Decision:
        """Return what `judge` would decide."""
        decision = _known(self.site, self.source, frame.zone, arrived=True).decision
        return decision if self._behind is None else decision.joined(self._behind.decide(frame))

    @faults.deciding
    def judge(self, frame: Frame) -> None:
        """Decide the read of the messages and record it; a denial that is enforced is raised."""
        if self.open:
            self.judged = True
            self._judge(frame)
            self.handle.frame.scope.reads.pending = None
        frame.scope.reads.pending = None

    @faults.deciding
    def flow_in(self, frame: Frame) -> None:
        """Decide the messages as flows into the declared bodies around them; a denial that is enforced is raised."""
        into_open_writes(frame, tuple(self.handle.frame.scope.reads.latest))

    def _judge(self, frame: Frame) -> None:
        _read(self.handle, self.source, frame.zone, arrived=True)
        if self._behind is not None:
            self._behind._judge(frame)


@faults.deciding
def carry(handle: Handle, carrier: MutableCarrier) -> None:
    """Let the headers of a message that is sent take context along, where it may travel.

    Args:
        handle: The write of its channel.
        carrier: Its headers.
    """
    site = handle.site
    site.snapshot.propagator.inject(
        carrier, told_now(handle.frame), span=handle.span, pair=handle.span, endpoint=site.operation.asset.uri,
        kind="message",
    )  # fmt: skip


@faults.deciding
def deliver(site: Site, arrived: Sequence[Arrival]) -> Frame:
    """Return the frame of a unit of work of its own that has received messages.

    Args:
        site: The first one's; the policy may put zones around what comes through its channel.
        arrived: At least one message; the scope goes on under the first one's correlation key.
    """
    context = arrived[0][1]
    uri = site.operation.asset.uri
    zone = served(zone_under(context), uri, site.snapshot.engine.zones(uri))
    frame = apart(scope_under(context, uri, _open_outside()), zone)
    pending: _Delivery | None = None
    for at, presented in reversed(arrived):
        source, handle = _source(at, presented), Handle(at, frame)
        frame.scope.reads.add(source, 0 if at.silent else handle.span)
        pending = _Delivery(handle, source, pending)
    frame.scope.reads.pending = pending
    return frame


def _open_outside() -> ReadSet | None:
    """Return what the work outside scopes has read that gets the messages, where a write stays open around it.

    The body of such a write is not always in place: in a ``with`` block over a library's generator it is not.
    """
    here = frame_here() or (PROCESS.frame if threading.get_ident() == PROCESS.main else None)
    return here.scope.reads if here is not None and not here.scope.opened and here.scope.reads.open else None


def judge_delivery(frame: Frame) -> None:
    """Judge messages where a zone is open already, and as flows into the declared bodies that they arrive in.

    Args:
        frame: What `deliver` returned, made the current one.

    Raises:
        PolicyDenied: The zone does not admit them, or the body of a write must not have them.
    """
    pending = frame.scope.reads.pending
    if pending is not None and frame.zone.purposes:
        pending.judge(frame)
    if pending is not None and (frame.inside() is not None or frame.scope.reads.open_above()):
        pending.flow_in(frame)


def leave_delivery(frame: Frame) -> None:
    """Record what was not judged yet, and leave the scope; never raises."""
    pending = frame.scope.reads.pending
    if pending is not None and not pending.judged:
        with contextlib.suppress(PolicyDenied):  # nothing was written, so nothing is left to stop
            pending.judge(frame)
    exit_frame(frame)


@faults.deciding
def take_in(site: Site, presented: PolicyContext, frame: Frame) -> None:
    """Let work in a scope of its own hold what a message brought.

    Args:
        site: The read of its channel.
        presented: Its context.
        frame: Where the work stands.

    Raises:
        PolicyDenied: The zone does not admit it, or a write is open that it must not flow into.
    """
    source, handle = _source(site, presented), Handle(site, frame)
    _read(handle, source, frame.zone, arrived=False)
    into_open_writes(frame, (source,))
    frame.scope.reads.add(source, handle.link)


def _source(site: Site, presented: PolicyContext) -> Source:
    """Return what a message holds: what its channel may hold, and what its sender had read."""
    annotated = site.annotated() or frozenset[str]()
    labels = join(annotated, presented.labels)
    return Source(site.operation.asset, None, labels, presented.data_unknown, carried=presented.labels)


def _read(handle: Handle, source: Source, zone: Zone, *, arrived: bool) -> None:
    """Decide and record the read of one message.

    Args:
        handle: The read.
        source: What it brought.
        zone: Where it is read.
        arrived: Whether the scope is the message's own.

    Raises:
        PolicyDenied: An enforced rule denies it, or demands a record that could not be kept.
    """
    handle.known = known = _known(handle.site, source, zone, arrived=arrived)
    if known.denied:
        refuse(handle, known)
    if not record(handle, 0, known) and known.mandatory is not None:
        raise PolicyDenied(known.mandatory, source.asset.uri)


def _known(site: Site, source: Source, zone: Zone, *, arrived: bool) -> Known:
    answers, key = site.snapshot.answers, (site, source, zone, _RECEIVED, arrived)
    known = answers.get(key)
    if known is None:
        operation, engine = site.operation, site.snapshot.engine
        decision = engine.read(source.asset, source.labels, zone, source.unknown)
        terms = evolve(terms_of(operation, engine, zone, taken=source), arrived=arrived)
        known = site.define(flow_of(operation, terms, zone, decision, source.labels, source.unknown))
        if known.number:
            answers.keep(key, known)
    return known
