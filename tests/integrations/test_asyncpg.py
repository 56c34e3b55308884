"""asyncpg under the policy, against a PostgreSQL server."""

import asyncio
import io
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.conformance import Conformance, Host
from tests.integrations.databases import Server
from tests.integrations.differential import Differential
from tests.integrations.statements import emptied, operations, seeing

asyncpg: Any = pytest.importorskip("asyncpg")
pytestmark = [pytest.mark.library, pytest.mark.server]

INSERT = "insert into {} values ($1)"


@asynccontextmanager
async def connected(server: Server) -> AsyncGenerator[Any]:
    connection = await asyncpg.connect(host="127.0.0.1", port=server.port, user="postgres")
    try:
        yield connection
    finally:
        await connection.close()


class Served:
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Server) -> None:
        self.server = postgres
        emptied(postgres)


class TestConformance(Served, Conformance):
    name = "asyncpg"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        async def one(statement: str, *parameters: object) -> Any:
            async with connected(self.server) as connection:
                return await connection.fetch(statement, *parameters)

        async def copied() -> None:
            async with connected(self.server) as connection:
                await connection.copy_records_to_table("contacts", records=iter([("ana",), ("bo",)]))

        yield Host(
            sink=f"postgres://127.0.0.1:{self.server.port}/postgres.public.contacts",
            allowed=lambda: asyncio.run(one(INSERT.format("contacts"), "ana")),
            refused=lambda: asyncio.run(one(INSERT.format("plain"), "ana")),
            arrived=lambda: bool(asyncio.run(one("select 1 from plain"))),
            failing=lambda: asyncio.run(one("select * from nowhere")),
            error=asyncpg.UndefinedTableError,
            awaited=lambda: one(INSERT.format("contacts"), "ana"),
            endless=lambda: one("select pg_sleep(60)"),
            streamed=lambda: asyncio.run(copied()),
        )


async def transacted(db: Any) -> object:
    async with db.transaction():
        assert [row async for row in db.cursor("select email from a")]
        return await (await db.cursor("select email from a")).fetch(2)


async def prepared(db: Any) -> object:
    statement = await db.prepare("select email from a where email = $1")
    return [await statement.fetch("ana"), await statement.fetchval("ana"), statement.get_query()]


async def refused(db: Any) -> object:
    return await db.execute("no sql")


async def mistaken(db: Any) -> object:
    return await db.fetch("select $1::text")


async def inserted(db: Any) -> object:
    return await db.execute("insert into a values ($1)", "ana")


async def inserted_many(db: Any) -> object:
    return await db.executemany("insert into a values ($1)", ([str(number)] for number in range(3)))


async def unasked(db: Any) -> object:
    return await db.execute()


async def asked_wrongly(db: Any) -> object:
    return await db.fetch(7)


async def copied_wrongly(db: Any) -> object:
    return await db.copy_to_table(source=b"")


class TestDifferential(Served, Differential):
    name = "asyncpg"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:
        async with connected(self.server) as connection:
            await connection.execute("truncate a")
            yield connection

    async def effects(self, world: Any) -> object:
        held = len(list(world._stmt_cache.iter_statements()))
        return world.is_in_transaction(), held, await world.fetchval("select count(*) from pg_prepared_statements")

    calls = (
        lambda db: db,
        lambda db: db.cursor("select email from a"),
        inserted, inserted_many, prepared, transacted, refused, mistaken,
        lambda db: db.execute,
    )  # fmt: skip
    wrong = (unasked, asked_wrongly, copied_wrongly)


def test_each_way_to_run_a_statement_is_one_operation(postgres: Server) -> None:
    emptied(postgres)

    async def work() -> None:
        async with asyncpg.create_pool(host="127.0.0.1", port=postgres.port, user="postgres", min_size=1) as pool:
            await pool.execute("insert into a values ($1)", "ana")
            async with pool.acquire() as db, db.transaction():
                await db.executemany("insert into b values ($1)", [("x",), ("y",)])
                await db.fetch("select email from a")
                await db.fetchrow("select email from b")
                await db.fetchval("select email from c")
                statement = await db.prepare("select email from a where email = $1")
                await statement.fetch("ana")
                await statement.executemany([("ana",)])
                assert [row async for row in db.cursor("select email from b")]
                assert await (await statement.cursor("ana")).fetch(1)
                await db.copy_records_to_table("c", records=[("x",)])
                await db.copy_to_table("c", source=io.BytesIO(b"y\n"))
                await db.copy_from_table("c", output=io.BytesIO())
                await db.copy_from_query("select email from b", output=io.BytesIO())

    with seeing("asyncpg") as seen:
        asyncio.run(work())
    assert operations(seen) == [
        "WRITE public.a", "WRITE public.b", "READ public.a#email", "READ public.b#email", "READ public.c#email",
        "READ public.a#email", "READ public.a#email", "READ public.b#email", "READ public.a#email",
        "WRITE public.c", "WRITE public.c", "READ public.c#email", "READ public.b#email",
    ]  # fmt: skip
