"""Calls that are described alike: described once, and found again by what they have in common."""

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

from privacylib.decorators.wrapping import Around, around_calls
from privacylib.instrumentation.call import CallOf, Describe
from privacylib.instrumentation.facts import Alike
from privacylib.memo import SMALL, Memo
from privacylib.model import Kind, Operation
from privacylib.runtime import ACTIVE, Declared, Handle, begin, end, faults
from privacylib.runtime.decorated import AroundRead

__all__ = ["repeated"]

ROOM = 16_384
"""Weight of the shapes kept for each function."""

Function = Callable[..., Any]


def repeated(original: Function, describe: Describe, alike: Alike, slowly: Function, call_of: CallOf) -> Function:
    """Return a function or coroutine function with the operations of calls that are described alike around it.

    Args:
        original: The function.
        describe: Returns the operations of a call.
        alike: What calls have in common that are described alike.
        slowly: Stands in its place for a call that is described by itself, and where anything goes wrong here.
        call_of: Returns a call by its arguments.
    """
    known: Memo[Hashable, _Governed] = Memo(ROOM)

    def learn(shape: Hashable, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Governed | None:
        if shape is None:
            return None
        call = call_of(args, kwargs)
        if not alike.keeps(call):
            return None
        operations = describe(call)
        return known.keep(shape, _governed(original, operations), len(operations) * SMALL)

    kind = _awaited if inspect.iscoroutinefunction(original) else _called
    return kind(original, slowly, alike.shape, known, learn)


def _called(
    original: Function, slowly: Function, shape_of: Any, known: "Memo[Hashable, _Governed]", learn: Any
) -> Function:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return original(*args, **kwargs)
        try:
            shape = shape_of(*args, **kwargs)
            governed = known.get(shape) or learn(shape, args, kwargs)
        except Exception as error:  # what is wrong shows again on the long way, and is dealt with there
            if faults.by_the_host(error):
                raise
            governed = None
        if governed is None:
            return slowly(*args, **kwargs)
        function, enter, exit_ = governed
        token = enter(False)
        try:
            result = function(*args, **kwargs)
        except BaseException:
            exit_(token, True)
            raise
        exit_(token, False)
        return result

    return wrapper


def _awaited(
    original: Function, slowly: Function, shape_of: Any, known: "Memo[Hashable, _Governed]", learn: Any
) -> Function:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None:
            return await original(*args, **kwargs)
        try:
            shape = shape_of(*args, **kwargs)
            governed = known.get(shape) or learn(shape, args, kwargs)
        except Exception as error:  # as above
            if faults.by_the_host(error):
                raise
            governed = None
        if governed is None:
            return await slowly(*args, **kwargs)
        function, enter, exit_ = governed
        token = enter(False)
        try:
            result = await function(*args, **kwargs)
        except BaseException:
            exit_(token, True)
            raise
        exit_(token, False)
        return result

    return wrapper


_Governed: TypeAlias = tuple[Function, Callable[[bool], Any], Callable[[Any, bool], object]]
"""A function, and what is done before and after each call of it."""


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


def _governed(function: Function, operations: Sequence[Operation]) -> _Governed:
    """Return a function with the operations around it: the first is the outermost, and the others are inside."""
    if not operations:
        return function, _nothing, _nothing
    first, *others = (_around(operation) for operation in operations)
    for around in reversed(others):
        function = around_calls(function, around)
    return function, first.enter, first.exit


def _around(operation: Operation) -> Around:
    return AroundRead(operation) if operation.kind is Kind.READ else _AroundWhole(operation)


def _nothing(*_: object) -> None:
    """Do nothing before and after a call without operations."""
