"""Opening and leaving scopes and zones."""

import asyncio
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from attrs import evolve

from privacylib.context.behalf import doers
from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import ANYONE, Entered, Frame, Scope
from privacylib.context.reads import ReadSet
from privacylib.context.state import PROCESS, frame_here, frame_now, is_unseen, leave, new_key, runner_id
from privacylib.labels import meet
from privacylib.model import NO_ZONE, Served, Zone
from privacylib.runtime.tracing import host_context, host_span

if TYPE_CHECKING:
    from privacylib.policy.lowering import Lowering

__all__ = [
    "ZoneStep", "apart", "commanded", "enter_lowering", "enter_scope", "exit_frame", "narrowed", "root_scope", "served",
    "zone_around",
]  # fmt: skip

KEPT = 8192
_narrowed: dict[tuple[Zone, str | None, frozenset[str] | None], Zone] = {}
_served: dict[tuple[Zone, str, tuple[tuple[str, frozenset[str] | None], ...]], Zone] = {}


def narrowed(zone: Zone, purpose: str | None, labels: frozenset[str] | None) -> Zone:
    """Return the zone inside `zone`: purposes stack, admitted labels intersect, unknown stays.

    The same step gives the same object, so that what is known about flows is found by identity.
    """
    step = (zone, purpose, labels)
    found = _narrowed.get(step)
    if found is None:
        if len(_narrowed) >= KEPT:
            _narrowed.clear()
        purposes = zone.purposes if purpose is None else (*zone.purposes, purpose)
        around = _inside(zone, purpose, labels)
        found = _narrowed[step] = Zone(purposes, meet(zone.admitted, labels), zone.unknown, around)
    return found


def served(zone: Zone, uri: str, opened: Iterable[tuple[str, frozenset[str] | None]]) -> Zone:
    """Return the zone of work that is served.

    Args:
        zone: What the request brought.
        uri: What is served.
        opened: Purpose and admitted labels of the zones that the policy puts around it.
    """
    step = (zone, uri, tuple(opened))
    found = _served.get(step)
    if found is None:
        if len(_served) >= KEPT:
            _served.clear()
        within = zone
        for purpose, labels in step[2]:
            within = narrowed(within, purpose, labels)
        found = _served[step] = evolve(within, served=_told(uri, zone))
    return found


def commanded(zone: Zone, uri: str, opened: Iterable[tuple[str, frozenset[str] | None]]) -> Zone:
    """Return the zone of a process, as `served` does for a request; what it stands in already is not opened again.

    Args:
        zone: What whoever started it brought.
        uri: Of the command.
        opened: Purpose and admitted labels of the zones that the policy puts around it.
    """
    within = zone
    for purpose, labels in opened:
        within = narrowed(within, None if purpose in within.purposes else purpose, labels)
    told = Served(uri, zone.purposes, zone.admitted) if zone.served is None else zone.served
    return evolve(within, served=told)


def _told(uri: str, zone: Zone) -> Served:
    """Tell what stands around what is served apart: what came with it, and the zones around its command."""
    around = zone.served
    if around is None:
        return Served(uri, zone.purposes, zone.admitted)
    if not around.is_command:
        return Served(uri, around=around)
    return Served(uri, around.after, around.admitted, around=evolve(around, after=(), admitted=None))


def _inside(zone: Zone, purpose: str | None, labels: frozenset[str] | None) -> Served | None:
    around = zone.served
    if around is None:
        return None
    after = around.after if purpose is None else (*around.after, purpose)
    return evolve(around, after=after, admitted=meet(around.admitted, labels))


def root_scope(name: str, key: bytes | None = None, outside: ReadSet | None = None) -> Scope:
    """Open a unit of work of its own, in the trace of the host's span where there is one.

    Args:
        name: What it is called, for people.
        key: Correlation key that was brought from elsewhere.
        outside: What the same task or thread has read outside scopes; left out for one that stands apart.
    """
    PROCESS.scoped = True
    parent = 0
    if host_context():
        trace, parent = host_span()
        key = key or trace
    if key is None:
        key = new_key()
    reads = ReadSet(key, outside or PROCESS.frame.scope.reads, nested=outside is not None)
    return Scope(name, key, reads, parent)


def enter_scope(name: str, *, isolated: bool = False, fresh: bool = False, kind: type[Frame] = Frame) -> Frame:
    """Open a scope, make it the current one and return its frame.

    Args:
        name: What it is called, for people.
        isolated: Whether its reads stay its own until it is left.
        fresh: Whether it is a unit of work of its own; only the zones that were entered around it hold there.
        kind: What its frame is.
    """
    outer = get_frame()
    if outer is not None and is_unseen(outer):
        frame = kind(outer.scope, outer.zone, outer)
        set_frame(frame)
        return frame
    here = frame_here() if outer is None else frame_now()
    if fresh or here is None:
        frame = apart(root_scope(name), zone_around(outer))
    else:
        frame = kind(_part_of(here.scope, name, isolated), here.zone, outer, here.inside(), here.lowered, here.pair)
        frame.scope.by = runner_id()
    set_frame(frame)
    return frame


def _part_of(around: Scope, name: str, isolated: bool) -> Scope:
    """Return a sub-scope; one of work outside scopes is a unit of its own that sees what that work has read."""
    if not around.opened:
        return root_scope(name, outside=around.reads)
    reads = ReadSet(around.key, around.reads, nested=True) if isolated else around.reads
    return Scope(name, around.key, reads, around.parent, around=around)


def apart(scope: Scope, zone: Zone) -> Frame:
    """Return the frame of a unit of work of its own; the function bodies it runs in are still around it."""
    outer = get_frame()
    frame = Entered(scope, zone, outer, None if outer is None else outer.running())
    scope.by, frame.step = runner_id(), None
    return frame


def zone_around(outer: Frame | None) -> Zone:
    """Return the zone that a unit of work of its own starts in, where it is begun in a frame.

    Zones only tighten, so it stands inside those that whoever does the work has entered and not left: the same task
    or thread, and those on whose behalf it works. What a worker only carries from whoever started it is nothing to the
    next item that it works on (fault 26), and hides nothing that stands around both.
    """
    base = PROCESS.frame.zone
    if outer is None or outer.zone is base:
        return base
    here: tuple[int, ...] = (ANYONE, *doers())
    steps: list[ZoneStep] = []
    while outer is not None:
        if isinstance(outer, Entered) and not outer.scope.left and outer.scope.by in here:
            if outer.step is None:
                base = outer.zone
                break
            steps.append(outer.step)
        outer = outer.outer
    for step in reversed(steps):
        base = step.inside(base)
    return base


class ZoneStep:
    """A step into a zone, which remembers where it was taken from last.

    Args:
        purpose: Why the work is done.
        labels: Labels that may be read; None for all.
        name: What the scope is called, for people; its purpose where left out.
    """

    __slots__ = ("_labels", "_last", "_name", "_purpose")

    def __init__(self, purpose: str, labels: frozenset[str] | None, name: str | None = None) -> None:
        self._purpose = purpose
        self._labels = labels
        self._name = name or purpose
        self._last: tuple[Zone | None, Zone] = (None, NO_ZONE)

    def enter(self) -> Frame:
        """Open a scope with the purpose, make it the current one and return its frame.

        Raises:
            PolicyDenied: A request that was taken in before may not be used for it.
        """
        outer = get_frame()
        if outer is None or not outer.scope.opened:
            frame = cast("Entered", enter_scope(self._name, kind=Entered))
            frame.zone = self.inside(frame.zone)
        else:
            around, zone, last = outer.scope, outer.zone, self._last
            scope = Scope(self._name, around.key, around.reads, around.parent, None, around)
            zone = last[1] if last[0] is zone else self.inside(zone)
            frame = Entered(scope, zone, outer, outer.inside(), outer.lowered, outer.pair)
            set_frame(frame)
        outside = asyncio._get_running_loop() is None  # pyright: ignore[reportPrivateUsage] - spares a call outside of tasks
        frame.scope.by = threading.get_ident() if outside else runner_id()
        frame.step = self
        pending = frame.scope.reads.pending
        if pending is not None:
            try:
                pending.judge(frame)
            except BaseException:
                exit_frame(frame)
                raise
        return frame

    def inside(self, zone: Zone) -> Zone:
        """Return the zone that the step leads into from another."""
        found = narrowed(zone, self._purpose, self._labels)
        self._last = (zone, found)
        return found


def enter_lowering(lowering: "Lowering | None") -> Frame:
    """Put a reclassification in force; None leaves everything as it is."""
    around = frame_now()
    lowered = around.lowered if lowering is None else (*around.lowered, lowering)
    frame = Frame(around.scope, around.zone, get_frame(), around.inside(), lowered, around.pair)
    set_frame(frame)
    return frame


def exit_frame(frame: Frame) -> None:
    """Leave what `frame` opened; never raises. An isolated scope gives its reads to the one around it."""
    scope = frame.scope
    outside = PROCESS.frame if frame.outer is None else frame.outer
    if scope.opened and scope is not outside.scope and not scope.left:
        scope.left = True
        if scope.around is not None and scope.reads is not scope.around.reads:
            scope.reads.give_back()
    leave(frame)
    if outside.scope.left:  # what somebody has left is nobody's way back
        frame.outer = _not_left(outside)


def _not_left(frame: Frame | None) -> Frame | None:
    while frame is not None and frame.scope.left:
        frame = frame.outer
    return frame
