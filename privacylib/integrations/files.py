"""Files: opening one reads it, writes it or does both. Programs, devices and Python's own files are none."""

import io
import os
from collections.abc import Callable
from typing import Any

from privacylib.families.paths import is_data, resolved
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Kind, Operation
from privacylib.naming import file_asset

__all__ = ["INTEGRATION"]


def _operations(path: Any, reads: bool, writes: bool) -> tuple[Operation, ...]:
    if not isinstance(path, (str, bytes)):
        return ()
    asset = file_asset(path)
    if not is_data(asset.name, writes=writes):
        return ()
    kinds = (Kind.READ,) * reads + (Kind.WRITE,) * writes
    return tuple(Operation(kind, asset) for kind in kinds)


def _opened(call: Call) -> tuple[Operation, ...]:
    if call["opener"] is not None and os.path.isdir(call["file"]):  # noqa: PTH112 - tempfile's: what it opens is seen
        return ()
    mode: str = call["mode"]
    reads = "r" in mode or ("a" in mode and "+" in mode)
    return _operations(call["file"], reads, "r" not in mode or "+" in mode)


def _missing(call: Call) -> bool:
    """Return whether opening has to fail: programs look for files in many places where they are not."""
    return "r" in call["mode"] and isinstance(call["file"], (str, bytes)) and not os.path.exists(call["file"])  # noqa: PTH110 - bytes too


def _opened_by_flags(call: Call) -> tuple[Operation, ...]:
    flags: int = call["flags"]
    path = call["path"]
    if call["dir_fd"] is not None:
        path = os.path.join(os.readlink(f"/proc/self/fd/{call['dir_fd']}"), os.fsdecode(path))  # noqa: PTH115, PTH118 - likewise
    if flags & getattr(os, "O_DIRECTORY", 0) or os.path.isdir(path):  # noqa: PTH112 - a descriptor, or a path
        return ()
    access, emptied = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR), flags & (os.O_EXCL | os.O_TRUNC)
    return _operations(path, access != os.O_WRONLY and not emptied, access != os.O_RDONLY)


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


def _open(target: str, until: tuple[int, int] | None = None) -> Patch:
    return Patch(
        target, _opened, pins={"file": resolved}, missing=_missing, closes="close",
        rebuilt=_rebuilt, ends="close", steps=("write", "writelines"), until=until,
    )  # fmt: skip


INTEGRATION = Integration(
    "files",
    (
        _open("builtins:open"),
        _open("io:open"),
        _open("pathlib:_NormalAccessor.open", until=(3, 11)),
        Patch("os:open", _opened_by_flags, pins={"path": resolved}),
    ),
)
