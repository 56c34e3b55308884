"""Tell the host's own exceptions from ours, where a signal handler raises in the middle of our code."""

import signal
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

__all__ = ["of_the_host"]

_Handler = Callable[[int, FrameType | None], Any] | int | None


def of_the_host(error: BaseException) -> bool:
    """Return whether a signal handler of the host raised an error: a time limit, an orderly end.

    It interrupted the host's work, not ours, and must reach the host.
    """
    handlers = {_code(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    step = error.__traceback__ if handlers else None
    while step is not None:
        if step.tb_frame.f_code in handlers:
            return True
        step = step.tb_next
    return False


def _code(handler: _Handler) -> CodeType | None:
    """Return the code of a handler: a function, a method, a partial, or an object that can be called."""
    if handler is None or isinstance(handler, int):
        return None
    function: Any = getattr(handler, "func", handler)
    function = getattr(function, "__func__", function)
    if isinstance(function, FunctionType):
        return function.__code__
    call: Any = vars(type(handler)).get("__call__")
    return call.__code__ if isinstance(call, FunctionType) else None
