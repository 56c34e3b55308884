"""psycopg2 under the policy, against a PostgreSQL server."""

import io
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.conformance import Conformance, Host
from tests.integrations.databases import Server
from tests.integrations.differential import Differential
from tests.integrations.statements import emptied, operations, seeing

psycopg2: Any = pytest.importorskip("psycopg2")
extras: Any = pytest.importorskip("psycopg2.extras")
pytestmark = [pytest.mark.library, pytest.mark.server]

INSERT = "insert into {} values (%s)"


def connected(told: str, **more: Any) -> Any:
    connection = psycopg2.connect(told, **more)
    connection.autocommit = True
    return connection


class Served:
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Server) -> None:
        self.server = postgres


class TestConformance(Served, Conformance):
    name = "psycopg2"

    @contextmanager
    def serve(self, directory: Path) -> Generator[Host]:
        told = emptied(self.server)

        def one(statement: str, *parameters: object) -> int:
            with closing(connected(told)) as connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.rowcount

        def copied() -> None:
            with closing(connected(told)) as connection, connection.cursor() as cursor:
                cursor.copy_from(io.StringIO("ana\nbo\n"), "contacts")

        yield Host(
            sink=f"postgres://127.0.0.1:{self.server.port}/postgres.public.contacts",
            allowed=lambda: one(INSERT.format("contacts"), "ana"),
            refused=lambda: one(INSERT.format("plain"), "ana"),
            arrived=lambda: bool(one("select 1 from plain")),
            failing=lambda: one("select * from nowhere"),
            error=psycopg2.errors.UndefinedTable,
            streamed=copied,
        )


class TestDifferential(Served, Differential):
    name = "psycopg2"

    @contextmanager
    def world(self, directory: Path) -> Generator[Any]:
        with closing(psycopg2.connect(emptied(self.server))) as connection:
            yield connection

    def effects(self, world: Any) -> object:
        return world.status, world.info.transaction_status, world.autocommit, world.notices

    @staticmethod
    def run(db: Any, statement: Any, *parameters: Any) -> Any:
        cursor = db.cursor()
        cursor.execute(statement, *parameters)
        return cursor.description and cursor.fetchall()

    calls = (
        lambda db: [type(db).__name__, db.cursor_factory, isinstance(db, psycopg2.extensions.connection)],
        lambda db: [type(db.cursor()).__name__, isinstance(db.cursor(), psycopg2.extensions.cursor)],
        lambda db: [db.cursor("named").name, db.cursor("n", withhold=True).withhold, db.cursor().scrollable],
        lambda db: db.cursor(name="n", scrollable=False).scrollable,
        lambda db: TestDifferential.run(db, "insert into a values (%s)", ("ana",)),
        lambda db: TestDifferential.run(db, "select email from a where email = %(x)s", {"x": "ana"}),
        lambda db: TestDifferential.run(db, b"select email from a"),
        lambda db: TestDifferential.run(db, "no sql"),
        lambda db: db.rollback(),
        lambda db: TestDifferential.run(db, 7),
        lambda db: TestDifferential.run(db, "select %s", ()),
        lambda db: db.cursor().execute(),
        lambda db: db.cursor().execute("select 1", no=1),
        lambda db: db.cursor(cursor_factory=object),
        lambda db: db.cursor(cursor_factory=extras.RealDictCursor),
        lambda db: db.cursor().executemany("insert into a values (%s)", ([str(one)] for one in range(3))),
        lambda db: db.cursor().copy_from(io.StringIO("x\n"), "a", columns=("email",)),
        lambda db: db.cursor().copy_to(None, "a"),
        lambda db: db.cursor().callproc("lower", ["X"]),
        lambda _: psycopg2.connect("host=127.0.0.1 port=1"),
        lambda _: psycopg2.connect(),
    )
    wrong = (
        lambda db: db.cursor().execute(7),
        lambda db: db.cursor().execute(None),
        lambda db: db.cursor().execute(["select 1"]),
        lambda db: db.cursor().execute(),
        lambda db: db.cursor().executemany(7, [()]),
        lambda db: db.cursor().copy_to(None, "a"),
        lambda db: db.cursor().copy_from(io.StringIO("x")),
        lambda db: db.cursor().copy_expert(7, io.StringIO("x")),
        lambda db: db.cursor().callproc(7),
        lambda db: db.cursor().callproc(),
    )


@pytest.fixture
def told(postgres: Server) -> str:
    return emptied(postgres)


def test_each_way_to_run_a_statement_is_one_operation(told: str) -> None:
    with seeing("psycopg2") as seen, closing(psycopg2.connect(told)) as db:
        with db.cursor() as cursor:
            cursor.execute("insert into a values (%s)", ("ana",))
            cursor.executemany("insert into b values (%s)", [("x",), ("y",)])
            extras.execute_values(cursor, "insert into c values %s", [("x",), ("y",)])
            cursor.copy_expert("copy (select email from a) to stdout", io.StringIO())
            cursor.copy_to(io.StringIO(), "b")
            cursor.execute(psycopg2.sql.SQL("select email from {}").format(psycopg2.sql.Identifier("c")))
            cursor.callproc("lower", ["X"])
        with db.cursor("named") as named:
            named.execute("select email from b")
            assert named.fetchone() == ("x",)
    assert operations(seen) == [
        "WRITE public.a", "WRITE public.b", "WRITE public.c", "READ public.a#email", "READ public.b#email",
        "READ public.c#email", "OPAQUE {…}", "READ public.b#email",
    ]  # fmt: skip


class Own(psycopg2.extensions.cursor):  # type: ignore[misc] - its base is taken where it is installed
    def execute(self, *args: Any) -> None:
        self.asked = args
        super().execute(*args)  # pyright: ignore[reportUnknownMemberType] - its base is not known where it is missing


@pytest.mark.parametrize(
    "more",
    [{"cursor_factory": Own}, {"cursor_factory": extras.DictCursor}, {"connection_factory": extras.DictConnection}],
    ids=["own", "dict cursor", "dict connection"],
)
def test_classes_of_the_host_stay_in_use_and_are_seen_once(told: str, more: dict[str, Any]) -> None:
    with seeing("psycopg2") as seen, closing(psycopg2.connect(told, **more)) as db, db.cursor() as cursor:
        assert isinstance(db, more.get("connection_factory", psycopg2.extensions.connection))
        assert isinstance(cursor, more.get("cursor_factory", extras.DictCursor))
        cursor.execute("select email from a")
    assert operations(seen) == ["READ public.a#email"]


def test_fault_42_what_checks_for_the_drivers_own_types_takes_ours(told: str) -> None:
    with seeing("psycopg2"), closing(psycopg2.connect(told)) as db:
        extras.register_default_jsonb(db)
        extras.register_uuid(conn_or_curs=db.cursor())
        psycopg2.extensions.register_type(psycopg2.extensions.UNICODE, db)
        assert psycopg2.extensions.quote_ident("x", db) == '"x"'
