"""Column lineage of one statement: three tables by CTEs, a window, a CASE and an EXISTS; new, and seen before."""

import importlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from privacylib.sql import Schema, lineage
from tests.benchmarks.model import Goal, Work
from tests.benchmarks.timed import Against, Timed
from tests.benchmarks.worker import side

__all__ = ["ROWS"]

TABLES = {
    "users": ("id", "email", "age"), "orders": ("user_id", "total", "status"), "products": ("id", "name"),
}  # fmt: skip
STATEMENT = (
    "WITH a AS (SELECT id, email FROM users WHERE age > 3), b AS (SELECT user_id, sum(total) AS s, max(status) AS m "
    "FROM orders GROUP BY user_id) SELECT a.email, b.s, CASE WHEN b.s > 10 THEN b.m END AS k, row_number() OVER "
    "(PARTITION BY a.email ORDER BY b.s) AS r FROM a JOIN b ON a.id = b.user_id WHERE EXISTS (SELECT 1 FROM products "
    "p WHERE p.id = a.id)"
)
COLUMNS = ("email", "s", "k", "r")


def new(ask: Callable[[str], object]) -> Work:
    """Ask about statements that nobody has seen: another alias makes each another text."""
    count = iter(range(10**9))

    def run(times: int) -> None:
        for _ in range(times):
            ask(STATEMENT.replace("p WHERE p.id", f"p{next(count)} WHERE id"))

    return Work(run)


@contextmanager
def ours() -> Generator[Work]:
    """All edges, direct and indirect, of all columns."""
    schema = Schema(TABLES)
    yield new(lambda text: lineage(text, "duckdb", schema))


@contextmanager
def seen() -> Generator[Work]:
    """The same of a text that was seen before."""
    schema = Schema(TABLES)

    def run(times: int) -> None:
        for _ in range(times):
            lineage(STATEMENT, "duckdb", schema)

    yield Work(run)


@contextmanager
def qualified() -> Generator[Work]:
    """Parsed and qualified by sqlglot, without any edge."""
    sqlglot: Any = importlib.import_module("sqlglot")
    qualify: Any = importlib.import_module("sqlglot.optimizer.qualify").qualify
    schema = {name: dict.fromkeys(columns, "text") for name, columns in TABLES.items()}
    yield new(lambda text: qualify(sqlglot.parse_one(text, read="duckdb"), schema=schema, dialect="duckdb"))


@contextmanager
def sqlglot() -> Generator[Work]:
    """The lineage that sqlglot has: direct edges, one column at a time."""
    theirs: Any = importlib.import_module("sqlglot.lineage").lineage
    schema = {name: dict.fromkeys(columns, "text") for name, columns in TABLES.items()}
    yield new(lambda text: [theirs(name, text, schema=schema, dialect="duckdb") for name in COLUMNS])


@contextmanager
def sqllineage() -> Generator[Work]:
    """Direct edges by sqllineage."""
    runner: Any = importlib.import_module("sqllineage.runner").LineageRunner
    yield new(lambda text: runner(text, dialect="duckdb").get_column_lineage())


@contextmanager
def openlineage() -> Generator[Work]:
    """Direct edges by OpenLineage's parser, which is written in Rust."""
    parse: Any = importlib.import_module("openlineage_sql").parse
    yield new(lambda text: parse([text], dialect="postgres"))


ROWS = (
    Timed(
        "sql-new", "column lineage of a new statement", side(ours),
        (
            Against("sqlglot's parse and qualify", side(qualified), Goal(ratio=1.5)),
            Against("sqlglot's lineage", side(sqlglot), Goal()),
            Against("sqllineage", side(sqllineage), Goal()),
            Against("openlineage-sql", side(openlineage), Goal()),
        ),
        times=10, quick=2,
    ),
    Timed(
        "sql-seen", "column lineage of a statement seen before", side(seen),
        (Against("openlineage-sql", side(openlineage), Goal(most=1)),), times=1_000,
    ),
)  # fmt: skip
