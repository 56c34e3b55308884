"""Files: opening one reads it, writes it or does both. Programs, devices and Python's own files are none."""

import os
from collections.abc import Callable
from typing import Any, SupportsIndex

from privacylib.families.files import standard as files
from privacylib.families.files.lasting import rebuilt
from privacylib.families.files.paths import PATHS, resolved
from privacylib.instrumentation.facts import COVERED, WHOLE, Opened, typed
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement

__all__ = ["INTEGRATION"]


def _of(describe: Callable[..., Any], *names: str) -> Callable[[Call], Any]:
    """Return a function of a call that takes some of its arguments."""
    return lambda call: describe(*(call[name] for name in names))


def _rebuilt(call: Call, subclass: Callable[[type], type]) -> Any:
    return rebuilt(call.result, subclass, *(call[name] for name in ("mode", "buffering", "newline")))


def _open(target: str, until: tuple[int, int] | None = None) -> Patch:
    return Patch(
        target,
        _of(files.opened, "file", "mode", "opener"),
        pins={"file": resolved},
        takes=typed(file=(*PATHS, int), mode=str),
        missing=_of(files.is_missing, "file", "mode"),
        late=lambda call: files.opened_by(call.result, *(call[name] for name in ("file", "mode", "opener"))),
        lasts=Opened(_rebuilt, ends="close", steps=("write", "writelines")),
        until=until,
    )


def _ways(name: str) -> list[str]:
    return [way for way in (name, f"p{name}", f"{name}v", f"p{name}v") if hasattr(os, way)]


_LINUX = ("splice", "copy_file_range")
_OPENS = typed(path=PATHS, flags=SupportsIndex)
_FLAGS = ("path", "flags", "dir_fd")
_BY_FLAGS, _NOT_THERE = (_of(each, *_FLAGS) for each in (files.opened_by_flags, files.is_missing_for))
_MOVE, _PINS = ("src", "dst", "src_dir_fd", "dst_dir_fd"), {"src": resolved, "dst": resolved}
_RENAMED, _LINKED = _of(files.renamed, "self", "target"), _of(files.linked, "target", "self")
_TAKES, _GONE = typed(src=PATHS, dst=PATHS), _of(files.is_gone, "src", "src_dir_fd")


def _move(target: str, **more: Any) -> Patch:
    return Patch(target, _of(files.renamed, *_MOVE), missing=_GONE, takes=_TAKES, **more)


INTEGRATION = Integration(
    "files",
    (
        *(_open(target) for target in ("builtins:open", "io:open", "bz2:_builtin_open", "tarfile:bltn_open")),
        _open("pathlib:_NormalAccessor.open", until=(3, 11)),
        Patch("os:open", _BY_FLAGS, pins={"path": resolved}, takes=_OPENS, missing=_NOT_THERE),
        *(_move(target, pins=_PINS, body=WHOLE) for target in ("os:rename", "os:replace", "os:link")),
        *(Patch(f"pathlib:Path.{name}", _RENAMED, until=(3, 11), body=WHOLE) for name in ("rename", "replace")),
        Patch("pathlib:Path.hardlink_to", _of(files.renamed, "target", "self"), until=(3, 11), body=WHOLE),
        Patch("os:symlink", _of(files.linked, "src", "dst", "dir_fd"), pins=_PINS, takes=_TAKES, body=WHOLE),
        Patch("pathlib:Path.symlink_to", _LINKED, until=(3, 11), takes=typed(target=PATHS), body=WHOLE),
        # it returns what it was given; what it opens is decided by itself where that is something else
        _move("shutil:copyfile", body=COVERED),
        *(Patch(f"os:{name}", _of(files.read_by, "fd")) for name in _ways("read")),
        *(Patch(f"os:{name}", _of(files.written_by, "fd")) for name in _ways("write")),
        Patch("os:sendfile", _of(files.sent, "in_fd", "out_fd")),
        *(Patch(f"os:{name}", _of(files.sent, "src", "dst")) for name in _LINUX if hasattr(os, name)),
        Patch("readline:read_history_file", _of(files.remembered, "filename")),
        Patch("readline:write_history_file", _of(files.kept, "filename")),
        Replacement("tempfile:_get_default_tempdir", files.unseen),  # it tries out where files can be written
        Patch("numpy.lib._datasource:_FileOpeners.__getitem__", after=files.as_seen),
    ),
)
