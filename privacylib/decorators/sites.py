"""Names of places in the code; never a path of the machine."""

import sys
from typing import Any

__all__ = ["called_from", "qualified"]


def qualified(function: Any) -> str:
    """Return the name of a function as ``module:qualname``, also where its module runs as the program."""
    inner = getattr(function, "__func__", function)
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return f"{_module(getattr(inner, '__module__', None))}:{name}"


def called_from(depth: int) -> str:
    """Return the name of the function that stands `depth` calls above the caller of this one."""
    frame = sys._getframe(depth + 1)  # pyright: ignore[reportPrivateUsage] - the one cheap way to name the caller
    code = frame.f_code
    return f"{_module(frame.f_globals.get('__name__'))}:{getattr(code, 'co_qualname', code.co_name)}"


def _module(name: str | None) -> str:
    """Return a module's importable name: ``python -m pkg.job`` runs ``pkg.job`` as ``__main__``."""
    if name == "__main__":
        spec = getattr(sys.modules.get(name), "__spec__", None)
        name = getattr(spec, "name", None) or name
    return name or "?"
