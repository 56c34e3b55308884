"""What DuckDB's appenders write: rows when they are given, and what a query makes of them when it runs."""

import re
from typing import Any
from weakref import WeakKeyDictionary

from privacylib.families.asked import Asked
from privacylib.families.databases.duckdb import statements as duckdb
from privacylib.families.databases.duckdb.calls import connection_of
from privacylib.model import Operation

__all__ = ["given", "made", "of_query", "of_table", "run"]

_PART = re.compile(r'"(?:[^"]|"")*"|[^."]+')
"""One part of a table's dotted name."""

_tables: WeakKeyDictionary[Any, tuple[Any, str]] = WeakKeyDictionary()
"""The connection and a statement that does the same, by the appender."""

_queries: WeakKeyDictionary[Any, tuple[Any, str]] = WeakKeyDictionary()
"""The same of those that run a query over the rows: it may read tables too, and runs whenever there are many."""


def made(_: Asked) -> tuple[Operation, ...]:
    """Describe that an appender is made: it does nothing yet."""
    return ()


def of_table(call: Any) -> Any:
    """Keep which table an appender writes."""
    name = ".".join(part if part.startswith('"') else f'"{part}"' for part in _PART.findall(call["table"]))
    _tables[call.result] = connection_of(call), f"INSERT INTO {name} VALUES (?)"  # noqa: S608 - it is only looked at
    return call.result


def of_query(call: Any) -> Any:
    """Keep which query an appender runs."""
    _queries[call.result] = connection_of(call), call["dml"]
    return call.result


def given(call: Asked) -> tuple[Operation, ...]:
    """Describe that rows are given to an appender."""
    kept = _tables.get(call["self"])
    return run(call) if kept is None else duckdb.statement(*kept, beside=True)


def run(call: Asked) -> tuple[Operation, ...]:
    """Describe that an appender writes what it was given: of a table that was told with the rows."""
    kept = _queries.get(call["self"])
    return () if kept is None else duckdb.statement(*kept, beside=True)
