"""What the interpreter says before it does I/O: its audit events (PEP 578, and the table of them in its docs)."""

import mmap
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from privacylib.families.databases.sqlite.files import file_of
from privacylib.families.files.paths import is_data
from privacylib.families.files.standard import written_by
from privacylib.model import Asset
from privacylib.naming import file_asset

__all__ = ["EVENTS", "Told"]

Told: TypeAlias = tuple[str, Callable[..., Asset], Any]
"""What an event is called in the account, and what names the asset it touches, with what it is called with."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_ANY = "{…}"
_WHOLE = ""
"""The name of a peer: who speaks with it holds none of what a pattern for any scheme may name there."""
_CALLS = frozenset(
    str.split("""
    connect copy_file_range creat execv execve execvp fopen fopen64 fputs fread fwrite link open open64 openat popen
    pread pread64 pwrite pwrite64 read readv recv recvfrom recvmsg rename renameat send sendfile sendmsg sendto splice
    symlink system write writev
    """)
)
"""Functions of the C library by which data comes or goes: who looks for one by `ctypes` calls it unseen."""


def _opened(path: Any, mode: str | None, flags: int) -> Told | None:
    """Tell of a file; programs, devices and directories are none, nor is what is not there to be read."""
    del mode
    if not isinstance(path, (str, bytes)) or flags & _DIRECTORY:
        return None
    writes, text = bool(flags & _WRITES), os.fsdecode(path)
    whole = text if text.startswith("/") and "/." not in text else os.path.abspath(text)  # noqa: PTH100 - links are not followed
    if not is_data(whole, writes=writes):
        return None
    if writes:
        return "open(w)", file_asset, path
    # A relative name may be one of another directory, whose descriptor the event does not tell.
    there = os.path.isfile(path) or not (text.startswith("/") or os.path.isdir(path))  # noqa: PTH112, PTH113 - bytes too
    return ("open(r)", file_asset, path) if there else None


def _mapped(descriptor: int, _: int, access: int, __: int) -> Told | None:
    """Tell of a file that is mapped to be written: of what goes there later, the interpreter does not tell."""
    if access in (mmap.ACCESS_READ, mmap.ACCESS_COPY):
        return None
    return next((("mmap(w)", _itself, each.asset) for each in written_by(descriptor)), None)


def _annotated(path: Any, attribute: Any, _: Any, __: Any) -> Told | None:
    """Tell of what is kept beside a file; what the system keeps there itself is copied along with any file."""
    if not os.fsdecode(attribute).startswith("user."):
        return None
    if isinstance(path, int):
        return next((("os.setxattr", _itself, each.asset) for each in written_by(path)), None)
    return "os.setxattr", file_asset, path


def _logged(_: Any, __: Any) -> Told:
    return "syslog.syslog", _itself, Asset("unix", "/dev/log")


def _itself(asset: Asset) -> Asset:
    return asset


def _connected(_: Any, address: Any) -> Told:
    return "socket.connect", _peer, address


def _datagram(_: Any, address: Any) -> Told | None:
    return None if address is None else ("socket.sendto", _peer, address)


def _peer(address: Any) -> Asset:
    if isinstance(address, tuple):  # of the Internet, or of another family that has such
        host, port, *_ = (*map(str, cast("tuple[object, ...]", address)), "", "")
        return Asset(f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}", _WHOLE)
    if isinstance(address, (str, bytes)) and os.fsdecode(address).startswith("/"):
        return Asset("unix", file_asset(address).name)
    return Asset("socket", _WHOLE)


def _database(database: Any) -> Told | None:
    if not isinstance(database, (str, bytes)):
        return "sqlite3.connect", _file, ""
    file = file_of(database, uri=os.fsdecode(database).startswith("file:"))
    return ("sqlite3.connect", _file, file) if file else None


def _file(file: str) -> Asset:
    return Asset("sqlite", f"{file}/{_ANY}" if file else _ANY)


def _program(event: str) -> Callable[..., Told | None]:
    def started(path: Any, *_: Any) -> Told | None:
        if _is_nowhere(path):
            return None
        return event, _named, cast("list[Any]", path)[0] if path and isinstance(path, list) else path

    return started


def _is_nowhere(path: Any) -> bool:
    """Return whether a program is not there: programs are tried in each directory of ``PATH``."""
    text = os.fsdecode(cast("str", path)) if isinstance(path, (str, bytes, os.PathLike)) else ""
    return text.startswith("/") and not os.path.exists(text)  # noqa: PTH110 - a path would only be made into text again


def _named(path: Any) -> Asset:
    name = Path(os.fsdecode(path)).name if isinstance(path, (str, bytes, Path)) else ""
    return Asset("command", name or _ANY)


def _line(_: Any) -> Told:
    """Tell of a line for the shell, with whatever stands in it."""
    return "os.system", _named, "sh"


def _looked_up(_: Any, name: Any) -> Told | None:
    return ("ctypes.dlsym", _native, name) if name in _CALLS else None


def _native(name: Any) -> Asset:
    return Asset("native", str(name))


EVENTS: Mapping[str, Callable[..., Told | None]] = {
    "ctypes.dlsym": _looked_up,
    "mmap.__new__": _mapped,
    "open": _opened,
    "os.exec": _program("os.exec"),
    "os.posix_spawn": _program("os.posix_spawn"),
    "os.setxattr": _annotated,
    "os.system": _line,
    "pty.spawn": _program("pty.spawn"),
    "socket.connect": _connected,
    "socket.sendmsg": _datagram,
    "socket.sendto": _datagram,
    "sqlite3.connect": _database,
    "subprocess.Popen": _program("subprocess.Popen"),
    "syslog.syslog": _logged,
}
"""Takes what an event says, and returns what the account takes of it; None where it touches no data."""
