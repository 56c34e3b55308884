"""psycopg 3 under the policy, against a PostgreSQL server."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib import integrations
from privacylib.families.databases import postgres as postgres_family
from privacylib.instrumentation import patching
from tests.integrations.conformance import Conformance, Host
from tests.integrations.databases import Server
from tests.integrations.differential import Differential
from tests.integrations.statements import emptied, operations, seeing
from tests.watched import watched

psycopg = pytest.importorskip("psycopg")
pytestmark = [pytest.mark.library, pytest.mark.server]

INSERT = "insert into {} values (%s)"


class Served:
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Server) -> None:
        self.server = postgres


class TestConformance(Served, Conformance):
    name = "psycopg"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        told = emptied(self.server)

        def one(statement: str, *parameters: object) -> Any:
            with psycopg.connect(told, autocommit=True) as connection:
                return connection.execute(statement, parameters or None).rowcount

        def copied() -> None:
            copying = "copy contacts (email) from stdin"
            with psycopg.connect(told) as db, db.cursor() as cursor, cursor.copy(copying) as copy:
                copy.write_row(("ana",))
                copy.write_row(("bo",))

        async def awaited(statement: str, *parameters: object) -> None:
            async with await psycopg.AsyncConnection.connect(told, autocommit=True) as connection:
                await connection.execute(statement, parameters or None)

        yield Host(
            sink=f"postgres://127.0.0.1:{self.server.port}/postgres.public.contacts",
            allowed=lambda: one(INSERT.format("contacts"), "ana"),
            refused=lambda: one(INSERT.format("plain"), "ana"),
            arrived=lambda: bool(one("select 1 from plain")),
            failing=lambda: one("select * from nowhere"),
            error=psycopg.errors.UndefinedTable,
            awaited=lambda: awaited(INSERT.format("contacts"), "ana"),
            endless=lambda: awaited("select pg_sleep(60)"),
            streamed=copied,
        )


class TestDifferential(Served, Differential):
    name = "psycopg"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with psycopg.connect(emptied(self.server)) as connection:
            yield connection

    def effects(self, world: Any) -> object:
        return world.info.transaction_status, world.info.pipeline_status

    calls = (
        lambda db: db,
        lambda db: db.cursor(),
        lambda db: db.cursor("named"),
        lambda db: db.execute("insert into a values (%s)", ("ana",)),
        lambda db: db.cursor().executemany("insert into a values (%s)", ([str(number)] for number in range(3))),
        lambda db: db.execute("select email from a").fetchall(),
        lambda db: db.cursor().stream("select email from a"),
        lambda db: list(db.cursor().stream("select email from a")),
        lambda db: db.cursor().copy("copy a to stdout"),
        lambda db: b"".join(db.cursor().copy("copy a to stdout").__enter__()),
        lambda db: db.cursor().copy(),
        lambda db: db.execute("no sql"),
        lambda db: db.rollback(),
        lambda db: db.execute(),
        lambda db: db.execute("select %s"),
        lambda db: db.execute("select email from a where email = %(x)s", {"y": 1}),
        lambda db: db.execute(7),
        lambda db: db.execute(b"select 1").fetchone(),
        lambda db: db.execute(psycopg.sql.SQL("select {}").format(1)).fetchone(),
        lambda _: psycopg.connect("host=127.0.0.1 port=1"),
        lambda _: psycopg.connect,
        lambda _: psycopg.Connection.connect,
        lambda _: psycopg.Cursor.stream,
    )
    wrong = (
        lambda db: db.execute(7),
        lambda db: db.execute(None),
        lambda db: db.execute(["select 1"]),
        lambda db: db.execute(),
        lambda db: db.cursor().executemany(7, [()]),
        lambda db: list(db.cursor().stream(7)),
        lambda db: list(db.cursor().stream()),
        lambda db: db.cursor().copy(),
        lambda db: db.cursor().copy(7).__enter__(),
    )


async def streamed(db: Any) -> object:
    return [row async for row in db.cursor().stream("select 1")]


async def piped(db: Any) -> object:
    async with db.pipeline(), db.cursor() as cursor:
        await cursor.execute("insert into a values ('x')")
        await cursor.execute("select email from a")
        return await cursor.fetchall()


async def failing(db: Any) -> object:
    return await db.execute("no sql")


class TestAsyncDifferential(Served, Differential):
    name = "psycopg"

    @asynccontextmanager
    async def world(self, directory: Path) -> AsyncGenerator[Any]:
        async with await psycopg.AsyncConnection.connect(emptied(self.server)) as connection:
            yield connection

    def effects(self, world: Any) -> object:
        return world.info.transaction_status, world.info.pipeline_status

    calls = (lambda db: db, lambda db: db.cursor().stream("select 1"), streamed, piped, failing)


@pytest.fixture
def told(postgres: Server) -> str:
    return emptied(postgres)


def test_each_way_to_run_a_statement_is_one_operation(told: str) -> None:
    with seeing("psycopg") as seen, psycopg.connect(told) as db:
        db.execute("insert into a values (%s)", ("ana",))
        with db.cursor() as cursor:
            cursor.execute("insert into b select email from a")
            cursor.executemany("insert into c values (%s)", [("x",), ("y",)])
            cursor.executemany("insert into c values (%s) returning email", iter([("x",)]), returning=True)
            assert list(cursor.stream("select email from c where email = %s", ("x",))) == [("x",), ("x",)]
        with db.cursor("named") as named:
            named.execute("select email from b")
            assert named.fetchone() == ("ana",)
        with psycopg.ClientCursor(db) as client:
            client.execute("select email from b where email = %s", ("ana",))
        with db.pipeline(), db.cursor() as cursor:
            cursor.execute("select email from a")
            cursor.execute(psycopg.sql.SQL("select {} from b").format(psycopg.sql.Identifier("email")))
            assert cursor.fetchall() == [("ana",)]
        db.execute("listen told")
        db.execute("notify told")
        db.commit()
    # The columns of a table that somebody made since are not known.
    assert [one.replace("WRITE public.b#email", "WRITE public.b") for one in operations(seen)] == [
        "WRITE public.a", "WRITE public.b", "READ public.a#email", "WRITE public.c", "WRITE public.c",
        "READ public.c#email", "READ public.b#email", "READ public.b#email", "READ public.a#email",
        "READ public.b#email", "WRITE public.told",
    ]  # fmt: skip


def test_what_is_prepared_is_judged_where_it_is_executed(told: str) -> None:
    with seeing("psycopg") as seen, psycopg.connect(told, autocommit=True) as db:
        db.execute("prepare mails as select email from a")
        assert not seen.records
        db.execute("execute mails")
        db.execute("create table of_a as execute mails")
        db.execute("explain execute mails")
        with pytest.raises(psycopg.Error):
            db.execute("prepare mails as select 1")
        db.execute("execute mails")
        db.execute("deallocate mails")
        with pytest.raises(psycopg.Error):
            db.execute("execute mails")
    assert operations(seen) == [
        "READ public.a#email", "WRITE public.of_a#email", "READ public.a#email", "READ public.a#email", "OPAQUE {…}"
    ]  # fmt: skip


def test_bare_names_are_told_by_where_they_are_looked_for(told: str) -> None:
    with psycopg.connect(told, autocommit=True) as db:
        db.execute("create schema other; create schema postgres; create table other.b (email text)")
        db.execute("create table other.lone (email text); create table postgres.c (email text)")
    postgres_family.forget()
    with seeing("psycopg") as seen, psycopg.connect(told, autocommit=True) as db:
        db.execute("select email from b")
        db.execute("select email from c")
        db.execute("select count(*) from other.lone, A")
        db.execute("set search_path to other, public")
        db.execute("select email from b")
        db.execute("create table made as select email from b")
        db.execute("select email from postgres.c")
        db.execute("select set_config('search_path', %s, false)", ("public",))
        db.execute("select email from b")
        db.execute("reset search_path")
        db.execute("select email from b")
    assert operations(seen) == [
        "READ public.b#email", "READ postgres.c#email", "READ public.a", "READ other.lone", "READ other.b#email",
        "WRITE other.made#email", "READ other.b#email", "READ postgres.c#email", "READ {…}.b#email",
        "READ public.b#email",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["%s", "%(email)s", "7"])
def test_a_statement_whose_values_are_parameters_is_described_once(value: str) -> None:
    assert postgres_family.is_plain({"query": f"select email from a where email = {value}"})
    assert not postgres_family.is_plain({"query": f"select email from a where email = {value} or email = 'ana'"})


@pytest.mark.parametrize("autocommit", [True, False])
def test_asking_for_tables_opens_no_transaction_and_is_not_seen(told: str, autocommit: bool) -> None:
    with seeing("psycopg") as seen, psycopg.connect(told, autocommit=autocommit) as db:
        assert db.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert not seen.records
        if autocommit:
            db.execute("begin")
        db.execute("set transaction isolation level serializable")  # an error behind any query
        db.execute("select email from a")


def test_what_is_read_while_rows_are_copied_in_flows_into_the_table(told: str) -> None:
    postgres_family.forget()
    with seeing("psycopg") as seen, psycopg.connect(told) as one, psycopg.connect(told) as other:
        one.execute("insert into a values ('ana')")
        with other.cursor().copy("copy b from stdin") as into, one.cursor().copy("copy a to stdout") as out:
            for piece in out:
                into.write(piece)
        other.cursor().executemany("insert into c values (%s)", one.cursor().stream("select email from a"))
    table = seen.of("READ")[0].asset.removesuffix("a")
    assert seen.pairs == {(f"{table}a#email", f"{table}b"), (f"{table}a#email", f"{table}c")}


def test_fault_50_values_and_literals_are_kept_nowhere(told: str, tmp_path: Path) -> None:
    canary = "canary-7d2a"
    with watched(tmp_path) as here, psycopg.connect(told) as db, privacylib.scope("job"):
        integrations.install(frozenset({"psycopg"}))
        try:
            db.execute("insert into a values (%s)", (canary,))
            db.execute(f"insert into b select email from a where email = '{canary}'")
        finally:
            patching.uninstall()
    assert here.edges()
    assert not [path for path in here.spool.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def test_views_are_expanded_and_what_a_connection_makes_it_knows(told: str) -> None:
    with psycopg.connect(told, autocommit=True) as db:
        db.execute("create table told_users (id int, email text)")
        db.execute("create view told_mails as select lower(email) as mail, id from told_users")
    try:
        with seeing("psycopg") as seen, psycopg.connect(told) as db:
            db.execute("insert into a select mail from told_mails")
            db.execute("create temp table told_stage as select * from told_mails")
            db.execute("alter table told_stage rename to told_kept")
            db.execute("insert into b select * from (select mail from told_kept) s")
            db.execute("alter table told_users add column note text")
            db.execute("create temp table told_more as select * from told_users")
            db.commit()
            with psycopg.connect(told) as other:
                other.execute("create temp table told_again as select * from told_users")
    finally:
        with psycopg.connect(told, autocommit=True) as db:
            db.execute("drop table told_users cascade")
    pairs = {tuple(end.rpartition(".")[2] for end in pair) for pair in seen.pairs}
    assert {
        ("told_users#email", "a#email"), ("told_users#email", "told_stage#mail"), ("told_stage#mail", "told_kept#mail"),
        ("told_kept#mail", "b#email"), ("told_users#note", "told_more#note"), ("told_users#note", "told_again#note"),
    } <= pairs  # fmt: skip
    assert not [pair for pair in pairs if pair[0].startswith("told_mails")]


FUNCTIONS = """
create schema other;
create function other.told() returns text language sql as 'select email from contacts limit 1';
create function other.untold() returns text language plpgsql as $$ begin return (select email from contacts); end $$;
create function other.listed() returns setof contacts language plpgsql as $$ begin return query table contacts; end $$;
create function other.small(t text) returns text language plpgsql as $$ begin return lower(t); end $$;
create function other.known(t text) returns text language plpgsql immutable as $$ begin return (select t); end $$
"""
CALLS = {
    "select other.told()": ["READ public.contacts#email"],
    "select other.untold()": ["OPAQUE {…}"],
    "select * from other.listed()": ["OPAQUE {…}"],
    "insert into plain select other.told()": ["READ public.contacts#email", "WRITE public.plain#email"],
    "insert into plain values (other.untold())": ["OPAQUE {…}", "WRITE public.plain"],
    "select other.small(email) from plain": ["READ public.plain#email"],
    "select other.known(email) from plain": ["READ public.plain#email"],
    "select query_to_xml('select email from contacts', true, true, '')": ["OPAQUE {…}"],
}


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
@pytest.mark.parametrize("statement", CALLS)
def test_functions_of_the_database_are_looked_into_or_opaque(told: str, driver: str, statement: str) -> None:
    module = pytest.importorskip(driver)
    with psycopg.connect(told, autocommit=True) as connection:
        connection.execute(FUNCTIONS)

    async def awaited() -> None:
        place = dict(part.split("=") for part in told.split())
        connection = await module.connect(**place, database="postgres")
        await connection.execute(statement)
        await connection.close()

    with seeing(driver) as seen:
        if driver == "asyncpg":
            asyncio.run(awaited())
        else:
            connection = module.connect(told)
            connection.cursor().execute(statement)
            connection.close()
    assert sorted(operations(seen)) == sorted(CALLS[statement])
