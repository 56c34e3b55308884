"""A frame for work that runs in steps."""

from privacylib.context.state import Frame, get_frame, set_frame

__all__ = ["Stage"]


class Stage:
    """Keep the frame of a generator body, or of a callback, in place only while a step runs.

    Args:
        frame: The frame that the first step starts in.
    """

    __slots__ = ("consumer", "frame")

    def __init__(self, frame: Frame | None) -> None:
        self.frame = frame
        self.consumer: Frame | None = None

    def __enter__(self) -> None:
        self.consumer = get_frame()
        set_frame(self.frame)

    def __exit__(self, *_: object) -> None:
        self.frame = get_frame()
        set_frame(self.consumer)
        self.consumer = None
