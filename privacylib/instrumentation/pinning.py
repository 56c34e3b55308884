"""Arguments that are resolved once, so that what is described is what is passed on."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from privacylib.runtime import ACTIVE

__all__ = ["pinned", "pinning", "unnamed"]

Pins = Mapping[str, Callable[[Any], Any]]


def pinning(
    original: Callable[..., Any], pins: Pins, positions: Mapping[str, int], defaults: Mapping[str, Any]
) -> Callable[..., Any]:
    """Look after arguments only, in work of our own too: what they lead to is not seen there.

    Args:
        original: The function; no coroutine function.
        pins: What stands in the place of each argument.
        positions: Where each parameter stands among the positional ones.
        defaults: Values of parameters that are not given.
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is not None:
            args, kwargs = pinned(pins, positions, defaults, args, kwargs)
        return original(*args, **kwargs)

    return wrapper


def pinned(
    pins: Pins,
    positions: Mapping[str, int],
    defaults: Mapping[str, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call, resolved; what the host's objects raise here, the function would have raised."""
    for name, pin in pins.items():
        position = positions.get(name)
        if name in kwargs:
            kwargs[name] = pin(kwargs[name])
        elif position is not None and position < len(args):
            args = (*args[:position], pin(args[position]), *args[position + 1 :])
        elif name in defaults and (value := pin(defaults[name])) is not defaults[name]:
            kwargs[name] = value
    return args, kwargs


def unnamed(function: Callable[..., Any], pins: Pins) -> list[str]:
    """Return the arguments that a function takes without naming them, so that they cannot be looked after.

    Somebody has put such a function, ``def f(*args, **kwargs)``, in the place of the library's own.

    Args:
        function: What is patched.
        pins: What would stand in the place of each argument.
    """
    try:
        named = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    takes_any = any(each.kind is each.VAR_KEYWORD for each in named.values())
    return [name for name in pins if takes_any and name not in named]
