"""A query of the standard library's sqlite3: a cursor, one statement seen before, one row."""

import importlib
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import privacylib
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.settings import PURPOSE, governed, tracing
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

PEOPLE = 100


@contextmanager
def database() -> Generator[Path]:
    """Yield a database with a table of people."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shop.db"
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
        rows = [(number, f"u{number}@example.org") for number in range(PEOPLE)]
        connection.executemany("INSERT INTO users VALUES (?, ?)", rows)
        connection.commit()
        connection.close()
        yield file


def queried(connection: Any) -> Work:
    """Query through a connection."""

    def run(times: int) -> None:
        for number in range(times):
            cursor = connection.cursor()
            cursor.execute("SELECT email FROM users WHERE id = ?", (number % PEOPLE,))
            cursor.fetchone()

    return Work(run)


@contextmanager
def bare() -> Generator[Work]:
    """Nothing around it."""
    with database() as file:
        yield queried(sqlite3.connect(file))


@contextmanager
def ours() -> Generator[Work]:
    """Seen, decided and recorded, enforcing; in a zone."""
    with database() as file, ExitStack() as stack:
        stack.enter_context(governed(instrument=["sqlite3"]))
        stack.enter_context(privacylib.zone(PURPOSE))
        yield queried(sqlite3.connect(file))


@contextmanager
def opentelemetry() -> Generator[Work]:
    """OpenTelemetry's instrumentation, with a batch processor."""
    theirs: Any = importlib.import_module("opentelemetry.instrumentation.sqlite3").SQLite3Instrumentor()
    with database() as file, tracing() as provider:
        connection = theirs.instrument_connection(sqlite3.connect(file), tracer_provider=provider)
        yield Work(queried(connection).run, provider.force_flush)


ROWS = (
    Timed(
        "sqlite", "query of SQLite on top of bare", side(ours),
        (Against("OpenTelemetry's instrumentation", side(opentelemetry), Goal(ratio=1 / 12, most=3)),),
        times=2_000, bare=side(bare),
    ),
)  # fmt: skip
