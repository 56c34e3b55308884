"""Opening and leaving scopes and zones."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve

from privacylib.context.sources import ReadSet
from privacylib.context.state import (
    PROCESS,
    Frame,
    Scope,
    frame_here,
    frame_now,
    get_frame,
    is_unseen,
    leave,
    new_key,
    set_frame,
)
from privacylib.labels import meet
from privacylib.model import NO_ZONE, Served, Zone
from privacylib.runtime.tracing import host_context, host_span

if TYPE_CHECKING:
    from privacylib.policy.lowering import Lowering

__all__ = ["ZoneStep", "apart", "enter_lowering", "enter_scope", "exit_frame", "narrowed", "root_scope", "served"]

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
        found = _served[step] = evolve(within, served=Served(uri, zone.purposes, zone.admitted))
    return found


def _inside(zone: Zone, purpose: str | None, labels: frozenset[str] | None) -> Served | None:
    around = zone.served
    if around is None:
        return None
    after = around.after if purpose is None else (*around.after, purpose)
    return Served(around.uri, around.before, around.brought, after, meet(around.admitted, labels))


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


def enter_scope(name: str, *, isolated: bool = False, fresh: bool = False) -> Frame:
    """Open a scope, make it the current one and return its frame.

    Args:
        name: What it is called, for people.
        isolated: Whether its reads stay its own until it is left.
        fresh: Whether it is a unit of work of its own, whatever stands around it.
    """
    outer = get_frame()
    if outer is not None and is_unseen(outer):
        frame = Frame(outer.scope, outer.zone, outer)
        set_frame(frame)
        return frame
    here = frame_here() if outer is None else frame_now()
    if fresh or here is None:
        frame = apart(root_scope(name), PROCESS.frame.zone)
    else:
        frame = Frame(_part_of(here.scope, name, isolated), here.zone, outer, here.inside(), here.lowered, here.pair)
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
    return Frame(scope, zone, outer, None if outer is None else outer.inside())


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
            frame = enter_scope(self._name)
            frame.zone = self._inside(frame.zone)
        else:
            around, zone, last = outer.scope, outer.zone, self._last
            scope = Scope(self._name, around.key, around.reads, around.parent, None, around)
            zone = last[1] if last[0] is zone else self._inside(zone)
            frame = Frame(scope, zone, outer, outer.inside(), outer.lowered, outer.pair)
            set_frame(frame)
        pending = frame.scope.reads.pending
        if pending is not None:
            try:
                pending.judge(frame)
            except BaseException:
                exit_frame(frame)
                raise
        return frame

    def _inside(self, zone: Zone) -> Zone:
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
    if scope is not outside.scope and not scope.left:
        scope.left = True
        if scope.around is not None and scope.reads is not scope.around.reads:
            scope.reads.give_back()
    leave(frame)
