"""Functions that look at the variables of who calls them: they are called in a frame that has the caller's.

A database that takes a program's variables for tables looks for them in the frame it is called from, which is ours.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["in_caller"]

_CALLED = "__privacylib_called"
_CALL = compile(f"{_CALLED}()", __file__, "eval")


def in_caller(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls another one in a frame with the variables of who called the wrapper around it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(2)  # pyright: ignore[reportPrivateUsage] - there is no other way to a frame
        there = caller.f_locals
        seen = {} if there is caller.f_globals else dict(there)
        seen[_CALLED] = functools.partial(function, *args, **kwargs)
        return eval(_CALL, caller.f_globals, seen)  # noqa: S307 - the text is our own

    return call
