"""Calls of patched functions: arguments pinned, operations begun, the function called, its result taken in."""

import functools
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, cast

from privacylib.config import Snapshot
from privacylib.context import Inside, get_frame, is_unseen
from privacylib.decorators.wrapping import EachCall, makes_managers, wrap_steps
from privacylib.instrumentation.consuming import apart, consuming
from privacylib.instrumentation.going import answering
from privacylib.instrumentation.repeated import repeated
from privacylib.instrumentation.running import Running
from privacylib.instrumentation.table import Call, Patch
from privacylib.model import PolicyDenied
from privacylib.runtime import ACTIVE, faults

__all__ = ["AROUND_HOST", "around"]

AROUND_HOST = "around_host"
"""Name of the code of wrappers around functions that run code of the host: they do not explain what happens inside."""


def around(original: Any, patch: Patch) -> Any:
    """Return what stands in the place of a function: of the same kind, with its operations around each call."""
    kind = original.__class__
    if issubclass(kind, staticmethod | classmethod):
        return cast("Any", kind(around(original.__func__, patch)))
    if kind is MethodType:
        again = getattr(original.__self__, original.__name__, None)
        if getattr(getattr(again, "__func__", None), "__wrapped__", None) is original.__func__:
            return again  # it is the class's own, which is patched by now
        return MethodType(around(original.__func__, patch), original.__self__)
    positions, defaults = _parameters(original, patch)
    start = functools.partial(_start, patch, positions, defaults)
    instead = patch.instead if patch.wraps is None else patch.wraps(original)
    if instead is not None:
        ours = (_awaited if inspect.iscoroutinefunction(original) else _replaced)(original, instead)
    elif patch.answers is not None:
        ours = answering(original, patch, lambda args, kwargs: Call(args, kwargs, positions, defaults))
    elif patch.only_pins and not inspect.iscoroutinefunction(original):
        ours = _pinning(original, functools.partial(_pinned, tuple(patch.pins.items()), positions, defaults))
    elif patch.takes is not None and inspect.isgeneratorfunction(original):
        ours = consuming(original, patch.takes, lambda args, kwargs: Call(args, kwargs, positions, defaults))
    elif not patch.returns:
        ours = _leaving(original, start)
    else:
        ours = _kind(original, patch)(apart(original) if patch.alone else original, start)
        ours = _seeming(ours, patch.within) if patch.within else ours
        if patch.shape is not None:
            ours = repeated(original, patch, ours, lambda args, kwargs: Call(args, kwargs, positions, defaults))
    wrapped = functools.update_wrapper(_around_host(ours) if patch.runs_host else ours, original)
    return wrapped if hasattr(kind, "__get__") else _Unbound(wrapped, patch.target)


def _around_host(ours: Any) -> Any:
    ours.__code__ = ours.__code__.replace(co_name=AROUND_HOST)
    return ours


def _kind(original: Any, patch: Patch) -> Callable[..., Any]:
    """Return what makes a function of the same kind."""
    if inspect.iscoroutinefunction(original):
        return functools.partial(_coroutine, inside=not patch.runs_host)
    steps = inspect.isgeneratorfunction(original) or inspect.isasyncgenfunction(original)
    return _generator if steps or makes_managers(original) else _plain


def _seeming(function: Any, module: str) -> Any:
    """Return a function that seems to be of another module to whoever looks at the frames of a call."""
    told = {**function.__globals__, "__name__": module}
    return FunctionType(function.__code__, told, function.__name__, function.__defaults__, function.__closure__)


class _Unbound(staticmethod):  # type: ignore[type-arg] - it takes none at run time before 3.14
    """Stand for a function of the interpreter, which does not become a method where a class has it."""

    def __init__(self, function: Callable[..., Any], target: str) -> None:
        super().__init__(function)
        self._target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pkgutil.resolve_name, (self._target,)

    def __repr__(self) -> str:
        return repr(inspect.unwrap(self))


Start = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any], Running | None]]
Pinned = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


def _replaced(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return (original if _snapshot() is None else instead)(*args, **kwargs)

    return wrapper


def _awaited(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await (original if _snapshot() is None else instead)(*args, **kwargs)

    return wrapper


def _pinning(original: Callable[..., Any], pinned: Pinned) -> Callable[..., Any]:
    """Look after arguments only, in work of our own too: what they lead to is not seen there."""
    if inspect.iscoroutinefunction(original):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            if ACTIVE.snapshot is not None:
                args, kwargs = pinned(args, kwargs)
            return await original(*args, **kwargs)

        return awaited

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is not None:
            args, kwargs = pinned(args, kwargs)
        return original(*args, **kwargs)

    return wrapper


def _plain(original: Callable[..., Any], start: Start) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, running = start(args, kwargs)
        if running is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException:
            running.end(failed=True)
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
        except BaseException:
            running.end(failed=True)
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
    patch: Patch,
    positions: Mapping[str, int],
    defaults: Mapping[str, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any], Running | None]:
    """Pin the arguments of a call and begin its operations; None where it is not seen.

    Raises:
        PolicyDenied: An enforced rule denies it.
    """
    snapshot = _snapshot()
    if snapshot is None:
        return args, kwargs, None
    if patch.pins:
        args, kwargs = _pinned(tuple(patch.pins.items()), positions, defaults, args, kwargs)
    call = Call(args, kwargs, positions, defaults)
    try:
        return args, kwargs, Running(patch, call, snapshot)
    except PolicyDenied:
        if patch.undo is not None:
            patch.undo(call)
        raise
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("patching", error)
        return args, kwargs, None


def _snapshot() -> Snapshot | None:
    """Return the snapshot in force; None before `init`, and in work of our own."""
    frame = get_frame()
    return None if frame is not None and is_unseen(frame) else ACTIVE.snapshot


def _pinned(
    pins: tuple[tuple[str, Callable[[Any], Any]], ...],
    positions: Mapping[str, int],
    defaults: Mapping[str, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Resolve arguments once. What the host's own objects raise here, they would have raised in the function."""
    for name, pin in pins:
        position = positions.get(name)
        if name in kwargs:
            kwargs[name] = pin(kwargs[name])
        elif position is not None and position < len(args):
            args = (*args[:position], pin(args[position]), *args[position + 1 :])
        elif name in defaults:
            kwargs[name] = pin(defaults[name])
    return args, kwargs


def _parameters(original: Callable[..., Any], patch: Patch) -> tuple[dict[str, int], dict[str, Any]]:
    """Return where the positional parameters of a function stand, and the defaults of all."""
    if patch.parameters:
        return {name: at for at, name in enumerate(patch.parameters)}, dict.fromkeys(patch.parameters)
    try:
        parameters = inspect.signature(original).parameters.values()
    except (TypeError, ValueError):
        return {}, {}
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return {name: at for at, name in enumerate(positional)}, defaults
