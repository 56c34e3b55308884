"""A process started by `multiprocessing` lives by the context of whoever started it.

A forked child has it from its parent's memory. One that starts anew finds it in the pickled
process object, whatever else that brings: privacylib starts there with the same configuration.
"""

from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from privacylib.context import Frame, get_frame
from privacylib.instrumentation.hops.batons import Baton, baton
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS"]

_ATTRIBUTE = "_privacylib_luggage"


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
        try:
            original(self)
        finally:
            attributes.pop(_ATTRIBUTE, None)

    return start


REPLACEMENTS = (Replacement(BaseProcess, "start", _start),)
