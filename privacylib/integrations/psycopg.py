"""psycopg 3: each statement of a cursor reads and writes tables of PostgreSQL, in client, server and async cursors."""

from collections.abc import Generator
from typing import Any

from privacylib.families.databases import postgres
from privacylib.families.databases.dbapi import asks_by, made_meanwhile
from privacylib.families.shapes import statement
from privacylib.instrumentation.facts import STREAMED, Alike, Outgoing, Response
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _listed(pgconn: Any) -> Generator[Any, Any, Any]:
    from psycopg import generators

    pgconn.send_query(postgres.LISTING.encode())
    (result,) = yield from generators.execute(pgconn)
    return tuple((result.get_value(0, column) or b"").decode("utf-8", "replace") for column in range(result.nfields))


def _connected(call: Call) -> Any:
    connection = call.result
    key = postgres.key_of(connection)
    listed = () if postgres.known(key) else connection.wait(_listed(connection.pgconn))
    postgres.connected(connection, key, *listed)
    return connection


async def _connected_async(call: Call) -> Any:
    connection = call.result
    key = postgres.key_of(connection)
    listed = () if postgres.known(key) else await connection.wait(_listed(connection.pgconn))
    postgres.connected(connection, key, *listed)
    return connection


def _statement(call: Call) -> tuple[Operation, ...]:
    return postgres.statement(call["self"].connection, call["query"])


def _copy(call: Call) -> tuple[Operation, ...]:
    return postgres.statement(call["self"].connection, call["statement"])


_ALIKE = Alike(statement, postgres.is_plain)
_ROWS = Outgoing(streams=made_meanwhile("params_seq"))
_ASKS, _COPIES = asks_by("query"), asks_by("statement")
_CURSORS = ("Cursor", "AsyncCursor")
_ON_SERVERS = ("ServerCursor", "AsyncServerCursor")

INTEGRATION = Integration(
    "psycopg",
    (
        Patch("psycopg:Connection.connect", after=_connected),
        Patch("psycopg:connect", after=_connected),
        Patch("psycopg:AsyncConnection.connect", after=_connected_async, brings=Response(closes="close")),
        *(
            Patch(f"psycopg:{kind}.execute", _statement, alike=_ALIKE, takes=_ASKS)
            for kind in (*_CURSORS, *_ON_SERVERS)
        ),
        *(Patch(f"psycopg:{kind}.executemany", _statement, sends=_ROWS, takes=_ASKS) for kind in _CURSORS),
        *(Patch(f"psycopg:{kind}.stream", _statement, takes=_ASKS) for kind in _CURSORS),
        *(Patch(f"psycopg:{kind}.copy", _copy, sends=STREAMED, takes=_COPIES) for kind in _CURSORS),
    ),
    distribution="psycopg",
    versions=("3.1", ""),
)
