"""What commands and statements have in common that are described alike: looked at in each call.

Each takes a call's arguments, and those given by name, as they are: to take them apart and put them together again
costs as much as all the rest.
"""

from collections.abc import Hashable
from typing import Any

from privacylib.families.databases.places import DATABASE
from privacylib.families.databases.sqlite.places import ATTACHED, FILE, TABLES
from privacylib.families.databases.sqlite.schema import mark
from privacylib.families.stores.keys import PLACE, place_of

__all__ = ["command", "statement", "statement_of_sqlite"]


def command(args: tuple[Any, ...], _: dict[str, Any]) -> Hashable | None:
    """Return it for a command of Redis: its place, name and first key; None where a command also reads what it writes.

    Args:
        args: A client of redis-py, the command's name and its arguments.
    """
    if len(args) < 3 or (len(args) > 4 and "GET" in args[4:]):
        return None
    pool = args[0].connection_pool
    return getattr(pool, PLACE, None) or place_of(pool), args[1], args[2]


def statement(args: tuple[Any, ...], _: dict[str, Any]) -> Hashable | None:
    """Return it for a statement on a cursor by libpq: the database and the text."""
    if len(args) < 2 or args[1].__class__ is not str:
        return None
    cursor = args[0]
    connection = getattr(cursor, "_conn", None)  # of psycopg, whose ``connection`` is a property written in Python
    database = getattr(cursor.connection if connection is None else connection, DATABASE, None)
    return None if database is None else (database, args[1])


def statement_of_sqlite(args: tuple[Any, ...], _: dict[str, Any]) -> Hashable | None:
    """Return it for a statement on a cursor of SQLite; None where other databases are attached."""
    told = args[0].connection.__dict__
    if ATTACHED in told:
        return None
    return told[FILE], args[1], len(args) > 2 and bool(args[2]), mark(told[TABLES])
