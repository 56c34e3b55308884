"""Databases of MySQL and MariaDB: which of them is behind a table that a statement names."""

import re
from functools import partial
from typing import Any

from privacylib.families.databases.dbapi import operations
from privacylib.families.databases.mysql_schema import schema_for
from privacylib.families.databases.places import CHANGES, DATABASE, server
from privacylib.families.databases.prepared import names_prepared, unfolded
from privacylib.model import Asset, Operation
from privacylib.naming import asset, file_asset
from privacylib.sql import holds_values

__all__ = ["called", "is_plain", "shape", "statement"]

_CHOSEN = "_privacylib_chosen"
"""Attribute of a connection: the database that a statement has chosen."""

_LONG = 4096
_ROWS = re.compile(r"\s*(?:INSERT|REPLACE)\b[^;'\"]*?\bVALUES\s*(?=\()", re.IGNORECASE)
_USE = re.compile(r"\s*USE\s+`?([^`;\s]+)", re.IGNORECASE)
_LOAD = re.compile(
    r"\s*LOAD\s+DATA\s+(?:LOW_PRIORITY\s+|CONCURRENT\s+)?(?P<local>LOCAL\s+)?INFILE\s+'(?P<file>[^']+)'\s+"
    r"(?:REPLACE\s+|IGNORE\s+)?INTO\s+TABLE\s+(?P<table>[`\w.]+)",
    re.IGNORECASE,
)


def statement(connection: Any, query: Any) -> tuple[Operation, ...]:
    """Describe a statement of a connection."""
    text = unfolded(connection, _text(query))
    chosen = _USE.match(text)
    if chosen:
        setattr(connection, _CHOSEN, (chosen[1], connection.db))
    schema = schema_for(connection, _database(connection), text)
    return operations(text, partial(_table, connection), dialect="mysql", schema=schema)


def called(connection: Any) -> tuple[Operation, ...]:
    """Describe a call of a procedure, in which anything may happen."""
    return operations("CALL p()", partial(_table, connection), dialect="mysql")


def shape(args: tuple[Any, ...], _: dict[str, Any]) -> tuple[Any, ...] | None:
    """Return what statements that are described alike have in common."""
    if len(args) < 2:
        return None
    connection, query = args[0].connection, args[1]
    if query.__class__ is not str or len(query) > _LONG:
        return None
    where = connection.host, connection.unix_socket, connection.port, connection.db
    return *where, getattr(connection, _CHOSEN, None), getattr(connection, DATABASE, None), query


def is_plain(call: Any) -> bool:
    """Return whether the query of a call means the same each time, and has no values in it: it can be kept."""
    query = call["query"]
    return not (holds_values(query) or _USE.match(query) or CHANGES.search(query) or names_prepared(query))


def _text(query: Any) -> str:
    """Return the text of a statement; of many rows at once only what stands before them, and of a file's its insert."""
    text = query.decode("utf-8", "replace") if isinstance(query, (bytes, bytearray)) else str(query)
    rows = _ROWS.match(text, 0, _LONG) if len(text) > _LONG else None
    if rows:
        return f"{rows[0]}(?)"
    loaded = _LOAD.match(text)
    if not loaded:
        return text
    file = file_asset(loaded["file"]).uri if loaded["local"] else "{…}"
    return f"INSERT INTO {loaded['table']} SELECT * FROM `{file}`"  # noqa: S608 - it is only looked at


def _table(connection: Any, name: str) -> Asset:
    if name.startswith("file://"):
        return asset(name)
    socket = getattr(connection, "unix_socket", None)
    where = server("mysql", None if socket else connection.host, connection.port)
    if name.startswith("file:"):  # of the server's host
        host = where.partition("://")[2].rpartition(":")[0]
        return asset(f"file://{host}/{name.removeprefix('file:').lstrip('/')}")
    database, _, table = name.rpartition(".")
    return Asset(where, f"{database.rpartition('.')[2] or _database(connection)}.{table}")


def _database(connection: Any) -> str:
    """Return the database that is chosen: by the last statement that did, unless the driver has done so since."""
    chosen, before = getattr(connection, _CHOSEN, ("", None))
    current = connection.db
    if chosen and before == current:
        return chosen
    return current.decode() if isinstance(current, bytes) else current or "{…}"
