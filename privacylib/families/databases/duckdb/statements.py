"""Databases of DuckDB: which file is behind a table, and which files a statement reads and writes by itself."""

import re
from functools import partial
from typing import Any

from attrs import evolve

from privacylib.decorators.sites import host_site
from privacylib.families.databases.copying import plain
from privacylib.families.databases.dbapi import operations
from privacylib.families.databases.duckdb.files import Reader, named
from privacylib.families.databases.duckdb.older import NAMED, changed
from privacylib.families.databases.duckdb.places import as_seen, follow, places_of
from privacylib.families.databases.duckdb.schema import holds, schema_for, with_files
from privacylib.families.databases.parts import parted
from privacylib.families.databases.prepared import unfolded
from privacylib.model import Asset, Kind, Operation
from privacylib.naming import asset
from privacylib.sql import tables

__all__ = ["appended", "before_the_last", "statement", "view"]

_PLACES = re.compile(r"\b(?:ATTACH|DETACH|USE|SET\s+(?:SESSION\s+)?(?:schema|search_path))\b", re.IGNORECASE)
"""What a script may hold that changes where the tables are that stand behind it."""

_OUT = re.compile(r"\b(?:COPY|EXPORT|EXECUTE)\b", re.IGNORECASE)
_BY_TEXT = re.compile(r"\bquery(?:_table)?\s*\(", re.IGNORECASE)
_SOURCE = "__duckdb_source_"
"""How DuckDB names objects of the program that a relation reads."""

_MEMORY = "memory"
"""Namespace of the program's variables."""


def statement(connection: Any, text: str, values: Any = None, *, beside: bool = False) -> tuple[Operation, ...]:
    """Describe a statement of a connection; variables of the program that it reads are in memory.

    Args:
        connection: The driver's.
        text: The statement, or several.
        values: What is bound in it: it may name files.
        beside: Whether a result of the connection stays open, so that DuckDB before 2.0 cannot be asked on it.
    """
    text = unfolded(connection, text)
    parts = parted(text) if ";" in text and _PLACES.search(text) else [text]
    if len(parts) == 1:
        return _one(connection, text, values, beside=beside, script=";" in text)
    places_of(connection, anew=True).moving = True
    try:
        each = (_step(connection, part, values if part is parts[-1] else None, beside=beside) for part in parts)
        return tuple(dict.fromkeys(operation for step in each for operation in step))
    finally:
        places_of(connection).stale = True


def _step(connection: Any, part: str, values: Any, *, beside: bool) -> tuple[Operation, ...]:
    """Describe one statement of several, of which some change where the tables are."""
    places = places_of(connection)
    try:
        found = _one(connection, part, values, beside=beside, script=True)
    except LookupError:
        found = _untold(connection, "what it names cannot be told before it runs")
    places.follow(part)
    places.made.update(each.asset.name.rpartition(".")[2] for each in found if each.kind is Kind.WRITE)
    return found


def _one(connection: Any, text: str, values: Any, *, beside: bool, script: bool) -> tuple[Operation, ...]:
    reader, views = Reader(connection, values), Reader(connection, whole=True)
    shown = reader.read(plain(text, named, reader.copied))
    follow(connection, shown)
    schema = schema_for(connection, shown, views.read, views.columns, beside=beside)
    changed(shown)
    schema = with_files(as_seen(connection, schema), reader.columns)
    writes = tables(shown, "duckdb", schema).writes
    found = operations(shown, partial(_table, connection, writes, script), dialect="duckdb", schema=schema)
    found = tuple(evolve(each, inside=each.inside and not _takes_from_memory(each)) for each in found)
    opaque = next((each for each in found if each.kind is Kind.OPAQUE), None)
    out = _OUT.search(text) is not None
    if opaque is None or not (out or _BY_TEXT.search(text)):
        return found
    return tuple(dict.fromkeys((*found, *_untold(connection, opaque.why, out=out))))


def _untold(connection: Any, why: str, *, out: bool = True) -> tuple[Operation, ...]:
    """Describe what nobody can tell: it may read any database that is open, and write elsewhere too."""
    files = places_of(connection).files.values()
    places = [Asset("duckdb", f"{file}/{{…}}") for file in files if file]
    opaque = tuple(Operation(Kind.OPAQUE, place, site=host_site(), why=why) for place in places)
    return (*opaque, Operation(Kind.WRITE, Asset("file", "/{…}"))) if out else opaque


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
    told, parts = places_of(connection), name.removeprefix("temp.main.").split(".")
    if told.untold or (told.used and name in told.made):
        raise LookupError("a table that only the statements before it tell")
    if len(parts) > 1 and parts[0] not in told.files and parts[0] != told.schema and not told.moving:
        told = places_of(connection, anew=True)
    database = parts.pop(0) if len(parts) > 1 and parts[0] in told.files else told.database
    schema = parts[-2] if len(parts) > 1 else told.schema if database == told.database else "main"
    file = told.files.get(database)
    where = name if name == "{…}" else f"{schema}.{parts[-1]}"
    return Asset("duckdb", f"{file}/{where}") if file else Asset("duckdb://:memory:", where)


def _is_there(connection: Any, name: str) -> bool:
    return name == "{…}" or holds(connection, name)
