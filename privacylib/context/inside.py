"""The inside of an operation that has no body of its own, for whoever asks what explains some I/O."""

from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Frame
from privacylib.context.state import frame_now, leave

__all__ = ["Inside", "Within"]


class Inside:
    """Mark that what happens in a block, and in tasks that it starts, is explained by an operation around it."""

    __slots__ = ("_frame",)

    def __enter__(self) -> None:
        here = frame_now()
        self._frame = frame = Within(here.scope, here.zone, get_frame(), here.inside(), here.lowered, here.pair)
        set_frame(frame)

    def __exit__(self, *_: object) -> None:
        self._frame.ended = True
        leave(self._frame)


class Within(Frame):
    """The frame of such a block; `ended` once it is left."""

    __slots__ = ()
