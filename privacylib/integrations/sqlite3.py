"""sqlite3: each statement reads and writes tables of one database file, and of those attached to it."""

from functools import partial
from typing import Any

from privacylib.families import sqlite
from privacylib.families.paths import resolved
from privacylib.families.shapes import statement_of_sqlite
from privacylib.instrumentation.facts import Alike
from privacylib.instrumentation.patching import patched_class
from privacylib.instrumentation.table import Call, Integration, Patch, Replacement
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _connected(call: Call) -> Any:
    sqlite.remember(call.result, call["database"], uri=bool(call["uri"]))
    return call.result


def _statement(call: Call) -> tuple[Operation, ...]:
    return sqlite.statement(call["self"].connection, call["sql"], bound=bool(call["parameters"]))


_ALIKE = Alike(statement_of_sqlite, lambda call: sqlite.is_plain(call["sql"]))


def _copied(call: Call) -> tuple[Operation, ...]:
    return sqlite.copied(call["self"], call["name"] or "main", call["target"])


def _serialized(call: Call) -> tuple[Operation, ...]:
    return sqlite.serialized(call["self"], call["name"] or "main")


def _blob(call: Call) -> tuple[Operation, ...]:
    return sqlite.blob(call["self"], call["name"] or "main", call["table"], call["column"], only_read=call["readonly"])


def _factory(name: str, given: Any) -> Any:
    import sqlite3

    chosen = getattr(sqlite3, name) if given is None else given
    return patched_class(chosen) if isinstance(chosen, type) else chosen


def _connect(target: str) -> Patch:
    positions = ("database", "timeout", "detect_types", "isolation_level", "check_same_thread", "factory")
    pins = {"database": resolved, "factory": partial(_factory, "Connection")}
    return Patch(target, parameters=(*positions, "cached_statements", "uri"), pins=pins, after=_connected)


def _on(method: str, *parameters: str) -> tuple[Patch, Replacement]:
    """Patch a cursor's method; the connection's own does what it is documented to do, by a cursor that is seen."""

    def by_cursor(connection: Any, *args: Any) -> Any:
        return getattr(connection.cursor(), method)(*args)

    seen = Patch(f"sqlite3:Cursor.{method}", _statement, parameters=("self", *parameters), alike=_ALIKE)
    return seen, Replacement(f"sqlite3:Connection.{method}", lambda _: by_cursor)


INTEGRATION = Integration(
    "sqlite3",
    (
        _connect("sqlite3:connect"),
        _connect("sqlite3.dbapi2:connect"),
        Patch(
            "sqlite3:Connection.cursor", parameters=("self", "factory"), pins={"factory": partial(_factory, "Cursor")}
        ),
        Patch("sqlite3:Connection.backup", _copied, parameters=("self", "target")),
        Patch("sqlite3:Connection.serialize", _serialized, parameters=("self",), since=(3, 11)),
        Patch("sqlite3:Connection.blobopen", _blob, parameters=("self", "table", "column", "row"), since=(3, 11)),
        *_on("execute", "sql", "parameters"),
        *_on("executemany", "sql", "parameters"),
        *_on("executescript", "sql"),
    ),
)
