"""Databases of SQLite: which file is behind a table that a connection of the standard library's driver names."""

import os
import re
from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import Any

from privacylib.decorators.sites import host_site
from privacylib.families.databases.dbapi import operations
from privacylib.families.databases.parts import parted
from privacylib.families.databases.sqlite.files import file_of
from privacylib.families.databases.sqlite.schema import schema_for
from privacylib.families.databases.sqlite.scripts import Script, vacuumed
from privacylib.model import Asset, Kind, Operation
from privacylib.sql import holds_values, tables

__all__ = [
    "ATTACHED", "FILE", "TABLES", "blob", "copied", "has", "is_plain", "remember", "replaced", "serialized",
    "statement",
]  # fmt: skip

FILE = "_privacylib_database"
ATTACHED = "_privacylib_attached"
"""Attributes of a connection: the file that it opened, and whether it has attached others."""

URI = "_privacylib_uri"
"""Attribute of a connection: whether `file:` begins a URI in what it opens."""

TABLES = "_privacylib_tables"
"""Attribute of a connection: what its tables are known by, its file, or a name of its own for one in memory."""

_in_memory = count(1)
_MARKS = re.compile(r"[?:@$]")
"""Where values can go in."""

_ATTACH = re.compile(r"(?:^|[;/\n])\s*ATTACH\b", re.IGNORECASE)
_INTO = re.compile(r"\bVACUUM\b.*\bINTO\b", re.IGNORECASE | re.DOTALL)


def remember(connection: Any, database: str | bytes, *, uri: bool) -> None:
    """Keep with a connection which file it has opened, as it was given."""
    file = file_of(database, uri=uri)
    connection.__dict__[FILE] = file
    connection.__dict__[URI] = uri
    connection.__dict__[TABLES] = file or f":memory:{next(_in_memory)}"


def statement(connection: Any, text: str, values: Any) -> tuple[Operation, ...]:
    """Describe a statement of a connection, or a script; the databases that it attaches are told from then on.

    Args:
        connection: The driver's.
        text: The statement.
        values: What is bound in it; none for a script.
    """
    if _ATTACH.search(text):
        _told(connection)[ATTACHED] = True
        if len(parts := parted(text)) > 1:
            return _script(connection, parts)
    if _INTO.search(text):
        return _script(connection, parted(text), values)
    schema = None
    if ATTACHED not in _told(connection):
        schema = schema_for(_aside(connection), _told(connection).get(TABLES, ""), text)
    bound = bool(values) and _MARKS.search(text) is not None
    found = operations(text, partial(_table, connection), bound=bound, dialect="sqlite", schema=schema)
    opaque = any(each.kind is Kind.OPAQUE for each in found)
    return () if opaque and _is_no_sql(_aside(connection), text) else found


def _script(connection: Any, parts: list[str], values: Any = ()) -> tuple[Operation, ...]:
    """Describe statements of which some say in which files those behind them are."""
    uri = bool(_told(connection).get(URI))
    script = Script(_files(connection), partial(file_of, uri=uri), partial(_schema_of, connection))
    found: dict[Operation, None] = {}
    for part in parts:
        try:
            found.update(dict.fromkeys(_step(connection, script, part, values)))
        except LookupError as error:
            found.update(dict.fromkeys(_untold(script, str(error))))
        script.follow(part)
    return tuple(found)


def _step(connection: Any, script: Script, part: str, values: Any) -> tuple[Operation, ...]:
    copies = vacuumed(part, values)
    if copies is None:
        return operations(part, lambda name: _named(*script.place(name)), bound=bool(values), dialect="sqlite")
    schema, file = copies
    if file is None or schema not in _files(connection):
        raise LookupError("a database is copied into a file that is worked out")
    names = _tables(connection, schema)
    return _copies(script.file(schema), names, file_of(file, uri=bool(_told(connection).get(URI))))


def _untold(script: Script, why: str) -> tuple[Operation, ...]:
    """Describe what nobody can tell: it may read any database that is open, and write elsewhere too."""
    files = dict.fromkeys(file for file in script.files.values() if file)
    opaque = (Operation(Kind.OPAQUE, _named(file, "{…}"), site=host_site(), why=why) for file in files)
    return (*opaque, Operation(Kind.WRITE, Asset("file", "/{…}")))


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
    if _ATTACH.search(text) or _INTO.search(text) or holds_values(text):
        return False
    found = tables(text, "sqlite")
    return not any("." in name for name in found.reads + found.writes)


def has(connection: Any, schema: Any) -> bool:
    """Return whether a connection has opened a database by that name; SQLite refuses any other."""
    return isinstance(schema, str) and schema.lower() in _files(connection)


def copied(source: Any, schema: str, target: Any) -> tuple[Operation, ...]:
    """Describe that one connection's database is copied into another's, table by table."""
    return _copies(_files(source)[schema.lower()], _tables(source, schema), _files(target)["main"])


def _copies(file: str, names: list[str], sink: str) -> tuple[Operation, ...]:
    pairs = [(_named(file, name), _named(sink, name)) for name in names]
    writes = (Operation(Kind.WRITE, to, derived_from=(asset,), parsed=True) for asset, to in pairs)
    return (*(Operation(Kind.READ, asset) for asset, _ in pairs), *writes)


def replaced(connection: Any, schema: str) -> tuple[Operation, ...]:
    """Describe that a database is exchanged for the one that bytes hold; which tables these are nobody knows yet."""
    return (Operation(Kind.WRITE, _named(_files(connection)[schema.lower()], "{…}")),)


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
        schema, table = _schema_of(connection, files, name) or "main", name
    return _named(files[schema.lower()], table)


def _named(file: str, table: str) -> Asset:
    return Asset("sqlite", f"{file}/{table}") if file else Asset("sqlite://:memory:", table)


def _told(connection: Any) -> dict[str, Any]:
    """Return what is kept with a connection; nothing where it was made past us."""
    return getattr(connection, "__dict__", {})


def _aside(connection: Any) -> Any:
    """Return a cursor that nobody sees, whatever the host makes of the connection's own."""
    import _sqlite3  # whose name for the class stays its own

    cursor = _sqlite3.Cursor(connection)
    cursor.row_factory = None
    return cursor


def _files(connection: Any) -> dict[str, str]:
    """Return the files of all databases that a connection has open, by the names that SQL gives them."""
    listed = _aside(connection).execute("PRAGMA database_list").fetchall()
    files = {os.fsdecode(schema).lower(): os.fsdecode(file or "") for _, schema, file in listed} | {"temp": ""}
    told = _told(connection)
    return files | {"main": told[FILE]} if FILE in told else files


def _schema_of(connection: Any, schemas: Iterable[str], table: str) -> str | None:
    """Return the database in which SQLite finds a table that is named alone; None where it is in none."""
    for schema in sorted(schemas, key=lambda one: (one != "temp", one != "main")):
        query = f"SELECT 1 FROM {_quoted(schema)}.sqlite_master WHERE name = ? COLLATE NOCASE"  # noqa: S608 - quoted
        if _aside(connection).execute(query, (table,)).fetchone():
            return schema
    return None


def _tables(connection: Any, schema: str) -> list[str]:
    query = f"SELECT name FROM {_quoted(schema)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"  # noqa: S608 - quoted
    return [os.fsdecode(name) for (name,) in _aside(connection).execute(query).fetchall()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
