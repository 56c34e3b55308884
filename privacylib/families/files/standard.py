"""Files as the standard library opens, moves and links them, by path or by descriptor."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from privacylib.context import UNSEEN, Stage
from privacylib.families.files.paths import file_operation, moved
from privacylib.model import Kind, Operation

__all__ = [
    "as_seen", "is_gone", "is_missing", "is_missing_for", "kept", "linked", "opened", "opened_by", "opened_by_flags",
    "read_by", "remembered", "renamed", "sent", "unseen", "written_by",
]  # fmt: skip

_OPEN = "/proc/self/fd"
_HISTORY = os.path.expanduser("~/.history")  # noqa: PTH111 - paths are text here


def opened(file: Any, mode: str, opener: Any) -> tuple[Operation, ...]:
    """Describe ``open(file, mode)``; of a descriptor only what is written, for reading was told when it was made."""
    if opener is not None and os.path.isdir(file):  # noqa: PTH112 - tempfile's: what it opens is seen
        return ()
    writes = "r" not in mode or "+" in mode
    if isinstance(file, int):
        return written_by(file) if writes else ()
    reads = "r" in mode or ("a" in mode and "+" in mode)
    return file_operation(file, *(Kind.READ,) * reads, *(Kind.WRITE,) * writes)


def opened_by(result: Any, file: Any, mode: str, opener: Any) -> tuple[Operation, ...]:
    """Describe what an opener made in a directory, as tempfile's do: which file that is only its descriptor tells."""
    if opener is None or "r" in mode or not os.path.isdir(file):  # noqa: PTH112 - a path may be of bytes
        return ()
    return written_by(result.fileno())


def is_missing(file: Any, mode: str) -> bool:
    """Return whether opening has to fail: programs look for files in many places where they are not."""
    return "r" in mode and isinstance(file, (str, bytes)) and not os.path.exists(file)  # noqa: PTH110 - bytes too


def is_missing_for(path: Any, flags: int, directory: int | None) -> bool:
    """Return whether opening has to fail for flags that make no file."""
    return not flags & os.O_CREAT and not os.path.lexists(_below(directory, path))  # bytes too


def opened_by_flags(path: Any, flags: int, directory: int | None) -> tuple[Operation, ...]:
    """Describe ``os.open(path, flags, dir_fd=directory)``."""
    path = _below(directory, path)
    if flags & getattr(os, "O_DIRECTORY", 0) or os.path.isdir(path):  # noqa: PTH112 - a descriptor, or a path
        return ()
    access, emptied = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR), flags & (os.O_EXCL | os.O_TRUNC)
    reads, writes = access != os.O_WRONLY and not emptied, access != os.O_RDONLY
    return file_operation(path, *(Kind.READ,) * reads, *(Kind.WRITE,) * writes)


def read_by(descriptor: Any) -> tuple[Operation, ...]:
    """Describe a read by a descriptor; nothing where it is no file, or the system does not tell which."""
    return _by(descriptor, Kind.READ)


def written_by(descriptor: Any) -> tuple[Operation, ...]:
    """Describe a write by a descriptor, likewise."""
    return _by(descriptor, Kind.WRITE)


def sent(source: Any, sink: Any) -> tuple[Operation, ...]:
    """Describe that bytes go from one descriptor to the other."""
    return (*read_by(source), *written_by(sink))


def is_gone(path: Any, directory: int | None) -> bool:
    """Return whether moving or linking a path has to fail, for nothing is there."""
    return directory is None and not os.path.lexists(path)  # bytes too


def renamed(old: Any, new: Any, old_directory: int | None = None, new_directory: int | None = None) -> Any:
    """Describe that a file or directory gets a new name, another name, or a copy."""
    source = file_operation(_below(old_directory, old), Kind.READ)
    sink = file_operation(_below(new_directory, new), Kind.WRITE)
    return moved(source[0].asset, sink[0].asset) if source and sink else (*source, *sink)


def linked(old: Any, new: Any, directory: int | None = None) -> tuple[Operation, ...]:
    """Describe a symbolic link, which leads to a place as seen from where the link is."""
    link = os.fsdecode(_below(directory, new))
    return renamed(os.path.join(os.path.dirname(link), os.fsdecode(old)), link)  # noqa: PTH118, PTH120 - bytes too


def unseen(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function open files as no operation of its own, for none of the program's data is in what it does."""

    def opened(*args: Any, **kwargs: Any) -> Any:
        with Stage(UNSEEN):
            return original(*args, **kwargs)

    return opened


def as_seen(call: Any) -> Any:
    """Return what numpy opens files of a kind by: of those without one it may have kept the bare function."""
    return call.result if call["key"] else io.open


def remembered(file: Any) -> tuple[Operation, ...]:
    """Describe that readline reads lines that were typed before."""
    return file_operation(_HISTORY if file is None else file, Kind.READ)


def kept(file: Any) -> tuple[Operation, ...]:
    """Describe that readline writes the lines that were typed."""
    return file_operation(_HISTORY if file is None else file, Kind.WRITE)


def _below(directory: int | None, path: Any) -> Any:
    if directory is None or isinstance(path, int):
        return path
    return os.path.join(os.readlink(f"{_OPEN}/{directory}"), os.fsdecode(path))  # noqa: PTH115, PTH118 - likewise


def _by(descriptor: Any, kind: Kind) -> tuple[Operation, ...]:
    if not isinstance(descriptor, int) or descriptor <= 2:  # the standard streams are of who started the program
        return ()
    with suppress(OSError):
        path = os.readlink(f"{_OPEN}/{descriptor}")  # noqa: PTH115 - a path would only be made into text again
        if path.startswith("/") and not path.endswith(" (deleted)"):
            return file_operation(path, kind)
    return ()
