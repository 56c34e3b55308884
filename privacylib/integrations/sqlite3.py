"""sqlite3: each statement reads and writes tables of one database file, and of those attached to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import evolve

from privacylib.families.databases.sqlite import calls
from privacylib.families.databases.sqlite import places as sqlite
from privacylib.families.files.paths import resolved
from privacylib.families.shapes import statement_of_sqlite
from privacylib.instrumentation.facts import ASKS_HOST, Alike, typed
from privacylib.instrumentation.patching import patched_class
from privacylib.instrumentation.table import Call, Describe, Integration, Patch, Replacement, Subclass, Test

__all__ = ["INTEGRATION"]


def _opened(call: Call) -> Any:
    sqlite.remember(call["self"], call["database"], uri=bool(call["uri"]))
    return call.result


_MADE = "sqlite3.dbapi2"  # where programs have the classes from, in whatever order they import
_ALIKE = Alike(statement_of_sqlite, lambda call: sqlite.is_plain(call["sql"]))


def _factory(name: str, given: Any) -> Any:
    import sqlite3

    chosen = getattr(sqlite3, name) if given is None else given
    return patched_class(chosen) if isinstance(chosen, type) else chosen


_FILE, _KIND = {"database": resolved}, {"factory": partial(_factory, "Connection")}
_HOW = ("timeout", "detect_types", "isolation_level", "check_same_thread")
_OPENS = ("database", *_HOW, "factory", "cached_statements", "uri")


def _on(method: str, *parameters: str) -> tuple[Patch, Replacement]:
    """Patch a cursor's method; the connection's own does what it is documented to do, by a cursor that is seen."""

    def by_cursor(bare: Callable[..., Any]) -> Callable[..., Any]:
        def called(connection: Any, *args: Any, **wrong: Any) -> Any:
            if wrong or not args:
                return bare(connection, *args, **wrong)
            return getattr(connection.cursor(), method)(*args)

        return called

    said = Patch(f"{_MADE}:Cursor.{method}", calls.statement, parameters=("self", *parameters), body=ASKS_HOST)
    seen = evolve(said, alike=_ALIKE, takes=typed(sql=str))
    return seen, Replacement(f"{_MADE}:Connection.{method}", by_cursor)


def _on_database(name: str, describe: Describe, takes: Test, *parameters: str, **more: Any) -> Patch:
    return Patch(f"{_MADE}:Connection.{name}", describe, takes=takes, parameters=("self", *parameters), **more)


INTEGRATION = Integration(
    "sqlite3",
    (
        *(Patch(f"{module}:connect", parameters=_OPENS, pins={**_FILE, **_KIND}) for module in (_MADE, "sqlite3")),
        Patch(f"{_MADE}:Connection.__init__", parameters=("self", *_OPENS), pins=_FILE, after=_opened),
        Patch(
            f"{_MADE}:Connection.cursor", parameters=("self", "factory"), pins={"factory": partial(_factory, "Cursor")}
        ),
        _on_database("backup", calls.copied, calls.copies, "target"),
        _on_database("serialize", calls.serialized, calls.hands_out, since=(3, 11)),
        _on_database("deserialize", calls.replaced, calls.takes, "data", since=(3, 11)),
        _on_database("blobopen", calls.blob, calls.opens, "table", "column", "row", since=(3, 11)),
        *_on("execute", "sql", "parameters"),
        *_on("executemany", "sql", "parameters"),
        *_on("executescript", "sql"),
        *(Subclass(f"{module}:{kind}") for module in (_MADE, "sqlite3") for kind in ("Cursor", "Connection")),
    ),
)
