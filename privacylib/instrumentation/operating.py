"""Calls with operations: they begin, the function is called, its result is taken in, and they end."""

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from privacylib.config import Snapshot
from privacylib.context import Inside, get_frame, is_unseen
from privacylib.decorators.wrapping import EachCall, makes_managers, wrap_steps
from privacylib.instrumentation.call import CallOf
from privacylib.instrumentation.callers import in_caller
from privacylib.instrumentation.consuming import apart
from privacylib.instrumentation.pinning import pinned
from privacylib.instrumentation.repeated import repeated
from privacylib.instrumentation.running import Running
from privacylib.instrumentation.table import Patch
from privacylib.model import PolicyDenied
from privacylib.runtime import ACTIVE, faults

__all__ = ["in_force", "operating"]

Start = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any], Running | None]]


def in_force() -> Snapshot | None:
    """Return the snapshot in force; None before `init`, and in work of our own."""
    frame = get_frame()
    return None if frame is not None and is_unseen(frame) else ACTIVE.snapshot


def operating(original: Callable[..., Any], patch: Patch, call_of: CallOf, fewest: int) -> Any:
    """Return a function of the same kind with its operations around each call.

    Args:
        original: The function.
        patch: What its calls mean.
        call_of: Returns a call by its arguments.
        fewest: How many arguments it wants; a call with fewer does nothing but raise.
    """
    start = functools.partial(_start, patch, call_of, fewest)
    if not patch.returns:
        return _leaving(original, start)
    called = in_caller(original) if patch.body.in_caller else apart(original) if patch.body.apart else original
    ours = _kind(original, patch)(called, start)
    if patch.body.passes_for:
        ours = _seeming(ours, patch.body.passes_for)
    return ours if patch.alike is None else repeated(original, patch, patch.alike, ours, call_of)


def _kind(original: Any, patch: Patch) -> Callable[..., Any]:
    """Return what makes a function of the same kind."""
    if inspect.iscoroutinefunction(original):
        return functools.partial(_coroutine, inside=not patch.body.of_the_host)
    steps = inspect.isgeneratorfunction(original) or inspect.isasyncgenfunction(original)
    return _generator if steps or makes_managers(original) else _plain


def _seeming(function: Any, module: str) -> Any:
    """Return a function that seems to be of another module to whoever looks at the frames of a call."""
    told = {**function.__globals__, "__name__": module}
    return FunctionType(function.__code__, told, function.__name__, function.__defaults__, function.__closure__)


def _plain(original: Callable[..., Any], start: Start) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, running = start(args, kwargs)
        if running is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            running.raised(error)
            raise
        try:
            return running.returned(result)
        except PolicyDenied:
            running.close(result)
            raise

    return wrapper


def _leaving(original: Callable[..., Any], start: Start) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, running = start(args, kwargs)
        if running is not None:
            running.end()
        return original(*args, **kwargs)

    return wrapper


def _coroutine(original: Callable[..., Any], start: Start, *, inside: bool) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, running = start(args, kwargs)
        if running is None:
            return await original(*args, **kwargs)
        try:
            if inside:  # what it does in tasks of its own is explained as well
                with Inside():
                    result = await original(*args, **kwargs)
            else:
                result = await original(*args, **kwargs)
        except BaseException as error:
            running.raised(error)
            raise
        try:
            return await running.awaited(result)
        except BaseException:
            await running.close(result)
            raise

    return wrapper


def _generator(original: Callable[..., Any], start: Start) -> Callable[..., Any]:
    return wrap_steps(original, EachCall(lambda args, kwargs: _Steps(start, args, kwargs)))


class _Steps:
    """The operations of one run of a generator, from its first step to its last."""

    def __init__(self, start: Start, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._begin = functools.partial(start, args, kwargs)

    def enter(self, yields: bool = False) -> Running | None:
        """Begin them."""
        del yields
        return self._begin()[2]

    def exit(self, token: Running | None, failed: bool) -> None:
        """End them; never raises."""
        if token is not None:
            token.end(failed=failed)


def _start(
    patch: Patch, call_of: CallOf, fewest: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Running | None]:
    """Pin the arguments of a call and begin its operations; None where it is not seen.

    Raises:
        PolicyDenied: An enforced rule denies it.
    """
    snapshot = in_force()
    if snapshot is None or len(args) + len(kwargs) < fewest:
        return args, kwargs, None
    if patch.pins:
        call = call_of(args, kwargs)
        args, kwargs = pinned(patch.pins, call.positions, call.defaults, args, kwargs)
    call = call_of(args, kwargs)
    try:
        return args, kwargs, Running(patch, call, snapshot)
    except PolicyDenied:
        if patch.sends.undo is not None:
            patch.sends.undo(call)
        raise
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("patching", error)
        return args, kwargs, None
