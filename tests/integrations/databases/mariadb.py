"""MariaDB, which speaks the protocol of MySQL."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager

from tests.integrations.databases.server import Server, directory_of, identity, serving
from tests.servers import free_port, program

__all__ = ["mariadb"]

INSTALL = "apt-get install mariadb-server"


@contextmanager
def mariadb() -> Generator[Server]:
    """Run a server that lets everybody in."""
    server = program("mariadbd", INSTALL, "usr/sbin")
    installer = program("mariadb-install-db", INSTALL)
    who = identity("mysql", "nobody")
    with directory_of(who) as directory:
        data, port, socket = directory / "data", free_port(), str(directory / "socket")
        begin = [installer, "--no-defaults", f"--datadir={data}", f"--tmpdir={directory}", "--skip-test-db"]
        subprocess.run([*begin, "--auth-root-authentication-method=normal"], check=True, capture_output=True, **who)
        command = [server, "--no-defaults", f"--datadir={data}", f"--port={port}", f"--socket={socket}"]
        command += ["--bind-address=127.0.0.1", "--skip-grant-tables", "--skip-log-bin", "--innodb-log-file-size=4M"]
        command += [f"--tmpdir={directory}", f"--pid-file={directory}/pid", "--innodb-flush-log-at-trx-commit=0"]
        with serving(command, port, directory, who):
            yield Server(port, socket)
