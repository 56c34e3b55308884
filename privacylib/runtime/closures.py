"""Closures for the functions that decorators wrap: what is known by now passes here in the shortest way.

Whatever is not the plainest case (a first sight, another snapshot, a denial, an open write around, a
host's span, more than one read behind a write, an error of ours) takes the way of every other
operation, `begin` and `end`, so that each rule stands in one place only.
"""

from collections.abc import Callable
from time import time_ns
from typing import Any

from opentelemetry.context import get_current

from privacylib.context import EMPTY, Frame, get_frame, leave, set_frame
from privacylib.model import PolicyDenied
from privacylib.runtime import faults
from privacylib.runtime.active import ACTIVE, Declared
from privacylib.runtime.hot import Handle, end
from privacylib.runtime.known import Known, Site

__all__ = ["reading", "writing"]

Function = Callable[..., Any]


def reading(function: Function, declared: Declared) -> Function:
    """Return a plain function as a read."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        site, frame = declared.last, get_frame()
        if site is None or frame is None or (begun := _begin_read(site, frame)) is None:
            return _slowly(function, declared, args, kwargs)
        known, span, start = begun
        scope = frame.scope
        try:
            result = function(*args, **kwargs)
        except BaseException:
            end(_handle(site, frame, known, span, start), failed=True)
            raise
        try:
            if scope.left or scope.around is not None or get_current():
                end(_handle(site, frame, known, span, start))
            elif not site.keep(known.number, 0, start, (time_ns() - start) // 1000, span, scope.tail, 0):
                _missed(site, known)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        return result

    return wrapper


def _begin_read(site: Site, frame: Frame) -> tuple[Known, int, int] | None:
    """Let the scope hold a read that is allowed and has no other consequence; return what is known, span and start."""
    if site.snapshot is not ACTIVE.snapshot or not site.plain or frame.opened:
        return None
    scope, last = frame.scope, site.last_read
    if last is None or last[0] is not frame.zone or scope.orphan_of is not None:
        return None
    reads, known = scope.reads, last[1]
    if known.denied or not known.number or reads.open or (reads.nested and reads.open_above()):
        return None
    try:
        span = site.next_span()
        reads.add(site.sources[0], span)
    except Exception as error:  # what is wrong shows again on the long way, and is dealt with there
        if faults.by_the_host(error):
            raise
        return None
    return known, span, time_ns()


def writing(function: Function, declared: Declared) -> Function:
    """Return a plain function as a write."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            handle = _known_write(declared.last, get_frame())
        except Exception as error:  # as for a read
            if faults.by_the_host(error):
                raise
            handle = None
        if handle is None:
            return _slowly(function, declared, args, kwargs)
        body, frame = handle.body, handle.frame
        set_frame(body)
        try:
            result = function(*args, **kwargs)
        except BaseException:
            end(handle, failed=True)
            raise
        try:
            leave(body)
            handle.body = None  # no cycle is left for the collector
            _end_write(handle, frame)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        return result

    return wrapper


def _known_write(site: Site | None, frame: Frame | None) -> Any:
    """Return the handle of a write that is allowed, with the frame of its body."""
    if site is None or frame is None or site.snapshot is not ACTIVE.snapshot or frame.lowered:
        return None
    scope, last = frame.scope, site.last_write
    if last is None or last[1] is not frame.zone or scope.orphan_of is not None or scope.reads.pending is not None:
        return None
    known = last[3]
    if last[0] is not site.held(frame) or last[2] is not site.judges or known.denied or not known.number:
        return None
    handle = Handle(site, frame)
    handle.sources, handle.known = last[0], known
    handle.body = Frame(scope, frame.zone, frame, (*frame.opened, handle), (), frame.pair)
    return handle


def _end_write(handle: Handle, frame: Frame) -> None:
    """Record a write with at most one read behind it; in any other case as `end` does."""
    site, scope, known = handle.site, frame.scope, handle.known
    links, foreign = scope.reads.links()
    if (
        len(links) > 1 or foreign
        or site.held(frame) is not handle.sources or handle.inflow is not EMPTY or scope.reads.watched
        or scope.left or scope.around is not None or get_current()
    ):  # fmt: skip
        end(handle)
        return
    elapsed = (time_ns() - handle.start) // 1000
    if not site.keep(
        known.number, len(links), handle.start, elapsed, handle.span, scope.tail, links[0] if links else 0
    ):
        _missed(site, known)


def _slowly(function: Function, declared: Declared, args: Any, kwargs: Any) -> Any:
    """Call a function as an operation that is not known yet, or not plain."""
    handle = declared.begin()
    try:
        result = function(*args, **kwargs)
    except BaseException:
        end(handle, failed=True)
        raise
    end(handle)
    return result


def _handle(site: Site, frame: Frame, known: Known, span: int, start: int) -> Handle:
    handle = Handle(site, frame)
    handle.known, handle.span, handle.start = known, span, start
    return handle


def _missed(site: Site, known: Known) -> None:
    """Deny where a record had to be kept and could not be."""
    if known.mandatory is not None:
        raise PolicyDenied(known.mandatory, site.operation.asset.uri)
