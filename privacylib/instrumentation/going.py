"""Remote calls that go on when the function that made them has returned, until another brings the response.

The object on which they go on stays as it is: what goes on stands beside it. Where it is gone
without a response, its call ends as one that failed.
"""

import inspect
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from privacylib.instrumentation.table import Call, Patch
from privacylib.model import PolicyDenied

__all__ = ["answering", "goes_on"]


class Going(Protocol):
    """A call that was made and has no response yet."""

    def end(self, *, failed: bool = False) -> None: ...
    def answered(self, patch: Patch, call: Call) -> None: ...


_going: dict[int, tuple[weakref.ref[Any], Going]] = {}


def goes_on(holder: Any, running: Going) -> None:
    """Let a call go on.

    Args:
        holder: The object on which it goes on.
        running: The call. One that went on there before ends: nobody has asked for its response.
    """
    key = id(holder)

    def gone(_: object, known: dict[int, Any] = _going) -> None:  # at exit the module may be empty already
        lost = known.pop(key, None)
        if lost is not None:
            lost[1].end(failed=True)

    before = _taken(holder)
    _going[key] = weakref.ref(holder, gone), running
    if before is not None:
        before.end(failed=True)


def _taken(holder: Any) -> Going | None:
    """Return the call that goes on on an object, and let it go on no more."""
    found = _going.pop(id(holder), None)
    return None if found is None else found[1]


def answering(
    original: Callable[..., Any], patch: Patch, call_of: Callable[[tuple[Any, ...], dict[str, Any]], Call]
) -> Callable[..., Any]:
    """Return a function that ends the call which goes on on its first argument.

    Args:
        original: The function.
        patch: What it returns.
        call_of: Returns a call by its arguments.
    """

    def plain(*args: Any, **kwargs: Any) -> Any:
        running = _taken(args[0])
        if running is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException:
            running.end(failed=True)
            raise
        try:
            running.answered(patch, call_of(args, kwargs).returning(result))
        except PolicyDenied:
            _close(patch, result)
            raise
        return result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        running = _taken(args[0])
        if running is None:
            return await original(*args, **kwargs)
        try:
            result = await original(*args, **kwargs)
        except BaseException:
            running.end(failed=True)
            raise
        try:
            running.answered(patch, call_of(args, kwargs).returning(result))
        except PolicyDenied:
            _close(patch, result)
            raise
        return result

    return awaited if inspect.iscoroutinefunction(original) else plain


def _close(patch: Patch, result: Any) -> None:
    if patch.closes:
        getattr(result, patch.closes)()
