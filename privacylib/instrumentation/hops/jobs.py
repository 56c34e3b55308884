"""A function together with the frame that it runs under, whoever calls it."""

from collections.abc import Callable
from typing import Any

from privacylib.context.behalf import THREADS, Doers, give_thread
from privacylib.context.current import get_frame, set_frame
from privacylib.context.frames import Frame

__all__ = ["Job"]


class Job:
    """Run a function under a frame, or under none; what the worker had is put back afterwards.

    Args:
        function: What runs.
        frame: What it runs under.
        behalf: On whose behalf it runs.
    """

    __slots__ = ("behalf", "frame", "function")

    def __init__(self, function: Callable[..., Any], frame: Frame | None, behalf: Doers = ()) -> None:
        self.function = function
        self.frame = frame
        self.behalf = behalf

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        outer, behalf = get_frame(), self.behalf
        before = give_thread(behalf) if behalf or THREADS else ()
        set_frame(self.frame)
        try:
            return self.function(*args, **kwargs)
        finally:
            set_frame(outer)
            if behalf or before:
                give_thread(before)
