"""Operations around decorated functions: what is known by now passes here in the shortest way.

Whatever is not the plainest case (a first sight, another snapshot, a denial, an open write around, a
host's span, more than one read behind a write, an error of ours) takes the way of every other
operation, `begin` and `end`, so that each rule stands in one place only.
"""

from time import time_ns
from typing import TypeAlias

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Frame
from privacylib.context.reads import ReadSet
from privacylib.context.state import leave
from privacylib.model import PolicyDenied
from privacylib.runtime import faults
from privacylib.runtime.active import ACTIVE, Declared, absent
from privacylib.runtime.hot import Body, Handle, begin, body_around, end
from privacylib.runtime.known import Known, Site
from privacylib.runtime.tracing import host_context

__all__ = ["Around", "AroundRead", "AroundWrite"]

Read: TypeAlias = tuple[Site, Frame, Known, int, int]
"""A read that went ahead as one that is known: span and start come last."""


class Around(Declared):
    """An operation around each call of a function."""

    __slots__ = ()

    def enter(self, yields: bool) -> Handle | None:
        """Begin the operation.

        Args:
            yields: Whether the body hands values to a consumer before it ends.

        Returns:
            What `exit` takes; None before `init`, and where nothing is to be recorded.
        """
        return _slowly(self, yields)

    def exit(self, handle: Handle | None, failed: bool) -> None:
        """End the operation."""
        end(handle, failed)


class AroundRead(Declared):
    """A read around each call of a function."""

    __slots__ = ()

    def enter(self, yields: bool) -> Read | Handle | None:
        """Begin the read."""
        site, frame = self.last, get_frame()
        if site is None or frame is None or yields or not frame.plain or site.snapshot is not ACTIVE.snapshot:
            return _slowly(self, yields)
        reads, last = frame.scope.reads, site.plain_read
        if reads.open or (reads.nested and reads.is_open()):
            return _slowly(self, yields)
        try:
            known = last[1] if last is not None and last[0] is frame.zone else site.read_plainly(frame.zone)
            if known is not None:
                if known.silent:
                    return None if site.inside is reads else _held_silently(site, reads)
                span = site.recorder.next_span()
                for source in site.sources:
                    reads.add(source, span)
                return site, frame, known, span, time_ns()
        except Exception as error:  # what is wrong shows again on the long way, and is dealt with there
            if faults.by_the_host(error):
                raise
        return _slowly(self, yields)

    def exit(self, read: Read | Handle | None, failed: bool) -> None:
        """End the read."""
        if not isinstance(read, tuple):
            if read is not None:
                end(read, failed)
            return
        site, frame, known, span, start = read
        scope = frame.scope
        if failed or scope.left or (scope.around is not None and scope.outlived) or host_context():
            handle = Handle(site, frame, span, start)
            handle.known = known
            end(handle, failed)
            return
        try:
            if site.recorder.keep(known.heads[0], start, (time_ns() - start) // 1000, span, scope.tail, 0):
                return
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        _missed(site, known)


class AroundWrite(Declared):
    """A write around each call of a function. What its body reads flows into it too."""

    __slots__ = ()

    def enter(self, yields: bool) -> Body | Handle | None:
        """Begin the write."""
        site, frame = self.last, get_frame()
        if site is None or frame is None or yields or frame.lowered or site.snapshot is not ACTIVE.snapshot:
            return _slowly(self, yields)
        scope, last = frame.scope, site.plain_write
        if not scope.opened or scope.reads.pending is not None:
            return _slowly(self, yields)
        try:
            seen, zone = scope.reads.visible(), frame.zone
            if last is not None and last[0] is seen and last[1] is zone:
                known = last[2]
            else:
                known = site.write_plainly(seen, zone)
            if known is not None:
                body = body_around(frame, frame, frame.pair, None)
                body.site, body.known, body.seen, body.span = site, known, seen, site.recorder.next_span()
                body.start = time_ns()
                set_frame(body)
                return body
        except Exception as error:  # as for a read
            if faults.by_the_host(error):
                raise
        return _slowly(self, yields)

    def exit(self, write: Body | Handle | None, failed: bool) -> None:
        """End the write."""
        if not isinstance(write, Body):
            end(write, failed)
            return
        body = write
        site, known, scope = body.site, body.known, body.scope
        try:
            leave(body)
            body.ended = True  # work that it began and that goes on is not in it any more
            link = scope.reads.only(body.seen)
            if (
                failed or link < 0 or known.silent or body.handle is not None or scope.reads.watched
                or scope.left or (scope.around is not None and scope.outlived) or host_context()
            ):  # fmt: skip
                end(body.operation(), failed)
                return
            start, head = body.start, known.heads[1 if link else 0]
            if site.recorder.keep(head, start, (time_ns() - start) // 1000, body.span, scope.tail, link):
                return
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("recording", error)
        if not failed:
            _missed(site, known)


def _slowly(declared: Declared, yields: bool) -> Handle | None:
    """Begin an operation that is not known yet, or not plain."""
    if ACTIVE.snapshot is None:
        absent()
        return None
    site = declared.site()
    return None if site is None else begin(site, yields, True)


def _held_silently(site: Site, reads: ReadSet) -> None:
    """Let a read set hold a read that leaves no record: once, for it only grows."""
    for source in site.sources:
        reads.add(source, 0)
    site.inside = reads


def _missed(site: Site, known: Known) -> None:
    """Deny where a record had to be kept and could not be."""
    if known.mandatory is not None:
        raise PolicyDenied(known.mandatory, site.operation.asset.uri)
