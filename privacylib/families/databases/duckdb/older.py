"""DuckDB before 2.0: its connections do not count what changes the meaning of names, and its relations are C++.

What changes names is told by the statements that we see, of any connection of the process, and by the time. A relation
does not tell its connection, so that it is taken for read when it is made, and tables that it writes are in a database
of which nothing is known.
"""

import inspect
import re
import time
from typing import Any, cast

from privacylib.decorators.sites import host_site
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import file_asset, url_asset

__all__ = [
    "NAMED",
    "READERS",
    "bare",
    "changed",
    "file_written",
    "in_memory",
    "is_older",
    "rows",
    "source",
    "table_written",
    "version",
]

_FRESH = 300.0
"""Seconds after which it is asked again what others may have changed meanwhile."""

_CHANGES = re.compile(
    r"(?:^|[;/\n])\s*(?:CREATE|DROP|ALTER|ATTACH|DETACH|USE|SET|RESET|IMPORT|EXECUTE|COMMIT|END|ROLLBACK|ABORT)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"\w{2,}://")

NAMED = "__duckdb_source_named:"
"""How the definition of a view begins to name an object of the program that has a name in SQL."""

READERS = {
    "read_csv": "read_csv", "from_csv_auto": "read_csv", "read_json": "read_json", "read_parquet": "read_parquet",
    "from_parquet": "read_parquet",
}  # fmt: skip
"""Methods that make a relation of files, and what they are called in SQL."""

_changes = [0]


def is_older(connection: Any) -> bool:
    """Return whether a connection is one of DuckDB before 2.0."""
    return not hasattr(connection.__class__, "_submit")


def version() -> tuple[int, int]:
    """Return what is another when names may have come to mean something else."""
    return _changes[0], int(time.monotonic() / _FRESH)


def changed(text: str | None = None) -> None:
    """Tell that names may mean something else from now on, by a statement or by something else that was called."""
    if text is None or _CHANGES.search(text):
        _changes[0] += 1


def bare(connection: Any, query: str) -> list[Any]:
    """Return the rows of a query that nobody sees; what the connection had open is closed."""
    execute = inspect.unwrap(connection.__class__.execute)
    return execute(connection, query).fetchall()


def rows(connection: Any, query: str) -> list[Any]:
    """Return what `bare` does, on a connection that is about to run something else: it has no result afterwards.

    Were the host's statement refused now, what is fetched next would else be the rest of ours.
    """
    try:
        return bare(connection, query)
    finally:
        inspect.unwrap(connection.__class__.execute)(connection, "")


def in_memory(name: str) -> str:
    """Return what stands for the definition of a view that is an object of the program."""
    quoted = name.replace('"', '""')
    return f'SELECT * FROM "{NAMED}{quoted}"'  # noqa: S608 - it is only looked at


def source(reader: str, given: Any) -> str | None:
    """Return the statement that a function for reading files makes; None for an object of the program."""
    listed = cast("list[Any]", given if isinstance(given, (list, tuple)) else [given])
    if not all(isinstance(one, str) or hasattr(one, "__fspath__") for one in listed):
        return None
    files = ", ".join("'{}'".format(str(one).replace("'", "''")) for one in listed)
    return f"FROM {reader}([{files}])"


def file_written(name: str) -> tuple[Operation, ...]:
    """Describe that a relation goes into a file."""
    place = url_asset(name) if _URL.match(name) else file_asset(name)
    return (Operation(Kind.WRITE, place),)


def table_written(name: str | None) -> tuple[Operation, ...]:
    """Describe that a relation goes into a table, or does what only its connection could tell."""
    changed()
    place = Asset("duckdb", f"{{…}}/{name or '{…}'}")
    return (Operation(Kind.OPAQUE, place, site=host_site(), why="a relation does not tell its database"),)
