"""sqlite3: each statement reads and writes tables of one database file."""

import os
from functools import partial
from typing import Any

from privacylib.families.dbapi import operations
from privacylib.families.paths import resolved
from privacylib.instrumentation.patching import patched_class
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Asset, Operation
from privacylib.naming import file_asset

__all__ = ["INTEGRATION"]

_DATABASE = "_privacylib_database"


def _connected(call: Call) -> Any:
    text = os.fsdecode(call["database"])
    parameters = ""
    if text.startswith("file:"):
        text, _, parameters = text.removeprefix("file:").partition("?")
        text = text.removeprefix("//") if text.startswith("///") else text
    in_memory = text in ("", ":memory:") or "mode=memory" in parameters
    call.result.__dict__[_DATABASE] = "" if in_memory else file_asset(text).name
    return call.result


def _table(database: str, name: str) -> Asset:
    name = name.removeprefix("main.")
    return Asset("sqlite", f"{database}/{name}") if database else Asset("sqlite://:memory:", name)


def _statement(call: Call) -> tuple[Operation, ...]:
    database = call["self"].connection.__dict__[_DATABASE]
    return operations(call["sql"], partial(_table, database), bound=bool(call["parameters"]), dialect="sqlite")


def _factory(name: str, given: Any) -> Any:
    import sqlite3

    chosen = getattr(sqlite3, name) if given is None else given
    return patched_class(chosen) if isinstance(chosen, type) else chosen


def _on(method: str, *parameters: str) -> tuple[Patch, Patch]:
    """Patch a cursor's method; the connection's own does what it is documented to do, by a cursor that is seen."""

    def by_cursor(connection: Any, *args: Any) -> Any:
        return getattr(connection.cursor(), method)(*args)

    target = Patch(f"sqlite3:Cursor.{method}", _statement, ("self", *parameters))
    return target, Patch(f"sqlite3:Connection.{method}", instead=by_cursor)


INTEGRATION = Integration(
    "sqlite3",
    (
        Patch(
            "sqlite3:connect",
            parameters=("database", "timeout", "detect_types", "isolation_level", "check_same_thread", "factory"),
            pins={"database": resolved, "factory": partial(_factory, "Connection")},
            after=_connected,
        ),
        Patch(
            "sqlite3:Connection.cursor", parameters=("self", "factory"), pins={"factory": partial(_factory, "Cursor")}
        ),
        *_on("execute", "sql", "parameters"),
        *_on("executemany", "sql", "parameters"),
        *_on("executescript", "sql"),
    ),
)
