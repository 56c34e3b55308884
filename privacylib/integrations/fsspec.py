"""fsspec: files of stores that nothing beneath is seen of. What lands in ``open`` or in S3 is seen there."""

from collections.abc import Callable
from functools import partial
from typing import Any

from privacylib.families.failures import nothing_came
from privacylib.families.files.paths import moved
from privacylib.families.frames.places import read, written
from privacylib.families.stores.objects import is_local, is_seen_beneath
from privacylib.instrumentation.facts import COVERED, Opened
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _opened(call: Call) -> tuple[Operation, ...]:
    mode: str = call["mode"]
    if "b" not in mode or is_seen_beneath(call["self"]):  # text is opened as bytes in turn
        return ()
    path, store = call["path"], call["self"]
    writes = written(path, store) if set(mode) & set("wax+") else ()
    return (*(read(path, filesystem=store) if "r" in mode else ()), *writes)


def _rebuilt(call: Call, subclass: Callable[[type], type]) -> Any:
    """Let an open file be one that knows when it is closed; the store may hold it already."""
    file: Any = call.result
    file.__class__ = subclass(file.__class__)
    return file


def _got(call: Call) -> tuple[Operation, ...]:
    return () if is_seen_beneath(call["self"]) else read(call["path"], filesystem=call["self"])


def _piped(call: Call) -> tuple[Operation, ...]:
    return () if is_seen_beneath(call["self"]) else written(call["path"], call["self"])


def _between(source: str, sink: str, call: Call) -> tuple[Operation, ...]:
    """Describe a copy; a path that begins with l is one of this machine."""
    store = call["self"]
    if is_local(store):
        return ()
    reads = read(call[source], filesystem="file" if source == "lpath" else store)
    writes = written(call[sink], "file" if sink == "lpath" else store)
    return moved(reads[0].asset, writes[0].asset) if reads and writes else (*reads, *writes)


_BASE = "fsspec.spec:AbstractFileSystem"
_MEMORY = "fsspec.implementations.memory:MemoryFileSystem"

INTEGRATION = Integration(
    "fsspec",
    (
        Patch(f"{_BASE}.open", _opened, lasts=Opened(_rebuilt, ends="close", steps=("write",)), fails=nothing_came),
        *(Patch(f"{kind}.cat_file", _got, body=COVERED, fails=nothing_came) for kind in (_BASE, _MEMORY)),
        *(Patch(f"{kind}.pipe_file", _piped, body=COVERED) for kind in (_BASE, _MEMORY)),
        Patch(f"{_BASE}.put_file", partial(_between, "lpath", "rpath"), body=COVERED),
        Patch(f"{_BASE}.get_file", partial(_between, "rpath", "lpath"), body=COVERED),
        Patch(f"{_MEMORY}.cp_file", partial(_between, "path1", "path2"), body=COVERED),
    ),
    distribution="fsspec",
    versions=("2023.1", "2027.0"),
)
