"""A query of psycopg: a cursor, one statement seen before, one row of a PostgreSQL server."""

import importlib
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import PURPOSE, governed, tracing
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import Missing, side
from tests.integrations.databases import postgres

__all__ = ["ROWS"]

PEOPLE = 100


@contextmanager
def server() -> Generator[str]:
    """Yield how to connect to a server with a table of people."""
    psycopg: Any = importlib.import_module("psycopg")
    with ExitStack() as stack:
        try:
            port = stack.enter_context(postgres()).port
        except pytest.skip.Exception:
            raise Missing("postgres") from None
        told = f"host=127.0.0.1 port={port} user=postgres"
        with psycopg.connect(told) as connection:
            connection.execute("CREATE TABLE users (id integer PRIMARY KEY, email text)")
            connection.execute("INSERT INTO users SELECT n, 'u' || n || '@example.org' FROM generate_series(0, 99) n")
        yield told


@contextmanager
def queried(told: str) -> Generator[Work]:
    """Query through a connection."""
    psycopg: Any = importlib.import_module("psycopg")
    with psycopg.connect(told, autocommit=True) as connection:

        def run(times: int) -> None:
            for number in range(times):
                cursor = connection.cursor()
                cursor.execute("SELECT email FROM users WHERE id = %s", (number % PEOPLE,))
                cursor.fetchone()

        yield Work(run)


@contextmanager
def bare() -> Generator[Work]:
    """Nothing around it."""
    with server() as told, queried(told) as work:
        yield work


@contextmanager
def ours() -> Generator[Work]:
    """Seen, decided and recorded, enforcing; in a zone."""
    with server() as told, governed(instrument=["psycopg"]), privacylib.zone(PURPOSE), queried(told) as work:
        yield work


@contextmanager
def opentelemetry() -> Generator[Work]:
    """OpenTelemetry's instrumentation, with a batch processor."""
    theirs: Any = importlib.import_module("opentelemetry.instrumentation.psycopg").PsycopgInstrumentor()
    with server() as told, tracing() as provider:
        theirs.instrument(tracer_provider=provider)
        with queried(told) as work:
            yield Work(work.run, provider.force_flush)


ROWS = (
    Timed(
        "psycopg", "query of PostgreSQL on top of bare", side(ours),
        (Against("OpenTelemetry's instrumentation", side(opentelemetry), Goal(ratio=1 / 12)),),
        times=2_000, often=20, core=True, bare=side(bare),
    ),
)  # fmt: skip
