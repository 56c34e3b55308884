"""Where work stands: scopes, and the frame that a context variable holds.

A frame is replaced, never changed, and no token is kept: leaving puts the outer frame back only
where the own one is still in place, so a generator closed elsewhere disturbs nobody (fault 27).
"""

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

from contextvars_extras import ContextVarsRegistry  # pyright: ignore[reportMissingTypeStubs] - it has none

from privacylib.context.sources import ReadSet
from privacylib.model import NO_ZONE, Decision, Zone

__all__ = [
    "ANYONE", "PROCESS", "UNSEEN", "CurrentVars", "Entered", "Frame", "Process", "Scope", "frame_here", "frame_now",
    "get_frame", "is_unseen", "leave", "new_key", "reference", "runner", "runner_id", "set_frame",
]  # fmt: skip


def new_key() -> bytes:
    """Return a correlation key that no other work has."""
    return os.urandom(16)


class Scope:
    """One unit of work.

    Args:
        name: What it is called, for people.
        key: Correlation key, 16 bytes.
        reads: Its read set, shared with sub-scopes that are not isolated.
        parent: Span id that stood around it when it was opened, or 0.
        orphan_of: Refers to the task or thread whose work outside any scope it holds; None for a real scope.
        around: The scope that it is part of, or None.
    """

    __slots__ = ("around", "key", "left", "name", "opened", "orphan_of", "parent", "reads", "refusal", "tail")

    def __init__(
        self,
        name: str,
        key: bytes,
        reads: ReadSet,
        parent: int = 0,
        orphan_of: Callable[[], object] | None = None,
        around: "Scope | None" = None,
    ) -> None:
        self.around = around
        self.name = name
        self.key = key
        self.reads = reads
        self.parent = parent
        self.tail = parent.to_bytes(8, "little") + key if around is None else around.tail
        """What the records of plain operations end with: the parent and the key."""
        self.orphan_of = orphan_of
        self.opened = orphan_of is None
        """Whether somebody opened it; else it holds the work outside scopes, of the process or of an orphan."""
        self.left = False
        self.refusal: Decision | None = None
        """What was last refused inside, for whoever answers on behalf of the scope."""

    @property
    def outlived(self) -> bool:
        """Return whether the scope, or one that it is part of, was left while work went on in it."""
        return self.left or (self.around is not None and self.around.outlived)


class Frame:
    """Where work stands: its scope, the zones around it, and what is open around it."""

    __slots__ = ("ended", "lowered", "outer", "pair", "plain", "scope", "within", "zone")

    def __init__(
        self,
        scope: Scope,
        zone: Zone,
        outer: "Frame | None" = None,
        within: "Frame | None" = None,
        lowered: tuple[Any, ...] = (),
        pair: int = 0,
    ) -> None:
        self.scope = scope
        self.zone = zone
        self.outer = outer
        self.within = within
        """The frame of the innermost decorated body around this one."""
        self.plain = within is None and scope.opened
        """Whether this is a scope that somebody opened, and no body of a write is around it."""
        self.lowered = lowered
        """Reclassifications that are declared around this work."""
        self.pair = pair
        """Span of the call whose request is being made here, or 0."""
        self.ended = False
        """Whether it is a body that ended."""

    def inside(self) -> "Frame | None":
        """Return the frame of the innermost decorated body that work in this frame runs in."""
        return self.within

    def operation(self) -> Any:
        """Return the operation that is open as long as this frame, if it is one of a decorated body."""
        return None

    def bodies(self) -> list[Any]:
        """Return the operations whose decorated bodies this work runs in, outermost first; not those that ended."""
        found: list[Any] = []
        body = self.inside()
        while body is not None:
            if not body.ended:
                found.append(body.operation())
            body = body.within
        found.reverse()
        return found


ANYONE = 0
"""Who entered what stands around the steps of a generator, which different tasks and threads may take."""


class Entered(Frame):
    """The frame of a zone, or of a unit of work of its own, which knows who entered it.

    A task or thread carries the frames of whoever started it, but has not entered them.
    """

    __slots__ = ("owner", "step")
    owner: int
    """`runner_id` of who entered it, or `ANYONE`."""
    step: Any
    """The step into the zone; None where the work starts here."""


class CurrentVars(ContextVarsRegistry):
    """The one context variable of privacylib."""

    frame: Frame | None = None


_variable = cast("ContextVar[Frame | None]", cast("Any", CurrentVars.frame).context_var)
get_frame = _variable.get
set_frame = _variable.set


class Process:
    """What belongs to the whole process: its scope, and whether a first scope was opened."""

    __slots__ = ("frame", "main", "scoped")

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget all reads of the process; for a new start in the same process."""
        key = new_key()
        scope = Scope("process", key, ReadSet(key))
        scope.opened = False
        self.frame = Frame(scope, NO_ZONE)
        self.main = threading.main_thread().ident
        self.scoped = False

    def forked(self) -> None:
        """Keep what the parent's process scope holds; the forking thread is the child's main one, and opened none."""
        self.main = threading.get_ident()
        self.scoped = False


PROCESS = Process()
os.register_at_fork(after_in_child=PROCESS.forked)


def frame_here() -> Frame | None:
    """Return the frame of the running work, or None where it is outside any scope and has done nothing yet."""
    frame = get_frame()
    if frame is None:
        return PROCESS.frame if not PROCESS.scoped and threading.get_ident() == PROCESS.main else None
    scope = frame.scope
    if scope.opened:
        return frame
    if scope.orphan_of is None:
        return frame if threading.get_ident() == PROCESS.main else None
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
