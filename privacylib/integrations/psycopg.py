"""psycopg 3: each statement of a cursor reads and writes tables of PostgreSQL, in client, server and async cursors."""

from collections.abc import Generator
from typing import Any

from privacylib.families import postgres
from privacylib.families.dbapi import always, made_meanwhile
from privacylib.instrumentation.table import Call, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _listed(pgconn: Any) -> Generator[Any, Any, Any]:
    from psycopg import generators

    pgconn.send_query(postgres.LISTING.encode())
    (result,) = yield from generators.execute(pgconn)
    return tuple((result.get_value(0, column) or b"").decode("utf-8", "replace") for column in range(3))


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


def _on(cursor: str) -> tuple[Patch, ...]:
    target = f"psycopg:{cursor}."
    if "Server" in cursor:
        return (Patch(f"{target}execute", _statement, shape=postgres.shape, keeps=postgres.is_plain),)
    return (
        Patch(f"{target}execute", _statement, shape=postgres.shape, keeps=postgres.is_plain),
        Patch(f"{target}executemany", _statement, streams=made_meanwhile("params_seq")),
        Patch(f"{target}stream", _statement),
        Patch(f"{target}copy", _copy, streams=always),
    )


INTEGRATION = Integration(
    "psycopg",
    (
        Patch("psycopg:Connection.connect", after=_connected),
        Patch("psycopg:connect", after=_connected),
        Patch("psycopg:AsyncConnection.connect", after=_connected_async, closes="close"),
        *(each for name in ("Cursor", "ServerCursor", "AsyncCursor", "AsyncServerCursor") for each in _on(name)),
    ),
    distribution="psycopg",
    versions=("3.1", ""),
)
