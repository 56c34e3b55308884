"""PyMySQL under the policy, against a MariaDB server."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from privacylib.families.databases import mysql_schema
from tests.integrations.conformance import Conformance, Host
from tests.integrations.databases import Server
from tests.integrations.differential import Differential
from tests.integrations.statements import TABLES, operations, seeing

pymysql: Any = pytest.importorskip("pymysql")
pytestmark = [pytest.mark.library, pytest.mark.server]

INSERT = "insert into {} values (%s)"


def connected(server: Server, **more: Any) -> Any:
    return pymysql.connect(host="127.0.0.1", port=server.port, user="root", autocommit=True, **more)


def emptied(server: Server) -> None:
    """Make the tables of the database ``shop`` anew."""
    mysql_schema.forget()
    with closing(connected(server)) as db, db.cursor() as cursor:
        cursor.execute("drop database if exists shop")
        cursor.execute("create database shop")
        cursor.execute("use shop")
        for table in TABLES:
            cursor.execute(f"create table {table} (email text)")
        cursor.execute("create procedure told() select email from a")


class Served:
    @pytest.fixture(autouse=True)
    def _server(self, mariadb: Server) -> None:
        self.server = mariadb
        emptied(mariadb)


class TestConformance(Served, Conformance):
    name = "pymysql"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        def one(statement: str, *parameters: object) -> int:
            with closing(connected(self.server, database="shop")) as db, db.cursor() as cursor:
                return cursor.execute(statement, parameters or None)

        def many() -> None:
            with closing(connected(self.server, database="shop")) as db, db.cursor() as cursor:
                cursor.executemany(INSERT.format("contacts"), iter([("ana",), ("bo",)]))

        yield Host(
            sink=f"mysql://127.0.0.1:{self.server.port}/shop.contacts",
            allowed=lambda: one(INSERT.format("contacts"), "ana"),
            refused=lambda: one(INSERT.format("plain"), "ana"),
            arrived=lambda: bool(one("select 1 from plain")),
            failing=lambda: one("select * from nowhere"),
            error=pymysql.err.ProgrammingError,
            streamed=many,
        )


class TestDifferential(Served, Differential):
    name = "pymysql"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with closing(connected(self.server, database="shop")) as db, db.cursor() as cursor:
            cursor.execute("truncate a")
            yield cursor

    def effects(self, world: Any) -> object:
        return world.connection.get_autocommit(), world.rowcount, world.lastrowid

    calls = (
        lambda cursor: cursor,
        lambda cursor: cursor.execute("insert into a values (%s)", ("ana",)),
        lambda cursor: cursor.executemany("insert into a values (%s)", ([str(one)] for one in range(3))),
        lambda cursor: [cursor.execute("select email from a"), cursor.fetchall()],
        lambda cursor: cursor.execute("no sql"),
        lambda cursor: cursor.execute("select %s", ()),
        lambda cursor: cursor.execute(),
        lambda cursor: cursor.execute(7),
        lambda cursor: cursor.execute(None),
        lambda cursor: [cursor.callproc("told"), cursor.fetchall()],
        lambda cursor: cursor.callproc("nowhere"),
    )
    wrong = (
        lambda cursor: cursor.execute(7),
        lambda cursor: cursor.execute(None),
        lambda cursor: cursor.execute(["select 1"]),
        lambda cursor: cursor.execute(),
        lambda cursor: cursor.executemany(7, [()]),
        lambda cursor: cursor.callproc(),
    )


def test_what_is_prepared_is_judged_where_it_is_executed(mariadb: Server) -> None:
    emptied(mariadb)
    with seeing("pymysql") as seen, closing(connected(mariadb)) as db, db.cursor() as cursor:
        cursor.execute("use shop")
        cursor.execute("prepare mails from 'select email from a where email = ?'")
        cursor.execute("set @mail = 'ana'")
        assert not seen.records
        cursor.execute("execute mails using @mail")
        cursor.execute("prepare mails from 'insert into b select email from a'")
        cursor.execute("execute mails")
        cursor.execute("set @text = 'select email from c'")
        cursor.execute("prepare mails from @text")
        cursor.execute("execute mails")
    assert operations(seen) == ["READ a#email", "WRITE b", "READ a#email", "OPAQUE {…}"]


def test_each_way_to_run_a_statement_is_one_operation(mariadb: Server) -> None:
    emptied(mariadb)
    with seeing("pymysql") as seen, closing(connected(mariadb)) as db:
        with db.cursor() as cursor:
            cursor.execute("insert into shop.a values (%s)", ("ana",))
            cursor.execute("use shop")
            cursor.executemany("insert into b values (%s)", [(str(number) * 100,) for number in range(200)])
            cursor.execute("insert into c select email from a")
            cursor.callproc("told")
        with db.cursor(pymysql.cursors.SSDictCursor) as streaming:
            streaming.execute("select email from a where email = %(email)s", {"email": "ana"})
            assert streaming.fetchall() == [{"email": "ana"}]
    assert operations(seen) == ["WRITE a", "WRITE b", "WRITE c", "READ a#email", "OPAQUE {…}", "READ a#email"]
    assert {asset.asset for asset in seen.records} == {
        f"mysql://127.0.0.1:{mariadb.port}/shop.{name}" for name in ("a", "b", "c", "{…}")
    }


def test_a_file_that_the_server_writes_is_one_of_its_host(mariadb: Server) -> None:
    emptied(mariadb)
    with (
        seeing("pymysql") as seen, closing(connected(mariadb, database="shop")) as db, db.cursor() as cursor,
        pytest.raises(pymysql.err.MySQLError),
    ):  # fmt: skip
        cursor.execute("select email from a into outfile '/nowhere/mails.csv'")
    assert sorted(each.kind for each in seen.records) == ["READ", "WRITE"]
    assert {each.asset for each in seen.records} == {
        f"mysql://127.0.0.1:{mariadb.port}/shop.a", "file://127.0.0.1/nowhere/mails.csv",
    }  # fmt: skip


def test_views_are_expanded_and_what_a_connection_makes_it_knows(mariadb: Server) -> None:
    emptied(mariadb)
    with closing(connected(mariadb, database="shop")) as db, db.cursor() as cursor:
        cursor.execute("create table users (id int, email text)")
        cursor.execute("create view mails as select lower(email) as mail, id from users")
    with seeing("pymysql") as seen, closing(pymysql.connect(**told(mariadb), autocommit=False)) as db:
        assert not db.server_status & 1
        with db.cursor() as cursor:
            cursor.execute("set transaction isolation level serializable")
            cursor.execute("insert into a select mail from mails")
            cursor.execute("create temporary table stage as select * from mails")
            cursor.execute("alter table stage rename to kept")
            cursor.execute("insert into b select * from (select mail from kept) s")
            cursor.execute("alter table users add column note text")
            cursor.execute("create temporary table more as select * from users")
            cursor.execute("use mysql")
            cursor.execute("select count(*) from shop.users")
    pairs = {tuple(end.rpartition(".")[2] for end in pair) for pair in seen.pairs}
    assert {
        ("users#email", "a#email"), ("users#email", "stage#mail"), ("stage#mail", "kept#mail"),
        ("kept#mail", "b#email"), ("users#note", "more#note"),
    } <= pairs  # fmt: skip
    assert not [pair for pair in pairs if pair[0].startswith("mails")]


def told(server: Server) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": server.port, "user": "root", "database": "shop"}
