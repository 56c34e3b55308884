"""Databases of DuckDB: which file is behind a table, and which files a statement reads and writes by itself."""

import re
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from attrs import define, evolve

from privacylib.families.copying import plain
from privacylib.families.dbapi import operations
from privacylib.families.duckdb_files import Reader, named
from privacylib.families.duckdb_older import NAMED, changed
from privacylib.families.duckdb_prepared import unfolded
from privacylib.families.duckdb_schema import bare, holds, schema_for, with_files
from privacylib.model import Asset, Operation
from privacylib.naming import asset
from privacylib.sql import tables

__all__ = ["appended", "before_the_last", "statement", "view"]

_ATTACHES = re.compile(r"\b(?:ATTACH|DETACH)\b", re.IGNORECASE)
_USED = re.compile(
    r"\bUSE\s+([\w\".]+)|\bSET\s+(?:SESSION\s+)?(schema|search_path)\s*(?:=|\bTO\b)\s*'([^']+)'", re.IGNORECASE
)
_SOURCE = "__duckdb_source_"
"""How DuckDB names objects of the program that a relation reads."""

_MEMORY = "memory"
"""Namespace of the program's variables."""


@define
class _Told:
    """What is known of a connection: files by the names of databases, and where bare names are looked for."""

    files: dict[str, str | None]
    database: str
    schema: str = "main"


_told: WeakKeyDictionary[Any, _Told] = WeakKeyDictionary()


def statement(connection: Any, text: str, values: Any = None, *, beside: bool = False) -> tuple[Operation, ...]:
    """Describe a statement of a connection; variables of the program that it reads are in memory.

    Args:
        connection: The driver's.
        text: The statement, or several.
        values: What is bound in it: it may name files.
        beside: Whether a result of the connection stays open, so that DuckDB before 2.0 cannot be asked on it.
    """
    text = unfolded(connection, text)
    if _ATTACHES.search(text):
        _told.pop(connection, None)
    reader, views = Reader(connection, values), Reader(connection, whole=True)
    shown = reader.read(plain(text, named, reader.copied))
    for found in _USED.finditer(shown):
        _use(connection, found[1] or found[3])
    schema = None
    if not _USED.search(shown):
        schema = schema_for(connection, shown, views.read, views.columns, beside=beside)
    changed(shown)
    schema = with_files(schema, reader.columns)
    writes = tables(shown, "duckdb", schema).writes
    found = operations(shown, partial(_table, connection, writes, ";" in text), dialect="duckdb", schema=schema)
    return tuple(evolve(each, inside=each.inside and not _takes_from_memory(each)) for each in found)


def _takes_from_memory(operation: Operation) -> bool:
    """Return whether what is written comes from variables of the program, which hold what it has read."""
    return any(source.namespace == _MEMORY for source in operation.derived_from or ())


def before_the_last(connection: Any, query: Any) -> tuple[Operation, ...]:
    """Describe all statements of a script but the last."""
    if not isinstance(query, str) or ";" not in query.rstrip().rstrip(";"):
        return ()
    listed = [each.query for each in connection.extract_statements(query)[:-1]]
    return statement(connection, ";".join(listed)) if listed else ()


def view(connection: Any, name: Any, query: str) -> tuple[Operation, ...]:
    """Describe the creation of a view."""
    return statement(connection, f'CREATE VIEW "{name}" AS {query}')


def appended(connection: Any, table: str) -> tuple[Operation, ...]:
    """Describe that rows of the program go into a table."""
    return statement(connection, f'INSERT INTO "{table}" VALUES (?)', beside=True)  # noqa: S608 - it is only looked at


def _table(connection: Any, writes: tuple[str, ...], script: bool, name: str) -> Asset:
    if "://" in name:
        return asset(name)
    if name.startswith("file:"):  # of a view, or of a statement that is not the first
        return asset(named(name.removeprefix("file:")))
    if name.startswith(NAMED):
        return Asset(_MEMORY, name.removeprefix(NAMED))
    if name.startswith(_SOURCE) or not (script or name in writes or "." in name or _is_there(connection, name)):
        return Asset(_MEMORY, "{…}" if name.startswith(_SOURCE) else name)
    told, parts = _of(connection), name.removeprefix("temp.main.").split(".")
    if len(parts) > 1 and parts[0] not in told.files and parts[0] != told.schema:
        _told.pop(connection, None)  # another connection may have attached it
        told = _of(connection)
    database = parts.pop(0) if len(parts) > 1 and parts[0] in told.files else told.database
    schema = parts[-2] if len(parts) > 1 else told.schema if database == told.database else "main"
    file = told.files.get(database)
    where = f"{schema}.{parts[-1]}"
    return Asset("duckdb", f"{file}/{where}") if file else Asset("duckdb://:memory:", where)


def _is_there(connection: Any, name: str) -> bool:
    return name == "{…}" or holds(connection, name)


def _of(connection: Any) -> _Told:
    """Return what is known of a connection; asked through a second one, which the first does not notice."""
    known = _told.get(connection)
    if known is None:
        beside = connection.cursor()
        try:
            asked = "SELECT database_name, path FROM duckdb_databases() WHERE NOT internal ORDER BY database_oid"
            files = {name.lower(): file for name, file in bare(beside, asked)}
        finally:
            beside.close()
        known = _told[connection] = _Told(files, next(iter(files), "memory"))
    return known


def _use(connection: Any, name: str) -> None:
    told = _of(connection)
    parts = [part.strip('"').lower() for part in name.split(".")]
    if parts[0] in told.files:
        told.database = parts.pop(0)
        told.schema = "main"
    if parts:
        told.schema = parts[-1]
