"""A process started by `multiprocessing` lives by the context of whoever started it.

A forked child has it from its parent's memory. One that starts anew finds it in the pickled
process object, whatever else that brings: privacylib starts there with the same configuration.
Either only carries the zones of whoever started it, as a thread does.
"""

import os
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from privacylib.context import Frame, get_frame
from privacylib.instrumentation.hops.batons import Baton, baton
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS"]

_ATTRIBUTE = "_privacylib_luggage"


_starting: set[int] = set()
"""Threads that start a process."""


def _forked() -> None:
    """Let a child that begins at its own function have entered nothing of what its parent has."""
    frame = get_frame() if threading.get_ident() in _starting else None
    while frame is not None:
        frame.scope.by = 0
        frame = frame.outer
    _starting.clear()


os.register_at_fork(after_in_child=_forked)


class _Luggage:
    """Travel with a process object, and unpack where that is unpickled."""

    __slots__ = ("_frame",)

    def __init__(self, frame: Frame | None) -> None:
        self._frame = frame

    def __reduce__(self) -> tuple[Callable[[Baton], None], tuple[Baton]]:
        return _unpack, (baton(self._frame),)


def _unpack(taken: Baton) -> None:
    taken.begin_process()


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: BaseProcess) -> None:
        if ACTIVE.snapshot is None:
            original(self)
            return
        attributes = vars(self)
        attributes[_ATTRIBUTE] = _Luggage(get_frame())
        me = threading.get_ident()
        _starting.add(me)
        try:
            original(self)
        finally:
            _starting.discard(me)
            attributes.pop(_ATTRIBUTE, None)

    return start


REPLACEMENTS = (Replacement(BaseProcess, "start", _start),)
