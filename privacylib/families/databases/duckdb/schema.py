"""Which tables, columns and views a connection of DuckDB sees: asked on the connection that runs a statement.

It is asked again when DuckDB's own count of statements that change what names mean has moved, whoever ran them.
Tables of a transaction that is still open, and temporary ones, are known to the connection alone: where it has a
result that nobody has fetched yet it cannot be asked, and a second one tells what is committed.
DuckDB before 2.0 has no such count, and drops that result: it is asked only where the statement does so too.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from attrs import evolve

from privacylib.families.databases.duckdb import older
from privacylib.families.databases.duckdb.macros import with_macros
from privacylib.memo import Memo
from privacylib.sql import Schema

__all__ = ["bare", "holds", "schema_for", "with_files"]

_LIMIT = 20_000
"""Columns that are listed; of databases with more nothing is known."""

_ASKS = """
SELECT * FROM (SELECT 0 AS kind, database_name, schema_name, table_name, column_index, column_name
  FROM duckdb_columns() WHERE NOT internal ORDER BY ALL LIMIT 20001)
UNION ALL SELECT 1, database_name, schema_name, view_name, 0, sql FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT 2, current_database(), current_schema(), '', 0, ''
ORDER BY ALL
"""
_MOVES_NOTHING = re.compile(
    r"\s*(?:BEGIN|START|COMMIT|ROLLBACK|ABORT|END|SET|RESET|PRAGMA|USE|INSTALL|LOAD|CHECKPOINT|VACUUM|DETACH|DROP)\b[^;]*;?\s*\Z",
    re.IGNORECASE,
)
_DEFINED = re.compile(r".*?\bAS\b\s*(?=\(|SELECT\b|WITH\b|VALUES\b|FROM\b)", re.IGNORECASE | re.DOTALL)

_REGISTERED = re.compile(r"SELECT \* FROM \w+_scan\(\) AS __duckdb_source_\w+;?", re.IGNORECASE)
"""What DuckDB keeps of an object of the program that was given a name in SQL."""

_known: WeakKeyDictionary[Any, tuple[object, Schema | None]] = WeakKeyDictionary()
"""What a connection sees, and what tells when it is to be asked again."""

_alike: Memo[Any, Schema] = Memo(65_536)
"""Schemas by what they hold: connections that see the same share one, and with it what is known by statement."""


def schema_for(
    connection: Any, text: str, read: Callable[[str], str], files: dict[str, tuple[str, ...]], *, beside: bool = False
) -> Schema | None:
    """Return what a connection knows about tables, for a statement that it is about to run.

    Args:
        connection: The driver's.
        text: The statement.
        read: Returns the definition of a view as it is to be read.
        files: The columns of the files that it has found in them.
        beside: Whether a result stays open that asking would close.
    """
    if _MOVES_NOTHING.match(text):
        return None
    try:
        version = (older.version(), beside) if older.is_older(connection) else connection._catalog_version()
        at, schema = _known.get(connection, (-1, None))
        if at != version:
            schema = with_files(_schema(_asked(connection, _ASKS, beside), read), files)
            _known[connection] = version, schema
        if schema is not None:
            schema = with_macros(
                schema, connection, version, text, lambda query: _asked(connection, query, beside), read
            )
    except Exception:  # noqa: BLE001 - the host's own statement tells it what is wrong with its database
        return None
    return schema


def with_files(schema: Schema | None, files: dict[str, tuple[str, ...]]) -> Schema | None:
    """Return a schema with the columns of files, by their URIs."""
    if schema is None or not files:
        return schema
    key = (schema.number, *((name, *columns) for name, columns in files.items()))
    found = _alike.get(key)
    weight = sum(1 + len(columns) for columns in (*files.values(), *schema.tables.values()))
    return found or _alike.keep(key, evolve(schema, tables={**schema.tables, **files}), weight)


def bare(connection: Any, query: str) -> list[Any]:
    """Return the rows of a query that nobody sees."""
    if older.is_older(connection):
        return older.bare(connection, query)
    submit = inspect.unwrap(connection.__class__._submit)
    return submit(connection, query).fetchall()


def holds(connection: Any, name: str) -> bool:
    """Return whether a connection has a table or a view of a name, as far as it is known."""
    if not older.is_older(connection):
        return connection._table_kind(name) != "none"
    _, schema = _known.get(connection, (None, None))
    if schema is None:
        return True
    return any(full.rpartition(".")[2].lower() == name.lower() for full in (*schema.tables, *schema.views))


def _asked(connection: Any, query: str, beside: bool) -> list[Any]:
    try:
        if not beside or not older.is_older(connection):
            return older.rows(connection, query) if older.is_older(connection) else bare(connection, query)
    except Exception:  # noqa: BLE001 - it has an unfinished result, or a transaction that has failed
        return _asked_beside(connection, query)
    return _asked_beside(connection, query)


def _asked_beside(connection: Any, query: str) -> list[Any]:
    second = connection.cursor()
    try:
        return bare(second, query)
    finally:
        second.close()


def _schema(rows: list[Any], read: Callable[[str], str]) -> Schema | None:
    tables: dict[str, list[str]] = {}
    views: dict[str, str] = {}
    path: tuple[str, ...] = ()
    for kind, *place, _, told in rows:
        name = ".".join(place)
        if kind == 2:
            path = ("temp.main", f"{place[0]}.{place[1]}", f"{place[0]}.main")
        elif name.count(".") != 2:
            continue  # a name with a dot in it cannot be told from one of more parts
        elif kind:
            defined = _DEFINED.sub("", told or "", count=1)
            registered = not defined or _REGISTERED.fullmatch(defined)
            views[name] = older.in_memory(place[-1]) if registered else read(defined)
        else:
            tables.setdefault(name, []).append(told)
    if sum(map(len, tables.values())) > _LIMIT:
        return None
    key = (tuple((name, *columns) for name, columns in tables.items()), tuple(views.items()), path)
    found = _alike.get(key)
    weight = sum(1 + len(columns) for columns in tables.values()) + len(views)
    return found or _alike.keep(key, Schema(tables, views, path), weight)
