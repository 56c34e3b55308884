"""A thread runs under the frame of whoever started it, or under none."""

import threading
from collections.abc import Callable
from typing import Any

from privacylib.context import Frame, get_frame, set_frame
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS"]


class _Run:
    """Stand before a thread's `run` for one call.

    It shadows the method on the instance, as long as the thread has not begun, so that subclasses
    which override `run` are covered, and nothing holds the frame once the thread has ended.
    """

    __slots__ = ("_frame", "_shadowed", "_thread")

    def __init__(self, thread: threading.Thread, frame: Frame | None) -> None:
        self._thread = thread
        self._frame = frame
        self._shadowed = vars(thread).get("run")
        vars(thread)["run"] = self

    def remove(self) -> None:
        """Uncover what was there before."""
        attributes = vars(self._thread)
        if attributes.get("run") is self:
            if self._shadowed is None:
                del attributes["run"]
            else:
                attributes["run"] = self._shadowed

    def __call__(self) -> None:
        """Run the thread's own `run` under the frame."""
        self.remove()
        run = self._thread.run if self._shadowed is None else self._shadowed
        set_frame(self._frame)
        self._frame = None
        try:
            run()
        finally:
            set_frame(None)


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: threading.Thread) -> None:
        if ACTIVE.snapshot is None:
            original(self)
            return
        run = _Run(self, get_frame())
        try:
            original(self)
        except BaseException:
            run.remove()
            raise

    return start


REPLACEMENTS = (Replacement(threading.Thread, "start", _start),)
