"""What tests need to reach real servers of other projects."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import NoReturn

import pytest


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, process: "subprocess.Popen[str]", seconds: float = 30) -> None:
    """Wait until a process listens on a loopback port, or has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)


def missing_server(name: str, install: str) -> NoReturn:
    """Skip the test for want of a server, or fail it where everything should be there (``CI`` is set).

    Args:
        name: What is missing (``PostgreSQL``).
        install: How to get it (``apt-get install postgresql``).
    """
    sentence = f"{name} is missing here; get it with: {install}"
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def program(name: str, install: str, *places: str) -> str:
    """Return the path of a server's program.

    Args:
        name: The program (``postgres``).
        install: How to get it, for whoever lacks it.
        places: Globs, from the root, where it is when it is not on the ``PATH`` (``usr/lib/postgresql/*/bin``).
    """
    found = [str(path / name) for glob in places for path in sorted(Path("/").glob(glob)) if (path / name).is_file()]
    path = shutil.which(name) or (found[-1] if found else None)
    if path is None:
        missing_server(name, install)
    return path
