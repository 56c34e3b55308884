"""A command of redis: a value that is read by its key."""

import importlib
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import PURPOSE, governed, tracing
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import Missing, side
from tests.servers import await_port, free_port

__all__ = ["ROWS"]

PEOPLE = 100


@contextmanager
def client() -> Generator[Any]:
    """Yield a client of a server with a few keys."""
    redis: Any = importlib.import_module("redis")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        try:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True)
        except FileNotFoundError:
            raise Missing("redis-server") from None
        try:
            await_port(port, process)
            with redis.Redis(port=port) as found:
                for number in range(PEOPLE):
                    found.set(f"user:{number}:email", f"u{number}@example.org")
                yield found
        finally:
            process.terminate()
            process.wait()


def asked(found: Any) -> Work:
    """Get one key after the other."""

    def run(times: int) -> None:
        for number in range(times):
            found.get(f"user:{number % PEOPLE}:email")

    return Work(run)


@contextmanager
def bare() -> Generator[Work]:
    """Nothing around it."""
    with client() as found:
        yield asked(found)


@contextmanager
def ours() -> Generator[Work]:
    """Seen, decided and recorded, enforcing; in a zone."""
    with client() as found, ExitStack() as stack:
        stack.enter_context(governed(instrument=["redis"]))
        stack.enter_context(privacylib.zone(PURPOSE))
        yield asked(found)


@contextmanager
def opentelemetry() -> Generator[Work]:
    """OpenTelemetry's instrumentation, with a batch processor."""
    theirs: Any = importlib.import_module("opentelemetry.instrumentation.redis").RedisInstrumentor()
    with tracing() as provider:
        theirs.instrument(tracer_provider=provider)
        with client() as found:
            yield Work(asked(found).run, provider.force_flush)


ROWS = (
    Timed(
        "redis", "GET of Redis on top of bare", side(ours),
        (Against("OpenTelemetry's instrumentation", side(opentelemetry), Goal(ratio=1 / 12)),),
        times=2_000, bare=side(bare),
    ),
)  # fmt: skip
