"""Where the running work stands: in a scope that somebody opened, in an orphan's, or in the process's."""

import asyncio
import os
import threading
import weakref
from collections.abc import Callable

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Frame, Scope
from privacylib.context.reads import Link, ReadSet
from privacylib.model import NO_ZONE, Source

__all__ = [
    "PROCESS", "UNSEEN", "Process", "frame_here", "frame_now", "is_unseen", "leave", "new_key", "reference", "runner",
    "runner_id",
]  # fmt: skip


def new_key() -> bytes:
    """Return a correlation key that no other work has."""
    return os.urandom(16)


class Process:
    """What belongs to the whole process: its scope, and whether a first scope was opened."""

    __slots__ = ("frame", "main", "scoped", "unit")

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget all reads of the process; for a new start in the same process."""
        key = new_key()
        self.frame = Frame(_unopened(key, ReadSet(key)), NO_ZONE)
        self.unit = Frame(_unopened(key, _OfUnit(key, self.frame.scope.reads)), NO_ZONE)
        """Where work outside scopes stands, on whichever thread, if the process stands in a zone."""
        self.main = threading.main_thread().ident
        self.scoped = False

    @property
    def begins(self) -> bool:
        """Return whether the main thread is at work, and no scope was opened yet."""
        return not self.scoped and threading.get_ident() == self.main

    def outside(self) -> Frame | None:
        """Return where work outside scopes stands in a process that stands in a zone; None in any other."""
        zone = self.frame.zone
        if not zone.purposes and zone.admitted is None:
            return None
        if self.unit.zone is not zone:
            self.unit = Frame(self.unit.scope, zone)
        return self.unit

    def taking(self, scope: Scope) -> ReadSet:
        """Return what takes in what the running work reads in a scope, also where that arrives on another thread."""
        return self.frame.scope.reads if scope is self.unit.scope and self.begins else scope.reads

    def forked(self) -> None:
        """Keep what the parent's process scope holds; the forking thread is the child's main one, and opened none."""
        self.main = threading.get_ident()
        self.scoped = False


class _OfUnit(ReadSet):
    """What such work has read; what it reads as the process begins is the process's, and in sight of all scopes."""

    __slots__ = ()

    def add(self, source: Source, link: Link) -> None:
        if PROCESS.begins and self.upper is not None:
            self.upper.add(source, link)
        else:
            super().add(source, link)


def _unopened(key: bytes, reads: ReadSet) -> Scope:
    scope = Scope("process", key, reads)
    scope.opened = False
    return scope


PROCESS = Process()
os.register_at_fork(after_in_child=PROCESS.forked)


def frame_here() -> Frame | None:
    """Return the frame of the running work, or None where it is outside any scope and has done nothing yet."""
    frame = get_frame()
    if frame is None:
        return PROCESS.outside() or (PROCESS.frame if PROCESS.begins else None)
    scope = frame.scope
    if scope.opened:
        return frame
    if scope.orphan_of is None:
        return frame if threading.get_ident() == PROCESS.main or PROCESS.outside() is not None else None
    return frame if scope.orphan_of() == runner() else None


def frame_now() -> Frame:
    """Return the frame of the running work; outside any scope the process's or an orphan's own."""
    frame = frame_here()
    if frame is not None:
        return frame
    key = new_key()
    scope = Scope("orphan", key, ReadSet(key, PROCESS.frame.scope.reads), orphan_of=reference(runner()))
    carried = get_frame()  # of whoever started this task or thread outside scopes
    within, lowered = (None, ()) if carried is None else (carried.inside(), carried.lowered)
    frame = Frame(scope, PROCESS.frame.zone, None, within, lowered)
    frame.begun_in = None if carried is None else carried.covering()
    set_frame(frame)
    return frame


def runner() -> object:
    """Return the running task, or the number of the thread outside of tasks."""
    loop = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage] - cheaper than to catch an error
    task = None if loop is None else asyncio.current_task(loop)
    return threading.get_ident() if task is None else task


def runner_id() -> int:
    """Return a number of the running task, or thread outside of tasks; that of one that has ended may come back."""
    loop = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage] - as above
    return threading.get_ident() if loop is None else id(asyncio.current_task(loop) or loop)


def is_unseen(frame: Frame) -> bool:
    """Return whether work in this frame is privacylib's own and passes straight through."""
    return frame.scope.orphan_of is runner


UNSEEN = Frame(Scope("unseen", bytes(16), ReadSet(bytes(16)), orphan_of=runner), NO_ZONE)
"""Where privacylib's own work stands: belonging to whoever runs it, so that it is carried along as any other."""


def reference(worker: object) -> Callable[[], object]:
    """Refer to a task without keeping it alive; identifiers of dead tasks come back."""
    return (lambda: worker) if isinstance(worker, int) else weakref.ref(worker)


def leave(frame: Frame) -> None:
    """Put the frame around `frame` back, where `frame` is in place; never raises.

    Where another frame stands on top (an abandoned generator left late), that one will put back
    what is around `frame`. Work that was started in `frame` and goes on still stands there.
    """
    now = get_frame()
    if now is frame:
        set_frame(frame.outer)
        return
    while now is not None:
        above, now = now, now.outer
        if now is frame:
            above.outer = frame.outer
            return
