"""Calls that are described alike: what stands in the place of a function whose calls are described once."""

import inspect
from collections.abc import Callable
from typing import Any

from privacylib.instrumentation.call import CallOf
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.shapes import Shapes
from privacylib.instrumentation.table import Patch

__all__ = ["repeated"]

Function = Callable[..., Any]


def repeated(original: Function, patch: Patch, alike: Alike, slowly: Function, call_of: CallOf) -> Function:
    """Return a function or coroutine function with the operations of calls that are described alike around it.

    Args:
        original: The function.
        patch: What stands in its place.
        alike: What calls have in common that are described alike.
        slowly: Stands in its place for a call that is described by itself, and where anything goes wrong here.
        call_of: Returns a call by its arguments.
    """
    kind = _awaited if inspect.iscoroutinefunction(original) else _called
    return kind(original, slowly, Shapes(patch.describe, alike, call_of, asks_host=patch.body.asks_host))


def _called(original: Function, slowly: Function, shapes: Shapes) -> Function:
    enter, leave = shapes.enter, shapes.exit

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = enter(args, kwargs)
        if begun is None:
            return slowly(*args, **kwargs)
        try:
            result = original(*args, **kwargs) if kwargs else original(*args)  # empty ones would be copied
        except BaseException:
            leave(begun, True)
            raise
        leave(begun, False)
        return result

    return wrapper


def _awaited(original: Function, slowly: Function, shapes: Shapes) -> Function:
    enter, leave = shapes.enter, shapes.exit

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        begun = enter(args, kwargs)
        if begun is None:
            return await slowly(*args, **kwargs)
        try:
            result = await (original(*args, **kwargs) if kwargs else original(*args))
        except BaseException:
            leave(begun, True)
            raise
        leave(begun, False)
        return result

    return wrapper
