"""Calls that are described alike: described once, and found again by what they have in common."""

from collections.abc import Callable, Hashable
from typing import Any

from privacylib.instrumentation.table import Call, Patch
from privacylib.memo import SMALL, Memo
from privacylib.model import Kind, Operation
from privacylib.runtime import ACTIVE, Declared, Handle, begin, end, faults
from privacylib.runtime.decorated import AroundRead

__all__ = ["repeated"]

ROOM = 16_384
"""Weight of the shapes kept for each function."""

Function = Callable[..., Any]


def repeated(
    original: Function, patch: Patch, slowly: Function, call_of: Callable[[tuple[Any, ...], dict[str, Any]], Call]
) -> Function:
    """Return a plain function with the operations of calls that are described alike around it.

    Args:
        original: The function.
        patch: What its calls mean.
        slowly: Stands in its place for a call that is described by itself, and where anything goes wrong here.
        call_of: Returns a call by its arguments.
    """
    shape_of: Any = patch.shape
    known: Memo[Hashable, Function] = Memo(ROOM)

    def learn(shape: Hashable, call: Call) -> Function:
        if shape is None or not patch.keeps(call):
            return slowly
        operations = patch.describe(call)
        return known.keep(shape, _governed(original, operations), len(operations) * SMALL)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(*args, **kwargs)
        try:
            shape = shape_of(*args, **kwargs)
            governed = known.get(shape) or learn(shape, call_of(args, kwargs))
        except Exception as error:  # what is wrong shows again on the long way, and is dealt with there
            if faults.by_the_host(error):
                raise
            governed = slowly
        return governed(*args, **kwargs)

    return wrapper


class _AroundWhole(Declared):
    """An operation around each call of a function, which is complete when it begins."""

    __slots__ = ()

    def enter(self, yields: bool) -> Handle | None:
        """Begin the operation."""
        del yields
        site = self.site()
        return None if site is None else begin(site)

    def exit(self, handle: Handle | None, failed: bool) -> None:
        """End the operation."""
        end(handle, failed)


def _governed(function: Function, operations: tuple[Operation, ...]) -> Function:
    """Return a function with operations around it, the first the outermost."""
    for operation in reversed(operations):
        reads = operation.kind is Kind.READ
        function = _around(function, AroundRead(operation) if reads else _AroundWhole(operation))
    return function


def _around(function: Function, around: Any) -> Function:
    """Return a function with an operation around it."""
    enter, exit_ = around.enter, around.exit

    def governed(*args: Any, **kwargs: Any) -> Any:
        token = enter(False)
        try:
            result = function(*args, **kwargs)
        except BaseException:
            exit_(token, True)
            raise
        exit_(token, False)
        return result

    return governed
