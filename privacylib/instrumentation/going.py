"""Remote calls that go on when the function that made them has returned, until another brings the response.

The object on which they go on stays as it is: what goes on stands beside it. Where it is gone
without a response, its call ends as one that failed.
"""

import inspect
import sys
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from privacylib.instrumentation.call import Call, CallOf
from privacylib.instrumentation.facts import Response
from privacylib.instrumentation.table import Answer
from privacylib.model import PolicyDenied
from privacylib.runtime import faults

__all__ = ["answering", "goes_on"]


class Going(Protocol):
    """A call that was made and has no response yet."""

    def end(self, *, failed: bool = False) -> None: ...
    def answered(self, brings: Response, call: Call) -> None: ...


_going: dict[int, tuple[weakref.ref[Any], Going]] = {}


def goes_on(holder: Any, running: Going) -> None:
    """Let a call go on.

    Args:
        holder: The object on which it goes on.
        running: The call. One that went on there before ends: nobody has asked for its response.
    """
    key = id(holder)

    def gone(_: object, known: dict[int, Any] = _going, exits: Callable[[], bool] = sys.is_finalizing) -> None:
        lost = known.pop(key, None)  # at exit this module may be empty already, and others
        try:
            if lost is not None:
                lost[1].end(failed=True)
        except Exception:
            if not exits():
                raise

    before = _taken(holder)
    _going[key] = weakref.ref(holder, gone), running
    if before is not None:
        before.end(failed=True)


def _taken(holder: Any) -> Going | None:
    """Return the call that goes on on an object, and let it go on no more."""
    found = _going.pop(id(holder), None)
    return None if found is None else found[1]


def answering(original: Callable[..., Any], patch: Answer, call_of: CallOf) -> Callable[..., Any]:
    """Return a function that ends a call which goes on.

    Args:
        original: The function.
        patch: What it answers, and with what.
        call_of: Returns a call by its arguments.
    """
    return (_awaited if inspect.iscoroutinefunction(original) else _plain)(original, _Answer(patch, call_of))


class _Answer:
    """What a function does to calls that go on."""

    def __init__(self, patch: Answer, call_of: CallOf) -> None:
        self._patch = patch
        self._call_of = call_of

    def taken(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Going | None:
        """Return the call that the function ends."""
        if not _going:
            return None
        try:
            return _taken(self._patch.on(self._call_of(args, kwargs)))
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("answering", error)
            return None

    def given(self, running: Going, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """End it with what the function returned, which is freed where the zone does not admit it."""
        try:
            running.answered(self._patch.brings, self._call_of(args, kwargs).returning(result))
        except PolicyDenied:
            if self._patch.brings.closes:
                getattr(result, self._patch.brings.closes)()
            raise


def _plain(original: Callable[..., Any], answer: _Answer) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        running = answer.taken(args, kwargs)
        if running is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException:
            running.end(failed=True)
            raise
        answer.given(running, args, kwargs, result)
        return result

    return wrapper


def _awaited(original: Callable[..., Any], answer: _Answer) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        running = answer.taken(args, kwargs)
        if running is None:
            return await original(*args, **kwargs)
        try:
            result = await original(*args, **kwargs)
        except BaseException:
            running.end(failed=True)
            raise
        answer.given(running, args, kwargs, result)
        return result

    return wrapper
