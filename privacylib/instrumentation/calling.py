"""What stands in the place of a patched function, by the kind of patch and the kind of function."""

import functools
import inspect
import pkgutil
from collections.abc import Callable
from types import MethodType
from typing import Any, cast

from privacylib.instrumentation.call import Call
from privacylib.instrumentation.consuming import apart, consuming
from privacylib.instrumentation.going import answering
from privacylib.instrumentation.operating import in_force, operating
from privacylib.instrumentation.pinning import pinning
from privacylib.instrumentation.table import Answer, Delivery, Patch, Replacement, Target

__all__ = ["AROUND_HOST", "around"]

AROUND_HOST = "around_host"
"""Name of the code of wrappers around functions that run code of the host: they do not explain what happens inside."""


def around(original: Any, patch: Target) -> Any:
    """Return what stands in the place of a function, and is of the same kind.

    Args:
        original: The function.
        patch: What its calls mean.
    """
    kind = original.__class__
    if issubclass(kind, staticmethod | classmethod):
        return cast("Any", kind(around(original.__func__, patch)))
    if kind is MethodType:
        again = getattr(original.__self__, original.__name__, None)
        if getattr(getattr(again, "__func__", None), "__wrapped__", None) is original.__func__:
            return again  # it is the class's own, which is patched by now
        return MethodType(around(original.__func__, patch), original.__self__)
    ours = _ours(original, patch)
    if patch.body.of_the_host:
        ours.__code__ = ours.__code__.replace(co_name=AROUND_HOST)
    wrapped = functools.update_wrapper(ours, original)
    return wrapped if hasattr(kind, "__get__") else _Unbound(wrapped, patch.target)


def _ours(original: Callable[..., Any], patch: Target) -> Any:
    positions, defaults, fewest = _parameters(original, patch.parameters)

    def call_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return Call(args, kwargs, positions, defaults)

    match patch:
        case Replacement():
            return (_awaited if inspect.iscoroutinefunction(original) else _replaced)(original, patch.by(original))
        case Answer():
            return answering(original, patch, call_of)
        case Delivery():
            return consuming(apart(original) if patch.body.apart else original, patch, call_of)
        case Patch() if patch.only_pins and not inspect.iscoroutinefunction(original):
            return pinning(original, patch.pins, positions, defaults)
        case Patch():
            return operating(original, patch, call_of, fewest)
        case _:
            raise TypeError(f"{patch.target}: a {type(patch).__name__} has no function in its place")


class _Unbound(staticmethod):  # type: ignore[type-arg] - it takes none at run time before 3.14
    """Stand for a function of the interpreter, which becomes no method where a class has it, and pass for it."""

    def __init__(self, function: Callable[..., Any], target: str) -> None:
        super().__init__(function)
        self._target = target

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - nobody sets it
        return self._seen().__class__

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seen(), name)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pkgutil.resolve_name, (self._target,)

    def __repr__(self) -> str:
        return repr(self._seen())

    def _seen(self) -> Any:
        return inspect.unwrap(self.__func__)  # from Python 3.13 on it asks for the class of what it is given


def _replaced(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return (original if in_force() is None else instead)(*args, **kwargs)

    return wrapper


def _awaited(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await (original if in_force() is None else instead)(*args, **kwargs)

    return wrapper


def _parameters(original: Callable[..., Any], told: tuple[str, ...]) -> tuple[dict[str, int], dict[str, Any], int]:
    """Return where the positional parameters of a function stand, the defaults of all, and how many have none."""
    if told:
        return {name: at for at, name in enumerate(told)}, dict.fromkeys(told), 0
    try:
        parameters = inspect.signature(original).parameters.values()
    except (TypeError, ValueError):
        return {}, {}, 0
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    anything = sum(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
    return {name: at for at, name in enumerate(positional)}, defaults, len(parameters) - len(defaults) - anything
