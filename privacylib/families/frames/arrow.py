"""What calls of pyarrow mean that open files by a class or a file system of its own, by their arguments."""

from collections.abc import Callable
from typing import Any

from privacylib.families.asked import Asked
from privacylib.families.files.paths import moved
from privacylib.families.frames.places import is_missing, read, written
from privacylib.model import Operation

__all__ = ["WRITER", "batch", "copied", "listed", "made", "missing", "opened", "reads", "writes"]

WRITER = "_privacylib_where"
"""Attribute of a writer: what it was opened with."""

Description = Callable[[Asked], tuple[Operation, ...]]


def reads(file: str) -> Description:
    """Return what describes reading the file that an argument names."""
    return lambda call: read(call[file], call["columns"], _filesystem(call))


def missing(file: str) -> Callable[[Asked], bool]:
    """Return what tells whether there is no file that an argument names."""
    return lambda call: is_missing(call[file], _filesystem(call))


def writes(file: str) -> Description:
    """Return what describes writing the file that an argument names."""
    return lambda call: written(call[file], _filesystem(call))


def opened(call: Asked) -> tuple[Operation, ...]:
    """Describe that a file is opened, or mapped, in one mode or other."""
    path, mode = call["path"], call["mode"] or "r"
    return (*read(path) * ("r" in mode), *written(path) * (not {"w", "a", "+"}.isdisjoint(mode)))


def made(file: str) -> Callable[[Any], Any]:
    """Return what keeps with a writer which file it writes, batch by batch."""

    def keep(call: Any) -> Any:
        call["self"].__dict__[WRITER] = written(call[file], call["filesystem"])
        return call.result

    return keep


def batch(call: Asked) -> tuple[Operation, ...]:
    """Describe that a writer writes a batch."""
    return call["self"].__dict__.get(WRITER, ())


def copied(call: Asked) -> tuple[Operation, ...]:
    """Describe that a file system copies or moves a file."""
    return _between(read(call["src"], filesystem=call["self"]), written(call["dest"], call["self"]))


def listed(call: Asked) -> tuple[Operation, ...]:
    """Describe that files are copied from one file system to another."""
    source: Any = call["source"]
    selected = getattr(source, "base_dir", source)
    sink = written(call["destination"], call["destination_filesystem"])
    return _between(read(selected, filesystem=call["source_filesystem"]), sink)


def _between(source: tuple[Operation, ...], sink: tuple[Operation, ...]) -> tuple[Operation, ...]:
    alone = len(source) == len(sink) == 1
    return moved(source[0].asset, sink[0].asset) if alone else (*source, *sink)


def _filesystem(call: Asked) -> Any:
    """Return where a path lies: what a call says, or the file system whose method it is."""
    own: Any = call["self"]
    return own if hasattr(own, "type_name") else call["filesystem"]
