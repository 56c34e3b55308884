"""Open files as objects that know when they are written, and when they are closed."""

import io
from collections.abc import Callable
from typing import Any

__all__ = ["rebuilt"]


def rebuilt(file: Any, subclassed: Callable[[type], type], mode: str, buffering: int, newline: str | None) -> Any:
    """Return an open file as an instance of a subclass; None for one that cannot be, or that is only read.

    Args:
        file: What ``open`` returned.
        subclassed: Returns the subclass of its class.
        mode: As it was given to ``open``, and so on.
        buffering: Its buffer.
        newline: How its lines end.
    """
    kind = file.__class__
    if kind is io.TextIOWrapper:
        told = {name: getattr(file, name) for name in ("encoding", "errors", "line_buffering", "write_through")}
        text = subclassed(kind)(file.detach(), newline=newline, **told)
        text.mode = mode
        return text
    if kind is io.FileIO:
        return subclassed(_Unbuffered)(file) if file.writable() else None
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    return subclassed(kind)(file.detach(), size) if kind in (io.BufferedWriter, io.BufferedRandom) else None


def _over(self: Any, file: io.FileIO) -> None:
    """Stand over the same descriptor, which is the other's to close: that one cannot give it away."""
    io.FileIO.__init__(self, file.fileno(), file.mode, closefd=False)
    self.name = file.name
    self.__dict__["_privacylib_file"] = file


def _close(self: Any) -> None:
    file = self.__dict__.pop("_privacylib_file", None)
    try:
        io.FileIO.close(self)
    finally:
        if file is not None:
            file.close()


_STANDS_FOR = {"__module__": io.FileIO.__module__, "__doc__": io.FileIO.__doc__, "closefd": property(lambda _: True)}
_Unbuffered = type("FileIO", (io.FileIO,), {"__init__": _over, "close": _close, **_STANDS_FOR})
