"""Which tables, columns and views an SQLite database has: asked on the connection that runs a statement.

It is asked once for a file, and again after a statement that changes it, or some minutes; what another process
changes meanwhile is not seen. Nothing is asked around a statement that looks at no table.
"""

import re
import time
from itertools import count
from typing import Any

from privacylib.memo import Memo
from privacylib.sql import Schema

__all__ = ["mark", "schema_for"]

_FRESH = 300.0
"""Seconds after which it is asked again."""

_LIMIT = 20_000
"""Columns that are listed; a database with more is taken for one of which nothing is known."""

_COLUMNS = """
SELECT m.name, p.name FROM main.sqlite_master AS m, pragma_table_info(m.name) AS p
 WHERE m.type IN ('table', 'view') ORDER BY m.name, p.cid LIMIT 20001
"""
_VIEWS = "SELECT name, sql FROM main.sqlite_master WHERE type = 'view'"
_LOOKS = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|VALUES|CREATE\b.*\bAS\b)", re.IGNORECASE | re.DOTALL
)
_CHANGES = re.compile(r"(?:^|[;/\n])\s*(?:CREATE|DROP|ALTER)\b", re.IGNORECASE)
_DEFINED = re.compile(r".*?\bAS\b\s*(?=SELECT|WITH|VALUES)", re.IGNORECASE | re.DOTALL)

_known: Memo[str, tuple[Schema, float]] = Memo(16_384)
_epochs = count(1)
_marks: Memo[str, int] = Memo(16_384)


def mark(file: str) -> int:
    """Return a number that changes with what is known about a file's tables."""
    known = _known.get(file)
    if known is not None:
        return known[0].number
    return _marks.get(file) or _marks.keep(file, -next(_epochs))


def schema_for(cursor: Any, file: str, text: str) -> Schema | None:
    """Return what is known about the tables of a database, for a statement that is about to run there.

    Args:
        cursor: A cursor of the connection, which nobody sees.
        file: What its tables are known by: its file; empty for a connection of which nothing is known.
        text: The statement.
    """
    schema, asked = _known.get(file, (None, 0.0))
    if _LOOKS.match(text) and (schema is None or time.monotonic() - asked > _FRESH):
        schema = _asked(cursor)
        if schema is not None and file:
            _known.keep(file, (schema, time.monotonic()), sum(map(len, schema.tables.values())))
    if _CHANGES.search(text):
        _known.pop(file, None)
        _marks.pop(file, None)
    return schema


def _asked(cursor: Any) -> Schema | None:
    try:
        listed = cursor.execute(_COLUMNS).fetchall()
        views = dict(cursor.execute(_VIEWS).fetchall())
    except Exception:  # noqa: BLE001 - the host's own statement tells it what is wrong with its database
        return None
    if len(listed) > _LIMIT:
        return None
    tables: dict[str, list[str]] = {}
    for table, column in listed:
        tables.setdefault(table, []).append(column)
    defined = {name: _DEFINED.sub("", sql or "", count=1) for name, sql in views.items()}
    return Schema(tables, defined)
