"""Which tables, columns and views the database of a connection to MySQL or MariaDB has.

It is asked once, right after connecting, of the one database that the connection has chosen, and not where a
transaction is open by then. What the connection makes, renames and drops is read from its statements.
"""

from typing import Any

from privacylib.families.databases.places import CHANGES, Database, Shelf, of_connection, remember, server
from privacylib.sql import Schema

__all__ = ["connected", "forget", "schema_for"]

_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()
 ORDER BY table_name, ordinal_position LIMIT 20001
"""
_VIEWS = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
_LIMIT = 20_000
"""Columns that are listed; of a database with more nothing is known."""

_IN_TRANSACTION = 1
"""Bit of the server's status."""

_shelf = Shelf()


def connected(connection: Any) -> None:
    """Keep with a connection of PyMySQL which tables there are in its database."""
    name = connection.db.decode() if isinstance(connection.db, bytes) else connection.db
    if not name or connection.server_status & _IN_TRANSACTION:
        return
    key = connection.host, connection.unix_socket, connection.port, connection.user, name
    found = _shelf.get(key)
    if found is None:
        schema = _asked(connection, name)
        where = server("mysql", None if connection.unix_socket else connection.host, connection.port)
        found = _shelf.keep(key, Database(where, name, schema))
    remember(connection, found)


def forget() -> None:
    """Ask anew for the tables of every database."""
    _shelf.forget()


def schema_for(connection: Any, chosen: str, text: str) -> Schema | None:
    """Return what is known about tables, for a statement that is about to run.

    Args:
        connection: The driver's.
        chosen: The database in which bare names are looked for by now.
        text: The statement.
    """
    database = of_connection(connection)
    if database is None or database.name != chosen:
        return None
    if CHANGES.search(text):
        _shelf.changed(remember(connection, database.after(text, "mysql")), text)
    return database.schema


def _asked(connection: Any, name: str) -> Schema:
    before = connection._result, connection._affected_rows
    try:
        listed, views = _rows(connection, _COLUMNS), _rows(connection, _VIEWS)
        if connection.server_status & _IN_TRANSACTION:
            connection.query("COMMIT")
    finally:
        connection._result, connection._affected_rows = before
    tables: dict[str, list[str]] = {}
    for table, column in listed if len(listed) <= _LIMIT else ():
        tables.setdefault(f"{name}.{table}", []).append(column)
    return Schema(tables, {f"{name}.{view}": text for view, text in views if text}, (name,))


def _rows(connection: Any, query: str) -> list[tuple[str, str]]:
    connection.query(query)
    return [(str(one), str(other or "")) for one, other in connection._result.rows]
