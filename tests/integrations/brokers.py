"""Real brokers for tests: each in a directory of its own, on loopback ports that nobody uses."""

import os
import subprocess
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import await_port, free_port, program

__all__ = ["OnBroker", "nats", "rabbitmq", "redis"]


class OnBroker:
    """Tests of a module that has a broker, on the port of its fixture `port`."""

    port: int

    @pytest.fixture(autouse=True)
    def broker(self, port: int) -> None:
        self.port = port


@contextmanager
def _running(command: Iterable[str], port: int, directory: Path, **variables: str) -> Generator[int]:
    log = directory / "server.log"
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8", **variables}
    with (
        log.open("w") as out,
        subprocess.Popen(
            list(command), stdout=out, stderr=out, cwd=directory, env=environment, text=True, start_new_session=True
        ) as process,
    ):
        try:
            await_port(port, process, seconds=90)
            assert process.poll() is None, log.read_text()
            yield port
        finally:
            process.terminate()


@contextmanager
def redis(directory: Path) -> Generator[int]:
    """Run a Redis server; yields its port."""
    port = free_port()
    server = program("redis-server", "apt-get install redis-server")
    command = (server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    with _running(command, port, directory):
        yield port


@contextmanager
def nats(directory: Path) -> Generator[int]:
    """Run a NATS server with JetStream; yields its port."""
    port = free_port()
    server = program("nats-server", "apt-get install nats-server", "usr/sbin")
    with _running((server, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(directory)), port, directory):
        yield port


@contextmanager
def rabbitmq(directory: Path) -> Generator[int]:
    """Run RabbitMQ; yields its port."""
    server = program("rabbitmq-server", "apt-get install rabbitmq-server", "usr/lib/rabbitmq/bin")
    server = str(next(Path("/usr/lib/rabbitmq/bin").glob("rabbitmq-server"), server))  # the other one is for a service
    port, distribution, epmd = free_port(), free_port(), free_port()
    node = {
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"tests{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
    }
    names = program("epmd", "apt-get install rabbitmq-server")
    with (
        _running((names, "-port", str(epmd), "-address", "127.0.0.1"), epmd, directory),
        _running((server,), port, directory, **node),
    ):
        yield port
