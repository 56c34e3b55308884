"""Opening and leaving scopes and zones."""

import os

from opentelemetry.trace import get_current_span

from privacylib.context import PROCESS, Frame, ReadSet, Scope, get_frame, is_unseen, leave, set_frame
from privacylib.labels import meet
from privacylib.model import Zone
from privacylib.policy.engine import Lowering

__all__ = ["enter_lowering", "enter_scope", "enter_zone", "exit_frame", "narrowed", "root_scope"]

KEPT = 8192
_narrowed: dict[tuple[Zone, str | None, frozenset[str] | None], Zone] = {}


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
        found = _narrowed[step] = Zone(purposes, meet(zone.admitted, labels), zone.unknown)
    return found


def root_scope(name: str, key: bytes | None = None) -> Scope:
    """Open a unit of work of its own, in the trace of the host's span where there is one.

    Args:
        name: What it is called, for people.
        key: Correlation key that was brought from elsewhere.
    """
    PROCESS.scoped = True
    host = get_current_span().get_span_context()
    parent = host.span_id if host.is_valid else 0
    if key is None:
        key = host.trace_id.to_bytes(16, "big") if host.is_valid else os.urandom(16)
    return Scope(name, key, ReadSet(key, PROCESS.frame.scope.reads), parent)


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
    inside = outer is not None and outer.scope.orphan_of is None
    if outer is None or not inside or fresh:
        frame = Frame(root_scope(name), PROCESS.frame.zone, outer)
    else:
        around = outer.scope
        reads = ReadSet(around.key, around.reads) if isolated else around.reads
        scope = Scope(name, around.key, reads, around.parent)
        frame = Frame(scope, outer.zone, outer, outer.opened, outer.lowered)
    set_frame(frame)
    return frame


def enter_zone(purpose: str, labels: frozenset[str] | None, name: str | None = None) -> Frame:
    """Open a scope with a purpose, make it the current one and return its frame.

    Args:
        purpose: Why the work is done.
        labels: Labels that may be read; None for all.
        name: What the scope is called, for people; its purpose where left out.

    Raises:
        PolicyDenied: A request that was taken in before may not be used for it.
    """
    frame = enter_scope(name or purpose)
    frame.zone = narrowed(frame.zone, purpose, labels)
    pending = frame.scope.reads.pending
    if pending is not None:
        try:
            pending.judge(frame)
        except BaseException:
            exit_frame(frame)
            raise
    return frame


def enter_lowering(lowering: Lowering | None) -> Frame:
    """Put a reclassification in force; None leaves everything as it is."""
    frame = enter_scope("reclassify")
    if lowering is not None:
        frame.lowered += (lowering,)
    set_frame(frame)
    return frame


def exit_frame(frame: Frame) -> None:
    """Leave what `frame` opened; never raises. An isolated scope gives its reads to the one around it."""
    scope, outer = frame.scope, frame.outer
    if not scope.left:
        scope.left = True
        around = outer.scope.reads if outer is not None else None
        if around is not None and scope.reads is not around and scope.reads.upper is around:
            around.give_back(scope.reads)
    leave(frame)
