"""What commands and statements have in common that are described alike: looked at in each call."""

from collections.abc import Hashable
from typing import Any

from privacylib.families.databases import DATABASE
from privacylib.families.keys import PLACE, place_of
from privacylib.families.sqlite import ATTACHED, FILE, TABLES
from privacylib.families.sqlite_schema import mark

__all__ = ["command", "statement", "statement_of_sqlite"]


def command(client: Any, *arguments: Any, **_: Any) -> Hashable | None:
    """Return it for a command of Redis: its place, name and first key; None where a command also reads what it writes.

    Args:
        client: Of redis-py.
        arguments: The command's name and its arguments.
    """
    pool = client.connection_pool
    if len(arguments) < 2 or (len(arguments) > 3 and "GET" in arguments[3:]):
        return None
    return pool.__dict__.get(PLACE) or place_of(pool), arguments[0], arguments[1]


def statement(cursor: Any, query: Any, *_: Any, **__: Any) -> Hashable | None:
    """Return it for a statement on a cursor by libpq: the database and the text."""
    if query.__class__ is not str:
        return None
    connection = getattr(cursor, "_conn", None)  # of psycopg, whose ``connection`` is a property written in Python
    told = (cursor.connection if connection is None else connection).__dict__
    database = told.get(DATABASE)
    return None if database is None else (database, query)


def statement_of_sqlite(cursor: Any, text: str, parameters: Any = ()) -> Hashable | None:
    """Return it for a statement on a cursor of SQLite; None where other databases are attached."""
    told = cursor.connection.__dict__
    if ATTACHED in told:
        return None
    return told[FILE], text, bool(parameters), mark(told[TABLES])
