"""Databases of SQLite: which file is behind a table that a connection of the standard library's driver names."""

import os
import re
from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import unquote

from privacylib.families.dbapi import operations
from privacylib.families.sqlite_schema import schema_for
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import file_asset
from privacylib.sql import holds_values, tables

__all__ = [
    "ATTACHED", "FILE", "TABLES", "blob", "copied", "file_of", "has", "is_plain", "remember", "serialized", "statement",
]  # fmt: skip

FILE = "_privacylib_database"
ATTACHED = "_privacylib_attached"
"""Attributes of a connection: the file that it opened, and whether it has attached others."""

TABLES = "_privacylib_tables"
"""Attribute of a connection: what its tables are known by, its file, or a name of its own for one in memory."""

_in_memory = count(1)
_MARKS = re.compile(r"[?:@$]")
"""Where values can go in."""

_ATTACH = re.compile(r"(?:^|[;/\n])\s*ATTACH\b", re.IGNORECASE)


def remember(connection: Any, database: str | bytes, *, uri: bool) -> None:
    """Keep with a connection which file it has opened, as it was given."""
    file = file_of(database, uri=uri)
    connection.__dict__[FILE] = file
    connection.__dict__[TABLES] = file or f":memory:{next(_in_memory)}"


def file_of(database: str | bytes, *, uri: bool) -> str:
    """Return the absolute path of the file that a connection opens; empty for a database in memory.

    Args:
        database: As given to the driver.
        uri: Whether ``file:`` begins a URI rather than a name.
    """
    text, parameters = os.fsdecode(database), ""
    if uri and text.startswith("file:"):
        text, _, parameters = text.removeprefix("file:").partition("#")[0].partition("?")
        text = unquote(text)
        if text.startswith("//"):
            text = "/" + text[2:].partition("/")[2]
    in_memory = text in ("", ":memory:") or "mode=memory" in parameters
    return "" if in_memory else file_asset(text).name


def statement(connection: Any, text: str, *, bound: bool) -> tuple[Operation, ...]:
    """Describe a statement of a connection; the databases that it attaches are told from then on."""
    if _ATTACH.search(text):
        connection.__dict__[ATTACHED] = True
    schema = None
    if ATTACHED not in _told(connection):
        schema = schema_for(_aside(connection), _told(connection).get(TABLES, ""), text)
    bound = bound and _MARKS.search(text) is not None
    found = operations(text, partial(_table, connection), bound=bound, dialect="sqlite", schema=schema)
    opaque = any(each.kind is Kind.OPAQUE for each in found)
    return () if opaque and _is_no_sql(_aside(connection), text) else found


def _is_no_sql(cursor: Any, text: str) -> bool:
    """Return whether SQLite cannot read a statement either, so that it does nothing but raise."""
    import sqlite3

    if "\0" in text:
        return True
    try:
        cursor.execute(f"EXPLAIN {text}")
    except sqlite3.OperationalError as error:
        return "syntax error" in str(error)
    except Exception:  # noqa: BLE001 - whatever else it is, it says nothing of the text
        return False
    return False


def is_plain(text: str) -> bool:
    """Return whether a statement touches tables of the one database only, and has no values in it: it can be kept."""
    if _ATTACH.search(text) or holds_values(text):
        return False
    found = tables(text, "sqlite")
    return not any("." in name for name in found.reads + found.writes)


def has(connection: Any, schema: Any) -> bool:
    """Return whether a connection has opened a database by that name; SQLite refuses any other."""
    return isinstance(schema, str) and schema.lower() in _files(connection)


def copied(source: Any, schema: str, target: Any) -> tuple[Operation, ...]:
    """Describe that one connection's database is copied into another's, table by table."""
    files, sink = _files(source), _files(target)["main"]
    names = _tables(source, schema)
    pairs = [(_named(files[schema.lower()], name), _named(sink, name)) for name in names]
    writes = (Operation(Kind.WRITE, to, derived_from=(asset,), parsed=True) for asset, to in pairs)
    return (*(Operation(Kind.READ, asset) for asset, _ in pairs), *writes)


def serialized(connection: Any, schema: str) -> tuple[Operation, ...]:
    """Describe that the bytes of a whole database are handed out."""
    file = _files(connection)[schema.lower()]
    return tuple(Operation(Kind.READ, _named(file, name)) for name in _tables(connection, schema))


def blob(connection: Any, schema: str, table: str, column: str, *, only_read: object) -> tuple[Operation, ...]:
    """Describe that a value is opened like a file; what is done with one that may be written cannot be told."""
    asset = _named(_files(connection)[schema.lower()], table)
    if only_read:
        return (Operation(Kind.READ, asset, fields=(column,)),)
    return (Operation(Kind.OPAQUE, asset, fields=(column,), why="a blob that may be written"),)


def _table(connection: Any, name: str) -> Asset:
    told = _told(connection)
    if FILE in told and ATTACHED not in told and "." not in name:
        return _named(told[FILE], name)
    files = _files(connection)
    schema, dot, table = name.partition(".")
    if not dot or schema.lower() not in files:
        schema, table = _schema_of(connection, files, name), name
    return _named(files[schema.lower()], table)


def _named(file: str, table: str) -> Asset:
    return Asset("sqlite", f"{file}/{table}") if file else Asset("sqlite://:memory:", table)


def _told(connection: Any) -> dict[str, Any]:
    """Return what is kept with a connection; nothing where it was made past us."""
    return getattr(connection, "__dict__", {})


def _aside(connection: Any) -> Any:
    """Return a cursor that nobody sees, whatever the host makes of the connection's own."""
    import sqlite3

    cursor = sqlite3.Cursor(connection)
    cursor.row_factory = None
    return cursor


def _files(connection: Any) -> dict[str, str]:
    """Return the files of all databases that a connection has open, by the names that SQL gives them."""
    listed = _aside(connection).execute("PRAGMA database_list").fetchall()
    files = {os.fsdecode(schema).lower(): os.fsdecode(file or "") for _, schema, file in listed} | {"temp": ""}
    told = _told(connection)
    return files | {"main": told[FILE]} if FILE in told else files


def _schema_of(connection: Any, schemas: Iterable[str], table: str) -> str:
    """Return the database in which SQLite finds a table that is named alone."""
    for schema in sorted(schemas, key=lambda one: (one != "temp", one != "main")):
        query = f"SELECT 1 FROM {_quoted(schema)}.sqlite_master WHERE name = ? COLLATE NOCASE"  # noqa: S608 - quoted
        if _aside(connection).execute(query, (table,)).fetchone():
            return schema
    return "main"


def _tables(connection: Any, schema: str) -> list[str]:
    query = f"SELECT name FROM {_quoted(schema)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"  # noqa: S608 - quoted
    return [os.fsdecode(name) for (name,) in _aside(connection).execute(query).fetchall()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
