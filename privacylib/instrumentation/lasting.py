"""Operations that last as long as what a function returned: an open file is written until it is closed.

The result becomes an instance of a subclass, which knows when it ends. Covering methods on the
instance would not do: what is looked up there does not keep the instance alive, and
``open(path, "w").write(text)`` would write into a file that is gone.
"""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from privacylib.context import get_frame
from privacylib.instrumentation.call import Call
from privacylib.instrumentation.facts import Opened
from privacylib.instrumentation.subclasses import subclass
from privacylib.model import Kind
from privacylib.runtime import ACTIVE, Handle, begin, end, faults, site_of

__all__ = ["lasting"]

_STATE = "_privacylib"


def lasting(opened: Opened, call: Call, handles: list[Handle], ends: Callable[[], None]) -> Any:
    """Return the result of a call as an object whose operations last until it is closed.

    Args:
        opened: How long they last.
        call: The call, with its result.
        handles: Its operations.
        ends: Ends them; may be called more than once.
    """
    kind = functools.partial(_subclass, ends=opened.ends, steps=opened.steps)
    try:
        result = opened.rebuilt(call, kind)
        if result is not None:
            result.__dict__[_STATE] = _State(handles, ends)
            return result
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("patching", error)
    ends()
    return call.result


class _State:
    """The operations of an object that lasts."""

    __slots__ = ("_reads", "_writes", "end")

    def __init__(self, handles: list[Handle], end: Callable[[], None]) -> None:
        self._reads = handles[0].frame.scope.reads
        self._writes = [handle.site.operation for handle in handles if handle.site.operation.kind is not Kind.READ]
        self.end = end

    def __del__(self) -> None:
        """End what nobody has closed: not every class closes itself by its method when it goes."""
        with suppress(Exception):
            self.end()

    def elsewhere(self) -> list[Handle | None]:
        """Begin the writes again in a scope that is not the one where they stay open."""
        frame, snapshot = get_frame(), ACTIVE.snapshot
        if frame is None or snapshot is None or frame.scope.reads is self._reads:
            return []
        return [begin(site_of(operation, snapshot)) for operation in self._writes]


@functools.lru_cache(maxsize=256)
def _subclass(base: type, ends: str, steps: tuple[str, ...]) -> type:
    methods = {name: _step(getattr(base, name)) for name in steps} | {ends: _last(base, getattr(base, ends))}
    return subclass(base, methods)


def _last(base: type, method: Callable[..., Any]) -> Callable[..., Any]:
    def last(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            state: _State | None = self.__dict__.pop(_STATE, None)
            if state is not None:
                with suppress(TypeError):  # a class of the interpreter cannot be put back
                    self.__class__ = base
                state.end()

    return functools.update_wrapper(last, method)


def _step(method: Callable[..., Any]) -> Callable[..., Any]:
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        state: _State | None = self.__dict__.get(_STATE)
        handles = [] if state is None else state.elsewhere()
        failed = True
        try:
            returned = method(self, *args, **kwargs)
            failed = False
        finally:
            for handle in handles:
                end(handle, failed=failed)
        return returned

    return functools.update_wrapper(step, method)
