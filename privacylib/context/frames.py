"""Scopes, and the frames that the context variable holds.

A frame is replaced, never changed, and no token is kept: leaving puts the outer frame back only
where the own one is still in place, so a generator closed elsewhere disturbs nobody (fault 27).
"""

from collections.abc import Callable
from typing import Any

from privacylib.context.reads import ReadSet
from privacylib.model import Decision, Zone

__all__ = ["ANYONE", "Entered", "Frame", "Scope"]

ANYONE = -1
"""Who opened what stands around the steps of a generator, which different tasks and threads may take."""


class Scope:
    """One unit of work.

    Args:
        name: What it is called, for people.
        key: Correlation key, 16 bytes.
        reads: Its read set, shared with sub-scopes that are not isolated.
        parent: Span id that stood around it when it was opened, or 0.
        orphan_of: Refers to the task or thread whose work outside any scope it holds; None for a real scope.
        around: The scope that it is part of, or None.
        tracestate: What other tracers say of the trace that the key names; where it is a part, the scope around tells.
    """

    __slots__ = (
        "around", "by", "key", "left", "name", "opened", "orphan_of", "parent", "reads", "refusal", "tail",
        "tracestate",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        key: bytes,
        reads: ReadSet,
        parent: int = 0,
        orphan_of: Callable[[], object] | None = None,
        around: "Scope | None" = None,
        tracestate: str = "",
    ) -> None:
        self.around = around
        self.tracestate = tracestate if around is None else around.tracestate
        self.name = name
        self.key = key
        self.reads = reads
        self.parent = parent
        self.tail = parent.to_bytes(8, "little") + key if around is None else around.tail
        """What the records of plain operations end with: the parent and the key."""
        self.orphan_of = orphan_of
        self.opened = orphan_of is None
        """Whether somebody opened it; else it holds the work outside scopes, of the process or of an orphan."""
        self.by = 0
        """`runner_id` of who opened it, or `ANYONE`; 0 where it is only carried."""
        self.left = False
        self.refusal: Decision | None = None
        """What was last refused inside, for whoever answers on behalf of the scope."""

    @property
    def outlived(self) -> bool:
        """Return whether the scope, or one that it is part of, was left while work went on in it."""
        return self.left or (self.around is not None and self.around.outlived)


class Frame:
    """Where work stands: its scope, the zones around it, and what is open around it."""

    __slots__ = ("begun_in", "ended", "lowered", "outer", "pair", "plain", "scope", "within", "zone")

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
        self.begun_in: Frame | None = None
        """The call that stands for what happens inside it, where other work outside scopes was begun in that."""

    def covering(self) -> "Frame | None":
        """Return the innermost call around, still running, that stands for the operations inside it."""
        frame: Frame | None = self
        while frame is not None and not frame.covers():
            frame = frame.outer or frame.begun_in
        return frame

    def covers(self) -> bool:
        """Return whether this is the frame of such a call."""
        return False

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

    def running(self) -> "Frame | None":
        """Return the frame of the innermost decorated body around that has not ended; those that have are let go."""
        body = self.inside()
        while body is not None and body.ended:
            body = body.within
        last = body
        while last is not None:
            further = last.within  # looked at once: other threads let go of them too
            while further is not None and further.ended:
                further = further.within
            last.within = further
            last = further
        return body


class Entered(Frame):
    """The frame of a zone, or of a unit of work of its own.

    A task or thread carries the frames of whoever started it, but has not entered them, unless it works on behalf of
    those (`privacylib.context.behalf`); the scope tells who opened it.
    """

    __slots__ = ("step",)
    step: Any
    """The step into the zone; None where the work starts here."""
