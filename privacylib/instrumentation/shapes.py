"""Operations of calls that are described alike: described once, and found again by what the calls have in common."""

from collections.abc import Hashable, Sequence
from typing import Any

from privacylib.decorators.wrapping import Around
from privacylib.instrumentation.call import CallOf, Describe
from privacylib.instrumentation.facts import Alike, stays_apart
from privacylib.memo import SMALL, Memo
from privacylib.model import Kind, Operation
from privacylib.runtime import faults
from privacylib.runtime.active import ACTIVE, Declared
from privacylib.runtime.decorated import Around as AroundOpen
from privacylib.runtime.decorated import AroundRead, AroundWrite
from privacylib.runtime.hot import Handle, begin, end

__all__ = ["Shapes"]

ROOM = 16_384
"""Weight of the shapes kept for each function, and of their kinds."""
MANY = 131_072
"""The same of shapes that are small and many."""


class Shapes:
    """Find what stands around the calls of one function.

    Args:
        describe: Returns the operations of a call.
        alike: What calls have in common that are described alike.
        call_of: Returns a call by its arguments.
        asks_host: Whether the function takes what it writes from code of the host while it runs.
    """

    __slots__ = ("_alike", "_asks_host", "_call_of", "_describe", "_find", "_kinds", "_known", "_shape_of")

    def __init__(self, describe: Describe, alike: Alike, call_of: CallOf, *, asks_host: bool = False) -> None:
        self._asks_host = asks_host
        self._describe = describe
        self._alike = alike
        self._call_of = call_of
        self._shape_of = alike.shape
        self._known: Memo[Hashable, Around] = Memo(ROOM if alike.kind is None else MANY)
        self._find = self._known.get  # half the price of a subscript, which looks for a method of the subclass
        self._kinds: Memo[Hashable, Around] = Memo(ROOM)

    def enter(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Around, Any] | None:
        """Begin the operations of a call.

        Returns:
            What stands around it, with what its `exit` takes; None for a call that is described by itself, and where
            anything goes wrong here: what is wrong shows again on the long way, and is dealt with there.

        Raises:
            PolicyDenied: An enforced rule denies it.
        """
        if ACTIVE.snapshot is None:
            return None
        try:
            around = self._find(self._shape_of(args, kwargs))
        except Exception as error:
            if faults.by_the_host(error):
                raise
            around = None
        if around is None and (around := self._learnt(args, kwargs)) is None:
            return None
        if isinstance(around, AroundRead):
            read = around
            return read, read.enter(False)
        return around, around.enter(False)

    def exit(self, begun: tuple[Around, Any], failed: bool) -> None:
        """End the operations of a call.

        Args:
            begun: What `enter` returned.
            failed: Whether the call raised.
        """
        around, token = begun
        if isinstance(around, AroundRead):  # the compiled form goes straight there
            read = around
            read.exit(token, failed)
        else:
            around.exit(token, failed)

    def _learnt(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Around | None:
        """Describe a call of a new shape."""
        try:
            shape = self._shape_of(args, kwargs)
            if shape is None:
                return None
            kind = shape if self._alike.kind is None else self._alike.kind(shape)
            around = self._kinds.get(kind)
            if around is None:
                call = self._call_of(args, kwargs)
                if kind is None or not self._alike.keeps(call):
                    return None
                operations = self._describe(call)
                around = self._kinds.keep(kind, _around(operations, self._asks_host), len(operations) * SMALL)
            return self._known.keep(shape, around)
        except Exception as error:
            if faults.by_the_host(error):
                raise
            return None


class AroundWhole(Declared):
    """An operation around each call of a function, which is complete when it begins."""

    __slots__ = ()

    def enter(self, yields: bool) -> Handle | None:  # noqa: ARG002 - the name is what stands around any function's
        """Begin the operation."""
        site = self.site()
        return None if site is None else begin(site)

    def exit(self, handle: Handle | None, failed: bool) -> None:
        """End the operation."""
        end(handle, failed)


class AroundAll:
    """Several operations around each call of a function, or none: the first is the outermost."""

    __slots__ = ("_arounds",)

    def __init__(self, arounds: Sequence[Around]) -> None:
        self._arounds = arounds

    def enter(self, yields: bool) -> list[tuple[Around, Any]]:
        """Begin them; where one is denied, those around it have failed."""
        begun: list[tuple[Around, Any]] = []
        try:
            for around in self._arounds:
                begun.append((around, around.enter(yields)))  # noqa: PERF401 - what was begun is needed after an error
        except BaseException:
            self.exit(begun, True)
            raise
        return begun

    def exit(self, begun: list[tuple[Around, Any]], failed: bool) -> None:
        """End them, the innermost first; where that is refused, those around it have failed."""
        try:
            while begun:
                around, token = begun.pop()
                around.exit(token, failed)
        except BaseException:
            self.exit(begun, True)
            raise


def _around(operations: Sequence[Operation], asks_host: bool) -> Around:
    opens = asks_host and stays_apart(operations)
    arounds = [_one(each, opens) for each in operations]
    return arounds[0] if len(arounds) == 1 else AroundAll(arounds)


def _one(operation: Operation, opens: bool) -> Around:
    if operation.kind is Kind.READ:
        return AroundRead(operation)
    if opens:
        return AroundWrite(operation) if operation.kind is Kind.WRITE else AroundOpen(operation)
    return AroundWhole(operation)
