"""PostgreSQL."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.integrations.databases.server import Server, directory_of, identity, serving
from tests.servers import free_port, program

__all__ = ["Server", "postgres"]

PLACES = "usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql@*/bin"
SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=127.0.0.1")


@contextmanager
def postgres() -> Generator[Server]:
    """Run a server whose superuser ``postgres`` needs no password."""
    server = program("postgres", "apt-get install postgresql", *PLACES)
    who = identity("postgres", "nobody")
    with directory_of(who) as directory:
        data, port = directory / "data", free_port()
        begin = [str(Path(server).parent / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
        begin += ["--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"]
        subprocess.run(begin, check=True, capture_output=True, cwd=directory, **who)
        command = [server, "-D", str(data), "-p", str(port), "-k", str(directory)]
        for setting in SETTINGS:
            command += ["-c", setting]
        with serving(command, port, directory, who):
            asked = [
                program("pg_isready", "apt-get install postgresql", *PLACES),
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
            ]
            while subprocess.run(asked, check=False).returncode:
                time.sleep(0.05)
            yield Server(port, str(directory))
