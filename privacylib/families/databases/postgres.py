"""Databases of PostgreSQL, whatever driver speaks to them.

Which schemas there are and which tables they hold is asked once, right after connecting, when no transaction is
open and nobody waits for a statement. From then on bare names are told from what is known. A statement that
changes where bare names are looked for, or which tables there are, is read; a transaction that is rolled back does
not change that back. Connections that are open hear nothing of what others change; those made later ask again.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from privacylib.families.asked import Asked
from privacylib.families.databases.copying import plain
from privacylib.families.databases.dbapi import operations
from privacylib.families.databases.places import CHANGES, Database, Shelf, of_connection, remember, server
from privacylib.families.databases.prepared import names_prepared, unfolded
from privacylib.model import Operation
from privacylib.sql import Schema, holds_values

__all__ = [
    "LISTING",
    "Key",
    "called",
    "connected",
    "database_of",
    "forget",
    "is_plain",
    "known",
    "statement",
    "text_of",
]

LISTING = """
SELECT pg_catalog.array_to_string(pg_catalog.current_schemas(false), pg_catalog.chr(31)),
  (SELECT pg_catalog.string_agg(held.line, pg_catalog.chr(30)) FROM (
     SELECT n.nspname || '.' || c.relname || pg_catalog.chr(31)
         || pg_catalog.string_agg(a.attname, pg_catalog.chr(31) ORDER BY a.attnum) AS line
       FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      GROUP BY n.nspname, c.relname LIMIT 10000) held),
  (SELECT pg_catalog.string_agg(viewed.line, pg_catalog.chr(30)) FROM (
     SELECT n.nspname || '.' || c.relname || pg_catalog.chr(31) || pg_catalog.pg_get_viewdef(c.oid) AS line
       FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'v' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' LIMIT 2000) viewed),
  (SELECT pg_catalog.string_agg(made.line, pg_catalog.chr(30)) FROM (
     SELECT p.proname || pg_catalog.chr(31)
         || CASE l.lanname WHEN 'sql' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE '' END AS line
       FROM pg_catalog.pg_proc p
       JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       JOIN pg_catalog.pg_language l ON l.oid = p.prolang
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND l.lanname NOT IN ('c', 'internal')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = p.oid)
        AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
        AND (l.lanname = 'sql' OR p.provolatile <> 'i' AND p.prosrc ~*
             '(select|insert|update|delete|merge|table|truncate|copy|execute|perform|call|plpy|spi_)')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
      LIMIT 2000) made)
"""
"""Asks for the schemas that are looked at, tables with their columns, views, and functions that may touch tables, with
their definitions where these are SQL; texts, or none for the last three."""

_UNIT, _RECORD = "\x1f", "\x1e"
_PATH = re.compile(
    r"\bSET\s+(?:SESSION\s+|LOCAL\s+)?search_path\s*(?:\bTO\b|=)(?P<list>[^;]+)"
    r"|\bset_config\s*\(\s*'search_path'\s*,\s*(?:'(?P<given>[^']*)')?"
    r"|\bSET\s+(?:SESSION\s+|LOCAL\s+)?SCHEMA\s+'(?P<one>[^']+)'"
    r"|\b(?:RESET\s+(?:ALL|search_path)|DISCARD\s+ALL)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r'"?([^"]*)"?')
_UNTOLD = str.split("""
    query_to_xml query_to_xml_and_xmlschema table_to_xml schema_to_xml database_to_xml cursor_to_xml ts_stat
    dblink dblink_exec dblink_fetch dblink_get_result crosstab crosstab2 crosstab3 crosstab4 connectby xpath_table
    pg_read_file pg_read_binary_file lo_import lo_export lo_get lo_put lo_from_bytea loread lowrite
""")
"""Functions that run a text, or read and write what is no table."""

_shelf = Shelf()


class Key(NamedTuple):
    """What connections have in common to which the same names mean the same."""

    host: str | None
    port: int | str | None
    database: str
    user: str
    options: str = ""


def key_of(connection: Any) -> Key:
    """Return it for a connection by libpq, as psycopg and psycopg2 tell."""
    info = connection.info
    return Key(info.host, info.port, info.dbname, info.user, info.options or "")


def known(key: Key) -> bool:
    """Return whether the tables of a database were asked for lately."""
    return _shelf.get(key) is not None


def forget() -> None:
    """Ask anew for the tables of every database."""
    _shelf.forget()


def connected(
    connection: Any,
    key: Key,
    path: str | None = None,
    tables: str | None = None,
    views: str | None = None,
    functions: str | None = None,
) -> Database:
    """Keep with a connection what it speaks to.

    Args:
        connection: The driver's.
        key: What it has in common with others.
        path: First answer to `LISTING`, where it was asked.
        tables: The second.
        views: The third.
        functions: The fourth.
    """
    return remember(connection, _database(key, path, tables, views, functions))


def _database(key: Key, path: str | None, tables: str | None, views: str | None, functions: str | None) -> Database:
    found = _shelf.get(key)
    if path is None and found is not None:
        return found
    listed = {name: columns for name, *columns in _lines(tables)}
    defined = {name: text for name, text in _lines(views) if text}
    made: dict[str, tuple[str, ...]] = dict.fromkeys(_UNTOLD, ("",))
    for name, text in _lines(functions):
        made[name.lower()] = (*made.get(name.lower(), ()), text)
    schema = Schema(listed, defined, tuple((path or "public").split(_UNIT)), made)
    database = Database(server("postgres", key.host, key.port), key.database, schema, key.user)
    return database if path is None else _shelf.keep(key, database)


def _lines(told: str | None) -> Iterator[list[str]]:
    return (line.split(_UNIT) for line in (told or "").split(_RECORD) if line)


def database_of(connection: Any) -> Database:
    """Return what a connection by libpq speaks to, whoever made it."""
    return of_connection(connection) or connected(connection, key_of(connection))


def statement(connection: Any, query: Any, database: Database | None = None) -> tuple[Operation, ...]:
    """Describe a statement of a connection."""
    text = unfolded(connection, text_of(query, connection), refuses=True)
    database = database or database_of(connection)
    changed = _changed(database, text)
    if changed is not None:
        remember(connection, changed)
    elif CHANGES.search(text):
        _shelf.changed(remember(connection, database.after(text, "postgres")), text)
    plainly = plain(text, database.file)
    return operations(plainly, database.asset, dialect="postgres", schema=database.schema)


def called(call: Asked) -> tuple[Operation, ...]:
    """Describe a call of a procedure by a cursor of psycopg2; anything may happen in it."""
    return operations("CALL p()", database_of(call["self"].connection).asset, dialect="postgres")


def is_plain(call: Any) -> bool:
    """Return whether the query of a call means the same each time, and has no values in it: it can be kept."""
    query = call["query"]
    return not (holds_values(query) or _PATH.search(query) or CHANGES.search(query) or names_prepared(query))


def text_of(query: Any, connection: Any) -> str:
    """Return the text of a query: text, bytes, or one that the driver composes."""
    if isinstance(query, (bytes, bytearray)):
        return query.decode("utf-8", "replace")
    if isinstance(query, str):
        return query
    strings = getattr(query, "strings", None)
    return query.as_string(connection) if strings is None else "%s".join(strings)


def _changed(database: Database, text: str) -> Database | None:
    """Return the database as it is after a statement that changes where bare names are looked for."""
    found = list(_PATH.finditer(text))
    if not found:
        return None
    last = found[-1]
    if last[0].split()[0].upper() in ("RESET", "DISCARD"):
        return database.original or database
    listed = last["list"] or last["given"] or last["one"]
    names = [_NAME.sub(r"\1", name.strip().strip("'")) for name in (listed or "").split(",")]
    if not listed or "%" in listed or "$" in listed.replace("$user", "") or names == ["DEFAULT"]:
        return database.looking_in(())
    return database.looking_in(tuple(database.user if name == "$user" else name for name in names))
