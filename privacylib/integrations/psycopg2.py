"""psycopg2: each statement of a cursor reads and writes tables of PostgreSQL."""

from functools import partial
from typing import Any

from privacylib.families.databases import dbapi, postgres
from privacylib.families.shapes import statement
from privacylib.instrumentation.facts import STREAMED, Alike, Outgoing
from privacylib.instrumentation.patching import patched_class
from privacylib.instrumentation.table import Call, Describe, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _factory(given: Any) -> Any:
    from psycopg2.extensions import connection

    return given if not (given is None or isinstance(given, type)) else patched_class(given or connection)


def _connected(call: Call) -> Any:
    key = postgres.key_of(call.result)
    listed = () if postgres.known(key) or call.result.async_ else _listed(call.result)
    postgres.connected(call.result, key, *listed)
    return call.result


def _listed(connection: Any) -> Any:
    """Ask outside of any transaction; where the host is in none yet, changing that costs nothing."""
    from psycopg2.extensions import cursor

    before, connection.autocommit = connection.autocommit, True
    try:
        with cursor(connection) as ours:
            ours.execute(postgres.LISTING)
            return ours.fetchone() or ()
    finally:
        connection.autocommit = before


def _cursor(call: Call) -> Any:
    """Return the cursor as one that is seen: of a class that the host chose, or anew, for it has done nothing yet."""
    cursor, kind = call.result, patched_class(call.result.__class__)
    try:
        cursor.__class__ = kind
    except TypeError:
        before, cursor = cursor, kind(call["self"], cursor.name)
        cursor.scrollable, cursor.withhold = before.scrollable, before.withhold
    return cursor


def _statement(call: Call) -> tuple[Operation, ...]:
    return postgres.statement(call["self"].connection, call["query"] if call["sql"] is None else call["sql"])


def _copied(way: str, call: Call) -> tuple[Operation, ...]:
    return postgres.statement(call["self"].connection, f"COPY {call['table']} {way}")


def _on(method: str, describe: Describe, *parameters: str, **more: Any) -> Patch:
    return Patch(f"psycopg2.extensions:cursor.{method}", describe, parameters=("self", *parameters), **more)


_ASKS, _ROWS = dbapi.asks_by("query", "sql"), Outgoing(streams=dbapi.made_meanwhile("vars_list"))

INTEGRATION = Integration(
    "psycopg2",
    (
        Patch("psycopg2:connect", pins={"connection_factory": _factory}, after=_connected),
        Patch("psycopg2.extensions:connection.cursor", parameters=("self",), after=_cursor),
        _on("execute", _statement, "query", "vars", alike=Alike(statement, postgres.is_plain), takes=_ASKS),
        _on("executemany", _statement, "query", "vars_list", sends=_ROWS, takes=_ASKS),
        _on("callproc", postgres.called, "procname", takes=dbapi.asks_by("procname")),
        _on("copy_expert", _statement, "sql", "file", "size", sends=STREAMED, takes=_ASKS),
        _on("copy_from", partial(_copied, "FROM STDIN"), "file", "table", sends=STREAMED, takes=dbapi.asks_by("table")),
        _on("copy_to", partial(_copied, "TO STDOUT"), "file", "table", takes=dbapi.asks_by("table")),
    ),
)
