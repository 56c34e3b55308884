"""A command of redis: a value that is read by its key."""

import asyncio
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


@contextmanager
def asked(found: Any) -> Generator[Work]:
    """Get one key after the other."""

    def run(times: int) -> None:
        for number in range(times):
            found.get(f"user:{number % PEOPLE}:email")

    yield Work(run)


@contextmanager
def awaited(found: Any) -> Generator[Work]:
    """Do the same with asyncio."""
    port: int = found.connection_pool.connection_kwargs["port"]
    other: Any = importlib.import_module("redis.asyncio").Redis(port=port)
    loop = asyncio.new_event_loop()

    async def ask(times: int) -> None:
        for number in range(times):
            await other.get(f"user:{number % PEOPLE}:email")

    try:
        yield Work(lambda times: loop.run_until_complete(ask(times)))
    finally:
        loop.run_until_complete(other.aclose())
        loop.close()


WAYS = {"asked": asked, "awaited": awaited}


@contextmanager
def bare(way: str) -> Generator[Work]:
    """Nothing around it."""
    with client() as found, WAYS[way](found) as work:
        yield work


@contextmanager
def ours(way: str) -> Generator[Work]:
    """Seen, decided and recorded, enforcing; in a zone."""
    with client() as found, ExitStack() as stack:
        stack.enter_context(governed(instrument=["redis"]))
        stack.enter_context(privacylib.zone(PURPOSE))
        yield stack.enter_context(WAYS[way](found))


@contextmanager
def opentelemetry(way: str) -> Generator[Work]:
    """OpenTelemetry's instrumentation, with a batch processor."""
    theirs: Any = importlib.import_module("opentelemetry.instrumentation.redis").RedisInstrumentor()
    with tracing() as provider:
        theirs.instrument(tracer_provider=provider)
        with client() as found, WAYS[way](found) as work:
            yield Work(work.run, provider.force_flush)


def row(name: str, what: str, way: str) -> Timed:
    """Return the row of one way to ask."""
    theirs = Against("OpenTelemetry's instrumentation", side(opentelemetry, way), Goal(ratio=1 / 12))
    return Timed(name, what, side(ours, way), (theirs,), times=2_000, often=20, core=True, bare=side(bare, way))


ROWS = (
    row("redis", "GET of Redis on top of bare", "asked"),
    row("redis-asyncio", "GET of Redis with asyncio on top of bare", "awaited"),
)
