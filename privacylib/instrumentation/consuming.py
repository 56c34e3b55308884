"""Functions of libraries that hand out messages, or that do in steps what is one operation."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from privacylib.context import UNSEEN, Stage
from privacylib.families.messaging import Message, received
from privacylib.instrumentation.table import Call

__all__ = ["apart", "consuming"]


def apart(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is called as work of our own, so that nothing inside is seen."""
    if inspect.iscoroutinefunction(original):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with Stage(UNSEEN):
                return await original(*args, **kwargs)

        return awaited

    def called(*args: Any, **kwargs: Any) -> Any:
        with Stage(UNSEEN):
            return original(*args, **kwargs)

    return called


def consuming(
    original: Callable[..., Any],
    takes: Callable[[Call], Iterable[Message]],
    call_of: Callable[[tuple[Any, ...], dict[str, Any]], Call],
) -> Callable[..., Any]:
    """Let whoever steps through the messages of a generator stand where each one says.

    Args:
        original: The generator function.
        takes: Returns the messages of a step.
        call_of: Returns a call by its arguments.
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = call_of(args, kwargs)
        for item in original(*args, **kwargs):
            received(args[0], functools.partial(takes, call.returning(item)))
            yield item

    return wrapper
