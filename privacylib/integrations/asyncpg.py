"""asyncpg: each statement of a connection, prepared statement or cursor reads and writes tables of PostgreSQL."""

from functools import partial
from typing import Any

from privacylib.context import UNSEEN, Stage
from privacylib.families.databases import postgres
from privacylib.families.databases.dbapi import asks_by, made_meanwhile
from privacylib.families.databases.places import of_connection
from privacylib.instrumentation.facts import STREAMED, Alike, Outgoing, Response
from privacylib.instrumentation.table import Call, Describe, Integration, Patch
from privacylib.model import Operation

__all__ = ["INTEGRATION"]


def _key(connection: Any) -> postgres.Key:
    address, told = connection._addr, connection._params
    host, port = (None, 5432) if isinstance(address, str) else address[:2]
    return postgres.Key(host, port, told.database, told.user, str(told.server_settings or ""))


async def _connected(call: Call) -> Any:
    key = _key(call.result)
    listed: Any = ()
    if not postgres.known(key):
        with Stage(UNSEEN):
            prepared = await call.result.prepare(postgres.LISTING, name="")  # it leaves nothing behind
            listed = await prepared.fetchrow()
    postgres.connected(call.result, key, *listed)
    return call.result


def _described(connection: Any, query: str) -> tuple[Operation, ...]:
    database = of_connection(connection) or postgres.connected(connection, _key(connection))
    return postgres.statement(connection, query, database)


def _statement(call: Call) -> tuple[Operation, ...]:
    return _described(call["self"], call["query"] if "query" in call.positions else call["command"])


def _prepared(call: Call) -> tuple[Operation, ...]:
    return _described(call["self"]._connection, call["self"]._query)


def _copied(way: str, call: Call) -> tuple[Operation, ...]:
    table = ".".join(f'"{name}"' for name in (call["schema_name"], call["table_name"]) if name)
    return _described(call["self"], f"COPY {table} {way}")


def _shape(args: tuple[Any, ...], _: dict[str, Any]) -> Any:
    return None if len(args) < 2 or (database := of_connection(args[0])) is None else (database, args[1])


def _on(method: str, describe: Describe, **more: Any) -> Patch:
    return Patch(f"asyncpg.connection:Connection.{method}", describe, **more)


_ALIKE, _ASKS = Alike(_shape, postgres.is_plain), asks_by("query", "command")
_ROWS = Outgoing(streams=made_meanwhile("args"))
_into = partial(_copied, "FROM STDIN")

INTEGRATION = Integration(
    "asyncpg",
    (
        Patch("asyncpg.connect_utils:_connect", after=_connected, brings=Response(closes="close")),
        *(_on(name, _statement, alike=_ALIKE, takes=_ASKS) for name in ("execute", "fetch", "fetchval", "fetchrow")),
        *(_on(name, _statement, sends=_ROWS, takes=_ASKS) for name in ("executemany", "fetchmany")),
        *(_on(name, _into, sends=STREAMED) for name in ("copy_to_table", "copy_records_to_table")),
        _on("copy_from_table", partial(_copied, "TO STDOUT")),
        _on("copy_from_query", _statement, takes=_ASKS),
        Patch("asyncpg.prepared_stmt:PreparedStatement._PreparedStatement__do_execute", _prepared),
        *(Patch(f"asyncpg.cursor:BaseCursor.{name}", _prepared) for name in ("_bind", "_bind_exec")),
    ),
    distribution="asyncpg",
    connects=("asyncpg",),
    versions=("0.29", ""),
)
