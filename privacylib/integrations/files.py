"""Files: opening one reads it, writes it or does both. Programs, devices and the interpreter's own files are none."""

import io
import os
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

from privacylib.families.paths import resolved
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import file_asset

__all__ = ["INTEGRATION"]

_PROGRAMS = (".py", ".pyc", ".pyi", ".pyd", ".so", ".pth")
_DEVICES = ("/dev/", "/proc/", "/sys/")
_MEMORY = "/dev/shm/"  # noqa: S108 - files there are data
_OWN = tuple({f"{path}/" for path in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()) if path != "/"})


def _operations(path: Any, reads: bool, writes: bool) -> tuple[Operation, ...]:
    if not isinstance(path, (str, bytes)):
        return ()
    asset = file_asset(path)
    if _is_no_data(asset, writes):
        return ()
    kinds = (Kind.READ,) * reads + (Kind.WRITE,) * writes
    return tuple(Operation(kind, asset) for kind in kinds)


def _is_no_data(asset: Asset, writes: bool) -> bool:
    path = asset.name
    if path.startswith(_DEVICES):
        return not path.startswith(_MEMORY)
    return path.endswith(_PROGRAMS) or (not writes and path.startswith(_OWN))


def _opened(call: Call) -> tuple[Operation, ...]:
    mode: str = call["mode"]
    reads = "r" in mode or ("a" in mode and "+" in mode)
    return _operations(call["file"], reads, "r" not in mode or "+" in mode)


def _opened_by_flags(call: Call) -> tuple[Operation, ...]:
    flags: int = call["flags"]
    if flags & getattr(os, "O_DIRECTORY", 0):
        return ()
    access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    return _operations(call["path"], access != os.O_WRONLY, access != os.O_RDONLY)


def _rebuilt(call: Call, subclass: Callable[[type], type]) -> Any:
    """Make an open file one that knows when it is closed."""
    file = call.result
    kind = file.__class__
    if kind is io.TextIOWrapper:
        told = {name: getattr(file, name) for name in ("encoding", "errors", "line_buffering", "write_through")}
        text = subclass(kind)(file.detach(), newline=call["newline"], **told)
        text.mode = call["mode"]
        return text
    size = call["buffering"] if call["buffering"] > 1 else io.DEFAULT_BUFFER_SIZE
    return subclass(kind)(file.detach(), size) if kind in (io.BufferedWriter, io.BufferedRandom) else None


def _open(target: str) -> Patch:
    return Patch(
        target, _opened, pins={"file": resolved}, rebuilt=_rebuilt, ends="close", steps=("write", "writelines")
    )


INTEGRATION = Integration(
    "files",
    (_open("builtins:open"), _open("io:open"), Patch("os:open", _opened_by_flags, pins={"path": resolved})),
)
