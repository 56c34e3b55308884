"""PyMySQL: each statement of a cursor reads and writes tables of MySQL or MariaDB."""

from typing import Any

from privacylib.families.databases import mysql, mysql_schema
from privacylib.families.databases.dbapi import asks_by
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _connected(call: Call) -> Any:
    mysql_schema.connected(call["self"])
    return call.result


def _statement(call: Call) -> tuple[Operation, ...]:
    return mysql.statement(call["self"].connection, call["query"])


def _procedure(call: Call) -> tuple[Operation, ...]:
    return mysql.called(call["self"].connection)


_ALIKE = Alike(mysql.shape, mysql.is_plain)

INTEGRATION = Integration(
    "pymysql",
    (
        Patch("pymysql.connections:Connection.connect", after=_connected),
        Patch("pymysql.cursors:Cursor.execute", _statement, alike=_ALIKE, takes=asks_by("query")),
        Patch("pymysql.cursors:Cursor.callproc", _procedure, takes=asks_by("procname")),
    ),
    distribution="pymysql",
    connects=("pymysql",),
    versions=("1.0", ""),
)
"""``executemany`` ends in ``execute``, once for many rows, and so does what SQLAlchemy and Django do."""
