"""aiosqlite under the policy: its threads work for the tasks that ask them."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from tests.integrations.conformance import Conformance, Host
from tests.integrations.differential import Differential
from tests.integrations.statements import operations, seeing

aiosqlite: Any = pytest.importorskip("aiosqlite")
pytestmark = pytest.mark.library

INSERT = "insert into {} values (?)"
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


class TestConformance(Conformance):
    name = "aiosqlite"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        file = directory / "shop.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript("create table contacts (email text); create table plain (email text)")

        async def one(statement: str, *parameters: object) -> object:
            async with aiosqlite.connect(file, isolation_level=None) as db:
                return await db.execute_fetchall(statement, parameters)

        async def many() -> None:
            async with aiosqlite.connect(file) as db:
                await db.executemany(INSERT.format("contacts"), iter([("ana",), ("bo",)]))
                await db.commit()

        async def endless() -> None:
            async with aiosqlite.connect(file) as db:
                try:
                    await db.execute(ENDLESS)
                finally:
                    await db.interrupt()

        yield Host(
            sink=f"sqlite://{file}/contacts",
            allowed=lambda: asyncio.run(one(INSERT.format("contacts"), "ana")),
            refused=lambda: asyncio.run(one(INSERT.format("plain"), "ana")),
            arrived=lambda: bool(asyncio.run(one("select 1 from plain"))),
            failing=lambda: asyncio.run(one("select * from nowhere")),
            error=sqlite3.OperationalError,
            awaited=lambda: one(INSERT.format("contacts"), "ana"),
            endless=endless,
            streamed=lambda: asyncio.run(many()),
        )


async def inserted(db: Any) -> object:
    return [(await db.execute("insert into a values (?)", (1,))).lastrowid, db.total_changes]


async def fetched(db: Any) -> object:
    async with db.execute("select x from a") as cursor:
        return [row async for row in cursor]


async def refused(db: Any) -> object:
    return await db.execute("no sql")


class TestDifferential(Differential):
    name = "aiosqlite"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:
        async with aiosqlite.connect(directory / "shop.db") as connection:
            await connection.execute("create table a (x)")
            yield connection

    def effects(self, world: Any) -> object:
        return world.total_changes, world.in_transaction

    calls = (inserted, fetched, refused, lambda db: type(db).__name__, lambda db: db.execute)


def test_statements_of_tasks_that_share_a_connection_do_not_meet(tmp_path: Path) -> None:
    async def work(db: Any, table: str) -> None:
        with privacylib.scope(table, isolated=True):
            await db.execute(f"select x from {table}")
            await db.execute(f"insert into {table}_copy values (1)")

    async def all_of_them() -> None:
        async with aiosqlite.connect(tmp_path / "shop.db") as db:
            for table in ("a", "b", "a_copy", "b_copy"):
                await db.execute(f"create table {table} (x)")
            await asyncio.gather(*(work(db, table) for table in ("a", "b") * 5))

    with seeing("aiosqlite") as seen:
        asyncio.run(all_of_them())
    assert len(operations(seen)) == 20
    file = f"sqlite://{tmp_path}/shop.db"
    assert seen.pairs == {(f"{file}/{table}#x", f"{file}/{table}_copy") for table in ("a", "b")}
