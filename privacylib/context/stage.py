"""A frame for work that runs in steps."""

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import ANYONE, Frame, Scope

__all__ = ["Stage"]


class Stage:
    """Keep the frame of a generator body, or of a callback, in place only while a step runs.

    Args:
        frame: The frame that the first step starts in.
    """

    __slots__ = ("base", "consumer", "frame")

    def __init__(self, frame: Frame | None) -> None:
        self.frame = self.base = frame
        self.consumer: Frame | None = None

    def __enter__(self) -> None:
        self.consumer = get_frame()
        set_frame(self.frame)

    def __exit__(self, *_: object) -> None:
        frame, before = get_frame(), self.frame
        if frame is not before:
            self.frame = frame
            self._keep(frame)
        if frame is not None and frame.scope.around is not None:
            self._return(frame.scope)
        set_frame(self.consumer)
        self.consumer = None

    def share(self) -> None:
        """Let a consumer outside scopes stand in the frame that the step was given, and hold what is read there."""
        here, frame = get_frame(), self.frame
        if here is not None and here.scope.opened:
            return
        while frame is not None and frame is not here and frame.outer is not None:
            frame = frame.outer
        if frame is not None and frame.scope.orphan_of is not None:
            set_frame(frame)

    def _return(self, scope: Scope) -> None:
        """Let the consumer's scope have what isolated scopes of the step have read: the step hands it out."""
        while scope.around is not None and not self._is_around_consumer(scope):
            if scope.reads is not scope.around.reads:
                scope.reads.give_back()
            scope = scope.around

    def _is_around_consumer(self, scope: Scope) -> bool:
        around = None if self.consumer is None else self.consumer.scope
        while around is not None and around is not scope:
            around = around.around
        return around is scope

    def _keep(self, frame: Frame | None) -> None:
        """Let what a step has entered and not left belong to whoever takes the next."""
        kept = None if self.base is None else self.base.scope
        while frame is not None and frame.scope is not kept:
            if frame.scope.opened:
                if frame.scope.by == ANYONE:
                    return
                frame.scope.by = ANYONE
            frame = frame.outer
