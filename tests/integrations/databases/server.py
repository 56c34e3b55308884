"""A database server in a directory of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.servers import await_port

__all__ = ["Server", "directory_of", "identity", "serving"]


@frozen
class Server:
    """Where a server listens.

    Args:
        port: On the loopback interface.
        sockets: Directory or path of its socket in the file system.
    """

    port: int
    sockets: str


def identity(*names: str) -> dict[str, Any]:
    """Return how `subprocess` runs what refuses to run as root: as the first user there is; as ourselves otherwise."""
    if os.getuid() != 0:
        return {}
    for name in names:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


@contextmanager
def directory_of(who: dict[str, Any]) -> Generator[Path]:
    """Yield an empty directory that belongs to who runs the server."""
    directory = Path(tempfile.mkdtemp(prefix="server-", dir="/tmp"))
    try:
        if who:
            os.chown(directory, who["user"], who["group"])
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def serving(command: Sequence[str], port: int, directory: Path, who: dict[str, Any]) -> Generator[None]:
    """Run a server until the block is left."""
    log = directory / "log"
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, text=True, cwd=directory, **who)
    try:
        await_port(port, process, seconds=60)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {log.read_text()}")
        yield
    finally:
        process.send_signal(signal.SIGQUIT if "postgres" in command[0] else signal.SIGKILL)
        process.wait()
