"""Names of places in the code; never a path of the machine."""

import re
import sys
from types import FrameType
from typing import Any

__all__ = ["called_from", "host_site", "importable", "place_of", "qualified"]


def qualified(function: Any) -> str:
    """Return the name of a function as ``module:qualname``, also where its module runs as the program."""
    inner = getattr(function, "__func__", function)
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    return f"{importable(getattr(inner, '__module__', None))}:{name}"


def called_from(depth: int) -> str:
    """Return the name of the function that stands `depth` calls above the caller of this one."""
    return place_of(sys._getframe(depth + 1))  # pyright: ignore[reportPrivateUsage] - the one cheap way to name the caller


def place_of(frame: FrameType) -> str:
    """Return the name of the function that runs in a frame of the interpreter."""
    code = frame.f_code
    return f"{importable(frame.f_globals.get('__name__'))}:{getattr(code, 'co_qualname', code.co_name)}"


def importable(name: str | None) -> str:
    """Return a module's importable name: ``python -m pkg.job`` runs ``pkg.job`` as ``__main__``."""
    if name == "__main__":
        spec = getattr(sys.modules.get(name), "__spec__", None)
        name = getattr(spec, "name", None) or name
    return name or "?"


def host_site() -> str:
    """Return the name of the program's function that stands nearest above; what is installed is not the program's own.

    Where all of it is installed, as a tool is, the nearest function that is not of this package.
    """
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - likewise
    nearest: FrameType | None = None
    for _ in range(_DEPTH):
        if frame is None:
            break
        file = frame.f_code.co_filename
        if not file.startswith(_OURS) or file.startswith(_DEMO):
            nearest = nearest or frame
            if not _INSTALLED.search(file):
                return place_of(frame)
        frame = frame.f_back
    return "?" if nearest is None else place_of(nearest)


_DEPTH = 64
"""Frames that are looked at."""
_OURS = __file__.rpartition("decorators")[0]
_DEMO = f"{_OURS}demo"
_INSTALLED = re.compile(r"[/\\](?:site-packages|dist-packages|python3\.\d+)[/\\]|^<frozen ")
