"""Functions of libraries that hand out messages, or that do in steps what is one operation."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from privacylib.context import UNSEEN, Inside, Stage
from privacylib.families.messaging.channels import received
from privacylib.instrumentation.call import CallOf
from privacylib.instrumentation.table import Delivery
from privacylib.runtime import ACTIVE

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


def consuming(original: Callable[..., Any], patch: Delivery, call_of: CallOf) -> Callable[..., Any]:
    """Let whoever gets messages stand where they say: of a function, a coroutine function, or each step of a generator.

    Args:
        original: The function.
        patch: What it hands out.
        call_of: Returns a call by its arguments.
    """

    def handed(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        if ACTIVE.snapshot is not None:
            call = call_of(args, kwargs).returning(result)
            received(None if patch.answers else args[0], functools.partial(patch.messages, call))
        return result

    if inspect.iscoroutinefunction(original):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with Inside():  # what it does in tasks of its own is explained as well
                result = await original(*args, **kwargs)
            return handed(args, kwargs, result)

        return awaited
    if inspect.isgeneratorfunction(original):

        def steps(*args: Any, **kwargs: Any) -> Any:
            for item in original(*args, **kwargs):
                yield handed(args, kwargs, item)

        return steps

    def called(*args: Any, **kwargs: Any) -> Any:
        return handed(args, kwargs, original(*args, **kwargs))

    return called
